"""What a record did, or would do, in words for its supplier."""

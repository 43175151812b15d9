"""Routes that ask."""

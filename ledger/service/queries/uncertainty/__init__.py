"""The uncertainty of a lot's figure."""

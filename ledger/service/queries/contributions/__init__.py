"""The sources of a lot's burdens and contents."""

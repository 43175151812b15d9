"""Where a lot's burdens and contents come from."""

"""What callers may read, as the database states it at each request."""

"""One log out of many requests: micro-batches under the database's one lock."""

"""What stands before the handlers: which names are answered, how bodies come in, who has a place for a question."""

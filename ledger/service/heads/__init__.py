"""Which heads may leave, by which key, and which of them are public."""

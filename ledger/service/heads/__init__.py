"""Which heads this process may sign, with which key, and which of them are public."""

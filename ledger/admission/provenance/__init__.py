"""When lots were made, from where they came, and how far."""

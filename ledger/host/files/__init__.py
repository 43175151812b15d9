"""Files that are replaced as a whole, and key files."""

"""Erased bodies: their replacement in the tables, and the removal of their copies from the database's files."""

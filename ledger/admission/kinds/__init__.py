"""The record kinds, one module each, behind the table in `table.py`."""

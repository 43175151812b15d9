"""The rules of each record kind, one module per kind; `table.py` has the table of kinds."""

"""Records as rows: one spelling for CSV files and workbooks, templates to fill in, and imports."""

"""The reference of records: which kinds and processes there are, and the fields of each, from the types themselves."""

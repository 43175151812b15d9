"""The SQL of the store: schema, migrations and named queries, read as package data."""

"""The versions of the schema, and how a database comes to the newest one."""

"""The rows of a database as an audit reads them, directly or through the HTTP API."""

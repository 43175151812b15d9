"""What a database shows to an audit, directly or behind the HTTP API."""

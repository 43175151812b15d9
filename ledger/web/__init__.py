"""HTTP: Litestar handlers that call the service, and one table that maps errors to RFC 9457 problems."""

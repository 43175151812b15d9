"""HTTP: Litestar handlers over the service, and one table from errors to RFC 9457 problems."""

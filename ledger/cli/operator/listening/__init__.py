"""Listens at a port: the HTTP server, its TLS pair, and the end of connections without a lost request."""

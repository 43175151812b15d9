"""A witness for other logs: what it has cosigned is durable before a cosignature leaves."""

"""A witness for other logs. A checkpoint that it cosigns is durable before the cosignature leaves."""

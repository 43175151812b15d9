"""A witness for others: what it has cosigned is durable before a cosignature leaves."""

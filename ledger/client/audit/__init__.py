"""Auditing without trust in the operator or the database: take the log, replay it, compare everything."""

"""Auditing by one who trusts neither the operator nor the database: take the log, replay it, compare everything."""

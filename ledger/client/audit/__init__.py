"""Audits a log without trust in its operator or database: reads the log, replays it, compares everything."""

"""Watching a log from outside: one history, and which keys it enters for whom."""

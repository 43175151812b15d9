"""Watches a log from outside: that it has one history, and which keys it enters for whom."""

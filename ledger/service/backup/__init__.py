"""Backups of a ledger: their contents, how to take them, and how to restore a home from one."""

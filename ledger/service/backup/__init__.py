"""Backups of a ledger: what is in one, how it is taken, and how a home is made of it again."""

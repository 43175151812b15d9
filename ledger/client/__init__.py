"""Reads a ledger from outside, with the base install alone. It trusts no server, and no server can exhaust it."""

"""What reads a ledger from outside, with the base install alone. It believes no server, and none can exhaust it."""

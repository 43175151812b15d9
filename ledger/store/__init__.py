"""Access to PostgreSQL, the only place where the ledger is stored."""

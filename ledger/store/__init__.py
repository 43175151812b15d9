"""PostgreSQL: the one place where the ledger is kept."""

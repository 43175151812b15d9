"""What tests and benchmarks share: a ledger in memory, a sector, networks of records, exact recomputation."""

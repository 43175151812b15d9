"""One log out of many requests: envelopes in, receipts or reasons out."""

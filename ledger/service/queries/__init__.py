"""Queries of the ledger. Each large query has a folder with the modules read, aggregate, present and answers."""

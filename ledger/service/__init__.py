"""Use cases: submit, sequence, query, audit. The rules are in admission and footprint; here they meet the store."""

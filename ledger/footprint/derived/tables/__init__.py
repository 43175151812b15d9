"""Contribution tables: what a lot's figure consists of, by one of several groupings, in rows that sum to it."""

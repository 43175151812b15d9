"""Contribution tables: a lot's figure by one of several groupings, in rows that sum to it."""

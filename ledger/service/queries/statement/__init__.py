"""Statements: a lot's figure with all proofs."""

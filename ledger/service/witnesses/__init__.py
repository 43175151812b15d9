"""Feeding heads to witnesses, and publishing those that a quorum has cosigned."""

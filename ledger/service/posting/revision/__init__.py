"""Amendments and closings on a server: loaded and recomputed ahead of the lock, committed under it."""

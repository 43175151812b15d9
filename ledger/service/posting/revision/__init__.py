"""Amendments and closings on a server: loaded, recomputed ahead of the lock, committed under it."""

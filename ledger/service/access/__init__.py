"""Reads the data of the policy: the rights of callers, the facts of things, and the visible part of a chain."""

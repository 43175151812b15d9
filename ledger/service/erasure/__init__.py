"""Removing the bodies that an erasure on the log names."""

"""A copy of the public log as a folder that any static host can serve."""

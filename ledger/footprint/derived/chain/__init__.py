"""A chain of lots and records: flat arrays, passes over them, and the graph that callers see."""

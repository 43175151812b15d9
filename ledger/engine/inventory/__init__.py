"""The inputs that a record states against the needs of its route: missing inputs, amounts that are too small, and
inputs that its sector misses."""

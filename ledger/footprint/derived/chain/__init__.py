"""A chain of lots and records: flat arrays, the passes over them, and the graph that others see."""

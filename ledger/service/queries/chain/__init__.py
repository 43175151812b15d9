"""The supply chain of a lot as a graph."""

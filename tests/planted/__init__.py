"""A package as a plugin is one, for the conformance kit: a sector, and its copies with a fault each."""

"""The figure of a lot by another method, other potentials or another allocation."""

"""The figure of a lot by another method, other global warming potentials or another allocation."""

"""For verifiers: the evidence of a chain, and the list of everything that they ask for."""

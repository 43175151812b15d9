"""A closed loop to look at: who takes part, what they record, and where every figure in it comes from."""

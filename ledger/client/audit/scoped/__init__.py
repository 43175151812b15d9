"""The audit of a log of which the source hides bodies: the visible part as a whole, the rest by its entries."""

"""The audit of a log whose source shows only a part of it with bodies: that part as a whole, the rest by its entries."""

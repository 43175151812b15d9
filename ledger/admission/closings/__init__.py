"""How a closing divides measured totals and overheads over the records of its period."""

"""Records: their kinds, values and units, and their canonical bytes."""

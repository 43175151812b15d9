"""Records: their kinds, values and units, and the one byte string of each."""

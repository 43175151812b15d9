"""A sector that breaks its process, apart from the planted ones: the kit reads all modules of a sector's package."""

"""Factor sets: what can be supplied, with emission factors, their sources and reference ranges."""

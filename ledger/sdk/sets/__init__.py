"""Factor sets: things that can be supplied, with emission factors, their sources and reference ranges."""

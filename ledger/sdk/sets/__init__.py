"""Factor sets: supplies with their emission factors, their sources and reference ranges."""

"""Factor tables that every sector may use."""

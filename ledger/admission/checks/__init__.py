"""Rules that several record kinds share."""

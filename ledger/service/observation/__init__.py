"""The reports of a server about its own work: counts, times of steps, and readings of its parts and its log."""

"""Commands of buyers: footprints and their breakdowns."""

"""Commands of buyers: footprints and what they consist of."""

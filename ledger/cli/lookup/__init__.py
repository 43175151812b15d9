"""Commands that look up the lots, transfers, records and purchases of an organisation."""

"""carbon-ledger: a signed, append-only ledger of material flows and embodied carbon."""

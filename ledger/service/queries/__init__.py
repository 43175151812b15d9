"""Questions about the ledger, a folder for each that is large: read, aggregate, present, answers."""

"""The settings of a ledger: their catalogue, the settings file, and the value in force of each setting."""

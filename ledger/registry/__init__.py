"""Installed plugins, from the entry points of group `carbon_ledger.plugins`."""

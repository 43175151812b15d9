"""Iron and steel for carbon-ledger."""

from carbon_ledger_steel.sector import plugin

__all__ = ["plugin"]

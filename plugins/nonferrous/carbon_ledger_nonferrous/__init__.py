"""Non-ferrous metals for carbon-ledger."""

from carbon_ledger_nonferrous.sector import plugin

__all__ = ["plugin"]

"""The circular economy for carbon-ledger."""

from carbon_ledger_circular.sector import plugin

__all__ = ["plugin"]

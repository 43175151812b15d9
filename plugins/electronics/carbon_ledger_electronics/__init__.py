"""Electronics for carbon-ledger."""

from carbon_ledger_electronics.sector import plugin

__all__ = ["plugin"]

"""Petrochemicals and basic chemicals for carbon-ledger."""

from carbon_ledger_petrochemicals.sector import plugin

__all__ = ["plugin"]

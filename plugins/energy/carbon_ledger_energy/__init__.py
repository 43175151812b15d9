"""Electricity and heat for carbon-ledger."""

from carbon_ledger_energy.sector import plugin

__all__ = ["plugin"]

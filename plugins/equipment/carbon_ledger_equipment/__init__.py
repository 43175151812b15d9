"""Machinery and equipment for carbon-ledger."""

from carbon_ledger_equipment.sector import plugin

__all__ = ["plugin"]

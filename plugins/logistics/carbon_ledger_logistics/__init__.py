"""Logistics for carbon-ledger: transport and hubs after ISO 14083."""

from carbon_ledger_logistics.sector import plugin

__all__ = ["plugin"]

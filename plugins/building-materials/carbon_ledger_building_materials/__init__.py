"""Building materials for carbon-ledger: clinker, cement, flat glass, ceramics, capture at the kiln."""

from carbon_ledger_building_materials.sector import plugin

__all__ = ["plugin"]

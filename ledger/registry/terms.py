"""The values of a sector that its server needs beside its answers: they travel from the worker, or lie beside the
archive. Workers of archived versions import this module, so it may use only names that every SDK has.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from ledger.sdk import Sector


class SectorTerms(Struct, frozen=True, array_like=True):
    """`needs`: the minimal inventories by route; `nature`: the natural inputs by route. Plain values, both
    empty for earlier SDKs."""

    version: str
    mass_tolerance: Decimal
    element_tolerance: Decimal
    needs: dict[str, list[dict[str, Any]]] = {}
    nature: dict[str, list[dict[str, Any]]] = {}


def terms_of(sector: Sector) -> SectorTerms:
    """The terms of a sector of this SDK or an earlier one."""
    return SectorTerms(
        sector.version, sector.mass_tolerance, sector.element_tolerance, _plain(sector, "needs"),
        _plain(sector, "nature"),
    )


def _plain(sector: Sector, field: str) -> dict[str, list[dict[str, Any]]]:
    """The values of a field by route; earlier SDKs do not have it."""
    return {route: [msgspec.to_builtins(one) for one in values] for route, values in getattr(sector, field, {}).items()}

"""The values of a sector that its server needs beside its answers: they travel from the worker, or lie beside the
archive. Workers of archived versions import this module, so it may use only names that every SDK has.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from ledger.sdk import Sector


class SectorTerms(Struct, frozen=True, array_like=True):
    """`needs`: the minimal inventories by route, as plain values; empty for earlier SDKs."""

    version: str
    mass_tolerance: Decimal
    element_tolerance: Decimal
    needs: dict[str, list[dict[str, Any]]] = {}


def terms_of(sector: Sector) -> SectorTerms:
    """The terms of a sector of this SDK or an earlier one."""
    return SectorTerms(
        sector.version, sector.mass_tolerance, sector.element_tolerance,
        {route: [msgspec.to_builtins(need) for need in needs] for route, needs in getattr(sector, "needs", {}).items()},
    )

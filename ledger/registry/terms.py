"""The values of a sector that its server needs beside its answers: they travel from the worker, or lie beside the
archive. Workers of archived versions import this module, so it may use only names that every SDK has.
"""

from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from ledger.sdk import Sector


class SectorTerms(Struct, frozen=True, array_like=True):
    """`needs`, `nature`, `burns_lots`, `words` and `raw_materials` as `Sector` has them, in plain values; empty for
    earlier SDKs."""

    version: str
    mass_tolerance: Decimal
    element_tolerance: Decimal
    needs: dict[str, list[dict[str, Any]]] = {}
    nature: dict[str, list[dict[str, Any]]] = {}
    burns_lots: dict[str, str] = {}
    words: dict[str, str] = {}
    raw_materials: dict[str, dict[str, Any]] = {}


def terms_of(sector: Sector) -> SectorTerms:
    """The terms of a sector of this SDK or an earlier one."""
    return SectorTerms(
        sector.version, sector.mass_tolerance, sector.element_tolerance, *[
            msgspec.to_builtins(getattr(sector, field, {}))
            for field in ("needs", "nature", "burns_lots", "words", "raw_materials")
        ],
    )

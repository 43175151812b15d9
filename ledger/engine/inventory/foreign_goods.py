"""Goods whose range begins at the default: the route is of other goods, or the crop may have grown on cleared land.

Each route asks for the inputs of its own goods. Cloth that is booked as an assembly of machines would need no
spinning, and chemicals would need no feedstock. By `foreign-goods.csv` a route makes no goods of these classes; if
most of an output is of one of them, its figure is questioned below the default, whatever the low end of the class.
Goods of the same material that came in were made elsewhere.

The default of some oils holds the change of land use, by `cleared-land.csv`; the default of their crops may not. Oil
that a record presses or declares below the default needs a document of the origin, or states the change of land use.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from msgspec.structs import replace

from ledger.core.outcome.assessment import Assessment, Reference
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.engine.references import Purchase, entries_of_lot
from ledger.sdk import rows
from ledger.sdk.sets.factor_set import SupplyEntry
from ledger.sdk.sets.lookup import entry_of

_LAND_USE: Final = "landUseChangeGhgEmissions"
_ORIGIN: Final = ("certificateOfOrigin", "proofOfSustainability", "dueDiligenceStatement", "biomassCertificate")
"""Kinds of evidence that show where a crop grew. A due diligence statement is one of Regulation (EU) 2023/1115."""
_OIL: Final = "Oil"
_HALF: Final = Decimal("0.5")
_NOTHING: Final = Decimal(0)


def from_default(
    references: Sequence[Reference], record: AnyRecord, purchase: Purchase, assessment: Assessment
) -> tuple[Reference, ...]:
    """The ranges; for foreign goods, and for oil of cleared land, they begin at the default."""
    foreign = _foreign().get(record.process, frozenset()) if isinstance(record, Transformation) else frozenset[str]()
    shown = any(line.burden == _LAND_USE for line in assessment.lines) or any(
        document.kind.partition(":")[0] in _ORIGIN for document in purchase.around.evidence)
    return tuple([
        replace(one, low=one.default) if _begins_at_default(one, purchase, foreign, shown=shown) else one
        for one in references
    ])


def _begins_at_default(reference: Reference, purchase: Purchase, foreign: frozenset[str], *, shown: bool) -> bool:
    lot = purchase.plan.created[reference.output].facts
    if CONTEXT.multiply(reference.mass, Decimal(2)) < (lot.mass or _NOTHING):
        return False
    known = None if reference.material is None else entry_of(purchase.sets, reference.material)
    entries = entries_of_lot(lot, purchase) if known is None else [known[1]]
    keys = {entry.key for entry in entries}
    least = CONTEXT.multiply(reference.mass, _HALF)
    if any(entry.group in foreign for entry in entries) and _came(purchase, lambda entry: entry.key in keys) < least:
        return True
    return not keys.isdisjoint(_cleared()) and not shown and _came(purchase, _is_oil) < least


def _came(purchase: Purchase, wanted: Callable[[SupplyEntry], bool]) -> Decimal:
    """Kg of the inputs and supplies that are goods of such entries."""
    came = _NOTHING
    for supply, mass in purchase.plan.supplied:
        known = entry_of(purchase.sets, supply.material)
        if known is not None and wanted(known[1]):
            came = CONTEXT.add(came, mass or _NOTHING)
    for taken in purchase.plan.taken:
        if any(wanted(entry) for entry in entries_of_lot(taken.lot, purchase)):
            came = CONTEXT.add(came, taken.mass or _NOTHING)
    return came


def _is_oil(entry: SupplyEntry) -> bool:
    """Whoever refines or sells oil has grown nothing."""
    return entry.key.endswith(_OIL)


@cache
def _foreign() -> Mapping[str, frozenset[str]]:
    """Classes of goods that a process does not make."""
    return {row["process"]: frozenset(row["classes"].split(";"))
            for row in rows("ledger.sdk.data", "foreign-goods.csv")}


@cache
def _cleared() -> frozenset[str]:
    return frozenset(row["key"] for row in rows("ledger.sdk.data", "cleared-land.csv"))

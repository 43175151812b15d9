"""Materials that are recycled by name, such as `recycledAluminium`: the name alone makes no material recycled.

Their range is the range of the primary material if the record neither takes scrap nor shows a document.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Plan
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.values import UNBURDENED, Evidence
from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.factor_set import SupplyEntry
from ledger.sdk.sets.lookup import entry_of

CODE: Final = "recycled-by-name"
RECYCLED: Final = "recycled"
PROOF: Final = "recycledContent"
"""The kind of a document about recycled content, alone or before a colon and the material."""
_SCRAP: Final = "Scrap"
_ALLOYED: Final = Decimal("0.9")
"""Of the output: additions of other classes, such as silicon in aluminium, weigh a tenth at most."""
_NOTHING: Final = Decimal(0)


def recycled_key(key: str) -> str:
    """The key of the recycled form of a material."""
    return f"{RECYCLED}{key[:1].upper()}{key[1:]}"


def primary_of(sets: Sequence[FactorSetVersion], entry: SupplyEntry) -> SupplyEntry | None:
    """The material of which an entry is the recycled form; None if it is not recycled by its name."""
    name = entry.key.removeprefix(RECYCLED)
    if name == entry.key or not name:
        return None
    known = entry_of(sets, f"{name[0].lower()}{name[1:]}")
    return None if known is None else known[1]


def shows_content(evidence: Sequence[Evidence], materials: Sequence[str]) -> bool:
    """Whether a document shows the recycled content of all materials, or of one of these."""
    kinds = {one.kind for one in evidence}
    return any(kind in kinds for kind in (PROOF, *[f"{PROOF}:{name}" for name in materials]))


def recycled_part(
    plan: Plan, facts: Facts, sets: Sequence[FactorSetVersion], evidence: Sequence[Evidence], entry: SupplyEntry
) -> Decimal:
    """The part (0 to 1) of a record's material of the class of `entry` that is scrap, or recycled itself: of the
    inputs of the class, or of its outputs if these weigh more, since ore and naphtha are of other classes. Bought scrap
    needs a document of any kind about it, as in a reference range."""
    if shows_content(evidence, (entry.key,)):
        return Decimal(1)
    kinds = [one.kind.partition(":")[2] for one in evidence]
    recycled = whole = _NOTHING
    for supply, mass in plan.supplied:
        known = entry_of(sets, supply.material)
        if known is None or known[1].group != entry.group or known[1].kind != "material" or mass is None:
            continue
        whole = CONTEXT.add(whole, mass)
        if _is_recycled(known[1]) and any(about in ("", supply.material) for about in kinds):
            recycled = CONTEXT.add(recycled, mass)
    for lot, _, mass in plan.taken:
        if mass is None or not _of_class(lot, facts, sets, entry):
            continue
        whole = CONTEXT.add(whole, mass)
        if lot.role in ("waste", "core") or all(_is_recycled(one) for one in _entries(lot, facts, sets)):
            recycled = CONTEXT.add(recycled, mass)
    made = _NOTHING
    for lot, _ in plan.created:
        if lot.role not in UNBURDENED and _of_class(lot, facts, sets, entry):
            made = CONTEXT.add(made, lot.mass or _NOTHING)
    whole = max(whole, CONTEXT.multiply(made, _ALLOYED))
    return min(Decimal(1), CONTEXT.divide(recycled, whole)) if recycled else _NOTHING


def _is_recycled(entry: SupplyEntry) -> bool:
    return entry.key.startswith(RECYCLED) or entry.key.endswith(_SCRAP)


def _entries(lot: LotFacts, facts: Facts, sets: Sequence[FactorSetVersion]) -> list[SupplyEntry]:
    known = [entry_of(sets, name) for name in facts.composition(lot).materials]
    return [one[1] for one in known if one is not None]


def _of_class(lot: LotFacts, facts: Facts, sets: Sequence[FactorSetVersion], entry: SupplyEntry) -> bool:
    """Whether a lot has a material of the class. Waste that does not state its materials may be of any class."""
    entries = _entries(lot, facts, sets)
    return any(one.group == entry.group for one in entries) or (not entries and lot.role in ("waste", "core"))

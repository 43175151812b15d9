"""The end of goods makes no other matter: waste and cores of a consumption consist of the goods that were used up.

Metals come out of goods that can hold them, by `holders.csv`; plastics, chemicals, paper and others out of goods of
their class, of articles such as machines and batteries, and of goods that nobody knows. Matter that no good can have
held is new: it has the range of its product.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import LotFacts
from ledger.core.outcome.assessment import Reference
from ledger.core.record.amounts import CONTEXT
from ledger.engine.bounds.matter import CONTENT
from ledger.engine.bounds.profiles import holders
from ledger.engine.bounds.substances import substance_of
from ledger.engine.references import Purchase, ranges_of_lot
from ledger.sdk.sets.factor_set import SupplyEntry
from ledger.sdk.sets.lookup import entry_of, entry_of_code

_ARTICLES: Final = ("machinery", "electronics", "battery")
_ALIKE: Final = (
    frozenset({"inorganicChemical", "organicChemical", "specialChemical", "oil", "gas", "fluorinatedGas"}),
    frozenset({"textile", "polymer", "rubber"}), frozenset({"wood", "paper"}), frozenset({"ceramic", "refractory"}),
)
"""Classes whose goods consist of each other's materials."""
_MINERAL: Final = ("mineral", "water", "food", "fuel")
"""Classes that are cheap in carbon, or that become each other: meals become compost, and wood becomes chips."""
_MATERIAL: Final = "material"
_CLASS: Final = "class:"
_MORE: Final = Decimal("1.05")
"""Water and dust: two scales agree to a few per cent."""
_ONE, _NOTHING = Decimal(1), Decimal(0)


class _Component(NamedTuple):
    """A mass fraction of a lot; `entry` is None for a material that no set knows."""

    share: Decimal
    entry: SupplyEntry | None


def new_matter(purchase: Purchase) -> list[Reference]:
    """The ranges of the outputs of a consumption that no good which was used up can have held."""
    made = [(i, one.facts, list(_materials(one.facts, purchase))) for i, one in enumerate(purchase.plan.created)]
    taken = [(lot, mass, list(_materials(lot, purchase))) for lot, _, mass in purchase.plan.taken]
    if any(mass is None for _, mass, _ in taken):
        return []
    came = [(mass or _NOTHING, materials) for _, mass, materials in taken]
    references: list[Reference] = []
    for i, lot, materials in made:
        parts = [_new_part(group, made, came, purchase) for group in _groups(materials)]
        part = max(parts, default=_NOTHING)
        if part and lot.mass:
            ranges = ranges_of_lot(i, lot, CONTEXT.multiply(lot.mass, part), purchase)
            references += [replace(one, code=CONTENT) for one in ranges]
    return references


def _materials(lot: LotFacts, purchase: Purchase) -> Iterator[_Component]:
    """The materials of a lot, or else the one of its code; the rest may be anything."""
    rest = _ONE
    for name, share in purchase.facts.composition(lot).materials.items():
        known = entry_of(purchase.sets, name)
        rest = CONTEXT.subtract(rest, Decimal(share))
        yield _Component(Decimal(share), None if known is None else known[1])
    product = purchase.facts.product_of(lot)
    coded = entry_of_code(purchase.sets, product.codes if product else ())
    if rest > _NOTHING:
        yield _Component(rest, coded if rest == _ONE else None)


def _groups(materials: Sequence[_Component]) -> set[str]:
    return {one.entry.group for one in materials if one.entry is not None and one.entry.kind == _MATERIAL} - {
        *_MINERAL}


def _new_part(
    group: str, made: Sequence[tuple[int, LotFacts, Sequence[_Component]]],
    came: Sequence[tuple[Decimal, Sequence[_Component]]], purchase: Purchase,
) -> Decimal:
    """The part (0 to 1) of the outputs' mass of a class that no good can have held."""
    out = held = _NOTHING
    for _, lot, materials in made:
        for part in materials:
            if part.entry is not None and part.entry.group == group:
                out = CONTEXT.add(out, CONTEXT.multiply(lot.mass or _NOTHING, part.share))
    for mass, materials in came:
        for part in materials:
            most = CONTEXT.multiply(part.share, _most(group, part.entry, purchase))
            held = CONTEXT.add(held, CONTEXT.multiply(mass, most))
    unexplained = CONTEXT.subtract(out, CONTEXT.multiply(held, _MORE))
    return CONTEXT.divide(unexplained, out) if unexplained > _NOTHING else _NOTHING


def _most(group: str, entry: SupplyEntry | None, purchase: Purchase) -> Decimal:
    """Kg of a class that a kg of a material can hold."""
    if entry is None or entry.group == group:
        return _ONE
    if group in holders():
        table, substance = holders()[group], substance_of(tuple(purchase.sets), entry.key)
        names = (entry.key, f"{_CLASS}{substance.group}")
        return next((table[name] for name in names if name in table), _NOTHING)
    alike = entry.group in _ARTICLES or any({entry.group, group} <= classes for classes in _ALIKE)
    return _ONE if alike else _NOTHING

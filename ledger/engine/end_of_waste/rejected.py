"""Waste of the kind that its route makes: rejects, crops and trial runs, up to a share that is usual.

Slabs that leave a converter as waste are slabs all the same: their burden stays with the rest of the output, or with
the record if it makes no product, and whoever uses the waste has steel without burden. So such waste has the range of
the product. It counts as this product if it is of the same material, or of the same class and at least half as dear in
carbon, or scrap of its class.

A process that makes a material of other ones (steel of ore) rejects up to a quarter of it: container glass 15 %,
special glass and foundries more. A process that shapes bought material may cut off nearly all of it (milling of
airframes, 95 %). Few shops do, so beyond three quarters of a metal a document says which parts were cut. As far as
scrap came in, there is no burden that could be lost; the defaults of metals hold a third of scrap already.

Waste of another material than the products is questioned if nearly all that was bought of its class leaves as waste,
and it is the main output, by mass or by its usual burden: new metal becomes no scrap beside a handful of other goods.
Packaging, sand and worn tools are a small part of such a record. Chemicals, oils and water are used up in processes,
and are waste in any amount that came in.

Waste of which neither goods nor waste came in was made by the route itself, such as slabs beside slag or ammonia beside
carbon dioxide. It is questioned if it is the main output by its usual burden, whatever its class but stone: nobody runs
a furnace for its slag. Where as much waste came in, it may have held the waste that leaves.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import reduce
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import LotFacts
from ledger.core.outcome.assessment import Finding, Reference
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.values import UNBURDENED
from ledger.engine.references import Purchase, entries_of_lot, ranges_of_lot
from ledger.sdk import PRODUCT_ROLES
from ledger.sdk.sets.factor_set import SupplyEntry
from ledger.sdk.sets.lookup import entry_of
from ledger.sdk.sets.reading import co2e_of

CODE: Final = "waste-of-route"
NO_PRODUCT: Final = "run-without-product"
_MADE, _SHAPED = Decimal("0.25"), Decimal("0.95")
_CUT: Final = Decimal("0.75")
"""The usual maximum of waste among the outputs of a class. `_CUT`: of metals without a document (own judgement:
forgings and bars lose a third to two thirds)."""
_CUTTING: Final = ("drawing", "cuttingPlan", "workOrder")
_METALS: Final = frozenset({"aluminium", "copper", "ferroalloy", "metal", "preciousMetal", "steel"})
_HALF, _ONE, _NOTHING = Decimal("0.5"), Decimal(1), Decimal(0)
_LITTLE: Final = Decimal("0.1")
_HELD: Final = Decimal("1.5")
_USED_UP: Final = ("inorganicChemical", "organicChemical", "specialChemical", "oil", "gas", "water", "fluorinatedGas")
"""Classes of goods that processes use up, such as solvents."""
_STONE: Final = frozenset({"mineral", "water"})
"""Classes that hold nothing of another class, and burden little."""
_SCRAP: Final = "Scrap"


class _Class(NamedTuple):
    """Kg of one class of materials in a record: its goods, its waste, and inputs that are scrap or bought goods."""

    goods: Decimal
    waste: Decimal
    scrap: Decimal
    bought: Decimal
    most_cut: Decimal

    @property
    def fresh(self) -> Decimal:
        """The part of the outputs that has a burden, as it is not of scrap beyond the usual third."""
        old = CONTEXT.divide(self.scrap, CONTEXT.add(self.goods, self.waste))
        return min(_ONE, max(_NOTHING, CONTEXT.multiply(_HELD, CONTEXT.subtract(_ONE, old))))

    @property
    def is_unusual(self) -> bool:
        out = CONTEXT.add(self.goods, self.waste)
        made = CONTEXT.subtract(out, self.scrap)
        most = self.most_cut if CONTEXT.multiply(_HALF, made) <= self.bought else _MADE
        return self.waste > CONTEXT.multiply(most, out)

    @property
    def is_made(self) -> bool:
        """Whether the route made most of the waste: it came in neither as goods nor as waste."""
        came = CONTEXT.add(self.bought, self.scrap)
        return CONTEXT.subtract(self.waste, came) > CONTEXT.multiply(_HALF, self.waste)

    @property
    def passes(self) -> bool:
        """Whether nearly all that was bought of the class leaves as waste."""
        return bool(self.bought) and self.waste > CONTEXT.multiply(_SHAPED, self.bought)


def waste_of_route(purchase: Purchase) -> list[Reference]:
    """The ranges of outputs that are waste by their role alone."""
    created = [made.facts for made in purchase.plan.created]
    goods = [lot for lot in created if lot.role in PRODUCT_ROLES]
    references: list[Reference] = []
    for i, waste in enumerate(created):
        if waste.role != "waste" or not waste.mass:
            continue
        twins = [good for good in goods if good.mass and _alike(waste, good, purchase)]
        product = max(twins, key=_mass, default=waste)
        sums = _sums(product, created, purchase)
        if goods and not twins and (sums is None or not _is_laundered(sums, waste, created, purchase)):
            continue
        if sums is not None and sums.is_unusual and sums.fresh:
            mass = CONTEXT.multiply(waste.mass, sums.fresh)
            ranges = max((ranges_of_lot(i, lot, mass, purchase) for lot in (product, waste)), key=_whole)
            references += [replace(reference, code=CODE) for reference in ranges]
    return references


def run_without_product(purchase: Purchase) -> list[Finding]:
    """A note on a run that makes waste alone: its burden stays with the record."""
    roles = {made.facts.role for made in purchase.plan.created}
    if "waste" not in roles or roles - {"waste", "core"}:
        return []
    return [Finding(code=NO_PRODUCT, severity="note",
                    message="no output carries a burden: it stays with the record, and reconciliations name it")]


def _sums(product: LotFacts, created: Sequence[LotFacts], purchase: Purchase) -> _Class | None:
    """The class of a product in the record. None if the sets do not know its material."""
    groups = {entry.group for entry in entries_of_lot(product, purchase)}
    if not groups:
        return None
    goods = waste = scrap = bought = _NOTHING
    for lot in created:
        if lot.role in PRODUCT_ROLES and _in(groups, entries_of_lot(lot, purchase)):
            goods = CONTEXT.add(goods, _mass(lot))
        elif lot.role == "waste" and _in(groups, entries_of_lot(lot, purchase)):
            waste = CONTEXT.add(waste, _mass(lot))
    for lot, _, mass in purchase.plan.taken:
        entries = entries_of_lot(lot, purchase)
        if lot.role in ("waste", "core") and (not entries or _in(groups, entries)):
            scrap = CONTEXT.add(scrap, mass or _NOTHING)
        elif _in(groups, entries):
            bought = CONTEXT.add(bought, mass or _NOTHING)
    for supply, mass in purchase.plan.supplied:
        known = entry_of(purchase.sets, supply.material)
        if known is None or known[1].group not in groups or known[1].kind != "material":
            continue
        if known[1].key.endswith(_SCRAP):
            scrap = CONTEXT.add(scrap, mass or _NOTHING)
        else:
            bought = CONTEXT.add(bought, mass or _NOTHING)
    shown = any(document.kind.partition(":")[0] in _CUTTING for document in purchase.around.evidence)
    return _Class(goods, waste, scrap, bought, _SHAPED if shown or not groups & _METALS else _CUT)


class _WastePart(NamedTuple):
    """The part of waste of one class in the outputs, with the products: by mass, and by its usual burden."""

    mass: Decimal
    burden: Decimal


def _is_laundered(sums: _Class, waste: LotFacts, created: Sequence[LotFacts], purchase: Purchase) -> bool:
    """Whether waste beside other products is the purpose of the record: it was bought and passes, or it was made."""
    if sums.passes and not _used_up(waste, purchase):
        part = _part_of(waste, created, purchase)
        return part.burden > (_HALF if part.mass <= _HALF else _LITTLE)
    made = sums.is_made and not _is_stone(waste, purchase) and not _comes_with_waste(waste, purchase)
    return made and _part_of(waste, created, purchase).burden > _HALF


def _used_up(waste: LotFacts, purchase: Purchase) -> bool:
    return any(entry.group in _USED_UP for entry in entries_of_lot(waste, purchase))


def _is_stone(lot: LotFacts, purchase: Purchase) -> bool:
    entries = entries_of_lot(lot, purchase)
    return bool(entries) and all(entry.group in _STONE for entry in entries)


def _comes_with_waste(waste: LotFacts, purchase: Purchase) -> bool:
    """Whether the waste may come out of waste that the record takes, such as metal out of the ash of an incinerator."""
    old = [mass or _NOTHING for lot, _, mass in purchase.plan.taken
           if lot.role in UNBURDENED and not _is_stone(lot, purchase)]
    return _sum(old) >= _mass(waste)


def _part_of(waste: LotFacts, created: Sequence[LotFacts], purchase: Purchase) -> _WastePart:
    groups = {entry.group for entry in entries_of_lot(waste, purchase)}
    wasted = [lot for lot in created if lot.role == "waste" and _in(groups, entries_of_lot(lot, purchase))]
    goods = [lot for lot in created if lot.role in PRODUCT_ROLES]
    mass, burden = _sum([_mass(lot) for lot in wasted]), _sum([_usual(lot, purchase) for lot in wasted])
    masses = CONTEXT.add(mass, _sum([_mass(lot) for lot in goods]))
    burdens = CONTEXT.add(burden, _sum([_usual(lot, purchase) for lot in goods]))
    return _WastePart(CONTEXT.divide(mass, masses), CONTEXT.divide(burden, burdens) if burdens else _NOTHING)


def _usual(lot: LotFacts, purchase: Purchase) -> Decimal:
    """The kg CO2e that are usual for a lot, by its range; zero without one."""
    return _whole(ranges_of_lot(0, lot, lot.mass, purchase) if lot.mass else [])


def _whole(ranges: Sequence[Reference]) -> Decimal:
    """The kg CO2e of the defaults of ranges."""
    return _sum([CONTEXT.multiply(reference.mass, reference.default) for reference in ranges])


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return reduce(CONTEXT.add, amounts, _NOTHING)


def _in(groups: set[str], entries: Sequence[SupplyEntry]) -> bool:
    return any(entry.group in groups for entry in entries)


def _mass(lot: LotFacts) -> Decimal:
    return lot.mass or _NOTHING


def _alike(waste: LotFacts, good: LotFacts, purchase: Purchase) -> bool:
    """Whether waste is of a product's material, or of its class and as dear, or scrap of it."""
    if waste.product == good.product:
        return True
    wastes, goods = entries_of_lot(waste, purchase), entries_of_lot(good, purchase)
    return any(
        one.key == other.key or (one.group == other.group and (
            one.key.endswith(_SCRAP) or _default(one, purchase) >= CONTEXT.multiply(_HALF, _default(other, purchase))
        )) for one in wastes for other in goods
    )


def _default(entry: SupplyEntry, purchase: Purchase) -> Decimal:
    choice = purchase.choose(entry.key)
    return _NOTHING if choice is None else co2e_of(choice.factor.gases)

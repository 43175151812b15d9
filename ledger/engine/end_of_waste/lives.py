"""The life before: waste of end users and cores come from goods that somebody has used.

ISO 14021 counts returns from the distribution, warranty and leasing as post-consumer material. Unused goods hide the
burden of their making all the same, so a return is in question by its unused life: by the part of a minimum service
life, of half a year or a year, that is left. Goods of classes without a row, such as packaging, may be used within
days. A good counts from the time at which its owner made or bought it to the end that the consumption states.

A core that its own maker gathers, or a company of the maker's group, needs a document about the end user: a note of
its own scales does not show one. Without it, nothing shows that the core was ever sold.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.checks.times import check_time
from ledger.admission.facts import Facts, LotFacts, counted_at
from ledger.core.outcome.assessment import Reference
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Consumption, Declaration
from ledger.core.record.values import UNBURDENED, Evidence
from ledger.engine.references import Purchase, ranges_of_lot, spelled
from ledger.sdk.sets.factor_set import SupplyEntry
from ledger.sdk.sets.lookup import entry_of, entry_of_code
from ledger.sdk.tables import rows

OF_MAKER: Final = "core-of-maker"
UNUSED: Final = "unused-life"
END_USER: Final = (
    "coreReturnNote", "takeBackNote", "returnNote", "purchaseReceipt", "scrapPurchase", "leaseContract",
    "rentalContract", "serviceContract", "serviceRecord", "hoursOfService", "serialNumbers", "warrantyClaim",
    "endOfLifeCertificate",
)
"""Kinds of documents that show who used a good, alone or before a colon and its subject."""
_NOTHING, _ONE = Decimal(0), Decimal(1)
_SHORT: Final = Decimal("0.25")
"""Years. Goods that serve no longer may have served any time less, if a document shows their end user."""
_DAYS: Final = Decimal("365.25")
"""A year."""
_MOST: Final = 20


@cache
def _lives() -> Mapping[tuple[str, str], Decimal]:
    """Minimum service lives in years, by class and entry; the entry is empty in the row of a class."""
    return {
        (row["class"], row["entry"]): Decimal(row["years"]) for row in rows("ledger.sdk.data", "service-lives.csv")
    }


def service_life(lot: LotFacts, purchase: Purchase, *, shown: bool = False) -> Decimal:
    """The minimum service life of a lot's product in years: by its code, or the mean of its materials by mass. `shown`:
    a document shows its end user."""
    product = purchase.facts.product_of(lot)
    coded = entry_of_code(purchase.sets, product.codes if product else ())
    mean = _NOTHING
    for name, share in purchase.facts.composition(lot).materials.items():
        known = entry_of(purchase.sets, name)
        if known is not None:
            mean = CONTEXT.add(mean, CONTEXT.multiply(Decimal(share), _life_of(known[1], shown)))
    return max(mean, _NOTHING if coded is None else _life_of(coded, shown))


def _life_of(entry: SupplyEntry, shown: bool) -> Decimal:
    lives = _lives()
    years = lives.get((entry.group, entry.key), lives.get((entry.group, ""), _NOTHING))
    return _NOTHING if shown and years <= _SHORT else years


def unused_part(lot: LotFacts, years: Decimal, purchase: Purchase, *, shown: bool = False) -> Decimal:
    """The part (0 to 1) of the minimum service life that is left after `years`. `shown`: a document shows its end
    user."""
    least = service_life(lot, purchase, shown=shown)
    if years >= least:
        return _NOTHING
    return CONTEXT.subtract(_ONE, CONTEXT.divide(max(years, _NOTHING), least))


def shows_end_user(evidence: Sequence[Evidence]) -> bool:
    """Whether a document shows who used the good."""
    return any(one.kind.partition(":")[0] in END_USER for one in evidence)


def declared_core(record: Declaration, purchase: Purchase) -> list[Reference]:
    """The ranges of a declared core that has no end user, or too short a life."""
    if record.lot is None or record.lot.role != "core":
        return []
    lot = purchase.plan.created[0].facts
    if _of_maker(lot, record, purchase.facts) and not shows_end_user(record.evidence):
        return _ranges(lot, _ONE, purchase, OF_MAKER)
    life = record.lot.previous_life
    if life is None or life.estimated_years is None:
        return []
    return _ranges(lot, unused_part(lot, Decimal(life.estimated_years), purchase), purchase, UNUSED)


class _Returned(NamedTuple):
    """A product among the goods, as one of its lots, with the unused kg."""

    lot: LotFacts
    unused: Decimal


def returned_goods(record: Consumption, purchase: Purchase) -> list[Reference]:
    """The ranges of waste and cores that come from goods which their owner had for too short a time. Each output has a
    part of each good, by mass."""
    whole = _sum([taken.mass for taken in purchase.plan.taken])
    references: list[Reference] = []
    for returned in _largest(_by_product(record, purchase)):
        ranges = ranges_of_lot(0, returned.lot, _ONE, purchase)
        for i, (lot, _) in enumerate(purchase.plan.created):
            if lot.mass and ranges:
                part = CONTEXT.divide(CONTEXT.multiply(lot.mass, returned.unused), whole)
                references += [
                    replace(one, output=i, mass=spelled(CONTEXT.multiply(part, one.mass)), code=UNUSED)
                    for one in ranges
                ]
    return references


def _by_product(record: Consumption, purchase: Purchase) -> list[_Returned]:
    """The goods with an unused part, each product once: lots of one product and composition have one range."""
    products: dict[tuple[object, ...], _Returned] = {}
    for lot, _, mass in purchase.plan.taken:
        unused = CONTEXT.multiply(mass or _NOTHING, _unused_of(lot, record, purchase))
        if unused:
            key = (lot.product, *sorted(purchase.facts.composition(lot).materials.items()))
            before = products.get(key)
            products[key] = _Returned(lot, unused if before is None else CONTEXT.add(before.unused, unused))
    return list(products.values())


def _largest(returned: Sequence[_Returned]) -> Sequence[_Returned]:
    """A result of bounded size: beyond the most that a record lists, goods count as the largest of them."""
    if len(returned) <= _MOST:
        return returned
    ordered = sorted(returned, key=lambda one: one.unused, reverse=True)
    rest = _sum([one.unused for one in ordered[_MOST:]])
    return [_Returned(ordered[0].lot, CONTEXT.add(ordered[0].unused, rest)), *ordered[1:_MOST]]


def _unused_of(good: LotFacts, record: Consumption, purchase: Purchase) -> Decimal:
    """The unused part of a good whose life ends with this record. A lot from before the rule does not tell its age; one
    whose owner declared it without a document about its age counts as new."""
    if good.role in UNBURDENED or (good.made is None and good.since is None):
        return _NOTHING
    shown = shows_end_user(record.evidence)
    if good.since is None:
        return unused_part(good, _NOTHING, purchase, shown=shown)
    days = (check_time(record.time, "time") - check_time(good.since, "since")).days
    return unused_part(good, CONTEXT.divide(Decimal(days), _DAYS), purchase, shown=shown)


def _sum(masses: Sequence[Decimal | None]) -> Decimal:
    total = _NOTHING
    for mass in masses:
        total = CONTEXT.add(total, mass or _NOTHING)
    return total


def _of_maker(lot: LotFacts, record: Declaration, facts: Facts) -> bool:
    product = facts.product_of(lot)
    return product is not None and facts.one_group(product.owner, record.issuer, counted_at(record.end, lot))


def _ranges(lot: LotFacts, part: Decimal, purchase: Purchase, code: str) -> list[Reference]:
    """The ranges of a part of the first output."""
    if not part or not lot.mass:
        return []
    ranges = ranges_of_lot(0, lot, CONTEXT.multiply(lot.mass, part), purchase)
    return [replace(reference, code=code) for reference in ranges]

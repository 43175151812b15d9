"""The origin of waste: no process makes an end user's waste of waste that no end user had.

Waste of production (`preConsumer`, ISO 14021) stays so through sorting, shredding and baling. A record that takes some
and makes more waste of end users than its other lots and bought scrap weigh is refused: recycled content would change
its kind. Bought scrap counts if a document shows it: its name alone explains nothing.

A second record does not change that. Nobody uses the output of a yard that sorts, shears or bales until it is made
into goods, and a process that makes goods is no end user. So waste of production stays such in these lots, by their
recycled content. It stays such too in goods that the group which made them uses up, if they consist of it for the most
part.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import Facts, LotFacts, counted_at
from ledger.admission.lots import Plan, Supplied
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import AnyRecord, Consumption, Transformation
from ledger.core.record.values import UNBURDENED
from ledger.engine.bounds.process import short
from ledger.engine.end_of_waste.named_scrap import is_documented
from ledger.errors import Refused
from ledger.footprint.stored.contents import QUESTIONED, RECYCLED
from ledger.footprint.stored.figures import TakenFigures

RAISED: Final = "origin-raised"
_PRE, _POST = "preConsumer", "postConsumer"
_MORE: Final = Decimal("1.05")
"""Water and dust: two scales agree to a few per cent."""
_OLD: Final = ("scrap", "waste")
"""Words in the names of supplies that end users may have had."""
_SORTING: Final = frozenset({"circular.sorting", "steel.scrapProcessing"})
"""Processes whose products are scrap, whatever they are called."""
_USED: Final = frozenset({"circular.collection", "circular.dismantling"})
"""Processes whose products may be goods and parts that somebody uses again."""
_MOST: Final = 0.5
"""Of the mass of a lot: goods with more recycled content of production are such waste for the most part."""
_NOTHING: Final = Decimal(0)


class OriginLimit(NamedTuple):
    """The output at `place` is the first of `after` kg of waste of end users, out of `other` kg of things that are no
    waste of production. Nobody used the inputs at `unused`; those at `doubtful` count so if they are waste of
    production for the most part."""

    place: int
    after: Decimal
    other: Decimal
    unused: frozenset[int]
    doubtful: frozenset[int]


def check_origins(record: Transformation | Consumption, plan: Plan, facts: Facts) -> None:
    """Raises Refused for waste of end users that only waste of production can have become."""
    if any(_is_production(taken.lot) for taken in plan.taken):
        _check(_limit(plan, _bought(record, plan, facts)), _NOTHING)


def origin_limit(record: AnyRecord, plan: Plan, facts: Facts) -> OriginLimit | None:
    """How much waste of end users a record may make of goods that nobody used; None without such waste or such
    goods."""
    if not isinstance(record, Transformation | Consumption) or not any(
        made.facts.origin == _POST for made in plan.created
    ):
        return None
    goods = [(i, taken.lot) for i, taken in enumerate(plan.taken) if taken.lot.role not in UNBURDENED]
    unused = frozenset([i for i, lot in goods if _is_unused(record, lot)])
    doubtful = frozenset([i for i, lot in goods if i not in unused and _is_doubtful(record, lot, facts)])
    if not unused and not doubtful:
        return None
    limit = _limit(plan, _bought(record, plan, facts, _named(plan, facts)))
    return None if limit is None else limit._replace(unused=unused, doubtful=doubtful)


def check_carried(limit: OriginLimit, taken: Sequence[TakenFigures]) -> None:
    """Raises Refused for waste of end users that only the waste of production in goods can have become. `taken`: the
    inputs with their contents."""
    production = 0.0
    for i, flowing in enumerate(taken):
        if i in limit.unused or i in limit.doubtful:
            own = sum([amount for name, amount in flowing.figures.contents.items()
                       if name.removeprefix(QUESTIONED).startswith(RECYCLED[_PRE])])
            if i in limit.unused or own > _MOST * flowing.figures.contents.get("mass", 0.0):
                production += flowing.part * own
    if production:
        _check(limit, Decimal(repr(production)))


def _limit(plan: Plan, bought: Decimal) -> OriginLimit | None:
    """None without waste of end users, or if an input has no known mass."""
    others = [taken for taken in plan.taken if not _is_production(taken.lot)]
    if any(taken.mass is None and taken.lot.role not in ("credit", "attribute") for taken in others):
        return None
    made = [(i, one.facts.mass) for i, one in enumerate(plan.created) if one.facts.origin == _POST]
    if not made:
        return None
    other = CONTEXT.add(bought, _mass(taken.mass for taken in others))
    return OriginLimit(made[0][0], _mass(mass for _, mass in made), other, frozenset(), frozenset())


def _check(limit: OriginLimit | None, production: Decimal) -> None:
    """`production`: kg of waste of production in the other things."""
    if limit is None:
        return
    other = max(CONTEXT.subtract(limit.other, production), _NOTHING)
    if limit.after > CONTEXT.multiply(other, _MORE):
        raise Refused(
            f"outputs[{limit.place}]: {short(limit.after):f} kg of waste of end users out of {short(other):f} kg of "
            "things that are no waste of production", code=RAISED, field=f"outputs[{limit.place}].origin", value=_POST,
            rule="waste that was preConsumer stays preConsumer, until somebody has used a good of it; bought scrap "
                 "counts with a document about it",
        )


def _is_production(lot: LotFacts) -> bool:
    return lot.role == "waste" and lot.origin == _PRE


def _is_unused(record: Transformation | Consumption, lot: LotFacts) -> bool:
    """Whether nobody can have used goods before a record turns them into waste. Yards take used goods apart."""
    made = "" if lot.maker is None else lot.maker[1]
    return made in _SORTING or (isinstance(record, Transformation) and record.process not in _SORTING | _USED)


def _is_doubtful(record: Transformation | Consumption, lot: LotFacts, facts: Facts) -> bool:
    product = facts.product_of(lot)
    if lot.maker is not None and lot.maker[1] in _USED:
        return True
    at = counted_at(record.end if isinstance(record, Transformation) else record.time, lot)
    return product is not None and facts.one_group(product.owner, record.issuer, at)


def _named(plan: Plan, facts: Facts) -> frozenset[str]:
    """The materials of the waste of end users."""
    return frozenset([name for made in plan.created if made.facts.origin == _POST
                      for name in facts.composition(made.facts).materials])


def _bought(
    record: Transformation | Consumption, plan: Plan, facts: Facts, named: frozenset[str] = frozenset()
) -> Decimal:
    """Kg of supplies that can be waste of end users: scrap that a document shows, and the `named` materials, such as
    packaging that is thrown away."""
    evidence = record.evidence if isinstance(record, Transformation) else ()
    return _mass(
        one.mass for one in plan.supplied
        if one.supply.material in named or (_is_old(one) and is_documented(one, evidence, facts)))


def _is_old(supplied: Supplied) -> bool:
    return any(word in supplied.supply.material.lower() for word in _OLD)


def _mass(masses: Iterable[Decimal | None]) -> Decimal:
    total = _NOTHING
    for mass in masses:
        total = CONTEXT.add(total, mass or _NOTHING)
    return total

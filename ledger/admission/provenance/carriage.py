"""From where a lot was carried, and for how many kilometres its transfers state freight.

A lot begins at the facility of its maker. Declared lots begin at the facility of their declaration (`place`). A pool
moves nothing: its stock begins where its parts began, and where they began at several facilities, at the pool's. But if
a part came from another country without freight, the stock began there: otherwise a pool would bring goods home.

`carried` adds up over transfers. It is the tonne kilometres of freight in `transport`, per tonne of goods. Freight that
is stated otherwise counts by the most that it can move: energy and fuel on the best ship, hours of a lorry. So it is
never smaller than the true distance. None: no transfer under this rule.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.admission.facts import Facts, LotFacts, PoolFacts
from ledger.admission.lots import Created, Plan, Supplied, Taken
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Addition, AnyRecord, Declaration, Transfer
from ledger.core.record.units import UNITS

ABROAD: Final = 100
"""Kilometres that goods from another country move at least."""
_FARTHEST: Final = Decimal(100_000)
"""Kilometres beyond which no freight counts: more than twice around the earth."""
_TONNE: Final = Decimal(1000)
_ZERO: Final = Decimal(0)
_DIMENSIONS: Final[Mapping[str, Decimal]] = {"freight": Decimal(1), "energy": Decimal(20), "time": Decimal(1000)}
_KILOGRAM: Final = Decimal(1000)
"""Tonne kilometres that freight by one base unit of a dimension moves at most: one tkm; 1 MJ, since a large bulk
carrier needs 0.05 MJ per tkm; an hour of a lorry with 20 t at 50 km/h; and 1 kg of fuel, which holds at most some 50 MJ
(own estimates)."""
_MOVED: Final[Mapping[str, Decimal]] = {
    code: unit.scale * _DIMENSIONS[unit.dimension] for code, unit in UNITS.items() if unit.dimension in _DIMENSIONS}


def with_carriage(record: AnyRecord, planned: Plan, facts: Facts) -> Plan:
    """The plan with the place and the kilometres of its lots. Credits, attributes and services are no things that
    anybody carries: they have neither."""
    match record:
        case Declaration():
            place, carried = record.facility, None
        case Transfer():
            taken = planned.taken[0]
            place, carried = taken.lot.place, _after(taken, planned.supplied[:len(record.transport)])
        case Addition():
            place, carried = _blended(planned, facts)
        case _:
            return planned
    if place is None and carried is None:
        return planned
    first, *others = planned.created
    if not first.facts.mass:
        return planned
    return planned._replace(created=(
        Created(replace(first.facts, place=place, carried=carried), first.output), *others))


def _after(taken: Taken, transport: Sequence[Supplied]) -> int:
    """The kilometres after a transfer."""
    before = taken.lot.carried or 0
    if not transport or not taken.mass:
        return before
    tonne_kilometres = _ZERO
    for supply, mass in transport:
        each = _MOVED.get(supply.quantity.unit)
        # Fuel, and counted things such as containers, have a mass.
        moved = CONTEXT.multiply(mass or _ZERO, _KILOGRAM) if each is None else CONTEXT.multiply(
            supply.quantity.amount, each)
        tonne_kilometres = CONTEXT.add(tonne_kilometres, moved)
    kilometres = CONTEXT.divide(CONTEXT.multiply(tonne_kilometres, _TONNE), taken.mass)
    return before + int(kilometres) if kilometres < _FARTHEST - before else int(_FARTHEST)


def _blended(planned: Plan, facts: Facts) -> tuple[str | None, int | None]:
    """Place and kilometres of a pool's next generation."""
    parts, made = planned.taken, planned.created[0].facts
    places = {part.lot.starting_place for part in parts}
    if len(places) == 1:
        place = None if made.maker is not None else next(iter(places))
        return place, _mean(parts)
    pool = facts.pools[made.pool or ""]
    away = [part for part in parts if _came_from_abroad(part.lot, pool, facts)]
    if not away:
        return pool.facility, None
    main = max(away, key=lambda part: part.quantity).lot
    return main.starting_place, main.carried


def _came_from_abroad(lot: LotFacts, pool: PoolFacts, facts: Facts) -> bool:
    site, home = facts.facilities.get(lot.starting_place or ""), facts.facilities.get(pool.facility)
    return site is not None and home is not None and site.country != home.country and (lot.carried or 0) < ABROAD


def _mean(parts: Sequence[Taken]) -> int | None:
    """The mean kilometres of parts by their quantities; None if no part was transferred."""
    if all(part.lot.carried is None for part in parts):
        return None
    total, weight = _ZERO, _ZERO
    for part in parts:
        total = CONTEXT.add(total, CONTEXT.multiply(part.quantity, Decimal(part.lot.carried or 0)))
        weight = CONTEXT.add(weight, part.quantity)
    return int(CONTEXT.divide(total, weight)) if weight else None

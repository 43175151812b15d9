"""Additions: each takes what the newest lot of a pool still holds, and makes the next."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal
from typing import Final

from ledger.admission.checks.times import balance_period_end, check_time
from ledger.admission.facts import Composition, Facts, LotFacts, PoolFacts
from ledger.admission.kind import Kind, Terms
from ledger.admission.kinds.pool import pool_form
from ledger.admission.lots import Created, Plan, Taken, check_new_lot, part_of_mass, take
from ledger.admission.names import Names
from ledger.admission.state import State, next_generation
from ledger.core.record.identifiers import under
from ledger.core.record.kinds import Addition
from ledger.core.record.units import convert, unit
from ledger.errors import Refused

MASS_BALANCE: Final = "massBalance:"
"""How the `credit` of a lot begins that a mass balance gave; the content follows."""

BOOKED: Final = "massBalance"
"""In place of a process, what made a lot of credits."""

_CONTEXT: Final = Context(prec=34)
_STEP: Final = Decimal("0.000000000000000001")
"""Fractions of a blend are blended again with each addition: nine decimals would drift."""
_NONE: Final = Decimal(0)


class AdditionKind(Kind[Addition]):
    def names(self, record: Addition, names: Names) -> None:
        names.lots.add(record.pool)
        names.lots.update([flow.lot for flow in record.inputs])
        if record.credit_lot:
            names.new_lots.add(record.credit_lot)

    def mentions(self, record: Addition) -> Iterable[str]:
        return [record.pool, *[flow.lot for flow in record.inputs]]

    def flows(self, record: Addition) -> Sequence[str]:
        return [flow.lot for flow in record.inputs]

    def plan(self, record: Addition, facts: Facts, terms: Terms) -> Plan:
        return _plan(record, facts, terms.before)

    def check(self, record: Addition, keyid: bytes, state: State) -> None:
        self.check_open(record, state)

    def check_open(self, record: Addition, state: State) -> None:
        """In a period in which its pool is averaged, or all of its facility is closed."""
        pool = state.pools[record.pool]
        for closing, period in state.closed.get(pool.facility, {}).items():
            if period.start <= record.time < period.end and (not period.processes or pool.averaging == "period"):
                raise Refused(
                    f"time: {pool.facility} is closed from {period.start} to {period.end} (closing {closing})",
                    code="period-closed", field="time", value=record.time,
                    rule="a closed period takes no addition before it is reopened",
                )

    def apply(self, record: Addition, digest: bytes, state: State) -> None:
        line = state.lines.get(record.pool, ())
        state.lines[record.pool] = (*line, next_generation(record.pool, line))

    def new_lot_field(self, record: Addition, place: int) -> str:
        return "creditLot" if place else "pool"

    def taken_field(self, record: Addition, plan: Plan, place: int, name: str) -> str:
        # What is left in the pool stands before what is added.
        return f"inputs[{place - (len(plan.taken) - len(record.inputs))}].{name}"


def _plan(record: Addition, facts: Facts, before: int | None) -> Plan:
    """The next generation of a pool. Rests on what is left of the newest one, so it is settled under the lock."""
    check_time(record.time, "time")
    pool = facts.pools.get(record.pool)
    if pool is None or pool.holder != record.issuer:
        raise Refused(f"pool: {record.pool!r} is no pool of {record.issuer}", code="unknown-pool", field="pool",
                      value=record.pool, rule="pools on the ledger that the issuer holds")
    added = take(facts, record.issuer, record.inputs, before)
    current = facts.lot_named(pool.id, record.issuer, before)
    rest = _rest(facts, current)
    _check_added(pool, added, rest, facts)
    taken = (*rest, *added)
    made = _generation(pool, _next(pool, current, facts, before), taken, facts)
    return Plan(taken, (Created(made, None), *_credits(record, pool, made.owner, facts)))


def _next(pool: PoolFacts, current: LotFacts | None, facts: Facts, before: int | None) -> str:
    """The id of the lot that an addition makes. An audit lets go of a lot that is used up, but not of its name."""
    line = facts.lines.get(pool.id, ())
    newest = current.id if current is not None else line[-1] if line and before is None else f"{pool.id}:0"
    return f"{pool.id}:{int(newest.rpartition(':')[2]) + 1}"


def _rest(facts: Facts, current: LotFacts | None) -> tuple[Taken, ...]:
    if current is None:
        return ()
    left = facts.left(current.id)
    if left is None:
        raise Refused("what is left in the pool is known under the lock alone", code="unknown-balance", field="pool")
    return (Taken(current, left, part_of_mass(current, left)),) if left else ()


def _check_added(pool: PoolFacts, added: Sequence[Taken], rest: Sequence[Taken], facts: Facts) -> None:
    """Refuses lots that do not blend with what is left in the pool, or with the first one added to an empty pool."""
    first = (*rest, *added)[0].lot
    for i, (lot, _, _) in enumerate(added):
        where = f"inputs[{i}].lot"
        if lot.pool == pool.id:
            raise _mixed(where, lot, "what is left in the pool is added by itself")
        if (lot.product, lot.role, lot.origin) != (pool.product, pool.role, pool.origin):
            kind = pool.role if pool.origin is None else f"{pool.role} ({pool.origin})"
            raise _mixed(where, lot, f"the pool holds {pool.product} of role {kind}, one product and unit alone")
        if lot.item is not None:
            raise _mixed(where, lot, "things with a serial do not blend")
        if lot.owned_by != first.owned_by:
            raise _mixed(where, lot, f"a pool holds what belongs to one owner: {first.owned_by}")
        if (lot.mass is None) != (first.mass is None):
            raise _mixed(where, lot, "what has a known mass does not blend with what has none")
        if pool.role == "waste" and lot.maker != first.maker and (
            _own(facts, pool, lot) or _own(facts, pool, first)
        ):
            raise _mixed(where, lot, "waste of a process of the holder's own blends with nothing but itself: ISO 14021 "
                                     "does not count it as recycled content where it goes back")
        if pool.custody == "segregated" and facts.composition(lot) != facts.composition(first):
            raise _mixed(where, lot, "a segregated pool holds lots of one composition")


def _own(facts: Facts, pool: PoolFacts, lot: LotFacts) -> bool:
    """Whether the pool's holder made a lot itself: facilities are named under the prefixes of their operator."""
    holder = facts.organizations.get(pool.holder)
    return lot.maker is not None and holder is not None and under(holder.prefixes, lot.maker[0])


def _generation(pool: PoolFacts, name: str, taken: Sequence[Taken], facts: Facts) -> LotFacts:
    first = taken[0].lot
    quantity, mass = _NONE, _NONE
    for one in taken:
        quantity = _CONTEXT.add(quantity, one.quantity)
        mass = _CONTEXT.add(mass, one.mass or _NONE)
    if unit(first.unit).dimension == "mass":
        # Exact, where the mass of a part is a rounded quotient.
        mass = convert(quantity, first.unit, "KGM")
    makers, lives = {one.lot.maker for one in taken}, {one.lot.previous_life for one in taken}
    return LotFacts(
        id=name, number=0, product=pool.product, holder=pool.holder, role=pool.role, quantity=quantity, unit=first.unit,
        mass=mass or None, origin=pool.origin, composition=_blended(taken, facts),
        maker=first.maker if len(makers) == 1 else None,
        previous_life=first.previous_life if len(lives) == 1 else None, owner=first.owner, pool=pool.id,
    )


def _blended(taken: Sequence[Taken], facts: Facts) -> Composition | None:
    """The mean of the lots' compositions by mass (by quantity, where no mass is known); None where they have no other
    than their product's. Of a blend is known what is known of all its parts. Fractions round down."""
    found = [(facts.composition(one.lot), one.quantity if one.mass is None else one.mass) for one in taken]
    first = found[0][0]
    if all(one == first for one, _ in found):
        return taken[0].lot.composition
    fossil = [({"": one.fossil_carbon} if one.fossil_carbon else {}, weight) for one, weight in found]
    biogenic = [({"": one.biogenic_carbon} if one.biogenic_carbon else {}, weight) for one, weight in found]
    # Materials list all that a lot holds, so one that is not listed is not there.
    listed = [(one.materials, weight) for one, weight in found]
    names = {name for one, _ in listed for name in one} if all(one for one, _ in listed) else set()
    return Composition(
        materials=_mean(listed, names),
        elements=_mean([(one.elements, weight) for one, weight in found], _shared([one.elements for one, _ in found])),
        fossil_carbon=_mean(fossil, _shared([one for one, _ in fossil])).get(""),
        biogenic_carbon=_mean(biogenic, _shared([one for one, _ in biogenic])).get(""),
    )


def _shared(found: Sequence[Mapping[str, str]]) -> set[str]:
    return set(found[0]).intersection(*found[1:])


def _mean(found: Sequence[tuple[Mapping[str, str], Decimal]], names: Collection[str]) -> dict[str, str]:
    total = _NONE
    for _, weight in found:
        total = _CONTEXT.add(total, weight)
    means: dict[str, str] = {}
    for name in sorted(names):
        amount = _NONE
        for fractions, weight in found:
            amount = _CONTEXT.add(amount, _CONTEXT.multiply(Decimal(fractions.get(name, "0")), weight))
        means[name] = _fraction(_CONTEXT.divide(amount, total).quantize(_STEP, ROUND_DOWN))
    return means


def _fraction(part: Decimal) -> str:
    return f"{part.normalize():f}"


def _credits(record: Addition, pool: PoolFacts, owner: str | None, facts: Facts) -> tuple[Created, ...]:
    """The lot of credits that a mass balance gives, to the owner of the stock; `footprint` checks that its content
    covers them."""
    if (record.credit_lot is None) != (record.credits is None) or (
        record.credits is not None and pool.custody != "massBalance"
    ):
        raise pool_form("creditLot", record.credit_lot,
                        "creditLot and credits go together, in a mass balance pool alone")
    if record.credit_lot is None or record.credits is None or pool.attribute is None:
        return ()
    check_new_lot(facts, record.issuer, record.credit_lot, "creditLot")
    if record.credit_lot.startswith(f"{pool.id}:"):
        raise pool_form("creditLot", record.credit_lot, "names under a pool's id are those of its own lots")
    amount = convert(record.credits.amount, record.credits.unit, "KGM", "credits")
    return (Created(LotFacts(
        id=record.credit_lot, number=0, product=pool.product, holder=pool.holder, role="credit", quantity=amount,
        unit="KGM", maker=(pool.facility, BOOKED), owner=owner, credit=MASS_BALANCE + pool.attribute,
        expires=balance_period_end(record.time, pool.balance_months),
    ), None),)


def _mixed(field: str, lot: LotFacts, rule: str) -> Refused:
    return Refused(f"{field}: {lot.id!r} does not go into this pool", code="pool-mix", field=field, value=lot.id,
                   rule=rule)

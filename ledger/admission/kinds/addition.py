"""Additions: each takes the remaining quantity of a pool's newest lot, and makes the next lot."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from functools import partial
from typing import Final

from msgspec.structs import replace

from ledger.admission.checks.times import balance_period_end, check_time
from ledger.admission.facts import Composition, Facts, LotFacts, PoolFacts, ProductFacts
from ledger.admission.kind import Kind, Terms
from ledger.admission.kinds.pool import pool_form
from ledger.admission.lots import Check, Created, Plan, Taken, check_new_lot, flow_checks, part_of_mass, take
from ledger.admission.names import Names
from ledger.admission.state import State, next_generation
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.identifiers import under
from ledger.core.record.kinds import Addition
from ledger.core.record.units import convert, unit
from ledger.errors import Refused

MASS_BALANCE: Final = "massBalance:"
"""Prefix of the `credit` of lots from a mass balance; the content follows."""

BOOKED: Final = "massBalance"
"""The process of a lot of credits, which no process made."""

POOLED: Final = "pool"
"""The process of power and heat of several makers."""

_STEP: Final = Decimal("0.000000000000000001")
"""Each addition blends the fractions of a blend again: with nine decimals they would drift."""
_NONE: Final = Decimal(0)
_ENERGY: Final = "energy"


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

    def parts(self, record: Addition, facts: Facts) -> Iterator[Check]:
        yield partial(check_time, record.time, "time")
        yield partial(_pool_of, record, facts)
        yield from flow_checks(facts, record.issuer, record.inputs)

    def check(self, record: Addition, keyid: bytes, state: State) -> None:
        self.check_open(record, state)

    def check_open(self, record: Addition, state: State) -> None:
        """A closed period refuses additions if it is closed for all processes, or the pool averages over periods."""
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
        # The remaining lot of the pool comes before the added lots.
        return f"inputs[{place - (len(plan.taken) - len(record.inputs))}].{name}"


def _plan(record: Addition, facts: Facts, before: int | None) -> Plan:
    """The next generation of a pool. It depends on the remaining quantity of the newest one, known under the lock."""
    check_time(record.time, "time")
    pool = _pool_of(record, facts)
    added = take(facts, record.issuer, record.inputs, before)
    current = facts.lot_named(pool.id, record.issuer, before)
    stock = _remaining_stock(facts, current)
    _check_added(pool, added, stock, facts)
    taken = (*stock, *added)
    made = _generation(pool, _next(pool, current, facts, before), taken, facts)
    return Plan(taken, (Created(made, None), *_credits(record, pool, made.owner, facts)))


def placed(record: Addition, planned: Plan, facts: Facts) -> Plan:
    """The plan in which power and heat of several makers have a place: the pool's, unless some were made elsewhere, in
    another country or another part of it. Energy does not travel by being blended. Raises Refused for energy of two
    other places: a reader could not tell which."""
    (lot, output), *rest = planned.created
    if lot.maker is not None or unit(lot.unit).dimension != _ENERGY:
        return planned
    here = facts.pools[record.pool].facility
    others: dict[tuple[str, str | None], tuple[str, str]] = {}
    for part in planned.taken:
        place = None if part.lot.maker is None else _place_of(part.lot.maker[0], facts)
        if part.lot.maker is not None and place is not None and place != _place_of(here, facts):
            others.setdefault(place, part.lot.maker)
    if len(others) > 1:
        places = " and ".join([country if part is None else part for country, part in sorted(others, key=str)])
        raise Refused(
            f"inputs: energy of {places} cannot be added to one pool", code="pool-mix", field="inputs", value=places,
            rule="a pool holds energy of its own place and of one other: keep the rest in another pool")
    maker = next(iter(others.values()), (here, POOLED))
    return planned._replace(created=(Created(replace(lot, maker=maker), output), *rest))


def _place_of(facility: str, facts: Facts) -> tuple[str, str | None] | None:
    site = facts.facilities.get(facility)
    return None if site is None else (site.country, site.subdivision)


def _pool_of(record: Addition, facts: Facts) -> PoolFacts:
    pool = facts.pools.get(record.pool)
    if pool is None or pool.holder != record.issuer:
        raise Refused(f"pool: {record.pool!r} is not a pool of {record.issuer}", code="unknown-pool", field="pool",
                      value=record.pool, rule="pools on the ledger that the issuer holds")
    return pool


def _next(pool: PoolFacts, current: LotFacts | None, facts: Facts, before: int | None) -> str:
    """The id of the lot that an addition makes. An audit forgets a lot that is used up, but not its id."""
    line = facts.lines.get(pool.id, ())
    newest = current.id if current is not None else line[-1] if line and before is None else f"{pool.id}:0"
    return f"{pool.id}:{int(newest.rpartition(':')[2]) + 1}"


def _remaining_stock(facts: Facts, current: LotFacts | None) -> tuple[Taken, ...]:
    if current is None:
        return ()
    remaining = facts.left(current.id)
    if remaining is None:
        raise Refused("the remaining quantity of the pool is known only under the lock", code="unknown-balance",
                      field="pool")
    return (Taken(current, remaining, part_of_mass(current, remaining)),) if remaining else ()


def _check_added(pool: PoolFacts, added: Sequence[Taken], stock: Sequence[Taken], facts: Facts) -> None:
    """Refuses lots that do not blend with the remaining stock, or with the first lot added to an empty pool."""
    first = (*stock, *added)[0].lot
    for i, (lot, _, _) in enumerate(added):
        field = f"inputs[{i}].lot"
        if lot.pool == pool.id:
            raise _mixed(field, lot, "the remaining stock of the pool is added automatically")
        if (lot.product, lot.role, lot.origin) != (pool.product, pool.role, pool.origin):
            kind = pool.role if pool.origin is None else f"{pool.role} ({pool.origin})"
            raise _mixed(field, lot, f"the pool holds only {pool.product} of role {kind}")
        if lot.item is not None:
            raise _mixed(field, lot, "lots with an item do not blend")
        if lot.owned_by != first.owned_by:
            raise _mixed(field, lot, f"the lots of this pool belong to one owner: {first.owned_by}")
        if (lot.mass is None) != (first.mass is None):
            raise _mixed(field, lot, "lots of known mass do not blend with lots of unknown mass")
        if pool.role == "waste" and lot.maker != first.maker and (
            _own(facts, pool, lot) or _own(facts, pool, first)
        ):
            raise _mixed(field, lot, "waste of the holder's own process blends only with waste of that process: ISO "
                                     "14021 does not count it as recycled if it goes back there")
        if not _blends(facts.product_of(lot), facts.product_of(first)):
            raise _mixed(field, lot, "a completion corrected the code or the materials of the product between the "
                                     "lots of this pool: use up the pool first, or use another pool")
        if pool.custody == "segregated" and facts.composition(lot) != facts.composition(first):
            raise _mixed(field, lot, "a segregated pool holds lots of one composition")


def _blends(first: ProductFacts | None, other: ProductFacts | None) -> bool:
    """Whether lots of two editions of a product may blend: a completion may have added codes and materials between
    them, but corrected nothing. The blend has the codes of the older edition: else a few new lots would rename old
    ones."""
    if first is None or other is None or first.edition == other.edition:
        return True
    older, newer = sorted((first, other), key=lambda edition: edition.index)
    return older.codes in ((), newer.codes) and older.composition.materials in ({}, newer.composition.materials)


def _own(facts: Facts, pool: PoolFacts, lot: LotFacts) -> bool:
    """Whether the pool's holder made a lot itself: facilities are named under the prefixes of their operator."""
    holder = facts.organizations.get(pool.holder)
    return lot.maker is not None and holder is not None and under(holder.prefixes, lot.maker[0])


def _generation(pool: PoolFacts, name: str, taken: Sequence[Taken], facts: Facts) -> LotFacts:
    first = taken[0].lot
    quantity, mass = _NONE, _NONE
    for part in taken:
        quantity = CONTEXT.add(quantity, part.quantity)
        mass = CONTEXT.add(mass, part.mass or _NONE)
    if unit(first.unit).dimension == "mass":
        # This is exact, while the mass of a part can be a rounded quotient.
        mass = convert(quantity, first.unit, "KGM")
    makers, lives = {part.lot.maker for part in taken}, {part.lot.previous_life for part in taken}
    return LotFacts(
        id=name, number=0, product=pool.product, holder=pool.holder, role=pool.role, quantity=quantity, unit=first.unit,
        mass=mass or None, origin=pool.origin, composition=_blended(taken, facts),
        maker=first.maker if len(makers) == 1 else None,
        previous_life=first.previous_life if len(lives) == 1 else None, owner=first.owner, pool=pool.id,
    )


def _blended(taken: Sequence[Taken], facts: Facts) -> Composition | None:
    """The mean of the lots' compositions by mass, or by quantity if masses are unknown. None if all have their
    product's composition. A fraction of the blend is known only if it is known of every part. Fractions round down."""
    parts = [(facts.composition(part.lot), part.quantity if part.mass is None else part.mass) for part in taken]
    first = parts[0][0]
    if all(composition == first for composition, _ in parts):
        return taken[0].lot.composition
    products = [product for part in taken if (product := facts.product_of(part.lot)) is not None]
    oldest = min(products, key=lambda product: product.index, default=None)
    elements = [(composition.elements, weight) for composition, weight in parts]
    fossil = [(_carbon(composition.fossil_carbon), weight) for composition, weight in parts]
    biogenic = [(_carbon(composition.biogenic_carbon), weight) for composition, weight in parts]
    # Materials list everything in a lot, so a material that is not listed is absent.
    listed = [(composition.materials, weight) for composition, weight in parts]
    complete = all(materials for materials, _ in listed)
    names = {name for materials, _ in listed for name in materials} if complete else set()
    return Composition(
        materials=_mean(listed, names), elements=_mean(elements, _shared(elements)),
        fossil_carbon=_mean(fossil, _shared(fossil)).get(""),
        biogenic_carbon=_mean(biogenic, _shared(biogenic)).get(""),
        edition=None if oldest is None else oldest.edition,
    )


def _carbon(fraction: str | None) -> Mapping[str, str]:
    return {"": fraction} if fraction else {}


def _shared(parts: Sequence[tuple[Mapping[str, str], Decimal]]) -> set[str]:
    """The names that every part has."""
    return set(parts[0][0]).intersection(*[fractions for fractions, _ in parts[1:]])


def _mean(parts: Sequence[tuple[Mapping[str, str], Decimal]], names: Collection[str]) -> dict[str, str]:
    total = _NONE
    for _, weight in parts:
        total = CONTEXT.add(total, weight)
    means: dict[str, str] = {}
    for name in sorted(names):
        amount = _NONE
        for fractions, weight in parts:
            amount = CONTEXT.add(amount, CONTEXT.multiply(Decimal(fractions.get(name, "0")), weight))
        means[name] = _fraction(CONTEXT.divide(amount, total).quantize(_STEP, ROUND_DOWN))
    return means


def _fraction(part: Decimal) -> str:
    return f"{part.normalize():f}"


def _credits(record: Addition, pool: PoolFacts, owner: str | None, facts: Facts) -> tuple[Created, ...]:
    """The lot of credits from a mass balance, which belongs to the owner of the stock; `footprint` checks that the
    content of the stock covers them."""
    if (record.credit_lot is None) != (record.credits is None) or (
        record.credits is not None and pool.custody != "massBalance"
    ):
        raise pool_form("creditLot", record.credit_lot,
                        "creditLot and credits occur together, and only for a mass balance pool")
    if record.credit_lot is None or record.credits is None or pool.attribute is None:
        return ()
    check_new_lot(facts, record.issuer, record.credit_lot, "creditLot")
    if record.credit_lot.startswith(f"{pool.id}:"):
        raise pool_form("creditLot", record.credit_lot, "only the pool's own lots have names under its id")
    amount = convert(record.credits.amount, record.credits.unit, "KGM", "credits")
    return (Created(LotFacts(
        id=record.credit_lot, number=0, product=pool.product, holder=pool.holder, role="credit", quantity=amount,
        unit="KGM", maker=(pool.facility, BOOKED), owner=owner, credit=MASS_BALANCE + pool.attribute,
        expires=balance_period_end(record.time, pool.balance_months),
    ), None),)


def _mixed(field: str, lot: LotFacts, rule: str) -> Refused:
    return Refused(f"{field}: {lot.id!r} cannot be added to this pool", code="pool-mix", field=field, value=lot.id,
                   rule=rule)

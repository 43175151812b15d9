"""Pools: stock that blends, as a line of lots. Each addition takes what the newest still holds and makes the next."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Context, Decimal
from typing import Final

from ledger.admission.facts import Composition, Facts, LotFacts, PoolFacts
from ledger.admission.lots import Created, Plan, Taken, check_new_lot, check_prefix_of, part_of_mass, take
from ledger.admission.times import balance_period_end, check_time
from ledger.core.records import Addition, Pool
from ledger.core.units import convert, unit
from ledger.errors import Refused

MASS_BALANCE: Final = "massBalance:"
"""How the `credit` of a lot begins that a mass balance gave; the content follows."""

_CONTEXT: Final = Context(prec=34)
_STEP: Final = Decimal("0.000000001")
_NONE: Final = Decimal(0)


def pool_plan(record: Pool, facts: Facts) -> Plan:
    """Checks a new pool against its facility and product."""
    check_prefix_of(facts, record.issuer, record.id, "id", "pool")
    facility, product = facts.facilities.get(record.facility), facts.products.get(record.product)
    if facility is None or facility.operator != record.issuer:
        raise Refused(
            f"facility: {record.facility!r} is no facility that {record.issuer} operates", code="unknown-facility",
            field="facility", value=record.facility, rule="facilities on the ledger that the issuer operates",
        )
    if product is None:
        raise Refused(f"product: {record.product!r} is not on the ledger", code="unknown-product", field="product",
                      value=record.product, rule="a product on the ledger")
    if record.role == "credit" or (record.role == "waste") != (record.origin is not None):
        raise _form("origin", record.origin, "a pool of waste says its origin, and no other does; credits do not blend")
    mass_balance = (record.attribute, record.balance_months)
    if record.custody == "massBalance":
        if None in mass_balance or unit(product.unit).dimension != "mass":
            raise _form("attribute", record.attribute,
                        "a mass balance names attribute and balanceMonths, of a product counted in a mass")
    elif mass_balance != (None, None) or record.conversion is not None:
        raise _form("attribute", record.attribute, "attribute, conversion and balanceMonths belong to a mass balance")
    return Plan()


def addition_plan(record: Addition, facts: Facts, before: int | None = None) -> Plan:
    """The next generation of a pool. Rests on what is left of the newest one, so it is settled under the lock."""
    check_time(record.time, "time")
    pool = facts.pools.get(record.pool)
    if pool is None or pool.holder != record.issuer:
        raise Refused(f"pool: {record.pool!r} is no pool of {record.issuer}", code="unknown-pool", field="pool",
                      value=record.pool, rule="pools on the ledger that the issuer holds")
    added = take(facts, record.issuer, record.inputs, before)
    current = facts.lot_named(pool.id, record.issuer, before)
    _check_added(pool, added, current, facts)
    taken = (*_rest(facts, current), *added)
    number = int(current.id.rpartition(":")[2]) + 1 if current is not None else 1
    made = _generation(pool, f"{pool.id}:{number}", taken, facts)
    return Plan(taken, (Created(made, None), *_credits(record, pool, facts)))


def _rest(facts: Facts, current: LotFacts | None) -> tuple[Taken, ...]:
    if current is None:
        return ()
    left = facts.left(current.id)
    if left is None:
        raise Refused("what is left in the pool is known under the lock alone", code="unknown-balance", field="pool")
    return (Taken(current, left, part_of_mass(current, left)),) if left else ()


def _check_added(pool: PoolFacts, added: Sequence[Taken], current: LotFacts | None, facts: Facts) -> None:
    others = [one.lot for one in added]
    for i, lot in enumerate(others):
        where = f"inputs[{i}].lot"
        if lot.pool == pool.id:
            raise _mixed(where, lot, "what is left in the pool is added by itself")
        if (lot.product, lot.role, lot.origin) != (pool.product, pool.role, pool.origin):
            raise _mixed(where, lot, f"the pool holds {pool.product} of role {pool.role}, one product and unit alone")
        if lot.item is not None:
            raise _mixed(where, lot, "things with a serial do not blend")
        first = current or others[0]
        if lot.owned_by != first.owned_by:
            raise _mixed(where, lot, f"a pool holds what belongs to one owner: {first.owned_by}")
        if pool.role == "waste" and lot.maker != first.maker and pool.facility in (_site(lot), _site(first)):
            raise _mixed(where, lot, "a site's own waste does not blend with what comes from elsewhere: ISO 14021 does "
                                     "not count it as recycled content")
        if pool.custody == "segregated" and facts.composition(lot) != facts.composition(first):
            raise _mixed(where, lot, "a segregated pool holds lots of one composition")


def _site(lot: LotFacts) -> str | None:
    return lot.maker[0] if lot.maker else None


def _generation(pool: PoolFacts, name: str, taken: Sequence[Taken], facts: Facts) -> LotFacts:
    first = taken[0].lot
    quantity, mass = _NONE, _NONE
    for one in taken:
        quantity = _CONTEXT.add(quantity, one.quantity)
        mass = _CONTEXT.add(mass, one.mass or _NONE)
    makers = {one.lot.maker for one in taken}
    return LotFacts(
        id=name, number=0, product=pool.product, holder=pool.holder, role=pool.role, quantity=quantity, unit=first.unit,
        mass=mass or None, origin=pool.origin, composition=_blended(taken, facts),
        maker=first.maker if len(makers) == 1 else None, owner=first.owner, pool=pool.id,
    )


def _blended(taken: Sequence[Taken], facts: Facts) -> Composition | None:
    """The lots' composition by mass; None where they have no other than their product's. Fractions round down."""
    if all(one.lot.composition is None for one in taken):
        return None
    found = [(facts.composition(one.lot), one.mass or _NONE) for one in taken]
    total = _NONE
    for _, mass in found:
        total = _CONTEXT.add(total, mass)
    if not total:
        return None
    return Composition(
        materials=_mean([(one.materials, mass) for one, mass in found], total),
        elements=_mean([(one.elements, mass) for one, mass in found], total),
        fossil_carbon=_mean([({"": one.fossil_carbon or "0"}, mass) for one, mass in found], total).get("")
        if any(one.fossil_carbon is not None for one, _ in found) else None,
        biogenic_carbon=_mean([({"": one.biogenic_carbon or "0"}, mass) for one, mass in found], total).get("")
        if any(one.biogenic_carbon is not None for one, _ in found) else None,
    )


def _mean(found: Sequence[tuple[Mapping[str, str], Decimal]], total: Decimal) -> dict[str, str]:
    sums: dict[str, Decimal] = {}
    for fractions, mass in found:
        for name, fraction in fractions.items():
            sums[name] = _CONTEXT.add(sums.get(name, _NONE), _CONTEXT.multiply(Decimal(fraction), mass))
    parts = {name: _CONTEXT.divide(amount, total).quantize(_STEP, ROUND_DOWN) for name, amount in sums.items()}
    return {name: f"{part.normalize():f}" for name, part in parts.items() if part}


def _credits(record: Addition, pool: PoolFacts, facts: Facts) -> tuple[Created, ...]:
    """The lot of credits that a mass balance gives; `footprint` checks that its content covers them."""
    if (record.credit_lot is None) != (record.credits is None) or (
        record.credits is not None and pool.custody != "massBalance"
    ):
        raise _form("creditLot", record.credit_lot, "creditLot and credits go together, in a mass balance pool alone")
    if record.credit_lot is None or record.credits is None or pool.attribute is None:
        return ()
    check_new_lot(facts, record.issuer, record.credit_lot, "creditLot")
    amount = convert(record.credits.amount, record.credits.unit, "KGM", "credits")
    return (Created(LotFacts(
        id=record.credit_lot, number=0, product=pool.product, holder=pool.holder, role="credit", quantity=amount,
        unit="KGM", credit=MASS_BALANCE + pool.attribute,
        expires=balance_period_end(record.time, pool.balance_months),
    ), None),)


def _form(field: str, value: object, rule: str) -> Refused:
    return Refused(f"{field}: {value}", code="pool-form", field=field, value=value, rule=rule)


def _mixed(field: str, lot: LotFacts, rule: str) -> Refused:
    return Refused(f"{field}: {lot.id!r} does not go into this pool", code="pool-mix", field=field, value=lot.id,
                   rule=rule)

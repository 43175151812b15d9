"""The planned effect of a record, from immutable facts alone: lots taken, lots created, masses in kg."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Context as DecimalContext
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from ledger.admission.checks.attributes import check_attribute
from ledger.admission.checks.credits import check_credit
from ledger.admission.checks.custody import owner_of
from ledger.admission.facts import Composition, Facts, LotFacts, ProductFacts
from ledger.core.record.identifiers import check_identifier, under
from ledger.core.record.kinds import AnyRecord, Declaration
from ledger.core.record.units import check_pieces, convert, unit
from ledger.core.record.values import Flow, Fractions, Output, Quantity, Supply
from ledger.errors import Refused

UNKNOWN_LOT: Final = "unknown-lot"
DEFERRABLE: Final = frozenset(
    {UNKNOWN_LOT, "unknown-product", "unknown-facility", "unknown-organization", "unknown-declaration",
     "unknown-transfer", "unknown-pool", "empty-pool", "no-default-pool", "unknown-balance", "unknown-record",
     "unknown-subject", "unknown-maker"}
)
"""Codes of refusals that are final only under the lock: a record sequenced in the meantime may cure them, or they
depend on balances that are known only there."""

Check: TypeAlias = Callable[[], object]
"""A rule of a part of a record that needs no other part. It raises LedgerError."""

_MASSLESS: Final = ("energy", "freight", "time")
_DEPENDENT: Final = ("core", "credit", "attribute")
"""Roles of outputs whose product or form follows from the inputs or the facility."""
_DIVISION: Final = DecimalContext(prec=34, traps=[InvalidOperation])
_NOTHING: Final = Decimal(0)
_ONE: Final = Decimal(1)


class Taken(NamedTuple):
    """`quantity` of a lot, in the lot's unit; `mass` of this quantity in kg, if the lot's mass is known."""

    lot: LotFacts
    quantity: Decimal
    mass: Decimal | None


class Created(NamedTuple):
    """An output lot; it gets its number when the record is sequenced. `output` is None for a transferred lot."""

    facts: LotFacts
    output: Output | None


class Supplied(NamedTuple):
    """A supply with its mass in kg, None if it has no mass (energy, freight, hours)."""

    supply: Supply
    mass: Decimal | None


class Plan(NamedTuple):
    """`overheads`: supplies that serve the period and not the process, so that its sector does not see them."""

    taken: tuple[Taken, ...] = ()
    created: tuple[Created, ...] = ()
    supplied: tuple[Supplied, ...] = ()
    overheads: tuple[Supplied, ...] = ()


def take(facts: Facts, issuer: str, flows: Sequence[Flow], before: int | None = None) -> tuple[Taken, ...]:
    """The lots from which `issuer` takes. Refuses unknown lots and lots of other holders with the same words. A flow
    may name a pool, or the product of a default pool, and then takes from the newest generation."""
    taken: list[Taken] = []
    seen: set[str] = set()
    for i, flow in enumerate(flows):
        where = f"inputs[{i}]."
        part = take_one(facts, issuer, flow, where, before)
        if part.lot.id in seen:
            raise Refused(
                f"{where}lot: {flow.lot!r} is named twice", code="duplicate-input", field=f"{where}lot",
                value=flow.lot, rule="every lot is named once",
            )
        seen.add(part.lot.id)
        taken.append(part)
    return tuple(taken)


def take_one(facts: Facts, issuer: str, flow: Flow, where: str = "", before: int | None = None) -> Taken:
    """The quantity that `issuer` takes of one lot; `where` is a prefix for names of fields. If `before` is given, only
    lots with a number below it exist."""
    lot = facts.lot_named(flow.lot, issuer, before)
    if lot is None or lot.holder != issuer or (before is not None and lot.number >= before):
        raise _no_lot(facts, issuer, flow.lot, f"{where}lot", before)
    field, quantity = f"{where}quantity", flow.quantity
    amount = convert(quantity.amount, quantity.unit, lot.unit, field)
    check_pieces(amount, lot.unit, field)
    return Taken(lot, amount, part_of_mass(lot, amount))


def part_of_mass(lot: LotFacts, amount: Decimal) -> Decimal | None:
    """Kg of a part of a lot, if the lot's mass is known."""
    if lot.mass is None or amount == lot.quantity:
        return lot.mass
    return _DIVISION.divide(_DIVISION.multiply(lot.mass, amount), lot.quantity)


def _no_lot(facts: Facts, issuer: str, name: str, field: str, before: int | None) -> Refused:
    pool = facts.pool_named(name, issuer)
    if pool is not None and pool.holder == issuer:
        return Refused(f"{field}: pool {name!r} is empty", code="empty-pool", field=field, value=name,
                       rule="a pool to which lots have been added")
    if before is not None and (lot := facts.lots.get(name)) is not None and lot.holder == issuer:
        return Refused(f"{field}: {name!r} is newer than the record", code="younger-lot", field=field, value=name,
                       rule="an amended record takes only lots from before the record")
    product = facts.products.get(name)
    # Nobody learns whether another organisation has a product of that name.
    if product is not None and product.owner == issuer:
        return Refused(f"{field}: {issuer} has no default pool of {name!r}", code="no-default-pool", field=field,
                       value=name, rule="a lot, a pool, or a product of which the issuer has a default pool")
    return Refused(f"{field}: {name!r} is not a lot that {issuer} holds", code=UNKNOWN_LOT, field=field, value=name,
                   rule="lots on the ledger that the issuer holds")


def supply(
    facts: Facts, supplies: Sequence[Supply], field: str = "supplies", *, issuer: str | None = None
) -> tuple[Supplied, ...]:
    """Supplies with their masses. Refuses unknown units, missing masses and unknown references. `issuer`, of a new
    record: declarations that it was not given, and products that it was not shown, count as unknown. A revision keeps
    the names of its records."""
    return tuple([_supplied(facts, stated, f"{field}[{i}]", issuer) for i, stated in enumerate(supplies)])


def _supplied(facts: Facts, stated: Supply, field: str, issuer: str | None) -> Supplied:
    quantity = stated.quantity
    dimension = unit(quantity.unit, f"{field}.quantity.unit").dimension
    check_pieces(quantity.amount, quantity.unit, f"{field}.quantity")
    if stated.product is not None and (
        stated.product not in facts.products if issuer is None else not facts.may_name_product(issuer, stated.product)
    ):
        raise unseen_product(stated.product, f"{field}.product")
    prices = (("factor", stated.factor), ("declaration", stated.declaration), ("factorRow", stated.factor_row))
    given = [name for name, price in prices if price is not None]
    if len(given) > 1:
        raise Refused(
            f"{field} has both a {' and a '.join(given)}", code="two-prices", field=field,
            rule="at most one of declaration, factor and factorRow",
        )
    if stated.factor is not None:
        convert(quantity.amount, quantity.unit, stated.factor.unit, f"{field}.factor.unit")
    elif stated.declaration is not None:
        declared = facts.declarations.get(stated.declaration)
        hidden = issuer is not None and not facts.may_name(issuer, stated.declaration)
        if declared is None or declared.per is None or hidden:
            raise unknown_declaration(stated.declaration, f"{field}.declaration")
        convert(quantity.amount, quantity.unit, declared.per.unit, f"{field}.quantity")
    own = _kilograms(quantity, f"{field}.quantity") if dimension == "mass" else None
    if stated.mass is not None:
        return Supplied(stated, _stated_mass(stated.mass, own, quantity, field))
    if own is not None:
        return Supplied(stated, own)
    if dimension in _MASSLESS:
        return Supplied(stated, None)
    raise Refused(
        f"{field} ({stated.material}) is counted in {quantity.unit} and states no mass", code="missing-mass",
        field=f"{field}.mass", rule="a supply states its mass, unless its unit is one of mass, energy, freight or time",
    )


_SUPPLIES: Final = ("supplies", "overheads", "transport", "packaging", "measured")
"""The fields with supplies, of all records."""


def supplies_of(record: AnyRecord) -> Iterator[tuple[str, Supply]]:
    """Field and value of each supply that a record states."""
    for name in _SUPPLIES:
        stated: Sequence[Supply] = getattr(record, name, ())
        for i, item in enumerate(stated):
            yield f"{name}[{i}]", item


def declarations_of(record: AnyRecord) -> Iterator[tuple[str, str]]:
    """Field and digest of each declaration by which a record prices supplies."""
    for field, item in supplies_of(record):
        if item.declaration is not None:
            yield f"{field}.declaration", item.declaration


def products_of(record: AnyRecord) -> Iterator[tuple[str, str]]:
    """Field and id of each product whose facts a record uses without a lot of it: of supplies, and of a declared core.
    Other outputs name products of their issuer, or of lots that it holds."""
    for field, item in supplies_of(record):
        if item.product is not None:
            yield f"{field}.product", item.product
    if isinstance(record, Declaration) and record.lot is not None and record.lot.role == "core":
        yield "lot.product", record.lot.product


def unseen_product(product: str, field: str) -> Refused:
    """The refusal of a product that the ledger does not have, or that the issuer was not shown: in the same words, so
    that nobody finds a product by guessing."""
    return Refused(
        f"{field}: the ledger has no product {product!r}", code="unknown-product", field=field, value=product,
        rule="an earlier product: of the issuer, of an organisation that it controls, or shown to it by a publication, "
             "by a grant in full, or with a lot; for other goods, enter a product of your own",
    )


def create(
    facts: Facts, issuer: str, outputs: Sequence[Output], carried: Sequence[LotFacts], *,
    maker: tuple[str, str] | None = None, field: str | None = None,
) -> tuple[Created, ...]:
    """The lots that `issuer` creates from the `carried` lots, with which their roles and items must agree.

    `field` names the output of a record that has a single output instead of a list.
    """
    created: list[Created] = []
    lots: set[str] = set()
    new_items: set[str] = set()
    items = {lot.item for lot in carried if lot.item}
    country = facts.facilities[maker[0]].country if maker else None
    for i, output in enumerate(outputs):
        where = field or f"outputs[{i}]"
        check_new_lot(facts, issuer, output.lot, f"{where}.lot")
        for name, seen in ((output.lot, lots), (output.item, new_items)):
            if name in seen:
                raise Refused(
                    f"{where}: {name!r} is named twice", code="duplicate-output", field=where, value=name,
                    rule="lots and items are created once",
                )
            if name:
                seen.add(name)
        product = _product_of(facts, issuer, output, carried, where)
        _check_origin(output, where)
        if output.item and output.item not in items:
            check_identifier(output.item, f"{where}.item")
            _check_prefix(facts, issuer, output.item, f"{where}.item", "item")
        lot = _new_lot(issuer, output, product, maker, country, where)
        owner = owner_of(facts, issuer, output, carried, where)
        created.append(Created(lot if owner == issuer else replace(lot, owner=owner), output))
    return tuple(created)


def flow_checks(facts: Facts, issuer: str, flows: Sequence[Flow]) -> Iterator[Check]:
    """The rules of each flow by itself."""
    for i, flow in enumerate(flows):
        yield partial(unit, flow.quantity.unit, f"inputs[{i}].quantity.unit")
        yield partial(take_one, facts, issuer, flow, f"inputs[{i}].")


def supply_checks(
    facts: Facts, issuer: str, supplies: Sequence[Supply], field: str = "supplies"
) -> Iterator[Check]:
    """The rules of each supply of a new record by itself."""
    for i, stated in enumerate(supplies):
        yield partial(_supplied, facts, stated, f"{field}[{i}]", issuer)


def output_checks(facts: Facts, issuer: str, outputs: Sequence[Output], field: str | None = None) -> Iterator[Check]:
    """The rules of each output by itself, apart from those that depend on the inputs."""
    for i, output in enumerate(outputs):
        where = field or f"outputs[{i}]"
        yield partial(check_new_lot, facts, issuer, output.lot, f"{where}.lot")
        yield partial(_check_origin, output, where)
        yield partial(unit, output.quantity.unit, f"{where}.quantity.unit")
        if output.role not in _DEPENDENT:
            yield partial(_check_sized, facts, issuer, output, where)


def _check_sized(facts: Facts, issuer: str, output: Output, field: str) -> None:
    _new_lot(issuer, output, _product_of(facts, issuer, output, (), field), None, None, field)


def check_new_lot(facts: Facts, issuer: str, lot: str, field: str) -> None:
    """Refuses a lot identifier that is not in normal form, or not under the issuer's prefixes."""
    check_identifier(lot, field)
    _check_prefix(facts, issuer, lot, field, "lot")


def check_operated(facts: Facts, issuer: str, facility: str | None) -> None:
    """Refuses, with the same words, a facility that is not on the ledger or that another organisation operates."""
    site = facts.facilities.get(facility or "")
    if site is None or site.operator != issuer:
        raise Refused(
            f"facility: {facility!r} is not a facility that {issuer} operates", code="unknown-facility",
            field="facility", value=facility, rule="facilities on the ledger that the issuer operates",
        )


def check_prefix_of(facts: Facts, issuer: str, name: str, field: str, kind: str) -> None:
    """Refuses an identifier that is not in normal form, or not under the issuer's prefixes."""
    check_identifier(name, field)
    _check_prefix(facts, issuer, name, field, kind)


def _check_prefix(facts: Facts, issuer: str, name: str, field: str, kind: str) -> None:
    organization = facts.organizations.get(issuer)
    if organization is None:
        raise _unknown("organization", issuer, "issuer")
    if not under(organization.prefixes, name):
        raise Refused(
            f"{field}: {name!r} is not under a prefix of {issuer}", code="outside-prefix", field=field, value=name,
            rule=f"{kind} identifiers start with one of: {' '.join(organization.prefixes) or '(no prefix enrolled)'}",
        )


def _product_of(
    facts: Facts, issuer: str, output: Output, carried: Sequence[LotFacts], field: str
) -> ProductFacts:
    product = facts.product_named(output.product)
    if output.role == "core" and carried:
        same = next((lot for lot in carried if lot.product == output.product), None)
        used = product if same is None else facts.product_of(same)
        if used is not None and (same is not None or any(lot.role == "core" for lot in carried)):
            return used
        raise Refused(
            f"{field}.product: no input has the product {output.product!r} of this core", code="core-product",
            field=f"{field}.product", value=output.product, rule="a core keeps the product of an input, or is a part "
            "of a core; parts of other goods have the role product or waste",
        )
    if product is None or (product.owner != issuer and output.role != "core"):
        raise Refused(
            f"{field}.product: {output.product!r} is not a product of {issuer}", code="unknown-product",
            field=f"{field}.product", value=output.product, rule="outputs name a product of the issuer",
        )
    return product


def _check_origin(output: Output, field: str) -> None:
    if (output.role == "waste") != (output.origin is not None):
        raise Refused(
            f"{field}: role {output.role} with {f'origin {output.origin}' if output.origin else 'no origin'}",
            code="waste-origin", field=f"{field}.origin",
            value=output.origin, rule="waste has the origin preConsumer or postConsumer; other roles have no origin",
        )


def _new_lot(
    issuer: str, output: Output, product: ProductFacts, maker: tuple[str, str] | None, country: str | None, field: str
) -> LotFacts:
    amount = convert(output.quantity.amount, output.quantity.unit, product.unit, f"{field}.quantity")
    check_pieces(amount, product.unit, f"{field}.quantity")
    if output.heating_value is not None:
        convert(output.heating_value.amount, output.heating_value.unit, "3B", f"{field}.heatingValue")
    life = output.previous_life
    credit = check_credit(output, product, field) or check_attribute(output, product, country, field)
    return LotFacts(
        id=output.lot, number=0, product=product.id, holder=issuer, role=output.role, quantity=amount,
        unit=product.unit, mass=None if credit else _output_mass(output, product, amount, field),
        origin=output.origin, item=output.item, composition=_own_composition(output, product, field), maker=maker,
        previous_life=(life.record or life.estimated_years) if life else None, credit=credit,
        expires=output.attribute.end if output.attribute else None,
    )


def _output_mass(output: Output, product: ProductFacts, amount: Decimal, field: str) -> Decimal | None:
    dimension = unit(product.unit).dimension
    own = convert(amount, product.unit, "KGM", f"{field}.quantity") if dimension == "mass" else None
    if output.mass is not None:
        return _stated_mass(output.mass, own, output.quantity, field)
    if own is not None:
        return own
    if product.mass_per_unit is not None:
        return _DIVISION.multiply(product.mass_per_unit, amount)
    if dimension in _MASSLESS:
        return None
    raise Refused(
        f"{field}: the mass of {output.quantity} of {product.id} is unknown", code="missing-mass",
        field=f"{field}.mass",
        rule="the output states its mass, or its product a mass per unit; a service is counted in TKM, HUR or DAY",
    )


def _stated_mass(mass: Quantity, own: Decimal | None, quantity: Quantity, field: str) -> Decimal:
    """Kg; `own` is the mass that the quantity itself states, if its unit is a mass."""
    stated = _kilograms(mass, f"{field}.mass")
    if own is not None and own != stated:
        raise Refused(
            f"{field}: mass {mass} differs from quantity {quantity}", code="two-masses", field=f"{field}.mass",
            value=mass, rule="if the quantity is a mass, the stated mass equals it",
        )
    return stated


def _own_composition(output: Output, product: ProductFacts, field: str) -> Composition | None:
    if not output.materials and not output.elements and product.edition is None:
        return None
    check_fractions(output.materials, f"{field}.materials")
    check_fractions(output.elements, f"{field}.elements")
    own = product.composition
    return Composition(
        materials=output.materials or own.materials, elements=output.elements or own.elements,
        fossil_carbon=own.fossil_carbon, biogenic_carbon=own.biogenic_carbon, edition=product.edition,
    )


def check_fractions(fractions: Fractions, field: str) -> None:
    """Refuses mass fractions that add up to more than one."""
    total = _NOTHING
    for fraction in fractions.values():
        total += Decimal(fraction)
    if total > _ONE:
        raise Refused(
            f"{field} add up to {total}", code="contents-above-100", field=field, value=total,
            rule="mass fractions add up to at most 1",
        )


def _kilograms(quantity: Quantity, field: str) -> Decimal:
    return convert(quantity.amount, quantity.unit, "KGM", field)


def unknown_declaration(digest: str, field: str) -> Refused:
    """The refusal of a declaration that the ledger does not have, or that the issuer was not given: in the same words,
    so that nobody finds a declaration by guessing."""
    return Refused(
        f"{field}: the ledger has no declaration {digest!r}", code="unknown-declaration", field=field, value=digest,
        rule="an earlier declaration per quantity: of the issuer, of an organisation that it controls, or given to it "
             "by a grant or a publication",
    )


def _unknown(kind: str, name: str, field: str) -> Refused:
    return Refused(
        f"{field}: the ledger has no {kind} {name!r}", code=f"unknown-{kind}", field=field, value=name,
        rule=f"an earlier record must enter the {kind}",
    )

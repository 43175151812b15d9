"""Rules of the records by which organisations let others read: grants, appointed readers, publications."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from ledger.admission.checks.goods import GOODS, HANDED_ON
from ledger.admission.checks.times import check_time, instant_of
from ledger.admission.facts import Facts, LotFacts, ProductFacts, RecordFacts
from ledger.admission.lots import take
from ledger.admission.state import State
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.errors import Refused

LONGEST_YEARS: Final = 10
"""A grant ends after so many years at the latest, and can be renewed by another one."""
_SUBHEADING: Final = 6
"""Digits of a customs code by which goods are of one kind (Harmonized System)."""
_UNMADE: Final = ("credit", "attribute")
"""Roles of lots that are no things."""
_NOTHING: Final = Decimal(0)


def check_expiry(until: str, state: State, *, bounded: bool) -> None:
    """Raises Refused if a right ends before its entry, or if a `bounded` one lasts longer than LONGEST_YEARS."""
    now = instant_of(state.time // 1000)
    if until <= now:
        raise Refused(f"until: {until} has passed", code="expired", field="until", value=until,
                      rule=f"an instant after the time of the entry, {now}")
    latest = f"{int(now[:4]) + LONGEST_YEARS:04d}{now[4:]}"
    if bounded and until > latest:
        raise Refused(f"until: {until} is more than {LONGEST_YEARS} years away", code="grant-length", field="until",
                      value=until, rule=f"an instant until {latest}; another grant can follow")


def check_instant(text: str | None, field: str) -> None:
    """Raises Refused for a day that is not in the calendar."""
    if text is not None:
        check_time(text, field)


def own_record(facts: Facts, issuer: str, digest: str, kind: str, field: str) -> RecordFacts:
    """The issuer's own record of a kind. Refuses unknown digests and records of others with the same words."""
    record = facts.records.get(digest)
    if record is None or record.type != kind or record.issuer != issuer:
        raise Refused(f"{field}: {digest} is not a {kind} of {issuer}", code="unknown-record", field=field,
                      value=digest, rule=f"the digest of a {kind} record that the issuer signed")
    return record


def own_lot(facts: Facts, issuer: str, name: str, field: str, *, owned: bool) -> LotFacts:
    """A lot that the issuer owns or, unless it must be `owned`, holds. Refuses unknown lots and lots of others with the
    same words."""
    lot = facts.lots.get(name)
    parties = () if lot is None else (lot.owned_by,) if owned else (lot.owned_by, lot.holder)
    if lot is None or issuer not in parties or name in facts.withdrawn:
        verb = "owns" if owned else "owns or holds"
        raise Refused(
            f"{field}: {name!r} is not a lot that {issuer} {verb}", code="unknown-lot", field=field, value=name,
            rule=f"a lot on the ledger that the issuer {verb}; for a delivered lot the one from which it was sent")
    return lot


def check_own_product(facts: Facts, issuer: str, name: str, field: str) -> None:
    """Refuses unknown products and products of others with the same words."""
    product = facts.products.get(name)
    if product is None or product.owner != issuer:
        raise Refused(f"{field}: {name!r} is not a product of {issuer}", code="unknown-product", field=field,
                      value=name, rule="a product on the ledger that the issuer entered")


def check_maker(facts: Facts, issuer: str, lot: LotFacts) -> None:
    """Refuses the publication of a lot that others have made, and whose maker has not let the issuer publish it."""
    if not facts.may_publish(issuer, lot):
        raise Refused(
            f"lot: {issuer} did not make {lot.id!r}", code="unknown-maker", field="lot", value=lot.id,
            rule="a lot of a product of the issuer, or of an organisation that lets it publish the product by a grant "
                 "with `publish`; no delivery, pool or return makes anybody the maker, and no core has one once it was "
                 "handed over")


def check_made(state: State, product: str, field: str) -> None:
    """Refuses the publication of a product as which its owner hands on goods of others."""
    owner = state.products[product].owner
    if (owner, HANDED_ON + product) in state.group_goods:
        raise Refused(
            f"{field}: a record of {owner} made {product!r} of nothing but goods of others of the same kind",
            code="unknown-maker", field=field, value=product,
            rule="a product that its owner makes; enter goods that you buy, and pack or cut, as another product")


def handed_on(record: Transformation, facts: Facts) -> Mapping[tuple[str, str], Decimal]:
    """The products as which a transformation hands on goods of others, with the kilograms that it takes: it takes goods
    alone, all of them in the output's subheading of the Harmonized System. Goods without customs codes are of no known
    kind."""
    made = [output.product for output in record.outputs if output.role in GOODS]
    if not made or not record.inputs:
        return {}
    taken: list[ProductFacts] = []
    for flow in record.inputs:
        lot = facts.lot_named(flow.lot, record.issuer)
        product = None if lot is None else facts.product_of(lot)
        if lot is None or product is None or lot.role not in (*GOODS, *_UNMADE):
            return {}
        if lot.role in GOODS:
            taken.append(product)
    if not any(_of_others(one, record.issuer, facts) for one in taken):
        return {}
    same = [name for name in made if (product := facts.product_named(name)) is not None
            and all(_same_kind(product, one) for one in taken)]
    kilograms = _kilograms(record, facts) if same else _NOTHING
    return {(record.issuer, HANDED_ON + name): kilograms for name in same}


def _kilograms(record: Transformation, facts: Facts) -> Decimal:
    """The mass that a record takes."""
    total = _NOTHING
    for part in take(facts, record.issuer, record.inputs):
        total = CONTEXT.add(total, part.mass or _NOTHING)
    return total


def _of_others(product: ProductFacts, issuer: str, facts: Facts) -> bool:
    return product.owner != issuer or (issuer, HANDED_ON + product.id) in facts.group_goods


def _same_kind(made: ProductFacts, taken: ProductFacts) -> bool:
    codes = [one.codes[0][:_SUBHEADING] for one in (made, taken) if one.codes]
    return len(codes) == 2 and codes[0] == codes[1] and len(codes[0]) == _SUBHEADING

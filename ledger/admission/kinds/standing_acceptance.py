"""Standing acceptances: a receiver accepts the deliveries of a sender ahead, by a rule."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ledger.admission.checks.times import check_time
from ledger.admission.facts import Facts, standing_facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.standing import LARGEST_TOLERANCE, MOST_PRODUCTS
from ledger.admission.state import State
from ledger.core.record.kinds import StandingAcceptance
from ledger.core.record.units import check_pieces, convert
from ledger.errors import Refused


class StandingAcceptanceKind(Kind[StandingAcceptance]):
    def names(self, record: StandingAcceptance, names: Names) -> None:
        names.organizations.add(record.sender)
        names.relations.add((record.issuer, record.sender, ""))
        if record.product is not None:
            names.add_use(record.issuer, record.product)

    def mentions(self, record: StandingAcceptance) -> Iterable[str]:
        return [name for name in (record.sender, record.product) if name is not None]

    def plan(self, record: StandingAcceptance, facts: Facts, terms: Terms) -> Plan:
        _check_parties(record, facts)
        _check_form(record)
        if not record.withdrawn:
            _check_terms(record, facts)
        return Plan()

    def check(self, record: StandingAcceptance, keyid: bytes, state: State) -> None:
        rules = state.standing.get((record.issuer, record.sender), {})
        before = rules.get(record.product or "")
        if record.withdrawn and (before is None or before.withdrawn):
            raise Refused("withdrawn: no such standing acceptance is in force", code="unknown-rule", field="withdrawn",
                          value=True, rule="the sender and the product of a standing acceptance of the issuer, or only "
                                           "the sender if it is about all products")
        if before is None and record.product is not None and len(rules.keys() - {""}) >= MOST_PRODUCTS:
            raise Refused(
                f"product: the issuer has stated rules for {MOST_PRODUCTS} products of this sender, withdrawn ones "
                "included", code="too-many-rules", field="product", value=record.product,
                rule=f"rules for at most {MOST_PRODUCTS} products of one sender, withdrawn ones included: a product "
                     "that had a rule, or without `product`, one rule for all others",
            )

    def apply(self, record: StandingAcceptance, digest: bytes, state: State) -> None:
        rules = state.standing.setdefault((record.issuer, record.sender), {})
        rules[record.product or ""] = standing_facts(record, state.size)

    def rows(self, record: StandingAcceptance, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "standing_acceptance", (index, record.issuer, record.sender, record.product or "")


def _check_parties(record: StandingAcceptance, facts: Facts) -> None:
    if record.sender == record.issuer or record.sender not in facts.organizations:
        raise Refused(
            f"sender: {record.sender!r} is not another organisation on the ledger", code="unknown-organization",
            field="sender", value=record.sender, rule="another organisation that is enrolled",
        )
    if record.product is not None and record.product not in facts.products:
        raise Refused(f"product: {record.product!r} is not on the ledger", code="unknown-product", field="product",
                      value=record.product, rule="a product on the ledger, or absent for all products of the sender")


def _check_form(record: StandingAcceptance) -> None:
    """A rule has a tolerance and a beginning; a withdrawal states nothing but the rule that it ends."""
    required = {"tolerance": record.tolerance, "validFrom": record.valid_from}
    optional = {"validUntil": record.valid_until, "quantity": record.quantity, "purposes": record.purposes or None,
                "roles": record.roles or None}
    if record.withdrawn:
        for name, value in (required | optional).items():
            if value is not None:
                raise _form(name, value, f"a withdrawal has no {name}", "only sender, product and withdrawn")
        return
    for name, value in required.items():
        if value is None:
            raise _form(name, None, f"{name} is missing", "tolerance and validFrom, unless the rule is withdrawn")
    if record.quantity is not None and record.product is None:
        raise _form("product", None, "product is missing beside quantity", "an agreed quantity is of one product")


def _form(field: str, value: object, message: str, rule: str) -> Refused:
    return Refused(f"{field}: {message}" if value is not None else message, code="standing-form", field=field,
                   value=value, rule=rule)


def _check_terms(record: StandingAcceptance, facts: Facts) -> None:
    start = check_time(record.valid_from or "", "validFrom")
    if record.valid_until is not None and check_time(record.valid_until, "validUntil") <= start:
        raise Refused(f"validUntil {record.valid_until} is not after validFrom {record.valid_from}", code="period",
                      field="validUntil", value=record.valid_until, rule="a period ends after it starts")
    if Decimal(record.tolerance or 0) > LARGEST_TOLERANCE:
        raise Refused(f"tolerance: {record.tolerance} is too large", code="tolerance", field="tolerance",
                      value=record.tolerance, rule=f"a fraction of at most {LARGEST_TOLERANCE}")
    if record.quantity is not None:
        # Nobody learns the unit of a product that it was not shown: a quantity in another unit fits no delivery.
        seen = facts.may_name_product(record.issuer, record.product or "")
        unit = facts.products[record.product or ""].unit if seen else record.quantity.unit
        check_pieces(convert(record.quantity.amount, record.quantity.unit, unit, "quantity"), unit, "quantity")

"""Declarations: footprints from elsewhere, of a lot or per quantity."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import partial
from typing import Final

from ledger.admission.checks.cores import core_refused
from ledger.admission.checks.goods import GOODS, declared_subject
from ledger.admission.checks.times import check_period
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import (
    Check,
    Plan,
    check_operated,
    create,
    output_checks,
    products_of,
    unseen_product,
)
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.advice import advise
from ledger.core.outcome.assessment import ADDITIVE, ENERGY, OF_WHICH, REMOVALS
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.identifiers import check_identifier
from ledger.core.record.kinds import Declaration
from ledger.core.record.redacted import is_residue
from ledger.core.record.units import unit
from ledger.core.record.values import Output
from ledger.errors import Refused

_NOTHING: Final = Decimal(0)
_DECLARABLE: Final = frozenset(ADDITIVE + OF_WHICH + ENERGY)


class DeclarationKind(Kind[Declaration]):
    def names(self, record: Declaration, names: Names) -> None:
        if record.lot:
            names.add_outputs([record.lot])
            if record.lot.role == "core":
                names.add_use(record.issuer, record.lot.product)
            names.declared.add((record.issuer, record.lot.product))
            if record.facility:
                names.facilities.add(record.facility)
                if record.basis == "opening":
                    names.openings.add((record.facility, record.lot.product))

    def mentions(self, record: Declaration) -> Iterable[str]:
        if record.lot:
            yield record.lot.product
            if record.facility:
                yield record.facility

    def enters(self, record: Declaration, digest: bytes) -> str:
        return digest.hex()

    def outside_names(self, record: Declaration) -> Iterator[tuple[str, str]]:
        for field, name in (("facility", record.facility), ("collector", record.collector)):
            if name is not None:
                yield field, name

    def plan(self, record: Declaration, facts: Facts, terms: Terms) -> Plan:
        if terms.before is None:
            _check_shown(record, facts)
        return _plan(record, facts)

    def check(self, record: Declaration, keyid: bytes, state: State) -> None:
        if record.basis == "opening" and record.lot is not None and (
            (record.facility, record.lot.product) in state.openings
        ):
            raise Refused(
                f"lot.product: {record.facility} already has opening stock of {record.lot.product!r}",
                code="opening-taken", field="lot.product", value=record.lot.product,
                rule="opening stock is declared once per facility and product",
            )
        _check_land(record)

    def apply(self, record: Declaration, digest: bytes, state: State) -> None:
        if record.per is not None:
            state.declarations[digest.hex()] = record
        elif record.basis == "opening" and record.lot is not None and record.facility is not None:
            state.openings.add((record.facility, record.lot.product))
        for subject, kilograms in _declared(record, state).items():
            state.group_goods[subject] = CONTEXT.add(state.group_goods.get(subject, _NOTHING), kilograms)

    def rows(self, record: Declaration, index: int, state: State, before: Before) -> Iterator[Row]:
        if record.basis == "opening" and record.lot is not None:
            yield "opening", (record.facility, record.lot.product, index)
        for subject in _declared(record, state):
            yield "group_goods", (*subject, state.group_goods[subject], index)

    def parts(self, record: Declaration, facts: Facts) -> Iterator[Check]:
        yield partial(check_period, record.start, record.end)
        for name in record.burdens:
            yield partial(_check_burden, name)
        if record.per is not None:
            yield partial(unit, record.per.unit, "per.unit")
        if record.basis == "opening":
            yield partial(check_operated, facts, record.issuer, record.facility)
        yield partial(_check_shown, record, facts)
        if record.lot is not None:
            yield from output_checks(facts, record.issuer, [record.lot], "lot")

    def created_field(self, record: Declaration, place: int) -> str:
        return "lot"


def _declared(record: Declaration, state: State) -> dict[tuple[str, str], Decimal]:
    """Kg of a declared good, by the organisation and the subject whose totals it raises."""
    lot = None if record.lot is None else state.lots.get(record.lot.lot)
    product = None if lot is None else state.product_of(lot)
    if lot is None or product is None or lot.role not in GOODS or not lot.mass:
        return {}
    return {(one, declared_subject(product)): lot.mass for one in state.groups(record.issuer, record.end)}


def _plan(record: Declaration, facts: Facts) -> Plan:
    check_period(record.start, record.end)
    for name in (record.facility, record.collector):
        if name is not None:
            check_identifier(name, "facility" if name == record.facility else "collector")
    _check_burdens(record)
    if record.per is not None:
        unit(record.per.unit, "per.unit")
    if (record.lot is None) == (record.per is None):
        raise Refused(
            "lot: a declaration must have either `lot` or `per`", code="declaration-form", field="lot",
            rule="it creates a lot, or gives figures per quantity",
        )
    if record.lot is None:
        if record.basis == "opening":
            raise Refused("basis: opening stock must be a lot", code="declaration-form", field="basis",
                          value=record.basis, rule="basis `opening` declares a lot, not figures per quantity")
        return Plan()
    return _declared_lot(record, record.lot, facts)


def _declared_lot(record: Declaration, lot: Output, facts: Facts) -> Plan:
    if lot.role not in ("product", "waste", "core"):
        raise Refused(
            f"lot.role: {lot.role} is not allowed", code="role", field="lot.role", value=lot.role,
            rule="one of: product, waste, core",
        )
    if lot.role == "core" and lot.previous_life is None:
        raise core_refused("lot.previousLife", "a declared core states its previous life: `previousLife.record`, the "
                           "consumption that ended it, or `previousLife.estimatedYears`")
    if lot.role != "core" and lot.previous_life is not None:
        raise core_refused("lot.previousLife", "only a core has a previous life")
    life = lot.previous_life
    if life is not None and (life.record is None) == (life.estimated_years is None):
        raise core_refused("lot.previousLife", "either the record that ended this life, or an estimate of the age")
    if lot.role != "product" and record.burdens:
        raise Refused(
            f"burdens: not allowed for a lot of role {lot.role}", code="burdened-waste", field="burdens",
            rule="waste and cores enter without burdens (cut-off)",
        )
    if record.basis == "opening":
        check_operated(facts, record.issuer, record.facility)
    collected = record.basis == "collected"
    proved = is_residue(record) or (record.collector is not None and record.evidence)
    if collected and (lot.role == "product" or not proved):
        raise Refused(
            "basis: a collected lot must be waste or core, with collector and evidence", code="collected",
            field="basis", value=record.basis,
            rule="basis `collected`: role waste or core, a collector, at least one evidence",
        )
    return Plan(created=create(facts, record.issuer, [lot], (), field="lot"))


def _check_shown(record: Declaration, facts: Facts) -> None:
    """Refuses a core of a product that the issuer was not shown: its unit, mass and materials would show."""
    for field, product in products_of(record):
        if not facts.may_name_product(record.issuer, product):
            raise unseen_product(product, field)


def _check_land(record: Declaration) -> None:
    """Fossil emissions of land management are a part of all fossil emissions (PACT 3)."""
    whole, part = (record.burdens.get(name) for name in ("fossilGhgEmissions", "landManagementFossilGhgEmissions"))
    if whole is not None and part is not None and Decimal(part) > Decimal(whole):
        raise Refused(
            f"burdens.landManagementFossilGhgEmissions: {part} is more than fossilGhgEmissions, {whole}",
            code="burden-part", field="burdens.landManagementFossilGhgEmissions", value=part,
            rule=f"at most {whole}: fossilGhgEmissions include the fossil emissions of land management",
        )


def _check_burden(name: str) -> None:
    if name not in _DECLARABLE:
        error = Refused(
            f"unknown burden {name!r}", code="unknown-burden", field=f"burdens.{name}", value=name,
            rule="one of: " + " ".join(ADDITIVE + OF_WHICH + ENERGY),
        )
        advise(error, ADDITIVE + OF_WHICH + ENERGY, as_key=True)
        raise error


def _check_burdens(record: Declaration) -> None:
    if record.boundary == "none" and record.burdens:
        raise Refused(
            "burdens: not allowed with boundary `none`", code="declaration-form", field="burdens",
            rule="boundary `none` declares no burdens",
        )
    for name, text in record.burdens.items():
        _check_burden(name)
        negative = text.startswith("-")
        if text != "0" and negative != (name in REMOVALS):
            raise Refused(
                f"burdens.{name}: {text} has the wrong sign", code="burden-sign", field=f"burdens.{name}", value=text,
                rule="removals are zero or negative, all other burdens zero or positive",
            )

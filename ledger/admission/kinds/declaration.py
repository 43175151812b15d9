"""Declarations: footprints made elsewhere, of a lot or per a quantity."""

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.admission.checks.cores import core_refused
from ledger.admission.checks.times import check_period
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan, check_operated, create
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.outcome.assessment import ADDITIVE, ENERGY, OF_WHICH, REMOVALS
from ledger.core.record.identifiers import check_identifier
from ledger.core.record.kinds import Declaration
from ledger.core.record.redacted import is_residue
from ledger.core.record.units import unit
from ledger.core.record.values import Output
from ledger.errors import Refused

_DECLARABLE: Final = frozenset(ADDITIVE + OF_WHICH + ENERGY)


class DeclarationKind(Kind[Declaration]):
    def names(self, record: Declaration, names: Names) -> None:
        if record.lot:
            names.add_outputs([record.lot])
            if record.basis == "opening" and record.facility:
                names.facilities.add(record.facility)
                names.openings.add((record.facility, record.lot.product))

    def mentions(self, record: Declaration) -> Iterable[str]:
        if record.lot:
            yield record.lot.product
        if record.facility and record.basis == "opening":
            yield record.facility

    def enters(self, record: Declaration, digest: bytes) -> str:
        return digest.hex()

    def outside_names(self, record: Declaration) -> Iterator[tuple[str, str]]:
        for field, name in (("facility", record.facility), ("collector", record.collector)):
            if name is not None:
                yield field, name

    def plan(self, record: Declaration, facts: Facts, terms: Terms) -> Plan:
        return _plan(record, facts)

    def check(self, record: Declaration, keyid: bytes, state: State) -> None:
        if record.basis == "opening" and record.lot is not None and (
            (record.facility, record.lot.product) in state.openings
        ):
            raise Refused(
                f"lot.product: {record.facility} has opening stock of {record.lot.product!r} already",
                code="opening-taken", field="lot.product", value=record.lot.product,
                rule="opening stock is declared once per facility and product",
            )

    def apply(self, record: Declaration, digest: bytes, state: State) -> None:
        if record.per is not None:
            state.declarations[digest.hex()] = record
        elif record.basis == "opening" and record.lot is not None and record.facility is not None:
            state.openings.add((record.facility, record.lot.product))

    def rows(self, record: Declaration, index: int, state: State, before: Before) -> Iterator[Row]:
        if record.basis == "opening" and record.lot is not None:
            yield "opening", (record.facility, record.lot.product, index)

    def created_field(self, record: Declaration, place: int) -> str:
        return "lot"


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
            "a declaration has either `lot` or `per`", code="declaration-form", field="lot",
            rule="it creates one lot, or gives figures per a quantity",
        )
    if record.lot is None:
        if record.basis == "opening":
            raise Refused("opening stock is a lot", code="declaration-form", field="basis", value=record.basis,
                          rule="basis `opening` declares a lot, not figures per a quantity")
        return Plan()
    return _declared_lot(record, record.lot, facts)


def _declared_lot(record: Declaration, lot: Output, facts: Facts) -> Plan:
    if lot.role not in ("product", "waste", "core"):
        raise Refused(
            f"lot.role: {lot.role}", code="role", field="lot.role", value=lot.role,
            rule="a declared lot is product, waste or core",
        )
    if lot.role == "core" and lot.previous_life is None:
        raise core_refused("lot.previousLife", "a declared core names its previous life or estimates its age")
    if lot.role != "core" and lot.previous_life is not None:
        raise core_refused("lot.previousLife", "only a core has a previous life")
    life = lot.previous_life
    if life is not None and (life.record is None) == (life.estimated_years is None):
        raise core_refused("lot.previousLife", "either the record that ended it, or an estimate of its age")
    if lot.role != "product" and record.burdens:
        raise Refused(
            f"burdens of a lot of role {lot.role}", code="burdened-waste", field="burdens",
            rule="waste and cores enter without burden (cut-off)",
        )
    if record.basis == "opening":
        check_operated(facts, record.issuer, record.facility)
    collected = record.basis == "collected"
    proved = is_residue(record) or (record.collector is not None and record.evidence)
    if collected and (lot.role == "product" or not proved):
        raise Refused(
            "a collected lot is waste or core, and names its collector and evidence", code="collected", field="basis",
            value=record.basis, rule="basis `collected`: role waste or core, collector, at least one evidence",
        )
    return Plan(created=create(facts, record.issuer, [lot], (), field="lot"))


def _check_burdens(record: Declaration) -> None:
    if record.boundary == "none" and record.burdens:
        raise Refused(
            "burdens without a boundary", code="declaration-form", field="burdens",
            rule="boundary `none` declares no burdens",
        )
    for name, text in record.burdens.items():
        if name not in _DECLARABLE:
            raise Refused(
                f"burdens.{name} is not a burden", code="unknown-burden", field=f"burdens.{name}", value=name,
                rule="one of " + " ".join(ADDITIVE + OF_WHICH + ENERGY),
            )
        negative = text.startswith("-")
        if text != "0" and negative != (name in REMOVALS):
            raise Refused(
                f"burdens.{name} is {text}", code="burden-sign", field=f"burdens.{name}", value=text,
                rule="removals are zero or negative, all other burdens zero or positive",
            )

"""Amendments: they replace fields of earlier records of their issuer, or withdraw them."""

from ledger.admission.amending import unknown_record
from ledger.admission.facts import Facts
from ledger.admission.kind import Kind, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import Amendment
from ledger.core.record.redacted import is_residue
from ledger.errors import Refused


class AmendmentKind(Kind[Amendment]):
    def names(self, record: Amendment, names: Names) -> None:
        names.records.update([change.record for change in record.changes])

    def plan(self, record: Amendment, facts: Facts, terms: Terms) -> Plan:
        _check_form(record, facts)
        return Plan()

    def apply(self, record: Amendment, digest: bytes, state: State) -> None:
        for change in record.changes:
            if not change.withdrawn:
                state.amendments.setdefault(change.record, set()).add(digest.hex())


def _check_form(record: Amendment, facts: Facts) -> None:
    seen: set[str] = set()
    for i, change in enumerate(record.changes):
        named = facts.records.get(change.record)
        if named is None or named.issuer != record.issuer:
            raise unknown_record(change.record, f"changes[{i}].record")
        if change.record in seen:
            raise Refused(
                f"changes[{i}]: the record is named twice", code="amendment-form", field=f"changes[{i}]",
                value=change.record, rule="each record once",
            )
        if change.withdrawn and change.fields:
            raise Refused(
                f"changes[{i}]: it has fields, and withdraws the record", code="amendment-form", field=f"changes[{i}]",
                value=change.record, rule="fields that change, or `withdrawn`",
            )
        empty = not (change.withdrawn or change.fields)
        if empty and not record.renews and not is_residue(record):
            raise Refused(
                f"changes[{i}]: it changes nothing", code="amendment-form", field=f"changes[{i}]",
                value=change.record,
                rule="fields that change, or `withdrawn`, or neither with `versions` or `products` newest",
            )
        seen.add(change.record)

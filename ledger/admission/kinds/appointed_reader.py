"""Readers: the registrar lets an authority or an auditor read everything, in public."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.disclosing import check_expiry, check_instant
from ledger.admission.checks.roles import check_registrar
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import AppointedReader
from ledger.errors import Refused


class AppointedReaderKind(Kind[AppointedReader]):
    def names(self, record: AppointedReader, names: Names) -> None:
        names.organizations.add(record.organization)

    def mentions(self, record: AppointedReader) -> Iterable[str]:
        return (record.organization,)

    def plan(self, record: AppointedReader, facts: Facts, terms: Terms) -> Plan:
        if record.organization not in facts.organizations:
            raise Refused(f"organization: {record.organization!r} is not enrolled", code="unknown-organization",
                          field="organization", value=record.organization, rule="an organisation that is enrolled")
        check_instant(record.until, "until")
        return Plan()

    def check(self, record: AppointedReader, keyid: bytes, state: State) -> None:
        check_registrar(record, state, "appoint readers")
        if record.until is not None:
            check_expiry(record.until, state, bounded=False)

    def rows(self, record: AppointedReader, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "reader", (index, record.organization, record.until)

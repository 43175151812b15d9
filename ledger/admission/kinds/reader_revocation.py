"""Revocations of readers, by the registrar."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.roles import check_registrar
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import ReaderRevocation
from ledger.errors import Refused


class ReaderRevocationKind(Kind[ReaderRevocation]):
    """Any registrar may end the right: the one who entered it may have left."""

    def names(self, record: ReaderRevocation, names: Names) -> None:
        names.records.add(record.reader)

    def mentions(self, record: ReaderRevocation) -> Iterable[str]:
        return (record.reader,)

    def plan(self, record: ReaderRevocation, facts: Facts, terms: Terms) -> Plan:
        reader = facts.records.get(record.reader)
        if reader is None or reader.type != "reader":
            raise Refused(f"reader: {record.reader} is not a reader record", code="unknown-record", field="reader",
                          value=record.reader, rule="the digest of a reader record on the log")
        return Plan()

    def check(self, record: ReaderRevocation, keyid: bytes, state: State) -> None:
        check_registrar(record, state, "end the right of a reader")

    def rows(self, record: ReaderRevocation, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "reader_revocation", (index, state.records[record.reader].index)

"""Reopenings: a closed period takes records again."""

from collections.abc import Iterable, Iterator

from ledger.admission.amending import unknown_record
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import Reopening
from ledger.errors import Refused


class ReopeningKind(Kind[Reopening]):
    def names(self, record: Reopening, names: Names) -> None:
        names.records.add(record.closing)

    def mentions(self, record: Reopening) -> Iterable[str]:
        return (record.closing,)

    def plan(self, record: Reopening, facts: Facts, terms: Terms) -> Plan:
        closing = facts.records.get(record.closing)
        if closing is None or closing.issuer != record.issuer or closing.type != "closing":
            raise unknown_record(record.closing, "closing")
        return Plan()

    def check(self, record: Reopening, keyid: bytes, state: State) -> None:
        if not any(record.closing in periods for periods in state.closed.values()):
            raise Refused("closing: already reopened", code="not-closed", field="closing", value=record.closing,
                          rule="a closing that is in force")

    def apply(self, record: Reopening, digest: bytes, state: State) -> None:
        for periods in state.closed.values():
            periods.pop(record.closing, None)

    def rows(self, record: Reopening, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "reopening", (state.records[record.closing].index, index)

"""Ends of publications: the passport is not found any more."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.disclosing import own_record
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import PublicationEnd


class PublicationEndKind(Kind[PublicationEnd]):
    def names(self, record: PublicationEnd, names: Names) -> None:
        names.records.add(record.publication)

    def mentions(self, record: PublicationEnd) -> Iterable[str]:
        return (record.publication,)

    def plan(self, record: PublicationEnd, facts: Facts, terms: Terms) -> Plan:
        own_record(facts, record.issuer, record.publication, "publication", "publication")
        return Plan()

    def rows(self, record: PublicationEnd, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "publication_end", (index, state.records[record.publication].index)

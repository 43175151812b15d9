"""Revocations of grants: from their entry on, the grant gives no right."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.disclosing import own_record
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import GrantRevocation


class GrantRevocationKind(Kind[GrantRevocation]):
    def names(self, record: GrantRevocation, names: Names) -> None:
        names.records.add(record.grant)

    def mentions(self, record: GrantRevocation) -> Iterable[str]:
        return (record.grant,)

    def plan(self, record: GrantRevocation, facts: Facts, terms: Terms) -> Plan:
        own_record(facts, record.issuer, record.grant, "grant", "grant")
        return Plan()

    def rows(self, record: GrantRevocation, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "grant_revocation", (index, state.records[record.grant].index)

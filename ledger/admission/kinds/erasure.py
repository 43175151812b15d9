"""Erasures: the records whose body may be erased, and the operations that an erased record forbids."""

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.admission.checks.roles import check_registrar
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.kinds import PUBLIC_TYPES, Erasure
from ledger.errors import Refused

_ACTION: Final = "erase records"


class ErasureKind(Kind[Erasure]):
    def names(self, record: Erasure, names: Names) -> None:
        names.records.add(record.record)
        names.erasures.add(record.record)

    def mentions(self, record: Erasure) -> Iterable[str]:
        return (record.record,)

    def plan(self, record: Erasure, facts: Facts, terms: Terms) -> Plan:
        # Roles are known at enrolment. Whoever has no role must not learn from a refusal whether the record exists.
        if record.issuer in facts.organizations:
            check_registrar(record, facts, _ACTION)
        if record.record not in facts.records:
            raise Refused(f"record: {record.record} is not on the log", code="unknown-record", field="record",
                          value=record.record, rule="the digest of a record on the log")
        return Plan()

    def check(self, record: Erasure, keyid: bytes, state: State) -> None:
        check_registrar(record, state, _ACTION)
        _check_erasable(record, state)

    def apply(self, record: Erasure, digest: bytes, state: State) -> None:
        state.erased.add(record.record)

    def rows(self, record: Erasure, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "erasure", (index, state.records[record.record].index, record.legal_basis)


def _check_erasable(record: Erasure, state: State) -> None:
    """The record must be on the log, private and not erased, and no amendment that is not erased holds fields of it."""
    named = record.record
    facts = state.records.get(named)
    if facts is None:
        raise Refused(f"record: {named} is not on the log", code="unknown-record", field="record", value=named,
                      rule="the digest of a record on the log")
    if facts.type in PUBLIC_TYPES:
        raise Refused(f"record: a record of type {facts.type} is public", code="not-erasable", field="record",
                      value=named,
                      rule="everyone needs public records to check the log: " + " ".join(sorted(PUBLIC_TYPES)))
    if named in state.erased:
        raise erased(named, "record")
    holding = sorted(state.amendments.get(named, set()) - state.erased)
    if holding:
        raise Refused(f"record: {len(holding)} amendments hold fields of {named}", code="amended", field="record",
                      value=named, rule="erase the amendments of a record before the record: " + " ".join(holding))


def erased(digest: str, field: str) -> Refused:
    """The refusal of a record that needs an erased body."""
    return Refused(f"{field}: record {digest} is erased", code="erased", field=field, value=digest,
                   rule="an erased record can be withdrawn, but not changed")

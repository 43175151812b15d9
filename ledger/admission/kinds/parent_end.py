"""Ends of parents: an organisation leaves the group whose parent reads everything of it."""

from collections.abc import Iterable, Iterator
from typing import Final

from ledger.admission.checks.roles import REGISTRAR, has_role
from ledger.admission.checks.times import instant_of
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.parents import EXPIRY, NOTICE, LeftParent
from ledger.admission.state import State
from ledger.core.record.kinds import ParentEnd
from ledger.errors import Refused

_SECOND: Final = 1000


class ParentEndKind(Kind[ParentEnd]):
    """The organisation or its parent ends the relation at once. The registrar, who may have to act for an organisation
    whose owner is gone, announces it first, so that nobody loses a right without notice. An announcement expires, so
    that no forgotten one is used years later."""

    def names(self, record: ParentEnd, names: Names) -> None:
        names.organizations.add(record.organization)

    def mentions(self, record: ParentEnd) -> Iterable[str]:
        return (record.organization,)

    def plan(self, record: ParentEnd, facts: Facts, terms: Terms) -> Plan:
        known = facts.organizations.get(record.organization)
        if known is None:
            raise Refused(f"organization: {record.organization!r} is not enrolled", code="unknown-organization",
                          field="organization", value=record.organization, rule="an organisation that is enrolled")
        if known.enrolled_under is None:
            raise Refused(f"organization: {record.organization!r} has no parent", code="no-parent",
                          field="organization", value=record.organization,
                          rule="an organisation that was enrolled with a parent")
        return Plan()

    def check(self, record: ParentEnd, keyid: bytes, state: State) -> None:
        left = state.parents.left(record.organization)
        if left is not None:
            raise Refused(
                f"organization: {record.organization!r} left its parent at entry {left.index}", code="no-parent",
                field="organization", value=record.organization, rule="an organisation that has a parent",
            )
        if record.issuer in (record.organization, state.organizations[record.organization].enrolled_under):
            if record.announced:
                raise Refused(
                    "announced: the organisation and its parent end the relation at once", code="announced",
                    field="announced", value=True, rule="only the registrar announces an end; leave the field out",
                )
            return
        if not has_role(record.issuer, REGISTRAR, state):
            raise Refused(
                f"issuer: {record.issuer!r} cannot end the parent of {record.organization!r}", code="not-of-relation",
                field="issuer", value=record.issuer, rule="the organisation itself, its parent, or the registrar",
            )
        if not record.announced:
            _check_notice(record, state)

    def apply(self, record: ParentEnd, digest: bytes, state: State) -> None:
        state.parents = state.parents.after(
            LeftParent(state.size, record.organization, state.time, record.announced))

    def rows(self, record: ParentEnd, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "parent_end", (index, record.organization, record.announced)


def _check_notice(record: ParentEnd, state: State) -> None:
    """Refuses the registrar's end of a parent unless an announcement of it is between thirty and ninety days old."""
    announced = state.parents.announced(record.organization)
    if any(NOTICE <= state.time - one.time <= EXPIRY for one in announced):
        return
    rule = "the registrar announces the end thirty days before, and ninety at most: a parentEnd with `announced`"
    message = f"nothing announced that {record.organization!r} leaves its parent"
    if announced:
        waiting = next((one for one in announced if state.time - one.time < NOTICE), announced[-1])
        first, last = [instant_of((waiting.time + span) // _SECOND) for span in (NOTICE, EXPIRY)]
        message = f"the end was announced at {waiting.instant}, for a record from {first} to {last}"
    raise Refused(f"organization: {message}", code="no-notice", field="organization", value=record.organization,
                  rule=rule)

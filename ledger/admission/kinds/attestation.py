"""Attestations: an auditor's conclusion on a record, lot, product, facility or statement."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.roles import AUDITOR, has_role
from ledger.admission.checks.times import check_period, check_time
from ledger.admission.facts import Facts
from ledger.admission.kind import Before, Kind, Row, Terms
from ledger.admission.lots import Plan
from ledger.admission.names import Names
from ledger.admission.state import State
from ledger.core.record.identifiers import check_identifier, under
from ledger.core.record.kinds import Attestation, Subject
from ledger.errors import Refused


class AttestationKind(Kind[Attestation]):
    def names(self, record: Attestation, names: Names) -> None:
        subject = record.subject
        match subject.kind:
            case "record":
                names.records.add(subject.id)
            case "lot":
                names.lots.add(subject.id)
            case "product":
                names.products.add(subject.id)
            case "facility":
                names.facilities.add(subject.id)

    def mentions(self, record: Attestation) -> Iterable[str]:
        return (record.subject.id,)

    def outside_names(self, record: Attestation) -> Iterator[tuple[str, str]]:
        if record.subject.kind == "statement":
            check_identifier(record.subject.id, "subject.id")
            yield "subject.id", record.subject.id

    def plan(self, record: Attestation, facts: Facts, terms: Terms) -> Plan:
        _check_form(record, facts)
        return Plan()

    def check(self, record: Attestation, keyid: bytes, state: State) -> None:
        if not has_role(record.issuer, AUDITOR, state):
            raise Refused(f"{record.issuer} may not attest", code="not-auditor", field="issuer",
                          value=record.issuer, rule="signed by an organisation with role auditor")

    def rows(self, record: Attestation, index: int, state: State, before: Before) -> Iterator[Row]:
        yield "attestation", (index, record.subject.kind, record.subject.id)


def _check_form(record: Attestation, facts: Facts) -> None:
    """Periods in order; a subject that is on the ledger, unless it is a statement, and does not belong to the
    auditor."""
    check_period(record.start, record.end)
    if check_time(record.valid_until, "validUntil") < check_time(record.end, "end"):
        raise Refused(
            f"validUntil {record.valid_until} is before end {record.end}", code="period", field="validUntil",
            value=record.valid_until, rule="an attestation is valid at least until the end of its period",
        )
    subject = record.subject
    if subject.kind == "statement":
        check_identifier(subject.id, "subject.id")
        return
    parties = _parties(subject, facts)
    if not parties:
        raise Refused(
            f"subject.id: the ledger has no {subject.kind} {subject.id!r}", code="unknown-subject",
            field="subject.id", value=subject.id, rule=f"a {subject.kind} that an earlier record entered",
        )
    if record.issuer in parties or (subject.kind == "lot" and _named_by(record.issuer, subject.id, facts)):
        raise Refused(
            f"subject.id: {subject.id!r} is the auditor's own {subject.kind}", code="not-independent",
            field="subject.id", value=subject.id,
            rule="an auditor cannot attest its own present or former things (ISO 14064-3: impartiality)",
        )


def _parties(subject: Subject, facts: Facts) -> tuple[str, ...]:
    """The parties to which a subject belongs; empty if the subject is not on the ledger."""
    name = subject.id
    match subject.kind:
        case "lot":
            lot = facts.lots.get(name)
            return (lot.holder, lot.owned_by) if lot is not None else ()
        case "product":
            product = facts.products.get(name)
            return (product.owner,) if product is not None else ()
        case "facility":
            facility = facts.facilities.get(name)
            return (facility.operator,) if facility is not None else ()
        case _:
            entered = facts.records.get(name)
            return (entered.issuer,) if entered is not None else ()


def _named_by(issuer: str, lot: str, facts: Facts) -> bool:
    """Whether the issuer made or handed over a lot, whoever holds it now."""
    organization = facts.organizations.get(issuer)
    return organization is not None and under(organization.prefixes, lot)

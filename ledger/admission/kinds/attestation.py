"""Attestations: an auditor's conclusion on a record, lot, product, facility or statement."""

from collections.abc import Iterable, Iterator

from ledger.admission.checks.roles import check_auditor
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
        # Roles are known at enrolment. Whoever has no role must not learn from a refusal whether the subject exists.
        if record.issuer in facts.organizations:
            check_auditor(record, facts)
        _check_form(record, facts)
        _check_examination(record)
        return Plan()

    def check(self, record: Attestation, keyid: bytes, state: State) -> None:
        check_auditor(record, state)
        if record.tree_size is not None:
            _check_tree(record.subject, record.tree_size, state)

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


def _check_tree(subject: Subject, size: int, state: State) -> None:
    """The examined tree is of this log, and holds the subject. The index of a subject in the same request is known only
    here."""
    if size > state.size:
        raise Refused(f"treeSize: the log has {state.size} entries, not {size}", code="tree-size", field="treeSize",
                      value=size, rule=f"at most {state.size}: the figure of an earlier tree")
    first = _entered(subject, state)
    if first is not None and size <= first:
        raise Refused(
            f"treeSize: as of tree size {size} the log has no {subject.kind} {subject.id!r}", code="tree-size",
            field="treeSize", value=size, rule=f"at least {first + 1}: the subject is entry {first}",
        )


def _check_examination(record: Attestation) -> None:
    """The date fits; evidence is of a lot or record, each named once; a certified programme, and only that, has a
    name."""
    subject = record.subject
    if record.date is not None and not (
        check_time(record.start, "start") <= check_time(record.date, "date")
        <= check_time(record.valid_until, "validUntil")
    ):
        raise Refused(f"date {record.date} is not between start and validUntil", code="period", field="date",
                      value=record.date, rule=f"from {record.start} to {record.valid_until}")
    if record.examined and subject.kind not in ("record", "lot"):
        raise Refused(f"examined: the subject is a {subject.kind}", code="examined-evidence", field="examined",
                      value=subject.kind, rule="`examined` needs a record or a lot as its subject")
    if len(set(record.examined)) < len(record.examined):
        twice = next(one for one in record.examined if record.examined.count(one) > 1)
        raise Refused(f"examined: {twice} occurs twice", code="examined-evidence", field="examined", value=twice,
                      rule="each digest once")
    scope = record.scope
    if scope is not None and (scope.coverage == "organisation") != (scope.programme is not None):
        raise Refused(f"scope.programme: {scope.programme} with coverage {scope.coverage}", code="attestation-scope",
                      field="scope.programme", value=scope.programme,
                      rule="the name of the certified programme with coverage organisation, absent otherwise")


def _entered(subject: Subject, state: State) -> int | None:
    """The log index of the record that entered a record or lot; None for other subjects."""
    if subject.kind == "lot":
        return state.lots[subject.id].index
    return state.records[subject.id].index if subject.kind == "record" else None


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

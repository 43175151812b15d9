"""Closings, what opens them again, and attestations: what facts decide of them."""

from ledger.admission.attributes import check_closed
from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, Taken, check_operated, supply, take_one
from ledger.admission.times import check_period, check_time
from ledger.core.identifiers import check_identifier, under
from ledger.core.records import Attestation, Closing, Subject
from ledger.core.values import Sha256
from ledger.errors import Refused


def closing_plan(record: Closing, facts: Facts, before: int | None = None) -> Plan:
    """What a closing itself takes and is supplied with: certificates and overheads."""
    check_operated(facts, record.issuer, record.facility)
    check_period(record.start, record.end)
    supply(facts, record.measured, "measured")
    seen: set[str] = set()
    for i, total in enumerate(record.measured):
        if total.material in seen:
            raise Refused(
                f"measured[{i}].material: {total.material!r} is named twice", code="duplicate-material",
                field=f"measured[{i}].material", value=total.material, rule="one total a material",
            )
        seen.add(total.material)
    retired = _retired(record, facts, before)
    check_closed(record, [(one.lot, one.quantity) for one in retired], facts)
    return Plan(retired, (), supply(facts, record.overheads, "overheads"))


def _retired(record: Closing, facts: Facts, before: int | None) -> tuple[Taken, ...]:
    taken: dict[str, Taken] = {}
    for i, flow in enumerate(record.retired):
        where = f"retired[{i}]."
        one = take_one(facts, record.issuer, flow, where, before)
        lot = one.lot
        if lot.id in taken:
            raise Refused(f"{where}lot: {flow.lot!r} is named twice", code="duplicate-input", field=f"{where}lot",
                          value=flow.lot, rule="every lot is named once")
        if lot.owned_by != record.issuer:
            raise Refused(
                f"{where}lot: {lot.id!r} belongs to {lot.owned_by}", code="not-owner", field=f"{where}lot",
                value=lot.id, rule="only the owner retires a certificate",
            )
        if lot.role == "credit":
            raise Refused(
                f"{where}lot: {lot.id!r} stands for {lot.credit}", code="claim-form", field=f"{where}lot",
                value=lot.id, rule="credits are used up by claims, or by the transformation that claims them",
            )
        taken[lot.id] = one
    return tuple(taken.values())


def check_attestation(record: Attestation, facts: Facts) -> None:
    """Periods in order; a subject that the ledger knows, where it is not a statement, and that is not the auditor's."""
    check_period(record.start, record.end)
    if check_time(record.valid_until, "validUntil") < check_time(record.end, "end"):
        raise Refused(
            f"validUntil {record.valid_until} is before end {record.end}", code="period", field="validUntil",
            value=record.valid_until, rule="an attestation is valid until the end of its period at least",
        )
    subject = record.subject
    if subject.kind == "statement":
        check_identifier(subject.id, "subject.id")
        return
    parties = _parties(subject, facts)
    if not parties:
        raise Refused(
            f"subject.id: {subject.id!r} is no {subject.kind} on the ledger", code="unknown-subject",
            field="subject.id", value=subject.id, rule=f"a {subject.kind} that an earlier record entered",
        )
    if record.issuer in parties or (subject.kind == "lot" and _named_by(record.issuer, subject.id, facts)):
        raise Refused(
            f"subject.id: {subject.id!r} is the auditor's own {subject.kind}", code="not-independent",
            field="subject.id", value=subject.id,
            rule="nobody attests what is or was its own (ISO 14064-3: impartiality)",
        )


def _parties(subject: Subject, facts: Facts) -> tuple[str, ...]:
    """Whose a subject is; none where the ledger does not know it."""
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
    """Whether the issuer made a lot or handed it over, whoever has it now."""
    organization = facts.organizations.get(issuer)
    return organization is not None and under(organization.prefixes, lot)


def unknown_record(digest: Sha256, field: str) -> Refused:
    """Refuses a digest that is no record of the issuer's that the rule can mean; another's reads like none."""
    return Refused(f"{field}: {digest!r} is no such record of the issuer", code="unknown-record", field=field,
                   value=digest, rule="the digest of a record of the issuer's on the log")

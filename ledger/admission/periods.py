"""Closings, what opens them again, and attestations: what facts decide of them."""

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, supply, take
from ledger.admission.times import check_period, check_time
from ledger.core.identifiers import check_identifier
from ledger.core.records import Attestation, Closing
from ledger.core.values import Sha256
from ledger.errors import Refused


def closing_plan(record: Closing, facts: Facts) -> Plan:
    """What a closing itself takes and is supplied with: certificates and overheads. """
    facility = facts.facilities.get(record.facility)
    if facility is None or facility.operator != record.issuer:
        raise Refused(
            f"facility: {record.facility!r} is no facility that {record.issuer} operates", code="unknown-facility",
            field="facility", value=record.facility, rule="facilities on the ledger that the issuer operates",
        )
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
    taken = take(facts, record.issuer, record.retired)
    for i, one in enumerate(taken):
        if one.lot.owned_by != record.issuer:
            raise Refused(
                f"retired[{i}].lot: {one.lot.id!r} belongs to {one.lot.owned_by}", code="not-owner",
                field=f"retired[{i}].lot", value=one.lot.id, rule="only the owner retires a certificate",
            )
    return Plan(taken, (), supply(facts, record.overheads, "overheads"))


def check_attestation(record: Attestation, facts: Facts) -> None:
    """Periods in order; a subject that the ledger knows, where it is not a statement."""
    check_period(record.start, record.end)
    check_time(record.valid_until, "validUntil")
    subject = record.subject
    known: dict[str, object] = {
        "lot": facts.lots, "product": facts.products, "facility": facts.facilities, "record": facts.records,
    }
    if subject.kind == "statement":
        check_identifier(subject.id, "subject.id")
        return
    entered = known[subject.kind]
    if not isinstance(entered, dict) or subject.id not in entered:
        raise Refused(
            f"subject.id: {subject.id!r} is no {subject.kind} on the ledger", code="unknown-subject",
            field="subject.id", value=subject.id, rule=f"a {subject.kind} that an earlier record entered",
        )


def unknown_record(digest: Sha256, field: str) -> Refused:
    """Refuses a digest that is no record of the issuer's that the rule can mean; another's reads like none."""
    return Refused(f"{field}: {digest!r} is no such record of the issuer", code="unknown-record", field=field,
                   value=digest, rule="the digest of a record of the issuer's on the log")

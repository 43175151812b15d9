"""Attestations, and the shares of a figure that they cover, as text for people."""

from collections.abc import Iterator
from typing import Final

from ledger.answers.stored import AttestationAnswer, VerifiedAnswer
from ledger.cli.numbers import fixed, numeral
from ledger.core.receipts.statement import Claims

_RELATIONS: Final = {
    "maker": "the auditor is a party to the lot", "group": "the auditor is of the maker's group",
    "customer": "the auditor's group holds the lot",
}


def attestation_line(attestation: AttestationAnswer) -> str:
    """One attestation, with everything that limits it."""
    parts = [
        f"{attestation.kind} attested by {attestation.auditor} to {attestation.standard}",
        f"{attestation.level} assurance", attestation.opinion, *_scope(attestation),
        f"valid until {attestation.valid_until}", f"record {attestation.index}",
    ]
    if attestation.relation is not None:
        parts.append(f"not independent: {_RELATIONS.get(attestation.relation, attestation.relation)}")
    if attestation.outdated:
        parts.append(_earlier(attestation))
    if attestation.in_doubt:
        parts.append("does not count: signed by a key reported compromised")
    if attestation.not_counted is not None:
        parts.append(f"in no verified share: {attestation.not_counted}")
    return ", ".join(parts)


def claimed_attestations(claims: Claims) -> Iterator[str]:
    """The attestations in a statement, and the shares that they cover."""
    for claim in claims.attestations:
        parts = [f"{claim.kind} attested by {claim.auditor} to {claim.standard}", f"{claim.level} assurance",
                 claim.opinion, f"{claim.party} party", f"valid until {claim.valid_until}", f"record {claim.index}"]
        if claim.accreditation is not None:
            parts.append(f"accredited by {claim.accreditation}")
        if claim.relation is not None:
            parts.append(f"not independent: {_RELATIONS.get(claim.relation, claim.relation)}")
        if claim.outdated:
            before = "" if claim.examined_footprint is None else f" {numeral(float(claim.examined_footprint))} kg CO2e"
            parts.append(f"of an earlier figure{before}, as of {claim.examined_size} entries")
        if claim.in_doubt:
            parts.append("does not count: signed by a key reported compromised")
        if claim.counts_as is None:
            parts.append("in no verified share" + ("" if claim.not_counted is None else f": {claim.not_counted}"))
        yield ", ".join(parts)
    if claims.verified:
        shares = ", ".join([f"{name} {float(share) * 100:.1f} %" for name, share in claims.verified.items()])
        yield f"verified share of the figure, as the log says: {shares}"


def chain_attestations(verified: VerifiedAnswer) -> Iterator[str]:
    """The attestations in the chain of a figure, one line each."""
    for counted in verified.attestations:
        independent = "" if counted.independent else ", not independent"
        where = (f"in no verified share: {counted.not_counted}" if counted.counts_as is None
                 else f"counts as {counted.counts_as}")
        yield f"{counted.lot} attested by {counted.auditor}, record {counted.index}{independent}, {where}"
    if verified.left_off:
        yield f"… and {verified.left_off} more attestations"


def verified_lines(verified: VerifiedAnswer) -> Iterator[str]:
    """The four shares, or the reason why they are unknown."""
    if verified.note is not None:
        yield f"verified shares are unknown: {verified.note}"
        return
    shares = {
        "certified programme": verified.certified_programme, "third party": verified.third_party,
        "second party": verified.second_party, "first party": verified.first_party,
    }
    stated = ", ".join([f"{name} {share * 100:.1f} %" for name, share in shares.items()])
    yield f"verified share of the figure: {stated}; attestations answer no question"


def _scope(attestation: AttestationAnswer) -> Iterator[str]:
    if attestation.scope is not None:
        programme = f" ({attestation.scope.programme})" if attestation.scope.programme else ""
        yield f"{attestation.scope.coverage}{programme} by {attestation.scope.criteria}"
    yield f"{attestation.party} party"
    if attestation.accreditation is not None:
        yield f"accredited by {attestation.accreditation.body}, number {attestation.accreditation.number}"
    if attestation.materiality is not None:
        yield f"materiality {float(attestation.materiality) * 100:g} %"
    if attestation.date is not None:
        yield f"concluded {attestation.date[:10]}"
    if attestation.examined:
        yield f"{len(attestation.examined)} documents examined"


def _earlier(attestation: AttestationAnswer) -> str:
    now = f"now {fixed(attestation.current_footprint)}"
    if attestation.examined_footprint is None:
        return f"outdated: of an earlier figure, {now} kg CO2e"
    return (f"outdated: of the earlier figure {fixed(attestation.examined_footprint)} kg CO2e, as of "
            f"{attestation.examined_size} entries, {now} kg CO2e")

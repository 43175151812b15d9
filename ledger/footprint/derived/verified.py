"""The shares of a figure that attestations cover: Catena-X's four shares, by who verified.

An attestation of a lot covers the lot's whole figure, with everything upstream of it. So a pass from the figure towards
its origins stops at each attested lot, whose part in the figure counts once:

    share(category) = sum over attested lots of weight(lot) * absGhg(lot) / absGhg(figure)

Nothing else is covered, so no share can be stated above it. An attestation counts if the auditor has no interest in the
figure beyond its category, the opinion is clean, the figure was not revised since, and the attestation is in force.
An adverse opinion on the figure takes the lot out of every share, whoever else attests it. Of several attestations of
one subject by one auditor, only the newest counts.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import numpy

from ledger.core.record.kinds import Attestation
from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.chain.passes import adjoint

Category = Literal["certifiedProgramme", "thirdParty", "secondParty", "firstParty"]
CATEGORIES: Final[tuple[Category, ...]] = ("certifiedProgramme", "thirdParty", "secondParty", "firstParty")
"""Catena-X's PCS, 3PVS, 2PVS and 1PVS, the strongest first."""
Relation = Literal["maker", "group", "customer"]
"""The interest of an auditor in a figure: it is a party to the lot itself; it is of the group of one; it, or its group,
holds the lot."""
_CLEAN: Final = ("unmodified", "qualified")
OF_FACILITY: Final = "an attestation of a facility is about its inventory"
_PARTIES: Final[Mapping[str, Category]] = {"first": "firstParty", "second": "secondParty", "third": "thirdParty"}


class Parties(NamedTuple):
    """The organisations with an interest in a lot. `makers`: who made it, owns it or its product, or operates the
    facility; `holder`: who has it now."""

    makers: frozenset[str]
    holder: str


class AttestedFigure(NamedTuple):
    """An attestation in relation to one lot. `outdated`: the figure was revised after the tree that was examined;
    `expired`: its validity ended before the time of the tree; `inDoubt`: by its signature; `apart`: the period of the
    lot's record is not in the attested period, of an attestation of a product."""

    record: Attestation
    relation: Relation | None
    outdated: bool
    expired: bool
    in_doubt: bool
    apart: bool = False

    @property
    def concerns(self) -> bool:
        """Whether it is an opinion on the lot's figure as it is."""
        of_facility = self.record.subject.kind == "facility"
        return not (self.in_doubt or self.outdated or self.apart or of_facility)

    @property
    def is_adverse(self) -> bool:
        return self.concerns and not self.expired and self.record.opinion == "adverse"


def relation_of(auditor: str, parties: Parties, groups: Mapping[str, str]) -> Relation | None:
    """The interest of an auditor in a lot; None for an independent one. `groups`: who controls each organisation."""
    if auditor in parties.makers:
        return "maker"
    group = groups.get(auditor, auditor)
    if group in {groups.get(maker, maker) for maker in parties.makers}:
        return "group"
    return "customer" if group == groups.get(parties.holder, parties.holder) else None


def verdicts(attested: Mapping[int, AttestedFigure]) -> dict[int, Category | str]:
    """The verdicts on the attestations of one lot, by log index: the category under which each counts, otherwise the
    reason why it counts in no share."""
    adverse = max([index for index, figure in attested.items() if figure.is_adverse], default=None)
    newest: dict[tuple[str, str, str], int] = {}
    for index in sorted(attested):
        record = attested[index].record
        if attested[index].concerns and not _is_of_model(record):
            newest[_subject(record)] = index
    judged: dict[int, Category | str] = {}
    for index, figure in attested.items():
        later = newest.get(_subject(figure.record), index)
        verdict = category_of(figure)
        if verdict in CATEGORIES and adverse is not None:
            verdict = f"the lot has an adverse opinion, record {adverse}"
        elif verdict in CATEGORIES and later > index:
            verdict = f"the auditor has a newer opinion, record {later}"
        judged[index] = verdict
    return judged


def _subject(record: Attestation) -> tuple[str, str, str]:
    return record.issuer, record.subject.kind, record.subject.id


def _is_of_model(record: Attestation) -> bool:
    return record.scope is not None and record.scope.coverage == "process"


def category_of(attested: AttestedFigure) -> Category | str:
    """The category under which an attestation counts by itself; otherwise the reason why it counts in no share."""
    record, relation = attested.record, attested.relation
    scope, certified = record.scope, False
    if scope is not None:
        certified = scope.coverage == "organisation"
    reasons = (
        (record.subject.kind == "facility", OF_FACILITY),
        (attested.in_doubt, "signed by a key reported compromised"),
        (record.opinion not in _CLEAN, f"opinion {record.opinion}"),
        (attested.outdated, "of an earlier figure"),
        (attested.expired, f"not valid after {record.valid_until}"),
        (attested.apart, "the lot was not made in the attested period"),
        (scope is None, "it states no scope"),
        (_is_of_model(record), "it covers the calculation model, not the figure"),
        (certified and relation is not None, "a certified programme needs an independent auditor"),
    )
    for holds, reason in reasons:
        if holds:
            return reason
    if certified:
        return "certifiedProgramme" if record.accreditation is not None else "the auditor states no accreditation"
    party = party_of(record, relation)
    if party == "third" and record.accreditation is None:
        return "the auditor states no accreditation"
    return _PARTIES[party]


def party_of(record: Attestation, relation: Relation | None) -> Literal["first", "second", "third"]:
    """As which party the auditor acts: as stated, but never further from the figure than its interest allows."""
    limit: Literal["first", "second", "third"] = (
        "first" if relation in ("maker", "group") else "second" if relation == "customer" else "third")
    return min(limit, record.party or "third", key=("first", "second", "third").index)


def verified_shares(
    arrays: Arrays, wanted: Floats, absolute: Floats, attested: Mapping[int, Category]
) -> dict[Category, float]:
    """The share of a figure, a sum of lots weighted by `wanted`, under each category. `absolute`: absGhg by position of
    the lots that are wanted or attested; `attested`: the category of each attested lot, by number."""
    whole = float(wanted @ absolute)
    shares = dict.fromkeys(CATEGORIES, 0.0)
    if not whole > 0.0:
        return shares
    covered = {arrays.position(number): category for number, category in attested.items()}
    open_shares = numpy.array(arrays.shares)
    open_shares[list(covered)] = 0.0
    _, carried = adjoint(arrays._replace(shares=open_shares), wanted)
    for position, category in covered.items():
        shares[category] += float(carried[position] * absolute[position]) / whole
    return {category: min(share, 1.0) for category, share in shares.items()}

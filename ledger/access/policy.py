"""The policy: how much of a record, a lot or an organisation a caller may see.

Each function decides from the rights of the caller and from facts of the thing alone. A level includes all lower ones.
"""

from enum import IntEnum
from typing import Final, NamedTuple

from ledger.access.rights import HeldGrant, Rights
from ledger.admission.facts import LOT_SLOTS
from ledger.core.record.kinds import PUBLIC_TYPES


class Level(IntEnum):
    """`TOTALS`: the committed figures of a lot with the proof of that leaf, its product, quantity, quality, and
    findings by code. `STAGES`: also a breakdown by stage. `SUPPLIERS`: also the parties. `FULL`: the record itself.

    So a grant below `SUPPLIERS` covers no record or lot that names an organisation beside grantor and caller, as a
    transfer names the customer; but it covers a lot that it names itself."""

    NOTHING = 0
    TOTALS = 1
    STAGES = 2
    SUPPLIERS = 3
    FULL = 4


DEPTHS: Final = {"totals": Level.TOTALS, "stages": Level.STAGES, "suppliers": Level.SUPPLIERS, "full": Level.FULL}


class RecordConcerns(NamedTuple):
    """`parties`: organisations that see the body, beside the issuer: the receiver of a transfer, the sender of an
    accepted one, the owner of goods that are moved, the subject of an attestation. `owners`: others whose goods the
    record takes or makes, as under tolling. `products`: of its lots. `start` and `end`: the earliest and the latest
    instant that it states."""

    log_index: int
    type: str
    issuer: str
    parties: frozenset[str] = frozenset()
    products: frozenset[str] = frozenset()
    start: str | None = None
    end: str | None = None
    owners: frozenset[str] = frozenset()


class LotConcerns(NamedTuple):
    """`record` makes the lot; `parties` hold it, own it, or have sent it, as it was made. `operator`: of the `facility`
    where it was made. `item`: the item that it is."""

    number: int
    product: str
    record: RecordConcerns
    parties: frozenset[str] = frozenset()
    facility: str | None = None
    operator: str | None = None
    item: str | None = None


def record_level(rights: Rights, facts: RecordConcerns) -> Level:
    """A party that is not the issuer has `TOTALS`: it sees the body, and the leaves of its own lots. Owners of goods
    that the issuer worked on have `TOTALS` too: they see their goods and these leaves, without the body, which is the
    issuer's recipe."""
    if rights.everything or facts.type in PUBLIC_TYPES or facts.issuer in rights.own:
        return Level.FULL
    by_party = Level.TOTALS if (facts.parties | facts.owners) & rights.own else Level.NOTHING
    granted = [DEPTHS[grant.depth] for grant in rights.grants
               if covers(grant, facts) and (_shows_parties(grant) or not _others(rights, facts))]
    return max([by_party, *granted])


def _shows_parties(grant: HeldGrant) -> bool:
    return grant.lot is not None or DEPTHS[grant.depth] >= Level.SUPPLIERS


def _others(rights: Rights, facts: RecordConcerns) -> frozenset[str]:
    """The organisations that a record names, beside its issuer and the caller."""
    return (facts.parties | facts.owners) - rights.own - {facts.issuer}


def lot_level(rights: Rights, facts: LotConcerns) -> Level:
    """A lot is as visible as the record that makes it; its parties see its figures, and so does whoever was granted
    the lot or its product."""
    if rights.everything or facts.record.issuer in rights.own:
        return Level.FULL
    record = facts.record._replace(parties=facts.record.parties | facts.parties)
    return record_level(_about(rights, facts.number), record)


def _about(rights: Rights, lot: int) -> Rights:
    """The rights without the grants of single other lots, unless these show the whole record."""
    grants = [grant for grant in rights.grants if grant.lot in (None, lot) or grant.depth == "full"]
    return rights if len(grants) == len(rights.grants) else rights._replace(grants=tuple(grants))


def organization_level(rights: Rights, organization: str) -> Level:
    """How much the caller may see of everything that an organisation has on the ledger."""
    if rights.everything or organization in rights.own or organization in rights.whole_grantors:
        return Level.FULL
    return Level.NOTHING


def covers(grant: HeldGrant, facts: RecordConcerns) -> bool:
    """Whether a record of the grantor is in the scope of a grant. A record that states no time is in no period."""
    if facts.issuer != grant.grantor:
        return False
    if not in_period(grant, facts):
        return False
    if grant.lot is not None:
        return facts.log_index == grant.lot // LOT_SLOTS
    return grant.product is None or grant.product in facts.products


def in_period(grant: HeldGrant, facts: RecordConcerns) -> bool:
    """Whether the times that a record states lie in the period of a grant, if it has one. Instants are RFC 3339 in UTC,
    so their order is the order of their texts."""
    if not grant.has_period:
        return True
    if facts.start is None or facts.end is None:
        return False
    return (grant.since is None or grant.since <= facts.start) and (grant.until is None or facts.end <= grant.until)

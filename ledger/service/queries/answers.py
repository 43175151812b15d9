"""What queries answer, as it goes over the wire (JSON, camelCase). Figures are kg CO2e, MJ, kWh, kg as named."""

from typing import Any

from msgspec import UNSET, Raw, Struct, UnsetType

from ledger.core.receipts.receipt import ProvenLeaf
from ledger.core.record.values import Factor, Quantity


class QueryAnswer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of every answer."""


class DoubtAnswer(QueryAnswer, frozen=True):
    """The record at `index` is signed by a `key` that entry `reported` reports compromised `since` a log index at or
    below it: its issuer may not have signed it. It stands all the same."""

    index: int
    record: str
    issuer: str
    key: str
    since: int
    reported: int


class LotAnswer(QueryAnswer, frozen=True):
    """A lot as it reads now, or read in the tree that was asked for, and what is left of it.

    `record` is the digest of the record that made it, `owner` is named where it is not the holder, `sender` is who
    handed it over. A `frozen` lot is disputed, a `withdrawn` one no longer counts; `inDoubt`: the key that signed its
    record is reported compromised. `resembles`: of its holder, owner and sender those that could be taken for other
    organisations, with these.
    """

    lot: str
    product: str
    quantity: Quantity
    remaining: str
    holder: str
    role: str
    index: int
    record: str
    owner: str | None = None
    sender: str | None = None
    pool: str | None = None
    credit: str | None = None
    expires: str | None = None
    withdrawn: bool = False
    frozen: bool = False
    mass_kg: str | None = None
    origin: str | None = None
    item: str | None = None
    facility: str | None = None
    process: str | None = None
    previous_life: str | None = None
    in_doubt: DoubtAnswer | None = None
    resembles: dict[str, list[str]] = {}


class LineAnswer(QueryAnswer, frozen=True):
    """An emission of the lot's own record, as far as this lot carries it, kg CO2e."""

    source: str
    kind: str
    gas: str
    burden: str
    amount: float
    basis: str
    primary: bool = False
    factor: str | None = None
    recalled: bool = False


class DirectAnswer(QueryAnswer, frozen=True):
    """What happened in the lot's own record, as far as this lot carries it."""

    footprint: float
    burdens: dict[str, float]
    lines: list[LineAnswer]
    omissions: list[dict[str, Any]] = []


class InputAnswer(QueryAnswer, frozen=True):
    """What came with an input lot: `part` of it was taken, `footprint` of that is carried by this lot."""

    lot: str
    product: str
    part: float
    footprint: float
    burdens: dict[str, float]


class OpenPeriod(QueryAnswer, frozen=True):
    """So many provisional records of a facility and a month (`YYYY-MM`, that of their start) wait for a closing."""

    facility: str
    month: str
    records: int


class AttestationAnswer(QueryAnswer, frozen=True):
    """An auditor's conclusion, at `index` of the log by the record with digest `record`. `outdated`: what it attests
    was revised after it. `inDoubt`: it is signed by a key that is reported compromised, and counts for nothing. Whether
    it is still valid on a day is for the reader to say, by `validUntil`."""

    kind: str
    subject: str
    auditor: str
    standard: str
    level: str
    opinion: str
    start: str
    end: str
    valid_until: str
    index: int
    record: str
    samples: int | None = None
    materiality: str | None = None
    outdated: bool = False
    in_doubt: bool = False


class ClaimAnswer(QueryAnswer, frozen=True):
    """A credit lot of which `quantity` was used up for a lot, by the record at `index`. `avoided`: kg CO2e that
    recycling the material would avoid elsewhere, by the credit's own `factor`; in no footprint."""

    method: str
    credit: str
    quantity: Quantity
    material: str
    claimant: str
    index: int
    record: str
    factor: Factor | None = None
    avoided: float | None = None


class FootprintAnswer(QueryAnswer, frozen=True):
    """The footprint of a whole lot, kg CO2e excluding biogenic uptake, with where it comes from and how good it is.

    `title` says *incomplete footprint* where `completeness` is unknown or below 95 %, and that a lot is withdrawn.
    `recalledFactors` could not be checked against their source. `recycledContent` is the share of each material's mass,
    by origin. `averaged` is what a pool that is averaged over periods holds more (or less) than came in until then.

    `at`: the size of the tree as of which it is answered, none for now. `revisedAt`: the log index of the revision
    whose figures these are, none where they are the first. `provisionalShare` is the part of the footprint (by absolute
    amounts) that waits for a closing, `openPeriods` says of which months; with `morePeriods` there are more than were
    looked at. `ratings` are PACT's for technology, time and geography, 1 (best) to 3, weighted by absolute amounts like
    `primaryShare`; none where there is no amount. `opening`: the lot is opening stock. `claims` stand beside the figure
    and are never in it. `inDoubt`: records at and behind this figure that keys signed which are reported compromised,
    newest first, at most 20; `limitations` say so in words.
    """

    title: str
    lot: LotAnswer
    record: str
    method: str
    footprint: float
    footprint_per_unit: float
    unit: str
    burdens: dict[str, float]
    contents: dict[str, float]
    biogenic_uptake: float
    completeness: str
    exempted: str
    unestimated: float
    share: float
    direct: DirectAnswer
    inputs: list[InputAnswer] = []
    assigned: float = 0.0
    averaged: float = 0.0
    primary_share: float | None = None
    ratings: dict[str, float] = {}
    plugin: str | None = None
    factors: list[str] = []
    recalled_factors: list[str] = []
    recycled_content: dict[str, dict[str, float]] = {}
    indicators: dict[str, str] = {}
    at: int | None = None
    revised_at: int | None = None
    provisional_share: float | None = None
    open_periods: list[OpenPeriod] = []
    more_periods: bool = False
    opening: bool = False
    attestations: list[AttestationAnswer] = []
    claims: list[ClaimAnswer] = []
    in_doubt: list[DoubtAnswer] = []
    limitations: list[str] = []


class ChainLineAnswer(QueryAnswer, frozen=True):
    """A part of a figure, kg CO2e: what it is called, and `what` it stands for."""

    name: str
    amount: float
    what: str = ""


class ChainMethodAnswer(QueryAnswer, frozen=True):
    """What a sector's own method makes of a lot's chain, beside the stored figure: kg CO2e of the whole lot in `lines`
    that add up to it, as of a tree of `at` entries. `pool`: where the lot is a generation of one, its figure is of the
    pool's node. `digest`: hex SHA-256 of the code that computed it."""

    lot: str
    method: str
    plugin: str
    digest: str
    names: dict[str, str]
    at: int
    footprint: float
    stored: float
    lines: list[ChainLineAnswer]
    notes: list[str] = []
    pool: str | None = None


class ChangeAnswer(QueryAnswer, frozen=True):
    """A lot's other figures: kg CO2e of the whole lot before and after, by the revising record at `index` (`record`
    is its digest). `quantity` is what the lot is now, `quantityBefore` is told where it was another."""

    index: int
    record: str
    type: str
    lot: str
    product: str
    quantity: Quantity
    footprint_before: float
    footprint: float
    difference: float
    quantity_before: Quantity | None = None
    withdrawn: bool = False
    reason: str | None = None


class Next(QueryAnswer, frozen=True):
    """Where the next page begins: parameters of the same names."""

    since: int
    after: int


class ChangesAnswer(QueryAnswer, frozen=True):
    """A page in log order. It may be short, or empty, and still have a `next` one."""

    changes: list[ChangeAnswer]
    next: Next | None = None


class RevisionAnswer(QueryAnswer, frozen=True):
    """What the record at `index`, with `digest` and `type`, made of an earlier one: its new results, whose `root` (hex)
    stands in a leaf of the revising record's own outcome. `body`: how the record reads from then on, where the
    revision changed that; none where only its results changed, where it is `withdrawn`, or where that is `erased`."""

    index: int
    digest: str
    type: str
    root: str
    withdrawn: bool = False
    erased: bool = False
    body: Raw | UnsetType = UNSET
    leaves: list[ProvenLeaf] = []


class RecordAnswer(QueryAnswer, frozen=True):
    """A record with its entry (base64) and the proven leaves of its outcome, as they were posted and logged.

    `revisions`: what later records made of it, in log order; of more than 100 the newest, and `earlierRevisions` says
    how many there are before them. `inDoubt`: the key that signed it is reported compromised, `limitations` say so.
    """

    index: int
    digest: str
    type: str
    issuer: str
    body: Raw
    entry: str
    leaves: list[ProvenLeaf] = []
    revisions: list[RevisionAnswer] = []
    earlier_revisions: int = 0
    in_doubt: DoubtAnswer | None = None
    limitations: list[str] = []


class ErasureAnswer(QueryAnswer, frozen=True):
    """The record at `index`, with `digest`, that erased the body of another, and on what legal basis; and what is known
    of that one: its own index `record`, `type`, `issuer` and entry (base64). Its receipt and figures stay."""

    index: int
    digest: str
    legal_basis: str
    record: int
    type: str
    issuer: str
    entry: str


class KeyAnswer(QueryAnswer, frozen=True):
    """A key in force from log index `enrolled` on, until `revoked`. `compromisedSince`: what it signed from that log
    index on is in doubt."""

    keyid: str
    algorithm: str
    enrolled: int
    revoked: int | None = None
    compromised_since: int | None = None


class RecoveryAnswer(QueryAnswer, frozen=True):
    """A registrar's `request` (digest; at log `index`, of `time` ms) to give an organisation these `keys` in place of
    its own; it can be completed from `due` ms on, unless the organisation objects by any change of its keys."""

    request: str
    index: int
    time: int
    due: int
    keys: list[str]


class OrganizationAnswer(QueryAnswer, frozen=True):
    """An organisation as it was enrolled at `index`, with all keys that it ever had. `recovery`: what waits to take
    their place. `inDoubt`: its enrolment is signed by a key that is reported compromised. `resembles`: organisations
    whose ids, prefixes or names look like its own, at most five; `oddities`: what of its names a reader would not see.
    """

    id: str
    index: int
    names: dict[str, str] = {}
    roles: list[str] = []
    prefixes: list[str] = []
    parent: str | None = None
    parent_share: str | None = None
    keys: list[KeyAnswer] = []
    recovery: RecoveryAnswer | None = None
    in_doubt: DoubtAnswer | None = None
    resembles: list[str] = []
    oddities: list[str] = []


class PluginAnswer(QueryAnswer, frozen=True):
    """`inForce` and `inForceDigest`: what the log activates; `installed`: whether this server has that digest."""

    name: str
    version: str
    digest: str
    names: dict[str, str]
    routes: dict[str, dict[str, str]]
    in_force: str | None = None
    in_force_digest: str | None = None
    installed: bool = False

"""Answers of queries, as sent to clients (JSON, camelCase). Figures are kg CO2e, MJ, kWh or kg, as the fields say."""

from typing import Any, Final, Literal

from msgspec import UNSET, Raw, Struct, UnsetType, field

from ledger.core.receipts.receipt import ProvenLeaf
from ledger.core.receipts.statement import VersionClaim
from ledger.core.receipts.study import StudyClaim
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.values import Factor, Quantity
from ledger.footprint.derived.findings import ListedFinding, StatedFinding, WeighedFinding

Visibility = Literal["totals", "part"]
"""The parts that an answer leaves out because the caller may not see them. `totals`: how the figure is made, so the
answer has the committed figure with its proof and quality. `part`: the hidden records upstream. Absent if nothing is
left out."""
SECTOR: Final = "sector"
FACTORS: Final = "factors"


class QueryAnswer(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of every answer."""


class DoubtAnswer(QueryAnswer, frozen=True):
    """The record at `index` is in doubt: entry `reported` reports the `key` that signed it compromised `since` a log
    index at or below `index`. Its issuer may not have signed it. The record stays valid."""

    index: int
    record: str
    issuer: str
    key: str
    since: int
    reported: int


class LotAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A lot with its remaining quantity, as it reads now or as of the tree size of the question.

    `record` is the digest of the record that made the lot. `owner` is absent if the holder owns the lot. `sender`
    handed it over. A `frozen` lot is disputed; a `withdrawn` lot no longer counts. `accepted`: log index of the
    acceptance of its delivery; or of the standing acceptance, if this alone has accepted it (`onArrival`). `inDoubt`:
    the key that signed its record is reported compromised. `resembles`: by the id of its holder, owner or sender, the
    organisations with which readers could confuse that organisation. `questioned`: kg CO2e in question in the whole
    lot; `findings`: of its own record, about this lot. If that record is hidden from the caller, with the kg CO2e in
    this lot, and for delivered goods also the findings of the record by which the supplier made them. `remaining` is
    absent for callers who may not see the stock of the holder, `sight` says if the lot's record is hidden from the
    caller.
    """

    lot: str
    product: str
    quantity: Quantity
    remaining: str | None = None
    holder: str
    role: str
    index: int
    record: str
    questioned: float
    findings: list[ListedFinding] = []
    owner: str | None = None
    sender: str | None = None
    pool: str | None = None
    credit: str | None = None
    expires: str | None = None
    withdrawn: bool = False
    frozen: bool = False
    accepted: int | None = None
    on_arrival: bool = False
    mass_kg: str | None = None
    origin: str | None = None
    item: str | None = None
    facility: str | None = None
    process: str | None = None
    previous_life: str | None = None
    in_doubt: DoubtAnswer | None = None
    resembles: dict[str, list[str]] = {}
    sight: Visibility | None = None


class LineAnswer(QueryAnswer, frozen=True):
    """An emission line of the lot's own record: the part that this lot carries, kg CO2e."""

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
    """The emissions and omissions of the lot's own record: the part that this lot carries.

    `primaryActivityShare`: the part of its emissions, by absolute amounts, whose activity data the site metered,
    invoiced or calculated, whatever factor they are multiplied by; the rest is estimated. Absent without emissions.
    """

    footprint: float
    burdens: dict[str, float]
    lines: list[LineAnswer]
    omissions: list[dict[str, Any]] = []
    primary_activity_share: float | None = None


class InputAnswer(QueryAnswer, frozen=True):
    """The burdens from an input lot. The record took the fraction `part` of it; `footprint` is the part of its burdens
    that this lot carries."""

    lot: str
    product: str
    part: float
    footprint: float
    burdens: dict[str, float]


class OpenPeriod(QueryAnswer, frozen=True):
    """The number of provisional records of a facility that start in a month (`YYYY-MM`) and wait for a closing."""

    facility: str
    month: str
    records: int


class MissedTotal(QueryAnswer, frozen=True):
    """A closing, by digest and log index, that measured more than the final records of its period state. `kilograms`:
    CO2e of its totals that fall on the lot; absent if the closing names the lot's record only together with others."""

    record: str
    index: int
    kilograms: float | None = None


class AttestationAnswer(QueryAnswer, frozen=True):
    """An auditor's conclusion, from the record with digest `record` at log index `index`.

    `outdated`: the attested data was revised after the tree of `examinedSize` entries, whose figure was examined; by
    default the tree before the attestation. `examinedFootprint` and `currentFootprint` are the lot's figures then and
    now, kg CO2e; the first is absent if that tree had no such lot. `independent` is false for the maker, its group, and
    a customer, as `relation` says; `party` is then never `third`. `examined`: SHA-256 of the examined evidence.
    `inDoubt`: the key that signed the attestation is reported compromised, so it counts for nothing. `countsAs`: the
    share in which it counts (`VerifiedAnswer`); without it `notCounted` says why not. An attestation answers no
    question: questioned amounts stay. Readers compare `validUntil` with the day that interests them.
    """

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
    independent: bool
    party: str
    examined_size: int
    current_footprint: float
    samples: int | None = None
    materiality: str | None = None
    outdated: bool = False
    in_doubt: bool = False
    relation: str | None = None
    examined_footprint: float | None = None
    accreditation: Accreditation | None = None
    scope: AttestationScope | None = None
    date: str | None = None
    examined: list[str] = []
    counts_as: str | None = None
    not_counted: str | None = None


class CountedAttestation(QueryAnswer, frozen=True):
    """An attestation, by log `index` and digest, of the lot `lot` of a figure's chain, and the share in which it
    counts; `notCounted` says why it does not count. `independent` and `validUntil`: as in `AttestationAnswer`."""

    lot: str
    index: int
    record: str
    auditor: str
    independent: bool
    valid_until: str
    counts_as: str | None = None
    not_counted: str | None = None


class VerifiedAnswer(QueryAnswer, frozen=True):
    """The shares of a figure, by absolute kg CO2e, that attestations in force cover: Catena-X's PCS, 3PVS, 2PVS and
    1PVS. Each part counts once, in its strongest share. `attestations`: of the lots of the chain, at most 50, and
    `leftOff` the number of others. `note`: why no shares are stated, although there may be attestations."""

    certified_programme: float
    third_party: float
    second_party: float
    first_party: float
    attestations: list[CountedAttestation] = []
    left_off: int = 0
    note: str | None = None


class PeriodAverageAnswer(QueryAnswer, frozen=True):
    """A product's lots of a month (`YYYY-MM`) or year (`YYYY`) as one: `mean` is weighted by production,
    `least` and `most` are of single lots, all in kg CO2e per unit. `massKg` is absent if the mass of a lot is
    unknown."""

    period: str
    number_of_lots: int
    quantity: Quantity
    mean: float
    least: float
    most: float
    mass_kg: str | None = None


class FigureChangeAnswer(QueryAnswer, frozen=True):
    """A figure that differs by more than 10 % from the average of the last period with production, `last`: both in kg
    CO2e per unit. `change` is relative, absent if the last average was zero. `reason`: of the newest amendment of a
    record of the period; without one, `note` says that a reason is missing. `unexamined`: the number of the period's
    records whose amendments were not examined."""

    period: str
    per_unit: float
    last: str
    last_per_unit: float
    change: float | None = None
    reason: str | None = None
    note: str | None = None
    unexamined: int = 0


class LotAveragesAnswer(QueryAnswer, frozen=True):
    """The averages of the lot's product over the month and the year in which its record ended, at all facilities of the
    product, and the `change` of the lot's figure from the last month with production. `note`: why averages are
    missing."""

    month: PeriodAverageAnswer | None = None
    year: PeriodAverageAnswer | None = None
    change: FigureChangeAnswer | None = None
    note: str | None = None


class ClaimAnswer(QueryAnswer, frozen=True):
    """A credit lot of which the record at `index` used up `quantity` for a lot. `avoided`: kg CO2e that recycling the
    material would avoid elsewhere, by the credit's own `factor`. It is not part of any footprint."""

    method: str
    credit: str
    quantity: Quantity
    material: str
    claimant: str
    index: int
    record: str
    factor: Factor | None = None
    avoided: float | None = None


class StudyAnswer(StudyClaim, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """The context of a figure: also its method, its set of global warming potentials, and the versions of rules, sector
    and factor sets that assessed the record, if the record says when."""

    method: str
    gwp: str
    versions: list[VersionClaim] = field(default_factory=list)


class FootprintAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The footprint of a whole lot, kg CO2e excluding biogenic uptake, with its sources and its data quality.

    `title` says *incomplete footprint* if `completeness` is unknown or below 95 %, and says if the lot is withdrawn.
    `locationBased` and `marketBased` are the totals with electricity counted either way, with the same boundary and
    losses; the headline `footprint` is the location-based one.
    `recalledFactors` come from unverified sources. `recycledContent` is the share of each material's mass, by origin.
    `averaged` is the difference between a pool's period average and the burdens that had come in until then.

    `at`: the tree size as of which the figure is answered; absent for now. `revisedAt`: the log index of the revision
    that gave these figures; absent for the first figures. `provisionalShare` is the part of the footprint (by absolute
    amounts) that waits for a closing; `openPeriods` lists its months. `morePeriods`: there are more months than were
    examined. `ratings` are PACT's for technology, time and geography, 1 (best) to 3, weighted by absolute amounts like
    `primaryShare`; both are absent if there is no amount. `primaryShare` is the part whose activity data and factors
    are both primary; `direct.primaryActivityShare` is the part of the lot's own record whose activity data are.
    `pactRatings` are the ratings on the scale of PACT 3, 1 (best) to 5, by the conversion `ratingConversion`.
    `fossilEmissions` are all fossil emissions as PACT states them: land management, a burden of its own here, is a
    part of them. `opening`: the lot is opening stock. `claims` are additional information and never part of the
    figure. `inDoubt`: records of this figure and upstream of it whose signing keys are reported compromised, newest
    first, at most 20; `limitations` say so in words. `study`: the context of the figure; absent for a withdrawn lot.

    `attestations` are of the lot, its record, its product and its facility. `verified`: the shares of the figure that
    attestations cover; absent if its chain has no attestation. `figureKind`: `lotFigure`, `movingAverage` of a pool, or
    `periodAverage` of a pool. `averages`: of the lot's product, if the question asks for them.

    `questioned`: kg CO2e by which the figure may be too low, and `questionedShare` their part of it, omissions
    included. `findings`: of the lot's own record, then of records upstream by their weight in the figure, at most 50;
    `findingsLeftOff` is the number of the others, and `findingsNote` states the proof behind the list. The log commits
    to `questioned` with the figure. `missedTotals`: closings that measured more than the final records of their site
    state. The figure does not have its part of these totals, and its title counts that part as left out.
    `unusuallyHigh`: a note that the figure is more than five times the high end of its product's range, so that a unit
    may be wrong. It changes neither title nor figure. `documented`: kg CO2e that would be in the figure or in question
    if the issuers, of this record and upstream, had shown no documents; `ownWord` says so in words. `declared`: the
    lot's own record declares the figure.

    `sight`: the parts that are left out because the caller may not see them. With `totals` these are the shares and
    parts by which the figure is made: `share`, `direct`, `inputs`, factors and indicators.
    """

    title: str
    lot: LotAnswer
    record: str
    method: str
    footprint: float
    footprint_per_unit: float
    location_based: float
    market_based: float
    unit: str
    burdens: dict[str, float]
    contents: dict[str, float]
    biogenic_uptake: float
    completeness: str
    exempted: str
    unestimated: float
    questioned: float
    questioned_share: float
    title_limit: float
    share: float | None = None
    direct: DirectAnswer | None = None
    inputs: list[InputAnswer] = []
    findings: list[WeighedFinding] = []
    findings_left_off: int = 0
    findings_note: str | None = None
    assigned: float = 0.0
    averaged: float = 0.0
    primary_share: float | None = None
    ratings: dict[str, float] = {}
    pact_ratings: dict[str, float] = {}
    rating_conversion: str | None = None
    fossil_emissions: float = 0.0
    plugin: str | None = None
    factors: list[str] = []
    recalled_factors: list[str] = []
    recycled_content: dict[str, dict[str, float]] = {}
    indicators: dict[str, str] = {}
    figure_kind: str = ""
    at: int | None = None
    revised_at: int | None = None
    provisional_share: float | None = None
    open_periods: list[OpenPeriod] = []
    more_periods: bool = False
    missed_totals: list[MissedTotal] = []
    unusually_high: str | None = None
    documented: float = 0.0
    declared: bool = False
    own_word: str | None = None
    opening: bool = False
    attestations: list[AttestationAnswer] = []
    verified: VerifiedAnswer | None = None
    averages: LotAveragesAnswer | None = None
    claims: list[ClaimAnswer] = []
    in_doubt: list[DoubtAnswer] = []
    limitations: list[str] = []
    study: StudyAnswer | None = None
    sight: Visibility | None = None


class ChainLineAnswer(QueryAnswer, frozen=True):
    """A part of a figure, kg CO2e: its name, and its meaning (`what`)."""

    name: str
    amount: float
    what: str = ""


class ChainMethodAnswer(QueryAnswer, frozen=True):
    """The figure of a lot by a sector's own method, with the stored figure and the amount `questioned` by which the
    stored one may be too low: kg CO2e of the whole lot, as of the tree of `at` entries. The `lines` add up to
    `footprint`. `pool`: the lot is a generation of this pool, so the figure is of the pool's node. `digest`: hex
    SHA-256 of the code that computed the figure."""

    lot: str
    method: str
    plugin: str
    digest: str
    names: dict[str, str]
    at: int
    footprint: float
    stored: float
    questioned: float
    lines: list[ChainLineAnswer]
    notes: list[str] = []
    pool: str | None = None


class ChangeAnswer(QueryAnswer, frozen=True):
    """A restatement of a lot by the revising record at `index` (`record` is its digest; both it and `type` are empty if
    that record is hidden from the caller): kg CO2e of the whole lot before and after, with the amounts in question.
    `quantity` is the current quantity; `quantityBefore` is present only if it was different. `findings`: of the
    lot's own record after the revision."""

    index: int
    record: str
    type: str
    lot: str
    product: str
    quantity: Quantity
    footprint_before: float
    footprint: float
    difference: float
    questioned_before: float
    questioned: float
    findings: list[ListedFinding] = []
    quantity_before: Quantity | None = None
    withdrawn: bool = False
    reason: str | None = None


class CompletionAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The record at `index` (`record` is its digest) that completed a product. `values`: the fields that it stated.
    They count for lots that were made after it, and for records that an amendment gave the newest products."""

    index: int
    record: str
    time: str
    reason: str
    values: dict[str, Raw]


class Next(QueryAnswer, frozen=True):
    """The start of the next page: the values of the query parameters `since` and `after`."""

    since: int
    after: int


class ChangesAnswer(QueryAnswer, frozen=True):
    """A page in log order. A short or empty page can still have a `next` page."""

    changes: list[ChangeAnswer]
    next: Next | None = None


class RevisionAnswer(QueryAnswer, frozen=True, kw_only=True):
    """The new results of a record after the revising record at `index`, which has `digest` and `type`; the type is
    empty if the caller does not see that record. Their `root` (hex) is part of a leaf of its outcome. `body`: the text
    of the record after the revision; absent if only its results changed, if the record is `withdrawn`, or if the text
    is `erased`. `findings` and `questioned`: as of this revision; only for callers who see the record in full."""

    index: int
    digest: str
    type: str
    root: str
    questioned: float | None = None
    findings: list[StatedFinding] = []
    withdrawn: bool = False
    erased: bool = False
    body: Raw | UnsetType = UNSET
    leaves: list[ProvenLeaf] = []


class TakenQuantity(QueryAnswer, frozen=True):
    """The quantity of a lot that a record took."""

    lot: str
    quantity: Quantity


class RecordAnswer(QueryAnswer, frozen=True, kw_only=True):
    """A record with its entry (base64) and the proven leaves of its outcome, as they were posted and logged.

    `revisions`: its results after each later revision, in log order, at most the newest 100; `earlierRevisions` is the
    number of revisions before them. `findings`: of the record as posted, with the stated values; `questioned`: kg CO2e
    in question in all its outputs, and in the burdens that it retains. `inDoubt`: the key that signed the record is
    reported compromised; `limitations` say so in words. A caller who sees only lots of the record gets `leaves` of
    these, without body, findings and `questioned`; a party to it also gets the body. `sight` then says so. `taken`: the
    caller's goods that the record of another organisation took, as under tolling. `lotFindings`: for such a caller, the
    findings of these lots as they read now, as in a lot.
    """

    index: int
    digest: str
    type: str
    issuer: str
    body: Raw | UnsetType = UNSET
    entry: str
    questioned: float | None = None
    findings: list[StatedFinding] = []
    leaves: list[ProvenLeaf] = []
    taken: list[TakenQuantity] = []
    lot_findings: list[ListedFinding] = []
    revisions: list[RevisionAnswer] = []
    earlier_revisions: int = 0
    in_doubt: DoubtAnswer | None = None
    limitations: list[str] = []
    sight: Visibility | None = None


class ErasureAnswer(QueryAnswer, frozen=True):
    """The erasing record at `index`, with `digest` and legal basis; and the remaining data of the erased record: its
    log index `record`, `type`, `issuer` and entry (base64). Its receipt and figures stay."""

    index: int
    digest: str
    legal_basis: str
    record: int
    type: str
    issuer: str
    entry: str


class KeyAnswer(QueryAnswer, frozen=True):
    """A key in force from log index `enrolled` until `revoked`. `compromisedSince`: all records that it
    signed from this log index on are in doubt."""

    keyid: str
    algorithm: str
    enrolled: int
    revoked: int | None = None
    compromised_since: int | None = None


class RecoveryAnswer(QueryAnswer, frozen=True):
    """A registrar's `request` (digest; at log `index`, of `time` ms) to replace the keys of an organisation by these
    `keys`. The registrar can complete it from `due` ms on, unless the organisation objects by any change of its keys.
    """

    request: str
    index: int
    time: int
    due: int
    keys: list[str]


class OrganizationAnswer(QueryAnswer, frozen=True):
    """An organisation as it was enrolled at `index`, with all its keys, past and present.

    `leftParent`: the log index at which it left its parent. `recovery`: a pending request to replace these keys.
    `inDoubt`: the key that signed its enrolment is reported compromised. `resembles`: organisations whose ids, prefixes
    or names look like its own, at most five. `oddities`: properties of its names that a reader cannot see.
    """

    id: str
    index: int
    names: dict[str, str] = {}
    roles: list[str] = []
    prefixes: list[str] = []
    parent: str | None = None
    parent_share: str | None = None
    left_parent: int | None = None
    keys: list[KeyAnswer] = []
    recovery: RecoveryAnswer | None = None
    in_doubt: DoubtAnswer | None = None
    resembles: list[str] = []
    oddities: list[str] = []


class PluginAnswer(QueryAnswer, frozen=True):
    """A plugin. `kind`: `rules`, `sector`, `factors` (a factor set) or `policy` (of witnesses). `inForce` and
    `inForceDigest`: the version and digest that the log activates, a factor set with its `precedence`; `installed`:
    this server has that digest; `archived`: it runs that version from its archive. `versions`: all versions of the
    plugin that this server can compute with."""

    name: str
    version: str
    digest: str
    names: dict[str, str]
    routes: dict[str, dict[str, str]]
    in_force: str | None = None
    in_force_digest: str | None = None
    installed: bool = False
    kind: str = SECTOR
    precedence: int | None = None
    archived: bool = False
    versions: list[str] = []


class PluginVersionAnswer(QueryAnswer, frozen=True):
    """A version of a plugin that the log has activated, first by the entry `index`. `archived`: its code, or the
    tables of a factor set, are at `/v1/plugins/{digest}/archive`."""

    plugin: str
    version: str
    digest: str
    index: int
    kind: str
    archived: bool


class ClientAnswer(QueryAnswer, frozen=True, kw_only=True):
    """Software or a person that an organisation has entered. `scopes`: of read, post, admin. `revoked`: since when its
    tokens are invalid; it has no `name` any more, which may have been a person's. `key`: keyid of the ledger key whose
    login entered it, itself or by a client that it entered. `compromised`: log index of the key change by which that
    key was compromised when it entered the client, so that the client has ended."""

    id: str
    name: str | None = None
    scopes: list[str]
    created: str
    revoked: str | None = None
    key: str
    compromised: int | None = None


class NewClientAnswer(ClientAnswer, frozen=True, kw_only=True):
    """A new client. `secret` is shown once."""

    secret: str


class ClientPage(QueryAnswer, frozen=True, kw_only=True):
    """Clients of an organisation, by id. `next`: the value of `after` for the next page."""

    clients: list[ClientAnswer]
    next: str | None = None

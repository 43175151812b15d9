"""The records: one tagged union, `type` is the tag. What each may do is the business of `ledger.admission`."""

from typing import Annotated, ClassVar, Final, Literal, get_args

from msgspec import Meta, Raw

from ledger.core.record.base import (
    ACTIVATION,
    ERASURE,
    KEY_CHANGE,
    ORGANIZATION,
    PRIVATE,
    Flows,
    Outputs,
    Record,
    Supplies,
)
from ledger.core.record.revisions import Amendment as Amendment
from ledger.core.record.revisions import Closing as Closing
from ledger.core.record.revisions import Reopening as Reopening
from ledger.core.record.values import (
    AllocationKey,
    Base64,
    Claim,
    Country,
    Deviation,
    Evidence,
    Fraction,
    Fractions,
    Id,
    Instant,
    Key,
    Money,
    Name,
    Names,
    Origin,
    Output,
    Part,
    Pedigree,
    Process,
    PublicKey,
    Quantity,
    Role,
    Sha256,
    Signed,
    Subdivision,
    Text,
    UnitCode,
)


class Organization(Record, frozen=True, kw_only=True, tag="organization"):
    """An organisation enters, signed by the registrar. Entry 0 is the registrar's own, signed by itself."""

    kind: ClassVar[int] = ORGANIZATION

    id: Id
    keys: Annotated[list[PublicKey], Meta(min_length=1, max_length=16)]
    prefixes: Annotated[list[Id], Meta(max_length=64)] = []
    names: Names = {}
    roles: list[Literal["auditor", "registrar"]] = []
    parent: Id | None = None
    parent_share: Fraction | None = None


class WeekEvidence(Part, frozen=True):
    """That a request stood on the log for a week, of a log with witnesses: its `entry`, proved (C2SP tlog-proof) in the
    `first` and the `last` of two heads that the quorum of `policy` has cosigned; that is the text of the policy that
    the log has activated."""

    policy: Text
    entry: Base64
    first: Text
    last: Text


class KeyChange(Record, frozen=True, kw_only=True, tag="keyChange"):
    """Keys added and revoked, signed by an active key of the organisation; by the registrar where none is active.

    `compromisedSince`: what the revoked keys signed from that log index on may not be the organisation's. `recovery`:
    the registrar's request to give keys to an organisation that has lost its own, the organisation's objection to it,
    or its completion; the latter two name the digest of the `request`. `evidence`: of a completion, that a week passed.
    """

    kind: ClassVar[int] = KEY_CHANGE

    organization: Id
    added: Annotated[list[PublicKey], Meta(max_length=16)] = []
    revoked: Annotated[list[Sha256], Meta(max_length=16)] = []
    compromised_since: Annotated[int, Meta(ge=0)] | None = None
    recovery: Literal["request", "objection", "complete"] | None = None
    request: Sha256 | None = None
    evidence: WeekEvidence | None = None


class Activation(Record, frozen=True, kw_only=True, tag="activation"):
    """From this index on the sector's records are assessed by this plugin version; or the plugin is retired."""

    kind: ClassVar[int] = ACTIVATION

    plugin: Name
    version: Name
    digest: Sha256
    retired: bool = False


class Erasure(Record, frozen=True, kw_only=True, tag="erasure"):
    """The body of a private record goes for good, signed by the registrar. `core.record.redacted` has what is left.

    `record` is its digest. `legalBasis` is served to everyone, like this whole record: it names the rule, nobody.
    """

    kind: ClassVar[int] = ERASURE

    record: Sha256
    legal_basis: Name


class Facility(Record, frozen=True, kw_only=True, tag="facility"):
    """A site; the issuer operates it. `industry` is a GB/T 4754 code."""

    id: Id
    country: Country
    subdivision: Subdivision | None = None
    names: Names = {}
    park: Id | None = None
    industry: Name | None = None
    capacity: Quantity | None = None


class Product(Record, frozen=True, kw_only=True, tag="product"):
    """A kind of good that the issuer owns; its lots are counted in `unit`.

    `materials`, `elements`, `fossilCarbon` and `biogenicCarbon` are mass fractions of the product; what is
    not stated is not known, and follows from what goes in.
    """

    id: Id
    sector: Key
    unit: UnitCode
    names: Names = {}
    mass_per_unit: Quantity | None = None
    classifications: dict[Literal["cn", "hs", "cpc"], Name] = {}
    materials: Fractions = {}
    elements: Fractions = {}
    fossil_carbon: Fraction | None = None
    biogenic_carbon: Fraction | None = None


class Transformation(Record, frozen=True, kw_only=True, tag="transformation"):
    """A process at a facility turns inputs and supplies into new lots; `activity` says how it ran.

    An input names a lot, a pool of the issuer's, or a product of which the issuer has a default pool. `basis`:
    provisional until a closing brings what was measured.
    """

    facility: Id
    start: Instant
    end: Instant
    process: Process
    outputs: Outputs
    activity: Raw
    inputs: Flows = []
    supplies: Supplies = []
    allocation: AllocationKey = "mass"
    basis: Literal["provisional", "final"] = "final"
    evidence: list[Evidence] = []


class Transfer(Record, frozen=True, kw_only=True, tag="transfer"):
    """The holder hands a quantity of a lot to another organisation, as a new lot.

    A sale makes the receiver its owner; with custody and storage the owner stays; a return goes to the one who handed
    the lot over, who owns it again after a sale, or to its owner. `tolerance`: the part of the quantity that may
    be short on arrival and is then the receiver's loss; what is short beyond it goes back.
    """

    lot: Id
    quantity: Quantity
    to: Id
    new_lot: Id
    time: Instant
    purpose: Literal["sale", "custody", "return", "storage"] = "sale"
    tolerance: Fraction | None = None
    transport: Supplies = []
    packaging: Supplies = []


class Acceptance(Record, frozen=True, kw_only=True, tag="acceptance"):
    """The receiver of a transfer accepts it. `transfer` is the digest of the transfer record.

    `received`: what arrived, where it is less than what was sent; what is short beyond the transfer's tolerance goes
    back to the sender as `returnLot`. A `disputed` lot is frozen until a later acceptance, or until the transfer is
    withdrawn.
    """

    transfer: Sha256
    received: Quantity | None = None
    return_lot: Id | None = None
    disputed: bool = False
    reason: Name | None = None


class Consumption(Record, frozen=True, kw_only=True, tag="consumption"):
    """Lots leave the ledger; waste and cores may come of it. The burden stays with this record.

    With purpose `claim` the inputs are credits, and `claim` says for what they are used up. With purpose `retired` they
    may be green attributes: for power used at a `facility` between `start` and `end`.
    """

    inputs: Annotated[Flows, Meta(min_length=1)]
    time: Instant
    purpose: Literal[
        "soldOutside", "finalUse", "ownUse", "loss", "stockCorrection", "disposed", "exported", "retired", "claim"
    ]
    outputs: Outputs = []
    on_behalf_of: Id | None = None
    destination: Name | None = None
    claim: Claim | None = None
    facility: Id | None = None
    start: Instant | None = None
    end: Instant | None = None


class Declaration(Record, frozen=True, kw_only=True, tag="declaration"):
    """A footprint made elsewhere: creates `lot`, or gives figures `per` a quantity that supplies may name.

    `burdens` are kg CO2e (kWh and MJ where the name says so) of the whole lot, or of `per`;
    `primaryShare` is the part of them that rests on primary data, 0 where it is not stated; `deviation` and `pedigree`
    say how uncertain they are, all together. Basis `statement` is what a supplier who is not on the ledger says;
    `opening` is stock that was there before, once a facility and product.
    """

    start: Instant
    end: Instant
    basis: Literal["pact", "cbam", "study", "factor", "collected", "statement", "opening"]
    boundary: Literal["cradleToGate", "gateToGate", "none"]
    burdens: dict[Key, Signed] = {}
    primary_share: Fraction | None = None
    lot: Output | None = None
    per: Quantity | None = None
    facility: Id | None = None
    collector: Id | None = None
    evidence: list[Evidence] = []
    deviation: Deviation | None = None
    pedigree: Pedigree | None = None


class Pool(Record, frozen=True, kw_only=True, tag="pool"):
    """Stock of one product, role and origin that blends, held by the issuer at a facility: a line of lots, each
    addition making the next one.

    `custody` (ISO 22095): segregated takes only lots with the same contents; controlledBlending lets contents average;
    massBalance books the content `attribute`, times `conversion`, as credits that are used up within
    `balanceMonths` calendar months. `averaging`: figures blend with each addition (moving), or over each closed
    period. Of a `default` pool, inputs may name the product.
    """

    id: Id
    facility: Id
    product: Id
    role: Role = "product"
    origin: Origin | None = None
    custody: Literal["segregated", "controlledBlending", "massBalance"] = "controlledBlending"
    averaging: Literal["moving", "period"] = "moving"
    default: bool = False
    attribute: Key | None = None
    conversion: Fraction | None = None
    balance_months: Annotated[int, Meta(ge=1, le=12)] | None = None


class Addition(Record, frozen=True, kw_only=True, tag="addition"):
    """Lots go into a pool: with what is left in it they make its next lot, whose id is `POOL:N`. In a mass balance
    pool, `credits` of its attribute become the lot `creditLot`."""

    pool: Id
    inputs: Annotated[Flows, Meta(min_length=1)]
    time: Instant
    credit_lot: Id | None = None
    credits: Quantity | None = None


class Subject(Part, frozen=True):
    """What is attested: a record by its digest; a lot, product, facility or statement by its id."""

    kind: Literal["record", "lot", "product", "facility", "statement"]
    id: Id


class Attestation(Record, frozen=True, kw_only=True, tag="attestation"):
    """An auditor's conclusion on a subject (ISO 14064-3). `materiality`: the part of the figure below which errors
    were let pass; `samples`: how many records were looked at."""

    subject: Subject
    standard: Name
    level: Literal["limited", "reasonable"]
    opinion: Literal["unmodified", "qualified", "adverse", "disclaimer"]
    start: Instant
    end: Instant
    valid_until: Instant
    samples: Annotated[int, Meta(ge=0)] | None = None
    materiality: Fraction | None = None
    evidence: list[Evidence] = []


class Amount(Part, frozen=True):
    """A figure of a site that may be zero or negative, with its Rec 20 unit."""

    value: Signed
    unit: UnitCode


class Baseline(Part, frozen=True):
    """The period with which a report's own is compared, such as the year before a plan began: at the same prices, so
    that ratios per value added may be compared. `indicators` are figures of that period by name, in the units of the
    catalogue of indicators."""

    start: Instant
    end: Instant
    value_added: Money | None = None
    energy: Quantity | None = None
    emissions: Quantity | None = None
    indicators: dict[Key, Signed] = {}


class Report(Record, frozen=True, kw_only=True, tag="report"):
    """What the issuer says of a facility that it operates, or of itself as a whole where none is named, over a period:
    figures that no flow of material shows. `figures` by name are what else was measured of the site."""

    start: Instant
    end: Instant
    facility: Id | None = None
    value_added: Money | None = None
    baseline: Baseline | None = None
    figures: dict[Key, Amount] = {}
    evidence: list[Evidence] = []

    @property
    def subject(self) -> str:
        """The facility that it is on, or its issuer."""
        return self.facility or self.issuer


AnyRecord = (
    Organization | KeyChange | Activation | Erasure | Facility | Product | Transformation | Transfer | Acceptance
    | Consumption | Declaration | Pool | Addition | Amendment | Closing | Reopening | Attestation | Report
)

PUBLIC_TYPES: Final = frozenset(
    [str(kind.__struct_config__.tag) for kind in get_args(AnyRecord) if kind.kind != PRIVATE]
)
"""Types on the wire of the records whose bodies everyone may see."""

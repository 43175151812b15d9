"""The records: one tagged union with the tag `type`. `ledger.admission` has the rules for each kind."""

from typing import Annotated, ClassVar, Final, Literal, get_args

from msgspec import Meta, Raw

from ledger.core.record.assurance import Accreditation, AttestationScope, AttestingParty
from ledger.core.record.base import (
    ACTIVATION,
    ERASURE,
    KEY_CHANGE,
    ORGANIZATION,
    PARENT_END,
    PRIVATE,
    READER,
    READER_REVOCATION,
    Flows,
    Outputs,
    Record,
    Supplies,
)
from ledger.core.record.revisions import Amendment as Amendment
from ledger.core.record.revisions import Closing as Closing
from ledger.core.record.revisions import Reopening as Reopening
from ledger.core.record.study import AllocationBasis, StudyContext
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
    """The registrar enrols an organisation. Entry 0 is the registrar's own record, signed by itself."""

    kind: ClassVar[int] = ORGANIZATION

    id: Id
    keys: Annotated[list[PublicKey], Meta(min_length=1, max_length=16)]
    prefixes: Annotated[list[Id], Meta(max_length=64)] = []
    names: Names = {}
    roles: list[Literal["auditor", "registrar"]] = []
    parent: Id | None = None
    parent_share: Fraction | None = None


class ParentEnd(Record, frozen=True, kw_only=True, tag="parentEnd"):
    """An organisation has left its parent: from this index on the parent reads nothing of it. The organisation or its
    parent signs, or the registrar, who has `announced` it thirty to ninety days before."""

    kind: ClassVar[int] = PARENT_END

    organization: Id
    announced: bool = False


class WeekEvidence(Part, frozen=True):
    """Evidence, on a log with witnesses, that a request was on the log for a week: its `entry`, proved (C2SP
    tlog-proof) in the `first` and the `last` of two heads that a quorum has cosigned. `policy` is the text of the
    activated witness policy."""

    policy: Text
    entry: Base64
    first: Text
    last: Text


class KeyChange(Record, frozen=True, kw_only=True, tag="keyChange"):
    """Keys added and revoked, signed by an active key of the organisation, or by the registrar if it has no active key.

    `compromisedSince`: records that the revoked keys signed from that log index on may not be the organisation's.
    `recovery`: the registrar's request to give keys to an organisation that has lost its own, the organisation's
    objection to it, or its completion; the latter two name the digest of the `request`. `evidence`: shows for a
    completion that a week has passed.
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
    """From this index on, this plugin version assesses the sector's records; or the plugin is retired.

    `precedence`, of a factor set: of all sets that have a factor, the ledger uses the one with the lowest number.
    """

    kind: ClassVar[int] = ACTIVATION

    plugin: Name
    version: Name
    digest: Sha256
    retired: bool = False
    precedence: Annotated[int, Meta(ge=1, le=1000)] | None = None


class Erasure(Record, frozen=True, kw_only=True, tag="erasure"):
    """The registrar erases the body of a private record for good. `core.record.redacted` makes the redacted record.

    `record` is the digest of the erased record. Everyone can read this record, so `legalBasis` names the legal rule and
    no person.
    """

    kind: ClassVar[int] = ERASURE

    record: Sha256
    legal_basis: Name


class Facility(Record, frozen=True, kw_only=True, tag="facility"):
    """A site that the issuer operates. `industry` is a GB/T 4754 code. `study`: the context of the footprints of
    everything that it makes."""

    id: Id
    country: Country
    subdivision: Subdivision | None = None
    names: Names = {}
    park: Id | None = None
    industry: Name | None = None
    capacity: Quantity | None = None
    study: StudyContext | None = None


class Product(Record, frozen=True, kw_only=True, tag="product"):
    """A kind of good that the issuer owns; its lots are counted in `unit`.

    `materials`, `elements`, `fossilCarbon` and `biogenicCarbon` are mass fractions of the product. Contents that are
    not stated are unknown, and follow from the inputs. `study`: the context of the footprints of its lots; its fields
    replace the fields of the facility that makes them.
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
    study: StudyContext | None = None


class ProductCompletion(Record, frozen=True, kw_only=True, tag="productCompletion"):
    """Adds or corrects the values that a `product` of the issuer states. From this index on its new lots have them;
    each stated field replaces the product's, the others stay. Lots that exist already keep the values with which they
    were made, and so do records that are revised, unless an amendment asks for the newest `products`."""

    product: Id
    reason: Name
    mass_per_unit: Quantity | None = None
    classifications: dict[Literal["cn", "hs", "cpc"], Name] = {}
    materials: Fractions = {}
    elements: Fractions = {}
    fossil_carbon: Fraction | None = None
    biogenic_carbon: Fraction | None = None
    study: StudyContext | None = None


class Transformation(Record, frozen=True, kw_only=True, tag="transformation"):
    """A process at a facility turns inputs and supplies into new lots; `activity` has its activity data.

    An input names a lot, a pool of the issuer, or a product of which the issuer has a default pool. `basis`:
    provisional until a closing brings the measured totals. `allocationBasis`: why `allocation` is the key.
    `overheads` are its shares of a closing's overheads; only a closing gives them.
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
    allocation_basis: AllocationBasis | None = None
    basis: Literal["provisional", "final"] = "final"
    evidence: list[Evidence] = []
    overheads: Supplies = []


Purpose = Literal["sale", "custody", "return", "storage"]
"""The purpose of a transfer."""


class Transfer(Record, frozen=True, kw_only=True, tag="transfer"):
    """The holder hands a quantity of a lot to another organisation, as a new lot.

    A sale makes the receiver its owner; with custody and storage the owner stays; a return goes to the sender of
    the lot, who owns it again after a sale, or to its owner. `tolerance`: the fraction of the quantity that may be
    missing on arrival and is then the receiver's loss; a larger shortage goes back whole.
    """

    lot: Id
    quantity: Quantity
    to: Id
    new_lot: Id
    time: Instant
    purpose: Purpose = "sale"
    tolerance: Fraction | None = None
    transport: Supplies = []
    packaging: Supplies = []


class Acceptance(Record, frozen=True, kw_only=True, tag="acceptance"):
    """The receiver of a transfer accepts it. `transfer` is the digest of the transfer record.

    `received`: the quantity that arrived, if it is less than the quantity sent; a shortage beyond the transfer's
    tolerance goes back to the sender as `returnLot`. A `disputed` lot is frozen until a later acceptance, or until the
    transfer is withdrawn. """

    transfer: Sha256
    received: Quantity | None = None
    return_lot: Id | None = None
    disputed: bool = False
    reason: Name | None = None


class StandingAcceptance(Record, frozen=True, kw_only=True, tag="standingAcceptance"):
    """The issuer accepts deliveries of `sender` when they arrive: of one `product` or of all, with these `purposes`
    (sale if empty) and `roles` (product if empty), while the rule is valid.

    `tolerance`: of a delivery, the largest fraction of the quantity by which it may deviate from `quantity`, the agreed
    quantity of each delivery; which its sender may leave to the receiver as loss; and which the receiver does not
    claim later. The newest rule for a sender and a product replaces the one before; a `withdrawn` one only ends it.
    """

    sender: Id
    product: Id | None = None
    purposes: Annotated[list[Purpose], Meta(max_length=4)] = []
    roles: Annotated[list[Role], Meta(max_length=7)] = []
    valid_from: Instant | None = None
    valid_until: Instant | None = None
    tolerance: Fraction | None = None
    quantity: Quantity | None = None
    withdrawn: bool = False


class Consumption(Record, frozen=True, kw_only=True, tag="consumption"):
    """Lots leave the ledger; waste and cores may result. The burden stays with this record.

    With purpose `claim` the inputs are credits, and `claim` states the claim that uses them up. With purpose `retired`
    the inputs may be green attributes, for power used at a `facility` between `start` and `end`. Own use, losses and
    corrections of stock may name the `facility` where they happened. `evidence`: documents that show where the goods
    went, such as a stocktaking or an invoice.
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
    evidence: list[Evidence] = []


class Declaration(Record, frozen=True, kw_only=True, tag="declaration"):
    """A footprint from elsewhere: creates `lot`, or gives figures `per` a quantity that supplies may name.

    `burdens` are kg CO2e (kWh and MJ if the name says so) of the whole lot, or of `per`; `primaryShare` is the share of
    them that rests on primary data, 0 if absent; `deviation` and `pedigree` give the uncertainty of all burdens
    together. Basis `statement` is the statement of a supplier who is not on the ledger; `opening` is stock from before
    the ledger, declared once per facility and product.
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
    """Stock of one product, role and origin that blends, held by the issuer at a facility: a line of lots, in which
    each addition makes the next lot.

    `custody` (ISO 22095): segregated takes only lots with the same contents; controlledBlending averages contents;
    massBalance books the content `attribute`, times `conversion`, as credits that must be used up within
    `balanceMonths` calendar months. `averaging`: figures blend with each addition (moving), or over each closed
    period. Inputs may name a `default` pool by its product.
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
    """Lots go into a pool: with the remaining stock they make its next lot, whose id is `POOL:N`. In a mass balance
    pool, `credits` of its attribute become the lot `creditLot`."""

    pool: Id
    inputs: Annotated[Flows, Meta(min_length=1)]
    time: Instant
    credit_lot: Id | None = None
    credits: Quantity | None = None


class Subject(Part, frozen=True):
    """The subject of an attestation: a record by its digest; a lot, product, facility or statement by its id."""

    kind: Literal["record", "lot", "product", "facility", "statement"]
    id: Id


class Attestation(Record, frozen=True, kw_only=True, tag="attestation"):
    """An auditor's conclusion on a subject (ISO 14064-3). `materiality`: errors below this fraction of the
    figure were accepted; `samples`: the number of records examined.

    `treeSize`: the figure was examined as of the tree with this number of entries. A later revision makes the
    attestation one of an earlier figure. `examined`: the evidence that was examined, by its SHA-256; the subject's
    record, or a record of its chain, names it. `date`: of the conclusion. `party`: as which the auditor states to act.
    """

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
    tree_size: Annotated[int, Meta(ge=1)] | None = None
    accreditation: Accreditation | None = None
    scope: AttestationScope | None = None
    party: AttestingParty | None = None
    date: Instant | None = None
    examined: Annotated[list[Sha256], Meta(max_length=1_000)] = []


class Amount(Part, frozen=True):
    """A figure of a site that may be zero or negative, with its Rec 20 unit."""

    value: Signed
    unit: UnitCode


class Baseline(Part, frozen=True):
    """The earlier period with which a report compares its own, such as the year before a plan began. Its values are at
    the same prices, so that ratios per value added are comparable. `indicators` are figures of that period by name, in
    the units of the catalogue of indicators."""

    start: Instant
    end: Instant
    value_added: Money | None = None
    energy: Quantity | None = None
    emissions: Quantity | None = None
    indicators: dict[Key, Signed] = {}


class Report(Record, frozen=True, kw_only=True, tag="report"):
    """Figures over a period that no flow of material shows, of a facility that the issuer operates, or of the whole
    issuer if no facility is named. `figures` are other measurements of the site, by name."""

    start: Instant
    end: Instant
    facility: Id | None = None
    value_added: Money | None = None
    baseline: Baseline | None = None
    figures: dict[Key, Amount] = {}
    evidence: list[Evidence] = []

    @property
    def subject(self) -> str:
        """The facility of the report, or its issuer."""
        return self.facility or self.issuer


Depth = Literal["totals", "stages", "suppliers", "full"]
"""How much a grant shows: the figures; their breakdown by stage; also the suppliers; the records themselves. The first
two show no records that name others, such as deliveries, unless the lot of such a record is the scope."""


class GrantScope(Part, frozen=True):
    """The grantor's records that a grant covers: about one lot or one product, else all. With `start` or `end`,
    only records whose stated times lie in this period. `declaration`: the grantee may price its supplies by the
    declaration with this digest; the grant covers no other record."""

    lot: Id | None = None
    product: Id | None = None
    declaration: Sha256 | None = None
    start: Instant | None = None
    end: Instant | None = None


class Grant(Record, frozen=True, kw_only=True, tag="grant"):
    """The issuer lets another organisation, or whoever holds the secret of a `link`, read its own records until
    `until`. `link` is the SHA-256 of the secret, 32 random bytes. Upstream records need the grants of their issuers.
    `publish`: the grantee may also publish the passports of its lots of the product in scope, or of all products of the
    issuer."""

    depth: Depth
    until: Instant
    purpose: Name
    grantee: Id | None = None
    link: Sha256 | None = None
    scope: GrantScope | None = None
    publish: bool = False


class GrantRevocation(Record, frozen=True, kw_only=True, tag="grantRevocation"):
    """The issuer ends its own grant. `grant` is the digest of the grant record."""

    grant: Sha256


class AppointedReader(Record, frozen=True, kw_only=True, tag="reader"):
    """The registrar lets an authority or an auditor read all records, in public. The role to attest gives no such
    right."""

    kind: ClassVar[int] = READER

    organization: Id
    purpose: Name
    until: Instant | None = None


class ReaderRevocation(Record, frozen=True, kw_only=True, tag="readerRevocation"):
    """The registrar ends the right of a reader. `reader` is the digest of the reader record."""

    kind: ClassVar[int] = READER_REVOCATION

    reader: Sha256


class PassportPublication(Record, frozen=True, kw_only=True, tag="publication"):
    """The issuer publishes the passport of a lot that it owns, of its own product or of one whose owner lets it; or of
    all lots of its product that its own records make of its own goods: records of everybody may then use the unit, mass
    and materials of that product. `declaration`: everyone on the ledger may price supplies by the issuer's declaration
    with this digest."""

    lot: Id | None = None
    product: Id | None = None
    declaration: Sha256 | None = None


class PublicationEnd(Record, frozen=True, kw_only=True, tag="publicationEnd"):
    """The issuer ends its own publication. `publication` is the digest of the publication record."""

    publication: Sha256


class OrganizationNames(Record, frozen=True, kw_only=True, tag="organizationNames"):
    """The issuer's own name for readers who may see its records. The record of its enrolment is public for good, so a
    sole trader is enrolled under an identifier alone, and this name can be erased."""

    names: Annotated[Names, Meta(min_length=1)]


AnyRecord = (
    Organization | ParentEnd | KeyChange | Activation | Erasure | Facility | Product | ProductCompletion
    | Transformation | Transfer | Acceptance | StandingAcceptance | Consumption | Declaration | Pool | Addition
    | Amendment | Closing | Reopening | Attestation | Report | Grant | GrantRevocation | AppointedReader
    | ReaderRevocation | PassportPublication | PublicationEnd | OrganizationNames
)

PUBLIC_TYPES: Final = frozenset(
    [str(kind.__struct_config__.tag) for kind in get_args(AnyRecord) if kind.kind != PRIVATE]
)
"""The `type` of each record kind whose bodies everyone may see."""

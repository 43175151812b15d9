"""The records: one tagged union, `type` is the tag. What each may do is the business of `ledger.admission`."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, Raw, Struct

from ledger.core.values import (
    MAX_FLOWS,
    AllocationKey,
    Country,
    Evidence,
    Flow,
    Fraction,
    Fractions,
    Id,
    Instant,
    Key,
    Name,
    Names,
    Nonce,
    Output,
    Process,
    PublicKey,
    Quantity,
    Sha256,
    Signed,
    Subdivision,
    Supply,
    UnitCode,
)

PRIVATE, ORGANIZATION, KEY_CHANGE, ACTIVATION = 0, 1, 2, 3
"""Kind bytes of a log entry; bodies of all kinds but PRIVATE are public."""

Flows = Annotated[list[Flow], Meta(max_length=MAX_FLOWS)]
Supplies = Annotated[list[Supply], Meta(max_length=MAX_FLOWS)]
Outputs = Annotated[list[Output], Meta(max_length=MAX_FLOWS)]


class Record(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True, tag_field="type"
):
    """`issuer`: URN of the organisation that signs; `nonce`: 16 random bytes that make the digest unguessable."""

    kind: ClassVar[int] = PRIVATE

    issuer: Id
    nonce: Nonce


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


class KeyChange(Record, frozen=True, kw_only=True, tag="keyChange"):
    """Keys added and revoked, signed by an active key of the organisation; by the registrar where none is active."""

    kind: ClassVar[int] = KEY_CHANGE

    organization: Id
    added: Annotated[list[PublicKey], Meta(max_length=16)] = []
    revoked: Annotated[list[Sha256], Meta(max_length=16)] = []


class Activation(Record, frozen=True, kw_only=True, tag="activation"):
    """From this index on the sector's records are assessed by this plugin version; or the plugin is retired."""

    kind: ClassVar[int] = ACTIVATION

    plugin: Name
    version: Name
    digest: Sha256
    retired: bool = False


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
    """A process at a facility turns inputs and supplies into new lots; `activity` says how it ran."""

    facility: Id
    start: Instant
    end: Instant
    process: Process
    outputs: Annotated[list[Output], Meta(max_length=MAX_FLOWS)]
    activity: Raw
    inputs: Flows = []
    supplies: Supplies = []
    allocation: AllocationKey = "mass"
    evidence: list[Evidence] = []


class Transfer(Record, frozen=True, kw_only=True, tag="transfer"):
    """The holder hands a quantity of a lot to another organisation, as a new lot."""

    lot: Id
    quantity: Quantity
    to: Id
    new_lot: Id
    time: Instant
    transport: Supplies = []
    packaging: Supplies = []


class Acceptance(Record, frozen=True, kw_only=True, tag="acceptance"):
    """The receiver of a transfer accepts it. `transfer` is the digest of the transfer record."""

    transfer: Sha256


class Consumption(Record, frozen=True, kw_only=True, tag="consumption"):
    """Lots leave the ledger; waste and cores may come of it. The burden stays with this record."""

    inputs: Annotated[list[Flow], Meta(min_length=1, max_length=MAX_FLOWS)]
    time: Instant
    purpose: Literal["soldOutside", "finalUse", "ownUse", "loss", "stockCorrection", "disposed", "exported"]
    outputs: Outputs = []
    on_behalf_of: Id | None = None
    destination: Name | None = None


class Declaration(Record, frozen=True, kw_only=True, tag="declaration"):
    """A footprint made elsewhere: creates `lot`, or gives figures `per` a quantity that supplies may name.

    `burdens` are kg CO2e (kWh and MJ where the name says so) of the whole lot, or of `per`;
    `primaryShare` is the part of them that rests on primary data, 0 where it is not stated.
    """

    start: Instant
    end: Instant
    basis: Literal["pact", "cbam", "study", "factor", "collected"]
    boundary: Literal["cradleToGate", "gateToGate", "none"]
    burdens: dict[Key, Signed] = {}
    primary_share: Fraction | None = None
    lot: Output | None = None
    per: Quantity | None = None
    facility: Id | None = None
    collector: Id | None = None
    evidence: list[Evidence] = []


AnyRecord = (
    Organization | KeyChange | Activation | Facility | Product | Transformation | Transfer | Acceptance | Consumption
    | Declaration
)

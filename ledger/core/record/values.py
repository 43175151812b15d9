"""The parts that records are made of: constrained strings, quantities, flows, outputs (wire: JSON, camelCase).

Numbers travel as decimal strings of three kinds (positive, fraction, signed), never as JSON numbers, with at most nine
decimals and below `units.AMOUNT_LIMIT`, each in exactly one spelling. `RULES` states the rule of each pattern in words,
for error messages.
"""

from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from ledger.core.record.units import AMOUNT_DIGITS

_END: Final = r")(?![\s\S])"  # `$` would let a trailing newline through
_DECIMAL: Final = rf"(?:0|[1-9][0-9]{{0,{AMOUNT_DIGITS - 1}}})(?:\.[0-9]{{0,8}}[1-9])?"
_SPELLING: Final = f"at most 9 decimals, below 10^{AMOUNT_DIGITS}, no superfluous zeros, no `+`, no exponent"

_POSITIVE: Final = "^(?:(?=.*[1-9])" + _DECIMAL + _END
_SIGNED: Final = "^(?:0|-?(?=.*[1-9])" + _DECIMAL + _END
_FRACTION: Final = r"^(?:0|1|0\.[0-9]{0,8}[1-9]" + _END
_DEVIATION: Final = r"^(?:[1-9][0-9]{0,2}(?:\.[0-9]{0,8}[1-9])?" + _END
_ID: Final = "^(?:[!-~]+" + _END
_SHA256: Final = "^(?:[0-9a-f]{64}" + _END
# The bits that padding leaves unused are zero; otherwise a key would have several spellings.
_BASE64: Final = "^(?:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?" + _END
_NONCE: Final = "^(?:[A-Za-z0-9_-]{21}[AQgw]" + _END
_INSTANT: Final = (
    r"^(?:[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z" + _END
)
_UNIT: Final = "^(?:[A-Z0-9]{2,3}" + _END
_CURRENCY: Final = "^(?:[A-Z]{3}" + _END
_COUNTRY: Final = "^(?:[A-Z]{2}" + _END
_SUBDIVISION: Final = "^(?:[A-Z]{2}-[A-Z0-9]{1,3}" + _END
_PROCESS: Final = r"^(?:[a-z][a-z0-9-]*\.[a-z][A-Za-z0-9]*" + _END
_KEY: Final = "^(?:[A-Za-z][A-Za-z0-9:_.+-]*" + _END
_FACTOR_ROW: Final = r"^(?:[a-z][a-z0-9-]*:[A-Za-z][A-Za-z0-9]*/[A-Za-z]+/(?:\*|[A-Za-z0-9-]+)/[0-9]{4}" + _END

RULES: Final = {
    _POSITIVE: f"a decimal string above zero: {_SPELLING}",
    _SIGNED: f"a signed decimal string: {_SPELLING}, no `-0`",
    _FRACTION: "a decimal string from 0 to 1 with at most 9 decimals",
    _DEVIATION: "a geometric standard deviation: a decimal string of at least 1 and below 1000, at most 9 decimals, no "
    "superfluous zeros",
    _ID: "1 to 255 printable ASCII characters without spaces",
    _SHA256: "64 lower-case hexadecimal digits",
    _BASE64: "canonical standard base64 with padding",
    _NONCE: "16 random bytes as base64url without padding (22 characters)",
    _INSTANT: "an instant in UTC as YYYY-MM-DDThh:mm:ssZ",
    _UNIT: "a UN/ECE Recommendation 20 code of 2 or 3 characters",
    _CURRENCY: "an ISO 4217 currency code",
    _COUNTRY: "an ISO 3166-1 alpha-2 country code",
    _SUBDIVISION: "an ISO 3166-2 subdivision code",
    _PROCESS: "`sector.route`, such as `steel.electricArcFurnace`",
    _KEY: "a short ASCII name without spaces that starts with a letter",
    _FACTOR_ROW: "a row of a factor set as `set:key/boundary/place/year`, such as "
    "`factors-open:portlandCement/cradleToGate/CN/2023`",
}

WORDS: Final = {
    _POSITIVE: "decimal", _SIGNED: "signed decimal", _FRACTION: "fraction", _DEVIATION: "deviation", _ID: "id",
    _SHA256: "digest", _BASE64: "base64", _NONCE: "nonce", _INSTANT: "instant", _UNIT: "unit", _CURRENCY: "currency",
    _COUNTRY: "country", _SUBDIVISION: "subdivision", _PROCESS: "process", _KEY: "key", _FACTOR_ROW: "factor row",
}
"""The type that each pattern stands for, in a word or two."""

Positive = Annotated[str, Meta(pattern=_POSITIVE, max_length=25)]
Signed = Annotated[str, Meta(pattern=_SIGNED, max_length=26)]
Fraction = Annotated[str, Meta(pattern=_FRACTION, max_length=11)]
Deviation = Annotated[str, Meta(pattern=_DEVIATION, max_length=26)]
"""A geometric standard deviation, not its square: 1 means certain; at 1.1, two thirds of the values lie within a factor
of 1.1."""

Score = Annotated[int, Meta(ge=1, le=5)]
Pedigree = tuple[Score, Score, Score, Score, Score]
"""From 1 (best) to 5: reliability, completeness, temporal, geographical and further technological correlation."""

Id = Annotated[str, Meta(pattern=_ID, max_length=255)]
Sha256 = Annotated[str, Meta(pattern=_SHA256, max_length=64)]
Base64 = Annotated[str, Meta(pattern=_BASE64, max_length=4096)]
Text = Annotated[str, Meta(min_length=1, max_length=1_000_000)]
Nonce = Annotated[str, Meta(pattern=_NONCE, max_length=22)]
Instant = Annotated[str, Meta(pattern=_INSTANT, max_length=20)]
UnitCode = Annotated[str, Meta(pattern=_UNIT, max_length=3)]
Currency = Annotated[str, Meta(pattern=_CURRENCY, max_length=3)]
Country = Annotated[str, Meta(pattern=_COUNTRY, max_length=2)]
Subdivision = Annotated[str, Meta(pattern=_SUBDIVISION, max_length=6)]
Process = Annotated[str, Meta(pattern=_PROCESS, max_length=127)]
Key = Annotated[str, Meta(pattern=_KEY, max_length=64)]
FactorRowName = Annotated[str, Meta(pattern=_FACTOR_ROW, max_length=160)]
Name = Annotated[str, Meta(min_length=1, max_length=255)]
Names = dict[Literal["en", "zh"], Name]
Fractions = dict[Key, Fraction]

Role = Literal["product", "coProduct", "byProduct", "waste", "core", "credit", "attribute"]
Origin = Literal["preConsumer", "postConsumer"]
AllocationKey = Literal["mass", "value", "energy", "moles", "declared"]
FactorBoundary = Literal["combustion", "generation", "cradleToGate"]

MAX_FLOWS: Final = 1_000
UNBURDENED: Final = ("waste", "core", "credit", "attribute")
"""Roles of outputs to which their record allocates no burden (cut-off)."""


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Base of everything inside a record. Absent fields are left out, never null."""


class Quantity(Part, frozen=True):
    """A positive amount with its Rec 20 unit."""

    value: Positive
    unit: UnitCode

    @property
    def amount(self) -> Decimal:
        return Decimal(self.value)

    def __str__(self) -> str:
        return f"{self.value} {self.unit}"


class Money(Part, frozen=True):
    value: Positive
    currency: Currency


class Flow(Part, frozen=True):
    """A quantity taken from a lot that is on the ledger."""

    lot: Id
    quantity: Quantity


class PublicKey(Part, frozen=True):
    """`spki`: DER SubjectPublicKeyInfo; `proof`: the key's own signature of consent (`core.signatures.signing`)."""

    spki: Base64
    proof: Base64


class Evidence(Part, frozen=True):
    """A document that is stored elsewhere, identified by its SHA-256."""

    digest: Sha256
    media_type: Name
    kind: Name


def singular(kind: str) -> str:
    """A kind of document as it is compared: `meterReadings` are documents of the kind `meterReading`."""
    return kind.removesuffix("s")


STOCK_DOCUMENTS: Final = (
    "stocktaking", "goodsIssue", "damageReport", "insuranceClaim", "policeReport", "qualityReport", "sampleRecord",
    "recallNotice", "destructionReport",
)
WASTE_DOCUMENTS: Final = ("wasteTransferNote", "wasteManifest", "disposalCertificate")
SALE_DOCUMENTS: Final = (
    "salesInvoice", "invoice", "salesContract", "deliveryNote", "waybill", "billOfLading", "customsDeclaration",
)
"""Kinds of documents, alone or before a colon and their subject, that show where goods went: as stock, as waste, or
by a sale."""


class Factor(Part, frozen=True):
    """An emission factor: `value` kg of `gas` (CO2e if absent) per `unit`, by `source` for `year`.

    `deviation` and `pedigree` give the uncertainty of `value`. If both are stated, they add up, as in ecoinvent.
    """

    value: Signed
    unit: UnitCode
    source: Name
    year: Annotated[int, Meta(ge=1900, le=2200)]
    boundary: FactorBoundary
    gas: Key | None = None
    deviation: Deviation | None = None
    pedigree: Pedigree | None = None


class Supply(Part, frozen=True):
    """An input that is not a lot on the ledger: fuel, ore, air, freight, bought parts.

    `material` is the sector's key. `mass` is required if matter enters and `quantity` is not a mass. Upstream burdens
    come from at most one of `declaration` (digest of a record that gives figures per quantity), `factor`, and
    `factorRow` (a row of a factor set in force, as `set:row`); without any, from the factor sets in force.
    `unknown`: no factor set in force knows `material`, so its figure is an estimate. `deviation` and `pedigree` give
    the uncertainty of `quantity`; declaration and factor have their own. `product`: of the issuer, or shown to it; its
    materials are the supply's.
    """

    material: Key
    quantity: Quantity
    description: Name | None = None
    product: Id | None = None
    mass: Quantity | None = None
    origin: Literal["technosphere", "nature"] = "technosphere"
    declaration: Sha256 | None = None
    factor: Factor | None = None
    factor_row: FactorRowName | None = None
    unknown: bool = False
    deviation: Deviation | None = None
    pedigree: Pedigree | None = None


class PreviousLife(Part, frozen=True):
    """The previous life of a core: the record that ended it, or an estimate of its age in years."""

    record: Sha256 | None = None
    estimated_years: Positive | None = None


class Credit(Part, frozen=True):
    """A credit lot stands for recycled kg of `material`, and the emissions that this avoids elsewhere."""

    material: Key
    factor: Factor | None = None


class Attribute(Part, frozen=True):
    """A lot of role attribute certifies that this much power was generated from a renewable source. Its holder may
    claim that for power used from `start` on and before `end`."""

    carrier: Literal["electricity"]
    technology: Literal["photovoltaic", "solarThermal", "wind", "hydro", "biomass", "geothermal", "ocean"]
    start: Instant
    end: Instant


class Claim(Part, frozen=True):
    """The claim that uses credits up: its method, and the lot for which it is made."""

    method: Literal["avoidedBurden", "endOfLife", "moduleD"]
    lot: Id | None = None


class Output(Part, frozen=True):
    """A new lot.

    `materials` and `elements` are mass fractions of this lot, if they differ from its product's. `value`,
    `heating_value` (an energy, of the whole lot), `moles` and `share` serve the allocation keys of the same name.
    `owner` is required if the record takes lots of other owners; lots of role credit or attribute have the field of
    that name.
    """

    lot: Id
    product: Id
    quantity: Quantity
    role: Role
    origin: Origin | None = None
    mass: Quantity | None = None
    value: Money | None = None
    heating_value: Quantity | None = None
    moles: Positive | None = None
    share: Fraction | None = None
    item: Id | None = None
    materials: Fractions = {}
    elements: Fractions = {}
    previous_life: PreviousLife | None = None
    owner: Id | None = None
    credit: Credit | None = None
    attribute: Attribute | None = None

"""A sector plugin's assessment of a record: emission lines, energy, omissions, allocation weights, and matter flows.

It is local by design: it depends on the record and on static facts of its inputs, never on figures or balances. Amounts
are Decimals, computed in `ledger.sdk`'s context; each is converted to binary64 once, when figures are computed.
"""

from decimal import Decimal
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from ledger.core.record.values import Key, Name

ADDITIVE: Final = (
    "fossilGhgEmissions",
    "landUseChangeGhgEmissions",
    "landManagementFossilGhgEmissions",
    "landManagementBiogenicCO2Emissions",
    "landManagementBiogenicCO2Removals",
    "biogenicNonCO2Emissions",
    "technologicalCO2Removals",
    "ccsTechnologicalCO2Capture",
)
"""Burdens whose sum is the footprint excluding biogenic uptake, kg CO2e (with PACT 3 names, if PACT has a name)."""

REMOVALS: Final = ("landManagementBiogenicCO2Removals", "technologicalCO2Removals", "ccsTechnologicalCO2Capture")
"""Additive burdens that are zero or negative."""

OF_WHICH: Final = (
    "aircraftGhgEmissions",
    "transportGhgEmissions",
    "packagingGhgEmissions",
    "electricityLocation",
    "electricityMarket",
)
"""Parts of the footprint that are shown separately and never added to it, kg CO2e."""

ENERGY: Final = ("electricityKwh", "energyMj", "renewableEnergyMj")

QUALITY: Final = (
    "absGhg",
    "primaryAbs",
    "technologyAbs",
    "timeAbs",
    "geographyAbs",
    "omittedAbs",
    "unestimated",
    "provisionalAbs",
)
"""Sums weighted by |line| in kg CO2e; `unestimated` counts omissions without an estimate, `provisionalAbs` is the share
of `absGhg` of records that wait for a closing."""

OVER_LOCATION: Final = "electricityOverLocation"
"""Kg CO2e by which the electricity that is part of the footprint exceeds its location-based amount. So

    location-based total = footprint - electricityOverLocation
    market-based total   = location-based total - electricityLocation + electricityMarket
"""

BIOGENIC_CO2: Final = "biogenicCO2Emissions"
"""Kg of CO2 from biogenic carbon: of fermentation, and of biomass and biogenic waste that burns. It is no part of the
footprint, since the plant took the carbon up; ISO 14067 (6.4.9) asks for it apart."""

QUESTIONED: Final = "questionedAbs"
"""Kg CO2e by which figures may be too low: they lie below the reference range of their product, or rest on claims that
nobody has shown. It is no part of the footprint, and it never follows allocation shares (see
`ledger.footprint.stored.questions`)."""

DOCUMENTED: Final = "documentedAbs"
"""Kg CO2e that would be in the figure or in question if the issuers had shown no documents. The ledger knows these
documents by their digests alone. It is no part of the footprint; it follows allocation shares, so that every figure
downstream says how much of it rests on the issuers' own word."""

BURDENS: Final = (*ADDITIVE, *OF_WHICH, *ENERGY, *QUALITY, OVER_LOCATION, BIOGENIC_CO2, QUESTIONED, DOCUMENTED)
"""Every burden, in the order in which a stored vector holds them. A vector that was stored before a burden existed ends
before it; the burden is zero there."""

LineKind = Literal["onSite", "electricity", "heat", "upstream", "transport", "airTransport", "packaging", "treatment"]
Basis = Literal["metered", "invoiced", "calculated", "estimated"]
Severity = Literal["note", "warning"]
Rating = Annotated[int, Meta(ge=1, le=3)]
Scores = tuple[int, ...]
"""A pedigree as a plugin returns it; `ledger.footprint.stored.checks` names the line whose pedigree is malformed."""


class Value(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """Base of an assessment's parts."""


class Line(Value, frozen=True):
    """An emission (or removal, negative) of `amount` kg of `gas`; for an energy burden, `amount` is in its unit.

    `source` names its origin (a supply's material, a process). `market` is the market-based amount of an electricity
    line, if it differs from the location-based one. `ratings` are PACT's technology, time and geography scores, 1
    (best) to 3. `factor` names the row of the factor table; `recalled` marks a factor from an unverified source.

    `supply` is the index of the supply whose quantity the amount follows; overheads count after the supplies. If
    `factor` names the row of a factor set, as `set@version:row`, `value` (kg of `gas` per unit) and `boundary` come
    from that row. `generation`, of grid power: kg CO2e at the stacks of the power plants by a factor of its own, which
    inventories use; the amount is the life cycle.

    `deviation` (a geometric standard deviation) and `pedigree` belong to the line's own amount. Lines of a record with
    the same `source`, deviation and pedigree share this error; it is independent of all others. `factorDeviation` and
    `factorPedigree` belong to the factor, so all lines that name this `factor` share that error.
    """

    gas: Key
    amount: Decimal
    source: Name
    kind: LineKind
    burden: Key = "fossilGhgEmissions"
    basis: Basis = "calculated"
    primary: bool = False
    ratings: tuple[Rating, Rating, Rating] = (3, 3, 3)
    market: Decimal | None = None
    deviation: Decimal | None = None
    factor: Name | None = None
    recalled: bool = False
    pedigree: Scores | None = None
    factor_deviation: Decimal | None = None
    factor_pedigree: Scores | None = None
    supply: int | None = None
    value: Decimal | None = None
    boundary: Key | None = None
    generation: Decimal | None = None


class EnergyUse(Value, frozen=True):
    """Energy input of the process, MJ."""

    carrier: Name
    amount: Decimal
    renewable: bool = False


class Omission(Value, frozen=True):
    """An upstream input that no figure covers; `estimate` in kg CO2e, if there is one. `supply`: the index of the
    supply, if the omission is about a single one; a record's overheads count after its supplies."""

    what: Name
    estimate: Decimal | None = None
    supply: int | None = None


class Assigned(Value, frozen=True):
    """An amount assigned to an output before allocation of the remainder (system expansion): kg CO2e of `burden`."""

    output: int
    burden: Key
    amount: Decimal


class Span(Value, frozen=True):
    """A range; without a bound on a side that is None."""

    low: Decimal | None = None
    high: Decimal | None = None


class Lack(Value, frozen=True):
    """`amount`, in `unit`, of a `material` that the record would need and does not state: a key of the factor sets."""

    material: Key
    amount: Decimal
    unit: Name


class Finding(Value, frozen=True):
    """Something about the record that is implausible or unproven. `refuses` keeps the record off the ledger.

    A `warning` doubts a figure, a `note` only tells. `value`, in `unit`, lies outside of `usual`, the values of good
    and bad practice, or of `possible`, the values that nature allows. `amount`: the kg CO2e in question, at least zero.
    `output`, `supply`, `taken` (of the inputs): the index of its subject. `factor`: the row of a factor set behind the
    ranges.

    `lacks`: of a sector, which knows no prices. The core prices them into `amount` and removes them: they are never
    committed.
    """

    code: Key
    message: Name
    refuses: bool = False
    severity: Severity = "warning"
    value: Decimal | None = None
    unit: Name | None = None
    usual: Span | None = None
    possible: Span | None = None
    amount: Decimal | None = None
    output: int | None = None
    supply: int | None = None
    taken: int | None = None
    factor: Name | None = None
    lacks: tuple[Lack, ...] = ()


class Reference(Value, frozen=True):
    """The usual burden of `mass` kg of a material of the output by the factor sets in force, kg CO2e per kg: at least
    `low`, `default` by default, at most `high`. The recycled part of the material has a range of its own; if the sets
    have no such range, it begins at zero and `low` is its default. `material` names the content, as in `material:M`;
    without a name, `mass` is the whole output's. The recycled content of `materials` counts. An output without mass has
    its quantity in `mass`, in `unit`, and its range by that unit. `scrap`: the least recycled share, by the used cores,
    and the bought scrap for which the record has evidence. `factor`: the row. `part`: the part of the output that may
    be worth its default whatever its figure: a question between `low` and `default` counts by this part. `code`: the
    rule behind a question of this range, unless it is that the figure lies below it."""

    output: int
    mass: Decimal
    low: Decimal
    default: Decimal
    factor: Name
    high: Decimal | None = None
    recycled_low: Decimal | None = None
    recycled_default: Decimal | None = None
    material: Key | None = None
    materials: tuple[Key, ...] = ()
    scrap: Decimal | None = None
    part: Decimal | None = None
    code: Key | None = None
    unit: Name | None = None


class UsualShare(Value, frozen=True):
    """The allocation share that is usual for the output, above the share that it has. By the difference it escapes
    burdens, which the accounting computes and questions. `amount`: the kg CO2e that it escapes in another way; its
    share is then the one that it has. `captured`: the kg CO2 that the record captures; the amount counts then up to the
    output's share of the captures that the taken lots carry already. `code`: of the finding about it, which has no
    amount."""

    output: int
    share: Decimal
    code: Key
    amount: Decimal | None = None
    captured: Decimal | None = None


class Assessment(Value, frozen=True):
    """`weights`: allocation key -> a Decimal >= 0 per output, 0 for waste and core; share = w / sum of w.

    `matter`: content -> fraction of the incoming content that each output holds, sum <= 1. `indicators` are not passed
    on to outputs. The core adds `references`, the usual burdens of the materials of the outputs, `usual_shares`, at
    most one without an amount for each output, and `documented`, the kg CO2e that the record itself would have more, in
    its figure or in question, without its documents.
    """

    lines: tuple[Line, ...] = ()
    energy: tuple[EnergyUse, ...] = ()
    omissions: tuple[Omission, ...] = ()
    weights: dict[Key, tuple[Decimal, ...]] = {}
    matter: dict[Key, tuple[Decimal, ...]] = {}
    assigned: tuple[Assigned, ...] = ()
    indicators: dict[Key, Decimal] = {}
    findings: tuple[Finding, ...] = ()
    references: tuple[Reference, ...] = ()
    usual_shares: tuple[UsualShare, ...] = ()
    documented: Decimal | None = None


NOTHING: Final = Assessment()
"""The assessment of a record without own emissions."""

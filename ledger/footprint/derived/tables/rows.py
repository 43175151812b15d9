"""A contribution table in answers: its rows, its groupings, and the units of its figures."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from ledger.core.outcome.assessment import ADDITIVE, BIOGENIC_CO2, BURDENS, OF_WHICH
from ledger.footprint.derived.chain.boundary import HiddenParts, ReceivedLot
from ledger.footprint.derived.findings import WeighedFinding

FOOTPRINT: Final = "footprint"
"""The name that stands for the sum of the additive burdens."""

GROUPINGS: Final = (
    "record", "organization", "facility", "sector", "stage", "country", "subdivision", "source", "year", "gas", "kind",
    "basis", "factor",
)
UNKNOWN: Final = "unknown"
"""The key for data that a record does not state: facility (and with it the country), year, sector."""

NONE: Final = "none"
"""The key for data that a part does not have: gas and factor of energy and omissions, factor of a line without one."""

_UNITS: Final[Mapping[str, str]] = {
    "electricityKwh": "kWh", "energyMj": "MJ", "renewableEnergyMj": "MJ", "unestimated": "omissions",
    "technologyAbs": "kg CO2e x rating", "timeAbs": "kg CO2e x rating", "geographyAbs": "kg CO2e x rating",
}
PartOf = Literal["group", "assigned", "averaged", "received", "hidden", "more", "rest"]


class RowValue(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of the parts of a table."""


class Heaviest(RowValue, frozen=True):
    """The record with the largest contribution to a row (by absolute amounts). `amount`: its net contribution. `stage`:
    its process, or its type."""

    digest: str
    index: int
    issuer: str
    stage: str
    amount: float
    facility: str | None = None


class ContributionRow(RowValue, frozen=True):
    """An amount of the figure: the sum of its `positive` and `negative` parts, and the `percent` of the figure.

    `part`: the kind of row. `group`: a group with this `key`. `assigned`: amounts that sectors assigned to one output
    (system expansion), under a grouping of lines. `averaged`: amounts that period averages of pools moved.
    `received`: a lot that the caller received, with everything behind it; or, by organisation, the lots of a supplier.
    `hidden`: all other parts that are hidden from the caller. `more`: the sum of the omitted rows, whose number is
    `rows`. `rest`: rounding. `records`: the number of contributing records.
    """

    part: PartOf
    key: str
    amount: float
    positive: float = 0.0
    negative: float = 0.0
    percent: float | None = None
    records: int = 0
    rows: int = 0
    heaviest: Heaviest | None = None
    received: ReceivedLot | None = None


class Contributions(RowValue, frozen=True):
    """The contributions to the `figure` of a whole lot, in `unit`, as of tree size `at`. The amounts of all `rows` add
    up to it: the largest row first, then `more` and `rest`. `records`: the number of contributing records.

    `of`: the footprint, a burden, or a content. `questioned` (kg CO2e) and `findings` are as in the footprint.
    `hidden`: the parts that are hidden from the caller; absent if nothing is.
    """

    lot: str
    product: str
    by: str
    of: str
    unit: str
    figure: float
    method: str
    at: int
    records: int
    questioned: float
    rows: list[ContributionRow] = []
    findings: list[WeighedFinding] = []
    findings_left_off: int = 0
    findings_note: str | None = None
    hidden: HiddenParts | None = None


def unit_of_burden(burden: str) -> str:
    """The unit of a burden or of the footprint in answers."""
    return _UNITS.get(burden, "kg CO2e")


def is_burden(name: str) -> bool:
    """Whether this is a valid burden for a table."""
    return name == FOOTPRINT or name in BURDENS


def is_emission(burden: str) -> bool:
    """Whether a burden is an amount of greenhouse gases, so that its parts have a gas."""
    emitted = (FOOTPRINT, *ADDITIVE, *OF_WHICH, BIOGENIC_CO2)
    return burden in emitted or burden.endswith("Abs")

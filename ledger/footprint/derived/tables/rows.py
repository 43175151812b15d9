"""A contribution table as it is answered: its rows, what it may be grouped by, and the units of its figures."""

from collections.abc import Mapping
from typing import Final, Literal

from msgspec import Struct

from ledger.core.outcome.assessment import ADDITIVE, BURDENS, OF_WHICH

FOOTPRINT: Final = "footprint"
"""In place of a burden: the sum of the additive ones."""

GROUPINGS: Final = (
    "record", "organization", "facility", "sector", "stage", "country", "subdivision", "source", "year", "gas", "kind",
    "basis", "factor",
)
UNKNOWN: Final = "unknown"
"""The key of what a record does not say: no facility, and so no country; no year; no sector."""

NONE: Final = "none"
"""The key of what a part has not: gas and factor of energy and omissions, the factor of a line that needs none."""

_UNITS: Final[Mapping[str, str]] = {
    "electricityKwh": "kWh", "energyMj": "MJ", "renewableEnergyMj": "MJ", "unestimated": "omissions",
    "technologyAbs": "kg CO2e x rating", "timeAbs": "kg CO2e x rating", "geographyAbs": "kg CO2e x rating",
}
PartOf = Literal["group", "assigned", "averaged", "more", "rest"]


class RowValue(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of the parts of a table."""


class Heaviest(RowValue, frozen=True):
    """The record that brings most (by absolute amounts) into a row, and how much, net. `stage`: its process, or its
    type."""

    digest: str
    index: int
    issuer: str
    stage: str
    amount: float
    facility: str | None = None


class ContributionRow(RowValue, frozen=True):
    """An amount of the figure, `percent` of it: `positive` and `negative` parts together.

    `part` says what it is of: a `group` with that `key`; what sectors `assigned` to an output rather than to all
    (system expansion), where the grouping is one of lines; what period averages of pools moved, `averaged`; the rows
    left off, `more`, whose number is `rows`; the `rest`, which is rounding. `records`: how many bring something.
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


class Contributions(RowValue, frozen=True):
    """What the `figure` of a whole lot consists of, in its `unit`, as of a tree of `at` entries: the amounts of all
    `rows` add up to it, most weighty first, then `more` and `rest`. `records`: how many bring something.

    `of`: the footprint, a burden, or a content.
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
    rows: list[ContributionRow] = []


def unit_of_burden(burden: str) -> str:
    """In which unit a burden, or the footprint, is told."""
    return _UNITS.get(burden, "kg CO2e")


def is_burden(name: str) -> bool:
    """Whether there can be a table of it."""
    return name == FOOTPRINT or name in BURDENS


def is_emission(burden: str) -> bool:
    """Whether it is an amount of a gas, so that a gas can be told of it."""
    return burden == FOOTPRINT or burden in ADDITIVE or burden in OF_WHICH or burden.endswith("Abs")

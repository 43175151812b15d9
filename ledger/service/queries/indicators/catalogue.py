"""The catalogue of indicators that are made of records' own, and the targets of plans. Both are tables beside this
module: `composites.csv` and `targets.csv`."""

from collections.abc import Sequence
from functools import cache
from typing import Final, Literal, NamedTuple, cast

from ledger.sdk.tables import rows

Kind = Literal["sum", "ratio", "mean", "change", "perValueAdded", "perValueAddedChange"]
Comparison = Literal[">", ">=", "<", "<=", "about"]

ANY: Final = "*"
INDUSTRY: Final = "industry"
"""In place of a sector: all of them."""
OUTPUT_MASS: Final = "outputMass"
"""In place of an indicator as weight: kg of what the record made to be used."""
_PACKAGE: Final = "ledger.service.queries.indicators"


class Composite(NamedTuple):
    """An indicator of many records.

    `sum`: of the numerator. `ratio`: sum of the numerators over the sum of the denominators; with `routes`, numerators
    of those alone. `mean`: of an intensity, weighted. `change`: of such a mean on what sites report of a baseline, in
    per cent. `perValueAdded`: energy (MJ) or CO2e (kg) per unit of money that sites report, and its change likewise.
    Where `unit` is %, records state a share from 0 to 1.
    """

    name: str
    sector: str
    kind: Kind
    numerator: str
    routes: tuple[str, ...]
    denominators: tuple[str, ...]
    weight: str
    unit: str
    en: str
    zh: str


class Target(NamedTuple):
    """What a plan wants of an indicator. `extent`: `relative` (a share, an intensity, a change: it may be said of the
    facilities on a ledger), or `national` (an amount of the whole country). `status`: `read`, or `recalled` where the
    source could not be checked. `year` is None where it is not known."""

    id: str
    sector: str
    indicator: str
    year: int | None
    comparison: Comparison
    value: float
    unit: str
    extent: str
    plan: str
    status: str
    source: str
    title: str

    def met(self, actual: float) -> bool | None:
        """Whether a figure reaches the target; None where the target is only about so much, or of a whole country."""
        if self.extent != "relative":
            return None
        match self.comparison:
            case ">":
                return actual > self.value
            case ">=":
                return actual >= self.value
            case "<":
                return actual < self.value
            case "<=":
                return actual <= self.value
            case _:
                return None


@cache
def composites() -> Sequence[Composite]:
    """All of the catalogue, in its order."""
    return tuple(
        Composite(
            row["name"], row["sector"], cast(Kind, row["kind"]), row["numerator"], tuple(row["routes"].split()),
            tuple(row["denominator"].split()), row["weight"], row["unit"], row["en"], row["zh"],
        )
        for row in rows(_PACKAGE, "composites.csv")
    )


@cache
def targets() -> Sequence[Target]:
    """All targets, those of this plan and of others."""
    return tuple(
        Target(
            row["id"], row["sector"], row["indicator"], int(row["year"]) if row["year"] else None,
            cast(Comparison, row["comparison"]), float(row["value"]), row["unit"], row["extent"], row["plan"],
            row["status"], row["source"], row["title"],
        )
        for row in rows(_PACKAGE, "targets.csv")
    )


def composites_of(sector: str) -> list[Composite]:
    """Those of a sector, and those that every sector has."""
    return [one for one in composites() if one.sector in (sector, ANY)]


def targets_of(sector: str) -> list[Target]:
    return [one for one in targets() if one.sector == sector]


def catalogued() -> set[str]:
    """Sectors of which the tables know something."""
    return ({one.sector for one in composites()} | {one.sector for one in targets()}) - {ANY} | {INDUSTRY}

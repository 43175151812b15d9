"""The catalogue of indicators that combine the indicators of many records, and the targets of plans, as tables in this
folder: `composites.csv`, `targets.csv`, and `parts.csv`, which says how indicators of records are made of each
other."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, Literal, NamedTuple, cast

from ledger.core.record.kinds import Report
from ledger.sdk.tables import rows

Kind = Literal["sum", "ratio", "mean", "change", "perValueAdded", "perValueAddedChange"]
Comparison = Literal[">", ">=", "<", "<=", "about"]

ANY: Final = "*"
INDUSTRY: Final = "industry"
"""Stands for all sectors."""
OUTPUT_MASS: Final = "outputMass"
"""As a weight, in place of an indicator: kg of the record's outputs that are made for use."""
_PACKAGE: Final = "ledger.service.queries.indicators"


class Composite(NamedTuple):
    """An indicator over many records.

    `sum`: of the numerator. `ratio`: sum of the numerators over the sum of the denominators; with `routes`, only
    numerators of these routes. `mean`: the weighted mean of an intensity. `change`: the change of such a mean from the
    baseline that sites report, in per cent. `perValueAdded`: energy (MJ) or CO2e (kg) per unit of value added that
    sites report; `perValueAddedChange`: its change from the baseline, in per cent. If `unit` is %, records state a
    share from 0 to 1.
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

    def counts(self, route: str) -> bool:
        """Whether the numerator is of this route too."""
        return not self.routes or route in self.routes

    def baselines(self, ended: str, reports: Iterable[Report]) -> list[Decimal]:
        """The figures of the numerator in the baselines of the reports over an instant."""
        return [
            Decimal(report.baseline.indicators[self.numerator]) for report in reports
            if report.baseline is not None and self.numerator in report.baseline.indicators
            and report.start < ended <= report.end]


class Target(NamedTuple):
    """The target of a plan for an indicator.

    `extent`: `relative` (a share, an intensity or a change, which also applies to the facilities on a ledger), or
    `national` (an amount of the whole country). `status`: `read`, or `recalled` for an unverified source. `year` is
    None if it is unknown.
    """

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
        """Whether a figure reaches the target; None if the target is approximate or of a whole country."""
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
    """All indicators, in the order of the catalogue."""
    return tuple(
        Composite(
            row["name"], row["sector"], cast(Kind, row["kind"]), row["numerator"], tuple(row["routes"].split()),
            tuple(row["denominator"].split()), row["weight"], row["unit"], row["en"], row["zh"],
        )
        for row in rows(_PACKAGE, "composites.csv")
    )


@cache
def targets() -> Sequence[Target]:
    """All targets of all plans."""
    return tuple(
        Target(
            row["id"], row["sector"], row["indicator"], int(row["year"]) if row["year"] else None,
            cast(Comparison, row["comparison"]), float(row["value"]), row["unit"], row["extent"], row["plan"],
            row["status"], row["source"], row["title"],
        )
        for row in rows(_PACKAGE, "targets.csv")
    )


def composites_of(sector: str) -> list[Composite]:
    """The indicators of a sector, and the indicators that every sector has."""
    return [one for one in composites() if one.sector in (sector, ANY)]


def wholes_of(sector: str) -> Mapping[str, Sequence[str]]:
    """The indicators of records that are parts of another one, by that one. The parts of a whole do not overlap."""
    wholes: dict[str, list[str]] = {}
    for row in rows(_PACKAGE, "parts.csv"):
        if row["sector"] == sector:
            wholes.setdefault(row["whole"], []).append(row["part"])
    return wholes


def targets_of(sector: str) -> list[Target]:
    return [one for one in targets() if one.sector == sector]


def catalogued() -> set[str]:
    """The sectors that the tables contain."""
    return ({one.sector for one in composites()} | {one.sector for one in targets()}) - {ANY} | {INDUSTRY}

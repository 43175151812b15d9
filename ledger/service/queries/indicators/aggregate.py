"""Sums the indicators of the records of a period, over all records and by group. The sums are never stored."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from ledger.core.record.kinds import Report
from ledger.core.record.units import convert
from ledger.footprint.derived.finding_sums import FindingCounts
from ledger.footprint.derived.findings import FindingRecord
from ledger.service.queries.indicators.catalogue import OUTPUT_MASS, Composite

PERCENT = "%"


class IndicatorRow(NamedTuple):
    """A transformation of the period. `mass`: kg of its outputs that are made for use; None if they have no mass.
    `findings`: absent without any."""

    issuer: str
    facility: str
    process: str
    ended: str
    indicators: Mapping[str, Decimal]
    mass: Decimal | None
    findings: FindingRecord | None = None

    @property
    def warned(self) -> bool:
        """Whether the record has a finding that doubts a figure."""
        return self.findings is not None and self.findings.warned

    @property
    def route(self) -> str:
        return self.process.partition(".")[2]

    def weight(self, name: str) -> Decimal | None:
        return self.mass if name == OUTPUT_MASS else self.indicators.get(name)


class IndicatorAmounts:
    """The sums of one indicator: numerator, denominator, and the number of records and the facilities behind them.
    `warned`: the number of records that a finding doubts."""

    def __init__(self) -> None:
        self.numerator = Decimal(0)
        self.denominator = Decimal(0)
        self.records = 0
        self.warned = 0
        self.facilities: set[str] = set()

    def add(self, row: IndicatorRow, numerator: Decimal, denominator: Decimal = Decimal(0)) -> None:
        self.numerator += numerator
        self.denominator += denominator
        self.records += 1
        self.warned += row.warned
        self.facilities.add(row.facility)


class Valued(NamedTuple):
    """The energy (MJ) and emissions (scopes 1 and 2, kg CO2e) of a site in the period of one of its reports."""

    facility: str
    report: Report
    energy: float
    emissions: float
    records: int


class IndicatorGroup:
    """The sums over the records of one organisation, park, province, year or facility, or over all records."""

    def __init__(self, composites: Sequence[Composite]) -> None:
        self.facilities: set[str] = set()
        self.records = 0
        self.amounts = {
            one.name: IndicatorAmounts() for one in composites if one.kind in ("sum", "ratio", "mean", "change")
        }
        self.valued: list[Valued] = []
        self.findings = FindingCounts()
        self._composites = composites

    def take(self, row: IndicatorRow, reports: Iterable[Report] = ()) -> None:
        """Adds a record. `reports`: the reports of its facility."""
        self.records += 1
        self.facilities.add(row.facility)
        if row.findings is not None:
            self.findings.add(row.findings)
        for composite in self._composites:
            match composite.kind:
                case "sum" if composite.numerator in row.indicators:
                    self.amounts[composite.name].add(row, row.indicators[composite.numerator])
                case "ratio":
                    self._ratio(composite, row)
                case "mean":
                    self._mean(composite, row)
                case "change":
                    self._change(composite, row, reports)

    def _ratio(self, composite: Composite, row: IndicatorRow) -> None:
        stated = [row.indicators[name] for name in composite.denominators if name in row.indicators]
        if stated:
            counts = composite.counts(row.route)
            numerator = row.indicators.get(composite.numerator, Decimal(0)) if counts else Decimal(0)
            self.amounts[composite.name].add(row, numerator, sum(stated, Decimal(0)))

    def _mean(self, composite: Composite, row: IndicatorRow) -> None:
        value, weight = row.indicators.get(composite.numerator), row.weight(composite.weight)
        if value is not None and weight is not None:
            self.amounts[composite.name].add(row, value * weight, weight)

    def _change(self, composite: Composite, row: IndicatorRow, reports: Iterable[Report]) -> None:
        """Adds the figure of this period and the baseline's figure, both with the weights of this period."""
        value, weight = row.indicators.get(composite.numerator), row.weight(composite.weight)
        if value is None or weight is None:
            return
        for baseline in composite.baselines(row.ended, reports):
            self.amounts[composite.name].add(row, value * weight, baseline * weight)

    def value(self, composite: Composite) -> float | None:
        """The value of an indicator; None if no record, or no report, states it."""
        amounts = self.amounts[composite.name]
        if not amounts.records:
            return None
        if composite.kind == "sum":
            return float(amounts.numerator)
        if not amounts.denominator:
            return None
        ratio = amounts.numerator / amounts.denominator
        if composite.kind == "change":
            return float((ratio - 1) * 100)
        return float(ratio * 100) if composite.unit == PERCENT else float(ratio)


class PerValue(NamedTuple):
    """Energy or emissions per value added: an `amount` divided by `money` in one currency, of some sites."""

    currency: str
    amount: float
    money: float
    facilities: int
    records: int

    @property
    def value(self) -> float:
        return self.amount / self.money


def per_value_added(valued: Iterable[Valued], quantity: str) -> list[PerValue]:
    """Energy or emissions per value added, for each currency, because amounts in two currencies do not add up.

    `quantity`: energy or co2. Sites without records in the period of their report do not count.
    """
    groups: dict[str, list[Valued]] = {}
    for site in valued:
        if site.report.value_added is not None and site.records:
            groups.setdefault(site.report.value_added.currency, []).append(site)
    return [
        PerValue(currency, sum(_amount(one, quantity) for one in group), sum(_money(one.report) for one in group),
                 len({one.facility for one in group}), sum(one.records for one in group))
        for currency, group in sorted(groups.items())
    ]


def change_of_value_added(valued: Iterable[Valued], quantity: str) -> list[PerValue]:
    """The change of the amount per value added from the reported baselines, of the same sites, in per cent, for each
    currency. In the results, `amount` divided by `money` is the change in per cent.
    """
    groups: dict[str, list[tuple[Valued, float, float]]] = {}
    for site in valued:
        baseline = baseline_of(site.report, quantity)
        if baseline is not None and site.report.value_added is not None and site.records:
            groups.setdefault(site.report.value_added.currency, []).append((site, *baseline))
    changes = []
    for currency, group in sorted(groups.items()):
        now = sum(_amount(one, quantity) for one, _, _ in group) / sum(_money(one.report) for one, _, _ in group)
        before = sum(amount for _, amount, _ in group) / sum(money for _, _, money in group)
        changes.append(PerValue(currency, (now / before - 1.0) * 100.0, 1.0, len({one.facility for one, _, _ in group}),
                                sum(one.records for one, _, _ in group)))
    return changes


def _amount(site: Valued, quantity: str) -> float:
    return site.energy if quantity == "energy" else site.emissions


def _money(report: Report) -> float:
    return 0.0 if report.value_added is None else float(report.value_added.value)


def baseline_of(report: Report, quantity: str) -> tuple[float, float] | None:
    """Amount and money of the baseline; None if it does not state both."""
    baseline = report.baseline
    if baseline is None or baseline.value_added is None:
        return None
    stated = baseline.energy if quantity == "energy" else baseline.emissions
    if stated is None:
        return None
    amount = convert(stated.amount, stated.unit, "3B" if quantity == "energy" else "KGM")
    return float(amount), float(baseline.value_added.value)

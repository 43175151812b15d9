"""Adds up what records of a period indicate, over all and by group. Answers, never stored."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from ledger.core.record.kinds import Report
from ledger.core.record.units import convert
from ledger.service.queries.indicators.catalogue import OUTPUT_MASS, Composite

PERCENT = "%"


class IndicatorRow(NamedTuple):
    """A transformation of the period. `mass`: kg of what it made to be used, None where it made nothing that weighs."""

    issuer: str
    facility: str
    process: str
    ended: str
    indicators: Mapping[str, Decimal]
    mass: Decimal | None

    @property
    def route(self) -> str:
        return self.process.partition(".")[2]

    def weight(self, name: str) -> Decimal | None:
        return self.mass if name == OUTPUT_MASS else self.indicators.get(name)


class IndicatorAmounts:
    """One indicator: numerator, denominator, and what they rest on."""

    def __init__(self) -> None:
        self.numerator = Decimal(0)
        self.denominator = Decimal(0)
        self.records = 0
        self.facilities: set[str] = set()

    def add(self, row: IndicatorRow, numerator: Decimal, denominator: Decimal = Decimal(0)) -> None:
        self.numerator += numerator
        self.denominator += denominator
        self.records += 1
        self.facilities.add(row.facility)


class Valued(NamedTuple):
    """What a site emitted and used in the period of one of its reports: energy in MJ, CO2e of scopes 1 and 2 in kg."""

    facility: str
    report: Report
    energy: float
    emissions: float
    records: int


class IndicatorGroup:
    """The records of one organisation, park, province or year, or all of them."""

    def __init__(self, composites: Sequence[Composite]) -> None:
        self.facilities: set[str] = set()
        self.records = 0
        self.amounts = {
            one.name: IndicatorAmounts() for one in composites if one.kind in ("sum", "ratio", "mean", "change")
        }
        self.valued: list[Valued] = []
        self._composites = composites

    def take(self, row: IndicatorRow, reports: Iterable[Report] = ()) -> None:
        """`reports`: those of the facility."""
        self.records += 1
        self.facilities.add(row.facility)
        for one in self._composites:
            match one.kind:
                case "sum" if one.numerator in row.indicators:
                    self.amounts[one.name].add(row, row.indicators[one.numerator])
                case "ratio":
                    self._ratio(one, row)
                case "mean":
                    self._mean(one, row)
                case "change":
                    self._change(one, row, reports)

    def _ratio(self, one: Composite, row: IndicatorRow) -> None:
        stated = [row.indicators[name] for name in one.denominators if name in row.indicators]
        if stated:
            counts = not one.routes or row.route in one.routes
            numerator = row.indicators.get(one.numerator, Decimal(0)) if counts else Decimal(0)
            self.amounts[one.name].add(row, numerator, sum(stated, Decimal(0)))

    def _mean(self, one: Composite, row: IndicatorRow) -> None:
        value, weight = row.indicators.get(one.numerator), row.weight(one.weight)
        if value is not None and weight is not None:
            self.amounts[one.name].add(row, value * weight, weight)

    def _change(self, one: Composite, row: IndicatorRow, reports: Iterable[Report]) -> None:
        """This period's figure against the baseline's, both with the weights of this period."""
        value, weight = row.indicators.get(one.numerator), row.weight(one.weight)
        if value is None or weight is None:
            return
        for report in reports:
            baseline = None if report.baseline is None else report.baseline.indicators.get(one.numerator)
            if baseline is not None and report.start < row.ended <= report.end:
                self.amounts[one.name].add(row, value * weight, Decimal(baseline) * weight)

    def value(self, one: Composite) -> float | None:
        """None where no record, or no report, says anything of it."""
        amounts = self.amounts[one.name]
        if not amounts.records:
            return None
        if one.kind == "sum":
            return float(amounts.numerator)
        if not amounts.denominator:
            return None
        ratio = amounts.numerator / amounts.denominator
        if one.kind == "change":
            return float((ratio - 1) * 100)
        return float(ratio * 100) if one.unit == PERCENT else float(ratio)


class PerValue(NamedTuple):
    """Energy or emissions per value added: of so much money in one currency, from so many sites."""

    currency: str
    amount: float
    money: float
    facilities: int
    records: int

    @property
    def value(self) -> float:
        return self.amount / self.money


def per_value_added(valued: Iterable[Valued], what: str) -> list[PerValue]:
    """`what`: energy or co2. By currency: money of two currencies does not add up. A site without records in the period
    of its report has nothing to divide."""
    found: dict[str, list[Valued]] = {}
    for one in valued:
        if one.report.value_added is not None and one.records:
            found.setdefault(one.report.value_added.currency, []).append(one)
    return [
        PerValue(currency, sum(_amount(one, what) for one in group), sum(_money(one.report) for one in group),
                 len({one.facility for one in group}), sum(one.records for one in group))
        for currency, group in sorted(found.items())
    ]


def change_of_value_added(valued: Iterable[Valued], what: str) -> list[PerValue]:
    """Per currency, in per cent: the amount per money now on that of the reported baselines, of the same sites.
    `amount` over `money` is the ratio less one, times 100."""
    found: dict[str, list[tuple[Valued, float, float]]] = {}
    for one in valued:
        then = _baseline(one.report, what)
        if then is not None and one.report.value_added is not None and one.records:
            found.setdefault(one.report.value_added.currency, []).append((one, *then))
    told = []
    for currency, group in sorted(found.items()):
        now = sum(_amount(one, what) for one, _, _ in group) / sum(_money(one.report) for one, _, _ in group)
        before = sum(amount for _, amount, _ in group) / sum(money for _, _, money in group)
        told.append(PerValue(currency, (now / before - 1.0) * 100.0, 1.0, len({one.facility for one, _, _ in group}),
                             sum(one.records for one, _, _ in group)))
    return told


def _amount(one: Valued, what: str) -> float:
    return one.energy if what == "energy" else one.emissions


def _money(report: Report) -> float:
    return 0.0 if report.value_added is None else float(report.value_added.value)


def _baseline(report: Report, what: str) -> tuple[float, float] | None:
    """Amount and money of the baseline, where it states both."""
    baseline = report.baseline
    if baseline is None or baseline.value_added is None:
        return None
    stated = baseline.energy if what == "energy" else baseline.emissions
    if stated is None:
        return None
    amount = convert(stated.amount, stated.unit, "3B" if what == "energy" else "KGM")
    return float(amount), float(baseline.value_added.value)

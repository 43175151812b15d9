"""Turns sums into answers: indicators with their names, and targets with the actual figures."""

from collections.abc import Sequence

from ledger.answers.indicators import CoverageAnswer, GroupAnswer, IndicatorAnswer, TargetAnswer
from ledger.service.queries.indicators.aggregate import IndicatorGroup, PerValue, change_of_value_added, per_value_added
from ledger.service.queries.indicators.catalogue import Composite, Target

NOTE = (
    "These figures cover only the facilities on this ledger and the data that their records state. They are not "
    "figures of a country, a region or a market, and do not show that a national target is met."
)

NO_INDICATOR = "the ledger has no such indicator"
SEVERAL_CURRENCIES = "stated in several currencies"


def group_answer(
    group: IndicatorGroup, known: int, composites: Sequence[Composite], targets: Sequence[Target],
    key: str | None = None,
) -> GroupAnswer:
    """The answer about a group. `known`: the number of its facilities on the ledger."""
    indicators = [answer for composite in composites for answer in _indicators(group, composite)]
    values: dict[str, list[float]] = {composite.name: [] for composite in composites}
    for indicator in indicators:
        values[indicator.name] += [] if indicator.value is None else [indicator.value]
    return GroupAnswer(
        key=key, coverage=CoverageAnswer(facilities=len(group.facilities), known=known), records=group.records,
        indicators=indicators, targets=[_target(one, values.get(one.indicator)) for one in targets],
        questioned=group.findings.questioned, findings=group.findings.answers(),
    )


def _indicators(group: IndicatorGroup, composite: Composite) -> list[IndicatorAnswer]:
    """The answers about one indicator: one for each currency if it is per value added, else one."""
    if composite.kind == "perValueAdded":
        return _per_value(composite, per_value_added(group.valued, composite.numerator), f"{composite.unit}/")
    if composite.kind == "perValueAddedChange":
        return _per_value(composite, change_of_value_added(group.valued, composite.numerator), "")
    amounts = group.amounts[composite.name]
    return [IndicatorAnswer(
        name=composite.name, en=composite.en, zh=composite.zh, unit=composite.unit, value=group.value(composite),
        facilities=len(amounts.facilities), records=amounts.records,
        findings_share=amounts.warned / amounts.records if amounts.records else None,
    )]


def _per_value(composite: Composite, values: Sequence[PerValue], unit: str) -> list[IndicatorAnswer]:
    """One answer for each currency; one answer without a value if no site has reported."""
    name, en, zh = composite.name, composite.en, composite.zh
    if not values:
        return [IndicatorAnswer(name=name, en=en, zh=zh, unit=composite.unit, facilities=0, records=0)]
    return [
        IndicatorAnswer(
            name=name, en=en, zh=zh, unit=f"{unit}{per.currency}" if unit else composite.unit, value=per.value,
            facilities=per.facilities, records=per.records,
        )
        for per in values
    ]


def _target(target: Target, figures: Sequence[float] | None) -> TargetAnswer:
    """`figures`: of its indicator, one for each currency; None if the catalogue has no such indicator."""
    actual = figures[0] if figures and len(figures) == 1 else None
    missing = None
    if figures is None:
        missing = NO_INDICATOR
    elif actual is None:
        missing = SEVERAL_CURRENCIES if figures else "no record or report of the period states it"
    return TargetAnswer(
        id=target.id, title=target.title, indicator=target.indicator, year=target.year, comparison=target.comparison,
        value=target.value, unit=target.unit, extent=target.extent, plan=target.plan, status=target.status,
        source=target.source, actual=actual, gap=None if actual is None else actual - target.value,
        met=None if actual is None else target.met(actual),
        percent=100.0 * actual / target.value if actual is not None and target.extent == "national" else None,
        missing=missing,
    )

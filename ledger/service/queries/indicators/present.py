"""From sums to answers: indicators with their names, and targets beside them."""

from collections.abc import Sequence

from ledger.service.queries.indicators.aggregate import IndicatorGroup, PerValue, change_of_value_added, per_value_added
from ledger.service.queries.indicators.answers import CoverageAnswer, GroupAnswer, IndicatorAnswer, TargetAnswer
from ledger.service.queries.indicators.catalogue import Composite, Target

NOTE = (
    "Of the facilities on this ledger alone, as far as their records say: no figure of a country, a region or a "
    "market, and no statement that a national target is met."
)


def group_answer(
    group: IndicatorGroup, known: int, composites: Sequence[
        Composite
    ], targets: Sequence[Target], key: str | None = None
) -> GroupAnswer:
    """`known`: how many facilities of the group there are on the ledger."""
    indicators = [each for one in composites for each in _told(group, one)]
    values: dict[str, list[float]] = {one.name: [] for one in composites}
    for told in indicators:
        values[told.name] += [] if told.value is None else [told.value]
    return GroupAnswer(
        key=key, coverage=CoverageAnswer(facilities=len(group.facilities), known=known), records=group.records,
        indicators=indicators, targets=[_target(one, values.get(one.indicator)) for one in targets],
    )


def _told(group: IndicatorGroup, one: Composite) -> list[IndicatorAnswer]:
    if one.kind == "perValueAdded":
        return _per_value(one, per_value_added(group.valued, one.numerator), f"{one.unit}/")
    if one.kind == "perValueAddedChange":
        return _per_value(one, change_of_value_added(group.valued, one.numerator), "")
    amounts = group.amounts[one.name]
    return [IndicatorAnswer(
        name=one.name, en=one.en, zh=one.zh, unit=one.unit, value=group.value(one),
        facilities=len(amounts.facilities), records=amounts.records,
    )]


def _per_value(one: Composite, found: Sequence[PerValue], unit: str) -> list[IndicatorAnswer]:
    """One a currency; one without a value where no site has reported."""
    if not found:
        return [IndicatorAnswer(name=one.name, en=one.en, zh=one.zh, unit=one.unit, facilities=0, records=0)]
    return [
        IndicatorAnswer(
            name=one.name, en=one.en, zh=one.zh, unit=f"{unit}{each.currency}" if unit else one.unit,
            value=each.value, facilities=each.facilities, records=each.records,
        )
        for each in found
    ]


def _target(one: Target, found: Sequence[float] | None) -> TargetAnswer:
    """`found`: the figures of its indicator, one a currency; None where the catalogue has no such indicator."""
    actual = found[0] if found and len(found) == 1 else None
    missing = None
    if found is None:
        missing = "the ledger has no indicator of it"
    elif actual is None:
        missing = "it is stated in several currencies" if found else "no record or report of the period states it"
    return TargetAnswer(
        id=one.id, title=one.title, indicator=one.indicator, year=one.year, comparison=one.comparison, value=one.value,
        unit=one.unit, extent=one.extent, plan=one.plan, status=one.status, source=one.source, actual=actual,
        gap=None if actual is None else actual - one.value, met=None if actual is None else one.met(actual),
        percent=100.0 * actual / one.value if actual is not None and one.extent == "national" else None,
        missing=missing,
    )

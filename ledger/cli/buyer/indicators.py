"""`indicators`: figures of a sector's facilities on this ledger in a period, compared with the targets of plans."""

from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

import click
from rich.table import Table

from ledger.answers.indicators import (
    CoverageAnswer,
    GroupAnswer,
    IndicatorAnswer,
    IndicatorsAnswer,
    TargetAnswer,
)
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.cli.numbers import fixed, numeral

_LARGE = 1e6


@click.command()
@click.argument("sector")
@click.option("--from", "since", help="Records that ended after this day (YYYY-MM-DD, 00:00 UTC) or instant.")
@click.option("--to", "until", help="Records that ended by this day (00:00 UTC) or instant.")
@click.option("--by", help="Group by organization, park, province, year or facility.")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@url_option
@json_option
def indicators(
    sector: str, since: str | None, until: str | None, by: str | None, at: int | None, url: str, as_json: bool
) -> None:
    """Show the indicators of SECTOR (or of `industry` as a whole) on this ledger, with the targets."""
    period: dict[str, str | None] = {"from": since, "to": until}
    path = f"/v1/sectors/{quote(sector, safe='')}/indicators"
    with Client(url) as client:
        answer = client.get(path, IndicatorsAnswer, by=by, at=at, **period)
    if as_json:
        print_json(answer)
    else:
        show(*indicators_report(answer))


def indicators_report(answer: IndicatorsAnswer) -> Iterator[Part]:
    """The indicators of a sector, as text for people."""
    yield styled(f"{answer.names.get('en', answer.sector)} {answer.names.get('zh', '')}".strip(), style="bold")
    yield f"{_period(answer)}, as of {answer.at} entries; {_coverage(answer.coverage)}; {answer.records} records"
    yield _indicators(answer.indicators)
    yield from _findings(answer)
    if answer.targets:
        yield _targets(answer.targets)
    if answer.by is not None:
        yield from _groups(answer)
    yield answer.note


def _period(answer: IndicatorsAnswer) -> str:
    if answer.since is None and answer.until is None:
        return "of all times"
    return f"from {answer.since or 'the beginning'} to {answer.until or 'now'}"


def _coverage(coverage: CoverageAnswer) -> str:
    return f"{coverage.facilities} of {coverage.known} facilities on this ledger"


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= _LARGE else numeral(value)


def _indicators(indicator_answers: Iterable[IndicatorAnswer]) -> Table:
    table = Table("indicator", "value", "unit", "facilities", "records", "doubted", box=None, pad_edge=False)
    for i in (1, 3, 4, 5):
        table.columns[i].justify = "right"
    for indicator in indicator_answers:
        table.add_row(f"{indicator.en} {indicator.zh}", _number(indicator.value), indicator.unit,
                      str(indicator.facilities), str(indicator.records),
                      f"{100 * indicator.findings_share:.1f} %" if indicator.findings_share else "")
    return table


def _findings(answer: IndicatorsAnswer) -> Iterator[str]:
    """The findings of the records, by code."""
    if answer.questioned is None:
        yield "kg CO2e that the records question: suppressed, as few organisations contribute"
    if not answer.findings and not answer.questioned:
        return
    if answer.questioned is not None:
        yield (f"the records question {fixed(answer.questioned)} kg CO2e; `doubted` is the share of an indicator's "
               "records with a warning")
    for count in answer.findings:
        amount = f", {fixed(count.amount)} kg CO2e questioned" if count.amount else ""
        yield f"  {count.severity} {count.code}: {count.records:,} records{amount}"


def _targets(targets: Iterable[TargetAnswer]) -> Table:
    """The targets under the name of their plan, which is longer than any column."""
    table = Table("target", "year", "wanted", "here", "gap", "unit", "", box=None, pad_edge=False)
    for i in (1, 2, 3, 4):
        table.columns[i].justify = "right"
    plan = None
    for target in sorted(targets, key=lambda each: each.plan):
        if target.plan != plan:
            plan = target.plan
            table.add_row(plan, style="bold")
        table.add_row(
            f"  {target.title}", "" if target.year is None else str(target.year),
            f"{target.comparison} {_number(target.value)}", _number(target.actual), _number(target.gap), target.unit,
            f"{_verdict(target)}{', recalled' if target.status == 'recalled' else ''}",
        )
    return table


def _verdict(target: TargetAnswer) -> str:
    if target.missing is not None:
        return "no data"
    if target.percent is not None:
        return f"{numeral(target.percent, 3)} % of the target"
    if target.met is None:
        return "about"
    return "reached here" if target.met else "not reached here"


def _groups(answer: IndicatorsAnswer) -> Iterator[Table]:
    """A table for each indicator that has a value, with one row per group."""
    names: Sequence[tuple[str, str]] = list(dict.fromkeys(
        (one.name, one.unit) for group in answer.groups for one in group.indicators if one.value is not None
    ))
    for name, unit in names:
        table = Table(f"{name} by {answer.by}", unit, "facilities", box=None, pad_edge=False)
        for i in (1, 2):
            table.columns[i].justify = "right"
        for group in answer.groups:
            _add_group(table, group, name, unit)
        yield table


def _add_group(table: Table, group: GroupAnswer, name: str, unit: str) -> None:
    for indicator in group.indicators:
        if (indicator.name, indicator.unit) == (name, unit):
            table.add_row(group.key or "not stated", _number(indicator.value),
                          f"{indicator.facilities} of {group.coverage.known}")

"""`gaps`: the missing and the weak data in a lot's figure, and whom to ask for better data."""

from collections.abc import Iterable, Iterator

import click
from rich.table import Table

from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, Part, csv_option, json_option, print_csv, print_json, say_all, show, styled
from ledger.cli.findings import answer_findings, hidden_line
from ledger.cli.numbers import fixed, numeral
from ledger.footprint.derived.gaps import Gap, LotGaps

_CSV = ("lot", "kind", "gap", "kg CO2e", "percent", "weight", "request", "from", "through it", "facility", "amount",
        "unit", "basis", "factor", "evidence", "start", "end", "number of records", "records")


@click.command()
@click.argument("lot")
@click.option("--limit", type=click.IntRange(1, 10_000), default=30, show_default=True, help="Gaps to show at most.")
@csv_option("Print CSV for spreadsheets: a row for each gap.")
@url_option
@json_option
def gaps(lot: str, limit: int, as_csv: CsvForm | None, url: str, as_json: bool) -> None:
    """List the missing and the weak data in the figure of LOT, largest first, and whom to ask for better data."""
    with Client(url) as client:
        answer = client.get("/v1/gaps", LotGaps, lot=lot, limit=limit)
    if as_json:
        print_json(answer)
    elif as_csv is not None:
        print_csv(as_csv, _CSV, (_csv_row(answer, gap) for gap in answer.items))
        say_all([*hidden_line(answer.hidden, "kg CO2e"), *answer_findings(answer), *_left_off(answer)])
    else:
        show(*gaps_report(answer))


def gaps_report(answer: LotGaps) -> Iterator[Part]:
    """The gaps of a lot, as text for people."""
    yield styled(f"gaps of {answer.lot}", style="bold")
    yield _summary(answer)
    yield from hidden_line(answer.hidden, "kg CO2e")
    yield from answer_findings(answer)
    sized = [gap for gap in answer.items if gap.kg_co2e is not None]
    unsized = [gap for gap in answer.items if gap.kg_co2e is None]
    if sized:
        yield styled("by weight in the result (the same kg may appear in several rows)", style="bold")
        yield _table(sized)
    if unsized:
        yield styled("omitted, size unknown, by the part of the record that the lot carries", style="bold")
        yield _table(unsized)
    if not answer.items:
        yield "no gaps: the whole figure is primary data, declared or measured"
    yield from _left_off(answer)


def _left_off(answer: LotGaps) -> Iterator[str]:
    if answer.left_off:
        yield f"… and {answer.left_off:,} more: --limit"


def _csv_row(answer: LotGaps, gap: Gap) -> list[object]:
    evidence = " ".join([one.kind for one in gap.evidence])
    return [answer.lot, gap.kind, gap.what, gap.kg_co2e, gap.percent, gap.weight, gap.ask, gap.whom, gap.behind,
            gap.facility, gap.amount, gap.unit, gap.basis, gap.factor, evidence, gap.start, gap.end, gap.count,
            " ".join(gap.records)]


def _summary(answer: LotGaps) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("footprint", f"{fixed(answer.footprint)} kg CO2e out of {answer.records} records")
    table.add_row("well founded", f"{_kilograms(answer.well_founded)}, {_percent(answer.well_founded_percent)} of "
                                  f"{_kilograms(answer.absolute)} in absolute amounts")
    left_out = f"{_kilograms(answer.omitted)} omitted, by estimate"
    if answer.unestimated:
        left_out += f", and {numeral(answer.unestimated, 3)} omissions of unknown size"
    table.add_row("completeness", f"{answer.completeness}; {left_out}")
    if answer.provisional:
        table.add_row("provisional", f"{_kilograms(answer.provisional)} wait for a closing")
    if answer.assigned:
        table.add_row("assigned", f"{_kilograms(answer.assigned)} by system expansion")
    if answer.averaged:
        table.add_row("averaged", f"{_kilograms(answer.averaged)} by the period averages of pools")
    return table


def _table(items: Iterable[Gap]) -> Table:
    table = Table("kg CO2e", "share", "gap", "request", "from", "record", box=None, pad_edge=False)
    table.columns[0].justify = table.columns[1].justify = "right"
    for gap in items:
        size = fixed(gap.kg_co2e) if gap.kg_co2e is not None else "?"
        part = _percent(gap.percent) if gap.kg_co2e is not None else f"part {numeral(gap.weight, 3)}"
        table.add_row(size, part, _described(gap), gap.ask, _whom(gap), _records(gap))
    return table


def _described(gap: Gap) -> str:
    parts = [f"{gap.kind}: {gap.what}"]
    if gap.amount is not None:
        parts.append(f"{numeral(gap.amount, 4)} {gap.unit}")
    if gap.basis:
        parts.append(f"basis {gap.basis}")
    if gap.factor:
        parts.append(f"factor {gap.factor}")
    if gap.kind == "declaration":
        parts.append("evidence: " + (", ".join(one.kind for one in gap.evidence) or "none"))
    if gap.start and gap.end:
        parts.append(f"{gap.start[:10]} to {gap.end[:10]}")
    return ", ".join(parts)


def _whom(gap: Gap) -> str:
    whom = f"{gap.whom}, and through it {gap.behind}" if gap.behind else gap.whom
    return f"{whom}, at {gap.facility}" if gap.facility else whom


def _records(gap: Gap) -> str:
    if not gap.records:
        return ""
    more = f" and {gap.count - 1} more" if gap.count > 1 else ""
    return f"{gap.records[0][:12]}…{more}"


def _kilograms(amount: float) -> str:
    return f"{fixed(amount)} kg CO2e"


def _percent(percent: float | None) -> str:
    return "unknown" if percent is None else f"{percent:.1f} %"

"""`contributions`: the breakdown of a lot's figure by organisation, stage, country, source or another grouping."""

from collections.abc import Iterator

import click
from rich.table import Table

from ledger.cli.client import Client, url_option
from ledger.cli.console import CsvForm, Part, csv_option, json_option, print_csv, print_json, say_all, show, styled
from ledger.cli.findings import answer_findings, hidden_line
from ledger.cli.numbers import numeral
from ledger.footprint.derived.tables.rows import GROUPINGS, ContributionRow, Contributions

_NAMES = {
    "assigned": "assigned (system expansion)", "averaged": "period averages of pools", "rest": "rest (rounding)",
    "hidden": "other hidden parts",
}
_CSV = ("lot", "by", "group", "part", "of", "amount", "unit", "percent", "positive", "negative", "records",
        "heaviest record", "heaviest amount", "stage", "facility", "issuer")


class _Grouping(click.Choice[str]):
    """A grouping; British spelling of `organization` too."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert("organization" if value == "organisation" else value, param, ctx)


@click.command()
@click.argument("lot")
@click.option("--by", type=_Grouping(GROUPINGS), default="stage", show_default=True, help="How to group.")
@click.option("--burden", help="Break down this burden instead of the footprint.")
@click.option("--content", help="Break down this content instead, such as recycledPostConsumer:steel.")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Rows to show at most.")
@csv_option("Print CSV for spreadsheets: a row for each group; the amounts add up to the figure.")
@url_option
@json_option
def contributions(
    lot: str, by: str, burden: str | None, content: str | None, at: int | None, limit: int, as_csv: CsvForm | None,
    url: str, as_json: bool,
) -> None:
    """Break the figure of LOT down into rows, largest first; the rows add up to the figure."""
    if burden is not None and content is not None:
        raise click.UsageError("give --burden or --content, not both")
    with Client(url) as client:
        answer = client.get("/v1/contributions", Contributions, lot=lot, by=by, burden=burden, content=content, at=at,
                            limit=limit)
    if as_json:
        print_json(answer)
    elif as_csv is not None:
        print_csv(as_csv, _CSV, (_csv_row(answer, row) for row in answer.rows))
        say_all([*hidden_line(answer.hidden, answer.unit), *answer_findings(answer)])
    else:
        show(*contributions_report(answer))


def contributions_report(answer: Contributions) -> Iterator[Part]:
    """A contribution table, as text for people."""
    yield styled(f"contributions to {answer.lot} by {answer.by}", style="bold")
    yield (f"{answer.of} {numeral(answer.figure)} {answer.unit} out of {answer.records:,} records, as of {answer.at:,} "
           f"entries, method {answer.method}")
    yield _table(answer)
    yield from hidden_line(answer.hidden, answer.unit)
    yield from answer_findings(answer)


def _csv_row(answer: Contributions, row: ContributionRow) -> list[object]:
    heaviest = row.heaviest
    own = [None] * 5 if heaviest is None else [
        heaviest.digest, heaviest.amount, heaviest.stage, heaviest.facility, heaviest.issuer]
    key = row.key if row.part in ("group", "received") else ""
    return [answer.lot, answer.by, key, row.part, answer.of, row.amount, answer.unit, row.percent,
            row.positive, row.negative, row.records, *own]


def _table(answer: Contributions) -> Table:
    table = Table(answer.by, answer.unit, "%", "positive", "negative", "records", "heaviest record", box=None,
                  pad_edge=False)
    for column in table.columns[1:6]:
        column.justify = "right"
    for row in answer.rows:
        signed = (numeral(row.positive), numeral(row.negative)) if row.positive and row.negative else ("", "")
        records = f"{row.records:,}" if row.records else ""
        table.add_row(_key(row), numeral(row.amount), _percent(row), *signed, records, _heaviest(row))
    table.add_row("sum", numeral(answer.figure), "100.0" if answer.figure else "", style="bold")
    return table


def _key(row: ContributionRow) -> str:
    if row.part == "received":
        return f"received: {row.key}" + (f", of {row.received.supplier}" if row.received is not None else "")
    return f"{row.rows:,} more: --limit" if row.part == "more" else _NAMES.get(row.part, row.key)


def _percent(row: ContributionRow) -> str:
    return "" if row.percent is None else f"{row.percent:.1f}"


def _heaviest(row: ContributionRow) -> str:
    record = row.heaviest
    if record is None:
        return ""
    amount = f" {numeral(record.amount)}" if row.records > 1 else ""
    return f"{record.digest[:12]}…{amount} {record.stage}, {record.facility or record.issuer}"

"""`sensitivity`: how much a lot's figure depends on the choice of allocation."""

from collections.abc import Iterator

import click
from rich.table import Table

from ledger.cli.buyer.method_report import percent
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.service.queries.methods.answers import ChoiceAnswer, SensitivityAnswer


@click.command()
@click.argument("lot")
@click.option("--at", type=int, help="As of a log of so many entries.  [default: now]")
@url_option
@json_option
def sensitivity(lot: str, at: int | None, url: str, as_json: bool) -> None:
    """Show what the figure of LOT would be by each key of allocation, and the records on which that depends most."""
    with Client(url) as client:
        answer = client.get("/v1/sensitivity", SensitivityAnswer, lot=lot, at=at)
    if as_json:
        print_json(answer)
    else:
        show(*sensitivity_report(answer))


def sensitivity_report(answer: SensitivityAnswer) -> Iterator[Part]:
    """What people want to read of it."""
    yield styled(f"{answer.title} of {answer.lot} by each key of allocation", style="bold")
    yield f"{answer.quantity} of {answer.product}, as of {answer.size} entries with root {answer.root}"
    own = ", ".join(f"{count} by {key}" for key, count in answer.keys.items())
    yield f"{answer.records} records behind it leave a choice" + (f": {own}" if own else "")
    yield _choices(answer)
    if answer.sensitive:
        yield styled("records on which it depends most, each changed alone: kg CO2e more in the lot", style="bold")
        yield _sensitive(answer)
    if answer.left_off:
        yield f"… and {answer.left_off} more"
    for one in answer.limitations:
        yield f"limitation: {one}"


def _choices(answer: SensitivityAnswer) -> Table:
    table = Table("allocation", "kg CO2e", f"per {answer.unit}", "difference", "", box=None, pad_edge=False)
    for column in table.columns[1:4]:
        column.justify = "right"
    table.add_row("as stored", f"{answer.footprint:,.3f}", f"{answer.footprint_per_unit:,.6g}", "", style="bold")
    for one in answer.choices:
        if one.footprint is None or one.footprint_per_unit is None:
            table.add_row(one.allocation, "?", "?", "?", _missing(one))
        else:
            change = "" if one.percent is None else percent(one.percent)
            table.add_row(one.allocation, f"{one.footprint:,.3f}", f"{one.footprint_per_unit:,.6g}", change)
    return table


def _missing(one: ChoiceAnswer) -> str:
    first = one.missing[0]
    more = f" and {one.missing_records - 1} more" if one.missing_records > 1 else ""
    return f"record {first.record[:12]}…{more}: {first.field} is missing"


def _sensitive(answer: SensitivityAnswer) -> Table:
    table = Table("record", "process", "facility", "by", "at most", "of it", "by other keys", box=None, pad_edge=False)
    table.columns[4].justify = table.columns[5].justify = "right"
    for one in answer.sensitive:
        told = ", ".join(f"{key} {amount:+,.3f}" for key, amount in one.differences.items())
        part = "" if one.percent is None else percent(one.percent)
        table.add_row(f"{one.record[:12]}…", one.process, one.facility, one.allocation, f"{one.largest:+,.3f}", part,
                      told)
    return table

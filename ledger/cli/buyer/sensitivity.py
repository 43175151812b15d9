"""`sensitivity`: how much the choice of allocation changes a lot's figure."""

from collections.abc import Iterator

import click
from rich.table import Table

from ledger.answers.methods import ChoiceAnswer, FactorSensitivityAnswer, SensitivityAnswer
from ledger.cli.buyer.method_report import percent
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.cli.findings import questioned_line
from ledger.cli.numbers import fixed, numeral


@click.command()
@click.argument("lot")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@click.option("--factors", is_flag=True, help="Instead, by the newest installed versions of the factor sets.")
@url_option
@json_option
def sensitivity(lot: str, at: int | None, factors: bool, url: str, as_json: bool) -> None:
    """Show the figure of LOT by each allocation key, and the records that change it most."""
    with Client(url) as client:
        if factors:
            by_newest = client.get("/v1/sensitivity/factors", FactorSensitivityAnswer, lot=lot, at=at)
            if as_json:
                print_json(by_newest)
            else:
                show(*factor_report(by_newest))
            return
        answer = client.get("/v1/sensitivity", SensitivityAnswer, lot=lot, at=at)
    if as_json:
        print_json(answer)
    else:
        show(*sensitivity_report(answer))


def factor_report(answer: FactorSensitivityAnswer) -> Iterator[Part]:
    """The figure by the newest factor sets, as text for people."""
    yield styled(f"{answer.title} of {answer.lot} by the newest factor sets", style="bold")
    yield f"{answer.quantity} of {answer.product}, as of {answer.size} entries with root {answer.root}"
    change = "" if answer.percent is None else f", {percent(answer.percent)}"
    sets = ", ".join(answer.sets) or "no set"
    yield f"stored {fixed(answer.footprint)} kg CO2e; by {sets} {fixed(answer.repriced)}{change}"
    yield from questioned_line(answer.questioned)
    table = Table("stored factor", "newest", "kg CO2e", "by newest", "difference", box=None, pad_edge=False)
    for column in table.columns[2:]:
        column.justify = "right"
    for row in answer.factors:
        table.add_row(row.factor, row.newest or "-", fixed(row.stored), fixed(row.repriced),
                      fixed(row.difference, signed=True))
    yield table
    if answer.left_off:
        yield f"… and {answer.left_off} more"
    for limitation in answer.limitations:
        yield f"limitation: {limitation}"


def sensitivity_report(answer: SensitivityAnswer) -> Iterator[Part]:
    """The answer, as text for people."""
    yield styled(f"{answer.title} of {answer.lot} by each allocation key", style="bold")
    yield f"{answer.quantity} of {answer.product}, as of {answer.size} entries with root {answer.root}"
    own = ", ".join(f"{count} by {key}" for key, count in answer.keys.items())
    yield f"{answer.records} upstream records leave a choice" + (f": {own}" if own else "")
    yield _choices(answer)
    yield from questioned_line(answer.questioned)
    if answer.sensitive:
        yield styled("most sensitive records: kg CO2e added to the lot by a change of one record alone", style="bold")
        yield _sensitive(answer)
    if answer.left_off:
        yield f"… and {answer.left_off} more"
    for limitation in answer.limitations:
        yield f"limitation: {limitation}"


def _choices(answer: SensitivityAnswer) -> Table:
    table = Table("allocation", "kg CO2e", f"per {answer.unit}", "difference", "", box=None, pad_edge=False)
    for column in table.columns[1:4]:
        column.justify = "right"
    table.add_row("as stored", fixed(answer.footprint), numeral(answer.footprint_per_unit), "", style="bold")
    for choice in answer.choices:
        if choice.footprint is None or choice.footprint_per_unit is None:
            table.add_row(choice.allocation, "?", "?", "?", _missing(choice))
        else:
            change = "" if choice.percent is None else percent(choice.percent)
            table.add_row(choice.allocation, fixed(choice.footprint), numeral(choice.footprint_per_unit), change)
    return table


def _missing(choice: ChoiceAnswer) -> str:
    first = choice.missing[0]
    more = f" and {choice.missing_records - 1} more" if choice.missing_records > 1 else ""
    return f"record {first.record[:12]}…{more}: {first.field} is missing"


def _sensitive(answer: SensitivityAnswer) -> Table:
    table = Table("record", "process", "facility", "by", "at most", "change", "by other keys", box=None, pad_edge=False)
    table.columns[4].justify = table.columns[5].justify = "right"
    for record in answer.sensitive:
        differences = ", ".join(f"{key} {fixed(amount, signed=True)}" for key, amount in record.differences.items())
        part = "" if record.percent is None else percent(record.percent)
        table.add_row(f"{record.record[:12]}…", record.process, record.facility, record.allocation,
                      fixed(record.largest, signed=True), part, differences)
    return table

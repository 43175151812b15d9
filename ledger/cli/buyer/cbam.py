"""`cbam`: embedded emissions of an installation's goods, by the rules of the carbon border adjustment."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table

from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.cli.files import FILE, reading
from ledger.cli.lazy import attribute
from ledger.cli.numbers import numeral
from ledger.errors import ConfigurationError
from ledger.registry.exchanges import exchange_named
from ledger.sdk import Answer, Installations, Sheet


@click.command()
@click.argument("case", type=FILE, required=False)
@click.option("--facility", help="An installation on the ledger, instead of CASE.")
@click.option("--year", type=int, help="With --facility: the calendar year, UTC.")
@click.option("--defaults", type=FILE, help="With --facility: CSV of default values: cn,country,direct,indirect,source"
                                            "[,year], t CO2e per t before the mark-up.")
@click.option("--workbook", type=FILE, help="With --facility: write a workbook (.xlsx) for the declarant.")
@click.option("--at", type=int, help="With --facility: as of this tree size (number of entries).")
@url_option
@json_option
def cbam(
    case: Path | None, facility: str | None, year: int | None, defaults: Path | None, workbook: Path | None,
    at: int | None, url: str, as_json: bool,
) -> None:
    """Compute the embedded emissions of goods in t CO2e per t: from CASE, an installation's file (`-` is stdin), or
    from the records of --facility in --year on the ledger."""
    if (case is None) == (facility is None):
        raise click.UsageError("give either CASE or --facility")
    if case is not None:
        _check_alone(year=year, defaults=defaults, workbook=workbook, at=at)
        _print_case(case, as_json=as_json)
        return
    if year is None:
        raise click.UsageError("--facility needs --year")
    write = None if workbook is None else attribute("ledger.cli.buyer.workbook:write_workbook", "--workbook")
    with Client(url) as client:
        installations = client.get("/v1/cbam", Installations, facility=facility, year=year, at=at)
    answer, sheets = _report(installations, defaults)
    if workbook is not None and write is not None:
        write(workbook, sheets)
    if as_json:
        print_json(answer)
    else:
        show(*_parts(msgspec.to_builtins(answer), sheets))


def _check_alone(**others: object) -> None:
    for name, value in others.items():
        if value is not None:
            raise click.UsageError(f"--{name} needs --facility")


def _report(installations: Installations, defaults: Path | None) -> tuple[Answer, Sequence[Sheet]]:
    exchange = exchange_named("cbam")
    if exchange.report is None or exchange.sheets is None:
        raise ConfigurationError(f"exchange cbam {exchange.version} cannot report installations")
    if defaults is None:
        answer = exchange.report(installations, None)
    else:
        with reading(defaults) as file:
            answer = exchange.report(installations, file.read())
    return answer, exchange.sheets(answer)


def _parts(report: Mapping[str, Any], sheets: Sequence[Sheet]) -> Iterator[Part]:
    yield styled(f"goods of {report['facility']} in {report['year']}, as of {report['at']} entries", style="bold")
    for sheet in sheets:
        if sheet.brief and sheet.rows:
            yield styled(sheet.name, style="bold")
            yield _table(sheet)
    for text in report["warnings"]:
        yield f"! {text}"


def _table(sheet: Sheet) -> Table:
    """The columns for a terminal, without empty ones."""
    columns = [i for i, name in enumerate(sheet.columns)
               if name in sheet.brief and any(row[i] not in (None, "") for row in sheet.rows)]
    table = Table(*[sheet.columns[i] for i in columns], box=None, pad_edge=False)
    for place, i in enumerate(columns):
        if all(not isinstance(row[i], str) for row in sheet.rows):
            table.columns[place].justify = "right"
    for row in sheet.rows:
        table.add_row(*[_shown(row[i]) for i in columns])
    return table


def _shown(value: str | float | int | None) -> str:
    if value is None:
        return ""
    return numeral(value) if isinstance(value, float) else str(value)


def _print_case(case: Path, *, as_json: bool) -> None:
    with reading(case) as file:
        report = exchange_named("cbam").read(file.read())
    if as_json:
        print_json(report)
    else:
        show(*_case_parts(msgspec.to_builtins(report)))


def _case_parts(report: Mapping[str, Any]) -> list[Table | str]:
    columns = ("process", "direct", "with precursors", "indirect", "with precursors", "MWh")
    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for process in report["processes"]:
        figures = ("specificDirect", "embeddedDirect", "specificIndirect", "embeddedIndirect",
                   "embeddedElectricityMWhPerTonne")
        table.add_row(f"{process['name']} ({process['goods']})", *[f"{process[name]:,.6f}" for name in figures])
    streams = sum(report["streams"]) + sum(report["pfc"])
    rest = report["unattributed"]["directTonnesCO2e"]
    return ["t CO2e, and MWh of electricity, per t of goods", table,
            f"{streams:,.1f} t CO2e of source streams and anode effects, {rest:,.1f} of them attributed to no process"]

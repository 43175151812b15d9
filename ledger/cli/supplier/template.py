"""`template`: an example of a record, as a file to fill in."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import click

from ledger.cli.client import catalogue_option
from ledger.cli.console import print_lines, say
from ledger.cli.files import FILE
from ledger.cli.lazy import attribute
from ledger.cli.supplier.catalogue import language_option, references
from ledger.client.sheets.columns import Tree
from ledger.client.sheets.template import (
    Guides,
    csv_text,
    example_of,
    json_text,
    keyed,
    number_in,
    template_sheets,
)
from ledger.host.files.durable import replacing
from ledger.registry.reference.examples import OWN
from ledger.registry.reference.texts import Language

Form = Literal["csv", "xlsx", "json"]
_BY_NAME: Final[Mapping[str, Form]] = {".csv": "csv", ".xlsx": "xlsx"}
_SHEETS: Final = "ledger.client.sheets"


@click.command()
@click.argument("name")
@click.option("--csv", "form", flag_value="csv", help="A CSV file with a row for each record.")
@click.option("--xlsx", "form", flag_value="xlsx", help="A workbook with a sheet for each list, notes and drop-downs.")
@click.option("--json", "form", flag_value="json", default=None,
              help="JSON, or NDJSON with --whole.  [default, unless the name of --output ends in .csv or .xlsx]")
@click.option("-o", "--output", type=FILE, help="File to write instead of stdout.")
@click.option("--issuer", default=OWN, show_default=True, help="Your organisation, whose identifiers it shall have.")
@click.option("--whole", is_flag=True, help="Write also the records to which the example refers, before it.")
@language_option("the notes")
@catalogue_option
def template(
    name: str, form: Form | None, output: Path | None, issuer: str, whole: bool, language: Language, url: str | None
) -> None:
    """Write an example of NAME, a kind (`transfer`) or a process (`steel.electricArcFurnace`), to fill in.

    `sign` takes the example as JSON or CSV, `import` takes it as CSV or as a workbook. Replace its identifiers by your
    own: the facility, products and lots must be on the ledger when you submit it.
    """
    if form is None:
        form = "json" if output is None else _BY_NAME.get(output.suffix.lower(), "json")
    if form == "xlsx" and output is None:
        raise click.UsageError("--xlsx needs --output")
    if form == "csv" and whole:
        raise click.UsageError("--whole needs --json or --xlsx: records of several kinds do not fit one table")
    reference = references(url)
    guides = Guides(reference)
    records = example_of(reference(name), guides, issuer, whole=whole)
    if form == "xlsx" and output is not None:
        write_workbook(output, records, guides, language)
    else:
        text = json_text(records) if form == "json" else csv_text(keyed(records)).encode()
        _write(output, text)
    if output is not None:
        say(f"{output}: {len(records)} record{'s' if len(records) > 1 else ''}")


def _write(output: Path | None, text: bytes) -> None:
    if output is None:
        print_lines(text.decode().removesuffix("\n"))
        return
    with replacing(output) as file:
        file.write(text)


def write_workbook(output: Path, records: Sequence[Tree], guides: Guides, language: Language) -> None:
    """Writes a workbook of records with business keys. Raises OSError."""
    heading: Callable[..., Any] = workbook("Heading")
    page: Callable[..., Any] = workbook("SheetPage")
    pages = []
    for sheet in template_sheets(keyed(records), guides, language):
        headings = [heading(one.name, one.note, one.allowed, not one.is_number) for one in sheet.columns]
        rows = [
            [number_in(cell) if one.is_number else cell or None for one, cell in zip(sheet.columns, row, strict=True)]
            for row in sheet.rows
        ]
        pages.append(page(sheet.name, headings, rows))
    workbook("write_pages")(output, pages)


def workbook(name: str, module: str = "workbook") -> Any:
    """A name of a module that reads or writes workbooks. Raises ConfigurationError if their library is not installed.
    """
    return attribute(f"{_SHEETS}.{module}:{name}", "a workbook")

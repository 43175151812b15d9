"""`schema`: which records and processes there are, and which fields each of them has."""

from collections.abc import Iterator, Sequence
from typing import Final

import click
from rich.table import Table

from ledger.cli.client import catalogue_option
from ledger.cli.console import Part, json_option, print_json, say, show, styled
from ledger.cli.supplier.catalogue import NO_SECTOR, entries, lacks_sectors, language_option, references
from ledger.errors import NotFound
from ledger.registry.reference.catalogue import SchemaEntry, SchemaField, SchemaReference, fitting
from ledger.registry.reference.texts import Language, in_language, rule_in_language, unit_in_language

_SHOWN: Final = 10
_MOST: Final = 20


@click.command()
@click.argument("name", required=False)
@click.option("--find", metavar="WORDS", help="List the entries that fit these words, in English, Chinese or German.")
@click.option("--json-schema", "as_schema", is_flag=True, help="Print the JSON Schema of NAME.")
@language_option("meanings, purposes, rules and units")
@catalogue_option
@json_option
def schema(
    name: str | None, find: str | None, as_schema: bool, language: Language, url: str | None, as_json: bool
) -> None:
    """List kinds of records and processes, or show the fields of one.

    NAME is a kind (`transfer`) or a process (`steel.electricArcFurnace`). The fields of a process are its activity; the
    record around it is a `transformation`.
    """
    if name is not None and find is not None:
        raise click.UsageError("give NAME or --find, not both")
    if as_schema and name is None:
        raise click.UsageError("--json-schema needs NAME")
    if name is None:
        known = entries(url)
        listed = known if find is None else fitting(known, find)[:_SHOWN]
        if not listed:
            raise NotFound(f"nothing fits {find!r}", code="nothing-fitting", field="find", value=find,
                           rule=NO_SECTOR if lacks_sectors(url) else
                           "other words, or `carbon-ledger schema` for the whole list")
        if lacks_sectors(url):
            say(f"only kinds of records: {NO_SECTOR}")
        if as_json:
            print_json(listed)
        else:
            show(*_list(listed, language, purposes=find is not None))
        return
    reference = references(url)(name)
    if as_schema:
        print_json(reference.json_schema)
    elif as_json:
        print_json(reference)
    else:
        show(*_described(reference, language))


def _list(entries: Sequence[SchemaEntry], language: Language, *, purposes: bool) -> Iterator[Part]:
    table = Table("name", "what", *(["for"] if purposes else []), box=None, pad_edge=False)
    for entry in entries:
        purpose = [in_language(entry.purpose, language)] if purposes else []
        table.add_row(entry.name, in_language(entry.names, language), *purpose)
    yield table
    yield "`carbon-ledger schema NAME` shows the fields of one."


def _described(reference: SchemaReference, language: Language) -> Iterator[Part]:
    entry = reference.entry
    yield styled(f"{entry.name}: {in_language(entry.names, language)}", style="bold")
    if entry.purpose:
        yield in_language(entry.purpose, language)
    if entry.of == "process":
        yield ("The activity of a `transformation` with this process. `carbon-ledger schema transformation` shows the "
               "other fields.")
    for described in reference.types:
        table = Table(title=styled(described.name, style="bold"), box=None, pad_edge=False, title_justify="left")
        for column in ("field", "type", "required", "allowed or usual unit", "meaning", "example"):
            table.add_column(column, overflow="fold")
        for field in described.fields:
            table.add_row(
                field.name, field.type, _required(field), _allowed(field, language),
                in_language(field.meaning, language), field.example or "",
            )
        yield ""
        yield table


def _required(field: SchemaField) -> str:
    if field.required:
        return "yes"
    return f"default {field.default}" if field.default else ""


def _allowed(field: SchemaField, language: Language) -> str:
    if field.allowed:
        more = f" and {len(field.allowed) - _MOST} more" if len(field.allowed) > _MOST else ""
        return ", ".join(field.allowed[:_MOST]) + more
    if field.unit:
        return f"usually {field.unit} ({unit_in_language(field.unit, language)})"
    return rule_in_language(field.rule, language) if field.rule else ""

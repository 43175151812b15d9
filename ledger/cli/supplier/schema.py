"""`schema`: which records and processes there are, and which fields each of them has."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import click
from rich.table import Table

from ledger.cli.client import catalogue_option
from ledger.cli.console import Part, json_option, print_json, say, show, styled
from ledger.cli.supplier.catalogue import NO_SECTOR, entries, lacks_sectors, language_option, references
from ledger.errors import NotFound
from ledger.registry.reference.catalogue import SchemaEntry, SchemaField, SchemaReference, fitting
from ledger.registry.reference.texts import (
    Language,
    in_language,
    rule_in_language,
    type_in_language,
    unit_in_language,
)

_SHOWN: Final = 10
_MOST: Final = 20


class _Words(NamedTuple):
    """The words around the texts. `listed`: headings of the list; `fields`: headings of the fields of a type."""

    listed: tuple[str, str, str]
    fields: tuple[str, str, str, str, str, str]
    required: str
    default: str
    usual: str
    more: str
    shows: str
    activity: str


_WORDS: Final[Mapping[Language, _Words]] = {
    "en": _Words(
        ("name", "what", "for"), ("field", "type", "required", "allowed or usual unit", "meaning", "example"),
        "yes", "default {}", "usually {}", " and {} more", "`carbon-ledger schema NAME` shows the fields of one.",
        "The activity of a `transformation` with this process. `carbon-ledger schema transformation` shows the other "
        "fields.",
    ),
    "zh": _Words(
        ("名称", "内容", "用途"), ("字段", "类型", "必填", "允许值或常用单位", "含义", "示例"),
        "是", "默认 {}", "常用 {}", "，另有 {} 个", "`carbon-ledger schema NAME` 显示其字段。",
        "采用此工序的 `transformation` 的 activity。其他字段见 `carbon-ledger schema transformation`。",
    ),
    "de": _Words(
        ("Name", "Was", "Wofür"), ("Feld", "Typ", "Pflicht", "Werte oder übliche Einheit", "Bedeutung", "Beispiel"),
        "ja", "sonst {}", "meist {}", " und {} weitere", "`carbon-ledger schema NAME` zeigt die Felder.",
        "Die activity einer `transformation` mit diesem Prozess. Die übrigen Felder zeigt `carbon-ledger schema "
        "transformation`.",
    ),
}


@click.command()
@click.argument("name", required=False)
@click.option("--find", metavar="WORDS", help="List the entries that fit these words, in English, Chinese or German.")
@click.option("--json-schema", "as_schema", is_flag=True, help="Print the JSON Schema of NAME.")
@language_option("all texts")
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
    words = _WORDS[language]
    table = Table(*(words.listed if purposes else words.listed[:2]), box=None, pad_edge=False)
    for entry in entries:
        purpose = [in_language(entry.purpose, language)] if purposes else []
        table.add_row(entry.name, in_language(entry.names, language), *purpose)
    yield table
    yield words.shows


def _described(reference: SchemaReference, language: Language) -> Iterator[Part]:
    entry, words = reference.entry, _WORDS[language]
    yield styled(f"{entry.name}: {in_language(entry.names, language)}", style="bold")
    if entry.purpose:
        yield in_language(entry.purpose, language)
    if entry.of == "process":
        yield words.activity
    for described in reference.types:
        table = Table(title=styled(described.name, style="bold"), box=None, pad_edge=False, title_justify="left")
        for column in words.fields:
            table.add_column(column, overflow="fold")
        for field in described.fields:
            table.add_row(
                field.name, type_in_language(field.type, language), _required(field, words), _allowed(field, language),
                in_language(field.meaning, language), field.example or "",
            )
        yield ""
        yield table


def _required(field: SchemaField, words: _Words) -> str:
    if field.required:
        return words.required
    return words.default.format(field.default) if field.default else ""


def _allowed(field: SchemaField, language: Language) -> str:
    words = _WORDS[language]
    if field.allowed:
        more = words.more.format(len(field.allowed) - _MOST) if len(field.allowed) > _MOST else ""
        return ", ".join(field.allowed[:_MOST]) + more
    if field.unit:
        return words.usual.format(f"{field.unit} ({unit_in_language(field.unit, language)})")
    return rule_in_language(field.rule, language) if field.rule else ""

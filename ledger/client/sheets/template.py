"""Templates: an example of a record, as files that people fill in."""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from ledger.client.sheets.columns import KEY, TEXT, Tree, column_named, unescaped
from ledger.client.sheets.guide import Guide
from ledger.client.sheets.tables import RecordTable, flat_table, tables_of
from ledger.core.printable import spreadsheet_text
from ledger.core.record.units import UNITS
from ledger.errors import NotFound
from ledger.registry.reference.catalogue import SchemaField, SchemaReference
from ledger.registry.reference.examples import OWN, for_issuer
from ledger.registry.reference.texts import Language, in_language, rule_in_language, unit_in_language

_TRANSFORMATION: Final = "transformation"
_NAMES: Final = ("id", "outputs", "newLot", "lot", "pool", "facility", "organization")
"""Fields by which the key of an example is named: the first of them that is an identifier, or has the one of a lot."""
_EXACT_DIGITS: Final = 15
_UNKNOWN: Final = "unknown:bool"
_KEY_NOTE: Final[Mapping[Language, str]] = {
    "en": "Business key: your own number of the record, each once, such as the number of a document. It joins the "
          "sheets, and shows at the next import which record has changed. It is not published.",
    "zh": "业务键：记录在贵方系统中的编号，如单据号，不得重复。各工作表由它关联；"
          "再次导入时凭它识别已更改的记录。不会公开。",
    "de": "Geschäftsschlüssel: Ihre eigene Nummer des Datensatzes, jede nur einmal, etwa eine Belegnummer. Sie "
          "verbindet die Blätter und zeigt beim nächsten Import, welcher Datensatz sich geändert hat. Sie wird nicht "
          "veröffentlicht.",
}
_NOTE_WORDS: Final[Mapping[Language, tuple[str, str, str, str]]] = {
    "en": ("required", "required with {}", "usual unit", "rule"),
    "zh": ("必填", "填写 {} 时必填", "常用单位", "规则"),
    "de": ("Pflichtangabe", "Pflichtangabe mit {}", "übliche Einheit", "Regel"),
}


class Guides:
    """The guides of kinds and processes; `reference` answers by name, as `carbon-ledger schema NAME`."""

    def __init__(self, reference: Callable[[str], SchemaReference]) -> None:
        self._reference = reference
        self._guides: dict[tuple[str, str | None], Guide] = {}

    def of(self, kind: str, process: str | None = None) -> Guide:
        """The guide of a kind, with the activity of a process if there is one by that name. Raises NotFound if there is
        no such kind."""
        key = (kind, process if kind == _TRANSFORMATION else None)
        if key not in self._guides:
            self._guides[key] = Guide(self._reference(kind), self._activity(key[1]))
        return self._guides[key]

    def _activity(self, process: str | None) -> SchemaReference | None:
        try:
            reference = None if process is None else self._reference(process)
        except NotFound:
            return None
        return reference if reference is not None and reference.entry.of == "process" else None

    def of_record(self, tree: Tree) -> Guide:
        process = tree.get("process")
        return self.of(str(tree["type"]), process if isinstance(process, str) else None)


def example_of(reference: SchemaReference, guides: Guides, issuer: str = OWN, *, whole: bool = False) -> list[Tree]:
    """The example of a kind or process for an issuer, with the fields in the order of the reference. `whole`: after the
    records to which it refers. Raises NotFound if there is no example."""
    if not reference.example:
        raise NotFound(f"{reference.entry.name} has no example", code="no-example", field="name",
                       value=reference.entry.name, rule="`carbon-ledger schema NAME` shows its fields")
    *before, last = for_issuer(reference.example, issuer)
    records = [_without(tree, ("issuer",) if tree["issuer"] == issuer else ()) for tree in before] if whole else []
    return [guides.of_record(tree).ordered(tree) for tree in [*records, _without(last, ("issuer", "nonce"))]]


def _without(tree: Tree, names: Sequence[str]) -> Tree:
    return {name: child for name, child in tree.items() if name not in names}


def keyed(records: Sequence[Tree]) -> list[tuple[str, Tree]]:
    """The records with business keys."""
    return [(f"{i}-{_name(tree)}" if len(records) > 1 else _name(tree), tree) for i, tree in enumerate(records, 1)]


def _name(tree: Tree) -> str:
    for name in _NAMES:
        node = tree.get(name)
        node = node[0] if isinstance(node, list) and node else node
        node = node.get("lot") if isinstance(node, dict) else node
        if isinstance(node, str):
            return node.rpartition(":")[2]
    return str(tree["type"])


def json_text(records: Sequence[Tree]) -> bytes:
    """One record as indented JSON, several as NDJSON."""
    if len(records) == 1:
        return msgspec.json.format(msgspec.json.encode(records[0]), indent=2) + b"\n"
    return b"".join([msgspec.json.encode(tree) + b"\n" for tree in records])


def csv_text(records: Sequence[tuple[str, Tree]]) -> str:
    """A CSV file with a row for each record. Names and keys may come from a server, so spreadsheets shall read them as
    text, like the cells."""
    table = flat_table(records)
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([spreadsheet_text(name) for name in table.columns])
    rows.writerows([[spreadsheet_text(row[KEY]), *[row.get(name, "") for name in table.columns if name != KEY]]
                    for row in table.rows])
    return text.getvalue()


class TemplateColumn(msgspec.Struct, frozen=True):
    """A column of a template: `note` explains it, `allowed` are its values if these are few and fixed. `is_number`:
    its cells are numbers, which every spreadsheet shows in its own format."""

    name: str
    note: str = ""
    allowed: tuple[str, ...] = ()
    is_number: bool = False


class TemplateSheet(msgspec.Struct, frozen=True):
    name: str
    columns: list[TemplateColumn]
    rows: list[list[str]]


def template_sheets(records: Sequence[tuple[str, Tree]], guides: Guides, language: Language) -> list[TemplateSheet]:
    """The sheets of a workbook: those with rows, then an empty one for each other list of the last record's kind. A
    list of supplies has the column of unknown keys: plants need it sooner or later."""
    of_keys = {key: guides.of_record(tree) for key, tree in records}
    tables = tables_of(records)
    for table in tables:
        if _UNKNOWN not in table.columns and _has_unknown(table, of_keys):
            table.columns.append(_UNKNOWN)
    sheets = [
        TemplateSheet(table.name, list(_columns(table, _guides_of(table, of_keys), language)),
                      [[row.get(name, "") for name in table.columns] for row in table.rows])
        for table in tables
    ]
    last = of_keys[records[-1][0]]
    empty = [table for table in _empty_tables(last) if table.name not in {sheet.name for sheet in sheets}]
    return sheets + [TemplateSheet(table.name, list(_columns(table, [last], language)), []) for table in empty]


def _has_unknown(table: RecordTable, of_keys: Mapping[str, Guide]) -> bool:
    path = (*table.path, *column_named(_UNKNOWN).path)
    return any(guide.field(path) is not None for guide in _guides_of(table, of_keys))


def _guides_of(table: RecordTable, of_keys: Mapping[str, Guide]) -> list[Guide]:
    """The guides of the records that have rows in a table, each once: fields of other kinds may have the same name."""
    return list({id(guide): guide for guide in (of_keys[row[KEY]] for row in table.rows)}.values())


def _empty_tables(guide: Guide) -> Iterator[RecordTable]:
    for path in guide.lists():
        table = RecordTable(".".join(path), path)
        table.columns += list(guide.columns(path))
        yield table


def _columns(table: RecordTable, guides: Sequence[Guide], language: Language) -> Iterator[TemplateColumn]:
    for name in table.columns:
        column = column_named(name)
        if name == KEY:
            yield TemplateColumn(name, _KEY_NOTE[language])
            continue
        path = (*table.path, *column.path)
        guide = next((guide for guide in guides if guide.field(path) is not None), None)
        fields = [] if guide is None else guide.fields(path)[len(table.path) :]
        if not fields:
            yield TemplateColumn(name, allowed=_kinds(name, table))
            continue
        field = fields[-1]
        number = field.type in ("decimal", "signed decimal", "fraction", "deviation") and column.kind == TEXT
        yield TemplateColumn(name, _note(fields, language), _allowed(field), number or column.kind == "int")


def _kinds(name: str, table: RecordTable) -> tuple[str, ...]:
    """The kinds of the records, for the column `type`."""
    if name != "type" or table.path:
        return ()
    return tuple(dict.fromkeys(row[name] for row in table.rows))


def _allowed(field: SchemaField) -> tuple[str, ...]:
    if field.type == "unit":
        return tuple(UNITS)
    return tuple(field.allowed) if field.type in ("word", "true or false") else ()


def _note(fields: Sequence[SchemaField], language: Language) -> str:
    """The note of a column. `fields`: from the one in the row to the one of the cell. Of the field around a part such
    as `quantity.value`, the note has the meaning and the unit too: the part does not name the measured amount."""
    required, where, unit, rule = _NOTE_WORDS[language]
    shown = [*[field for field in fields[-2:-1] if field.parts], fields[-1]]
    lines = [in_language(field.meaning, language) for field in shown]
    optional = next((field.name for field in reversed(fields) if not field.required), None)
    if optional is None:
        lines.append(required)
    elif fields[-1].required:
        lines.append(where.format(optional))
    lines += [f"{unit}: {field.unit} ({unit_in_language(field.unit, language)})" for field in shown if field.unit]
    if fields[-1].rule:
        lines.append(f"{rule}: {rule_in_language(fields[-1].rule, language)}")
    return "\n".join(dict.fromkeys(filter(None, lines)))


def number_in(text: str) -> float | str:
    """The number of a cell, if a spreadsheet holds it exactly."""
    digits = text.lstrip("-").replace(".", "").lstrip("0")
    return float(unescaped(text)) if text and len(digits) <= _EXACT_DIGITS else text

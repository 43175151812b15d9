"""A record as a flat row, and back: columns are dotted paths into the record.

A column `outputs.0.quantity.value` fills that field. Cells are text, like the numbers in records. The column's name
marks an integer, a boolean or JSON: `activity.heats:int`, `activity.sealed:bool`, `activity.operations:json`. In a
column `transfer:digest` a cell may name a record by its receipt. Columns whose name begins with `#` are notes, and the
column `key` has the business key of the record: neither fills a field.

An empty cell fills no field, so a value that no plain cell can hold is a cell of JSON: lists of texts, empty objects,
texts with line ends. A text that a spreadsheet would run as a formula has an apostrophe in front.
"""

import json
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple, NoReturn

from ledger.errors import InvalidInput

Path = tuple[str, ...]
Tree = dict[str, Any]
KINDS: Final = {"int": "an integer", "bool": "true or false", "json": "valid JSON", "digest": "a digest"}
"""The suffixes of columns, each with the name of its values in messages."""
TEXT: Final = "text"
KEY: Final = "key"
_NOTE: Final = "#"
_BOOLEANS: Final = {"true": True, "false": False}
_FORMULA: Final = re.compile(r"^'*[=+\-@]")
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_STEP: Final = 200
_LONGEST_NUMBER: Final = 9
"""Digits of the number of an item."""


class CellColumn(NamedTuple):
    """A column; the `path` of a note and of the key is empty. `kind`: a suffix, or `text`."""

    name: str
    path: Path
    kind: str


def column_named(name: str) -> CellColumn:
    """The column of a header's cell. Raises InvalidInput if the name is not a path."""
    if name.startswith(_NOTE) or name == KEY:
        return CellColumn(name, (), TEXT)
    path, colon, kind = name.rpartition(":")
    # Material names may contain colons.
    if not colon or kind not in KINDS:
        path, kind = name, TEXT
    steps = tuple(path.split("."))
    if not all(steps) or any(step.isdecimal() and len(step) > _LONGEST_NUMBER for step in steps):
        raise InvalidInput(f"column {name!r} is not a path", code="not-csv", field=name, rule="such as outputs.0.lot")
    return CellColumn(name, steps, kind)


def columns_named(names: Sequence[str]) -> list[CellColumn | None]:
    """The columns of a header; None for an empty name. Raises InvalidInput if two columns fill the same field, or if
    one fills a part of another."""
    columns = [column_named(name) if name else None for name in names]
    filling = [column for column in columns if column is not None and column.path]
    filled: dict[Path, str] = {}
    for column in filling:
        if column.path in filled:
            raise InvalidInput(f"columns {filled[column.path]} and {column.name} fill the same field",
                               code="duplicate-column", field=column.name)
        filled[column.path] = column.name
    for column in filling:
        above = next((filled[column.path[:n]] for n in range(1, len(column.path)) if column.path[:n] in filled), None)
        if above is not None:
            raise InvalidInput(f"column {column.name} fills a part of column {above}", code="duplicate-column",
                               field=column.name)
    return columns


def typed(text: str, kind: str, digest: Callable[[str], str]) -> Any:
    """The value of a cell that is not empty. Raises ValueError if the text is no value of that kind."""
    if kind == "digest":
        return digest(text)
    if kind == "int":
        return int(text)
    if kind == "bool":
        if text.lower() not in _BOOLEANS:
            raise ValueError(text)
        return _BOOLEANS[text.lower()]
    if kind == "json":
        return parsed(text)
    return unescaped(text)


def _unique(pairs: list[tuple[str, Any]]) -> Tree:
    """An object without duplicate names: of two fields with one name, only one would be signed, without notice."""
    tree = dict(pairs)
    if len(tree) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} appears twice in one object")
    return tree


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not valid in JSON")


def parsed(text: str | bytes) -> Any:
    """The value of a JSON text, without duplicate names and without NaN; fractions keep their digits. Raises ValueError
    or RecursionError."""
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=Decimal)


class _Branch(dict[str, Any]):
    """An object, or later a list, that columns fill; in contrast to an object that a cell of JSON states."""


def fill(tree: Tree, path: Path, value: Any) -> None:
    """Sets the value at a path. Lists are still mappings by number: see `with_lists`."""
    for step in path[:-1]:
        tree = tree.setdefault(step, _Branch())
    tree[path[-1]] = value


def with_lists(tree: Tree, columns: dict[str, str]) -> Tree:
    """The tree with a list for each mapping whose keys are all numbers, in order of the numbers and without gaps. Fills
    `columns`: for each path of the tree, such as `$.outputs[0].lot`, the column that filled it."""
    whole: Tree = _with_lists(_Branch(tree), "$", "", columns)
    return whole


def _with_lists(node: Any, path: str, column: str, columns: dict[str, str]) -> Any:
    columns[path] = column
    if not isinstance(node, _Branch):
        return node
    if node and all(step.isdecimal() for step in node):
        steps = sorted(node, key=int)
        return [_with_lists(node[step], f"{path}[{i}]", f"{column}.{step}", columns) for i, step in enumerate(steps)]
    return {
        step: _with_lists(child, f"{path}.{step}", f"{column}.{step}" if column else step, columns)
        for step, child in node.items()
    }


def flattened(tree: Tree) -> dict[str, str]:
    """The cells of a record, or of a part of it, by the names of their columns: the inverse of reading them."""
    cells: dict[str, str] = {}
    for name, child in tree.items():
        if not _is_step(name):
            raise InvalidInput(f"{name!r} is not the name of a field", code="invalid-field", field=name)
        _flatten(child, name, cells)
    return cells


def _flatten(node: Any, path: str, cells: dict[str, str]) -> None:
    if has_paths(node):
        for step, child in node.items():
            _flatten(child, f"{path}.{step}", cells)
    elif is_table(node):
        for i, item in enumerate(node):
            _flatten(item, f"{path}.{i}", cells)
    elif isinstance(node, str) and node and node == node.strip() and not _CONTROL.search(node):
        cells[path] = escaped(node)
    elif isinstance(node, bool):
        cells[f"{path}:bool"] = "true" if node else "false"
    elif isinstance(node, int):
        cells[f"{path}:int"] = str(node)
    else:
        cells[f"{path}:json"] = json.dumps(node, ensure_ascii=False, separators=(",", ":"))


def is_table(node: Any) -> bool:
    """Whether a value is a list of objects, each with at least one field: rows of a table of its own. Their field `key`
    would be read as the business key of the record, so such a list stays with the record."""
    return isinstance(node, list) and bool(node) and all(has_paths(item) and KEY not in item for item in node)


def has_paths(node: Any) -> bool:
    """Whether a value is an object with fields, and each of their names can be a step of a column's path."""
    return isinstance(node, dict) and bool(node) and all(map(_is_step, node))


def _is_step(name: str) -> bool:
    """Whether a name can be a step of a column's path: nothing in it would be read as another path or suffix."""
    _, colon, suffix = name.rpartition(":")
    return (
        0 < len(name) <= _LONGEST_STEP and "." not in name and not name.isdecimal() and name == name.strip()
        and not name.startswith(_NOTE) and not (colon and suffix in KINDS) and not _CONTROL.search(name)
    )


def escaped(text: str) -> str:
    """A text as a cell: with an apostrophe in front if a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unescaped(text: str) -> str:
    """The text of a cell: the inverse of `escaped`."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text



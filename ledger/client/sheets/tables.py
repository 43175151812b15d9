"""A record as rows of several tables, joined by its business key, and back.

The table `record` has a row for each record; records of several kinds have a table for each kind. Each list of parts
has a table with a row for each part, named by its path (`inputs`, `activity.slags`). Lists inside of such parts stay in
the row, with numbers in the names of their columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.client.sheets.columns import KEY, Path, Tree, fill, flattened, has_paths, is_table
from ledger.errors import InvalidInput

RECORD: Final = "record"
Cells = dict[str, str]


class RecordTable:
    """Rows under the names of their columns. `path`: the list of a record whose parts they are; empty for records. A
    column appears when the first row has it."""

    def __init__(self, name: str, path: Path = ()) -> None:
        self.name, self.path = name, path
        self.columns: list[str] = [KEY]
        self.rows: list[Mapping[str, str]] = []

    def add(self, row: Mapping[str, str]) -> None:
        self.columns += [name for name in row if name not in self.columns]
        self.rows.append(row)


def tables_of(records: Sequence[tuple[str, Tree]]) -> list[RecordTable]:
    """The tables of records, each with its business key."""
    tables: dict[str, RecordTable] = {}
    several = len({tree["type"] for _, tree in records}) > 1
    for key, tree in records:
        rest, lists = _split(tree)
        name = tree["type"] if several else RECORD
        tables.setdefault(name, RecordTable(name)).add({KEY: key, **flattened(rest)})
        for path, items in lists:
            name = ".".join(path)
            for item in items:
                tables.setdefault(name, RecordTable(name, path)).add({KEY: key, **flattened(item)})
    return sorted(tables.values(), key=lambda table: bool(table.path))


def flat_table(records: Sequence[tuple[str, Tree]]) -> RecordTable:
    """One table with a row for each record."""
    table = RecordTable(RECORD)
    for key, tree in records:
        table.add({KEY: key, **flattened(tree)})
    return table


def joined(record: Tree, lists: Mapping[Path, Sequence[Tree]]) -> Tree:
    """The record with the lists of its tables; the inverse of the split. It changes `record`. Raises InvalidInput if
    the place of a list is taken: nothing is replaced."""
    for path, items in lists.items():
        _check_free(record, path)
        fill(record, path, list(items))
    return record


def _check_free(record: Tree, path: Path) -> None:
    node: Any = record
    for i, step in enumerate(path):
        if not isinstance(node, dict):
            raise _taken(path, path[:i], "a part of it")
        if step not in node:
            return
        node = node[step]
    raise _taken(path, path, "it too")


def _taken(path: Path, field: Path, what: str) -> InvalidInput:
    return InvalidInput(f"the sheet {'.'.join(path)} fills {what}", code="duplicate-column", field=".".join(field),
                        rule="each field in one sheet")


def _split(tree: Tree) -> tuple[Tree, list[tuple[Path, list[Any]]]]:
    """The record without its lists of parts, and these by path."""
    lists = list(_lists(tree, ()))
    return _without(tree, {path for path, _ in lists}, ()), lists


def _lists(node: Tree, above: Path) -> Iterator[tuple[Path, list[Any]]]:
    for name, child in node.items():
        path = (*above, name)
        if is_table(child):
            yield path, child
        elif has_paths(child):
            yield from _lists(child, path)


def _without(node: Tree, paths: set[Path], above: Path) -> Tree:
    """Objects whose only content was such lists are left out: their tables bring them back."""
    kept: Tree = {}
    for name, child in node.items():
        path = (*above, name)
        if path in paths:
            continue
        if not has_paths(child):
            kept[name] = child
            continue
        rest = _without(child, paths, path)
        if rest:
            kept[name] = rest
    return kept

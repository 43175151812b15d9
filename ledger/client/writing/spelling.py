"""Records as people, spreadsheets and other systems write them, spelled as the ledger reads them.

The wire has one spelling for each value. Before a record is signed, `spelled` respells every value that can mean
nothing else: `0.50` and the JSON number 0.5 become "0.5", `5,9` becomes "5.9", an instant with an offset becomes UTC,
`kWh` becomes KWH. It guesses nothing: `1,234`, a date without a time and a misspelt word stay, and are refused with
their possible meanings. Read JSON with `json.loads(text, parse_float=Decimal)`, so that fractions keep their digits.
"""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from ledger.client.writing.samples import check_documents
from ledger.core import patch
from ledger.core.record.canonical import record_of
from ledger.core.record.faults import faults_of
from ledger.core.record.kinds import AnyRecord
from ledger.core.record.units import plain
from ledger.errors import InvalidInput

_INDEX: Final = re.compile(r"\[\d+\]")
_UNIT: Final = ".unit"


class Respelling(NamedTuple):
    """A value that was respelled. `field`: its path in the record."""

    field: str
    before: object
    after: object


class WrittenRecord(NamedTuple):
    """A record, and the values that were respelled for it."""

    record: AnyRecord
    respelled: tuple[Respelling, ...] = ()


class Respelled(NamedTuple):
    """A tree, and the values that were respelled in it."""

    tree: Any
    changes: tuple[Respelling, ...] = ()


def written(tree: Mapping[str, Any]) -> WrittenRecord:
    """The record that a JSON tree describes. Raises InvalidBody, with all faults in `parts`, for a tree that cannot be
    respelled into a record, or that names the documents of a template as evidence."""
    record = _respelled_record(tree)
    check_documents(tree)
    return record


def _respelled_record(tree: Mapping[str, Any]) -> WrittenRecord:
    clean, changes = spelled(tree) if _has_fractions(tree) else Respelled(tree)
    try:
        return WrittenRecord(record_of(clean), changes)
    except InvalidInput:
        clean, further = spelled(clean)
        if not further:
            raise
    return WrittenRecord(record_of(clean), (*changes, *further))


def spelled(tree: Mapping[str, Any]) -> Respelled:
    """The tree with every certain value as records spell it. `tree` itself stays as it is."""
    changes: list[Respelling] = []
    clean: Any = tree
    for fault in faults_of(tree, AnyRecord):
        if not fault.certain:
            continue
        try:
            clean = patch.patched(clean, fault.mend)
        except InvalidInput:
            # It lies in a misspelt field, so the record is refused.
            continue
        after = next((operation.get("value") for operation in fault.mend), None)
        changes.append(Respelling(fault.field.removeprefix("$."), fault.value, after))
    return Respelled(_without_fractions(clean, "", changes), tuple(changes))


def summary(changes: Iterable[Respelling], most: int = 20) -> list[str]:
    """A line for each kind of field, of units for each unit: how often a value was respelled, and the first example.
    At most `most` lines."""
    counts: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], Respelling] = {}
    for change in changes:
        kind = _INDEX.sub("[]", change.field)
        group = (kind, str(change.before) if kind.endswith(_UNIT) else "")
        counts[group] = counts.get(group, 0) + 1
        first.setdefault(group, change)
    lines = [_line(group[0], first[group], count) for group, count in counts.items()]
    return lines if len(lines) <= most else [*lines[:most], f"and {len(lines) - most} further kinds of fields"]


def _line(kind: str, change: Respelling, count: int) -> str:
    before = str(change.before) if isinstance(change.before, Decimal) else repr(change.before)
    times = "" if count == 1 else f" ({count} times, such as this)"
    return f"{kind}: {before[:80]} is written as \"{change.after}\"{times}"


def _has_fractions(tree: Any) -> bool:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Decimal):
            return True
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return False


def _without_fractions(node: Any, field: str, changes: list[Respelling]) -> Any:
    """JSON numbers with a fraction as decimal strings: of an activity, only its sector knows the type, and no record
    has such numbers."""
    if isinstance(node, Decimal):
        text = plain(node)
        changes.append(Respelling(field, node, text))
        return text
    if isinstance(node, dict):
        return {name: _without_fractions(child, f"{field}.{name}".lstrip("."), changes) for name, child in node.items()}
    if isinstance(node, list):
        return [_without_fractions(child, f"{field}[{i}]", changes) for i, child in enumerate(node)]
    return node

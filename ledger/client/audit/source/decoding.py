"""Converts the rows of a source into typed values: the audit computes only with values of their column's type.

A malformed row goes no further. Its error names its index, its column and the expected type. So a malformed row is a
finding like any other, whoever wrote it, and no exception of a library leaves this module.
"""

import contextlib
import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import msgspec

from ledger.errors import VerificationError

RULE: Final = "malformed"
Typed = TypeVar("Typed")


class Malformed(VerificationError):
    """A row that the ledger cannot have written, with its column, and its log index if the row gives one."""

    code = "malformed-row"

    def __init__(
        self, table: str, error: Exception, index: int | None = None, fields: Sequence[str] = ()
    ) -> None:
        """`fields` are the names of the fields, if the row is an array."""
        expected, column = _parts(error, fields)
        self.column = table + ("." if column[:1].isalpha() else "") + column
        self.index = index
        super().__init__(f"{self.column} cannot be read: {expected}", field=self.column, rule=expected)


class Intake:
    """Converts the rows of a source. Collects the errors of malformed rows until the audit takes them."""

    def __init__(self) -> None:
        self.malformed: list[Malformed] = []

    def rows(self, kind: type[Typed], table: str, raw: object, index: str | None = None, slots: int = 1) -> list[Typed]:
        """The rows of a table that can be read. `index` is the field with the log index of a row's record, or with a
        number: each record has `slots` numbers."""
        if not isinstance(raw, list | tuple):
            self.malformed.append(Malformed(table, msgspec.ValidationError("Expected `array`")))
            return []
        with contextlib.suppress(msgspec.MsgspecError, ArithmeticError, ValueError):
            return msgspec.convert(raw, list[kind])  # type: ignore[valid-type] # a type that is a value
        rows = []
        for row in raw:
            try:
                rows.append(typed(kind, table, row, None if index is None else _index(row, index, slots)))
            except Malformed as error:
                self.malformed.append(error)
        return rows

    def taken(self) -> Sequence[Malformed]:
        """Takes the errors since the last call."""
        taken, self.malformed = self.malformed, []
        return taken


def typed(
    kind: type[Typed], table: str, raw: object, index: int | None = None, fields: Sequence[str] = ()
) -> Typed:
    """A row, or the whole answer, as a value of its type. Raises Malformed, which also explains `fields`."""
    try:
        return msgspec.convert(raw, kind)
    except (msgspec.MsgspecError, ArithmeticError, ValueError) as error:
        raise Malformed(table, error, index, fields) from None


def typed_json(kind: type[Typed], table: str, text: str | bytes) -> Typed:
    """A row in JSON as a value of its type. Raises Malformed."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, ArithmeticError, ValueError) as error:
        raise Malformed(table, error, None, getattr(kind, "__struct_fields__", ())) from None


def json_of(data: bytes, table: str) -> Any:
    """The decoded JSON. Raises Malformed if the data is not JSON."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed(table, error) from None


def _index(raw: object, field: str, slots: int) -> int | None:
    number = raw.get(field) if isinstance(raw, dict) else None
    return number // slots if isinstance(number, int) else None


def _parts(error: Exception, fields: Sequence[str]) -> tuple[str, str]:
    """The expected type in an error of msgspec, and the path of the value that does not have it."""
    message, _, path = str(error).partition(" - at `$")
    place = _PLACE.match(path)
    if place is not None and int(place[1]) < len(fields):
        path = fields[int(place[1])] + path[place.end() :]
    return message, path.removesuffix("`").lstrip(".")


_PLACE: Final = re.compile(r"\[(\d+)\]")

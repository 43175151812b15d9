"""Rows from a source, typed at the border: nothing is computed with what is not of its column's type.

What cannot be read is named with its index, its column and what it should be, and goes no further. So a malformed row
is a finding like any other, whoever wrote it, and no exception of a library leaves this module.
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
    """A row that cannot be what the ledger has written: of which log index, as far as it says, in which column."""

    code = "malformed-row"

    def __init__(
        self, table: str, error: Exception, index: int | None = None, fields: Sequence[str] = ()
    ) -> None:
        """`fields`: of a row that comes as an array, what its places stand for."""
        expected, column = _said(error, fields)
        self.column = table + ("." if column[:1].isalpha() else "") + column
        self.index = index
        super().__init__(f"{self.column} cannot be read: {expected}", field=self.column, rule=expected)


class Intake:
    """Makes rows of what a source gives. `malformed` are those that were none, until somebody takes them."""

    def __init__(self) -> None:
        self.malformed: list[Malformed] = []

    def rows(self, kind: type[Typed], table: str, raw: object, index: str | None = None, slots: int = 1) -> list[Typed]:
        """The rows of a table that can be read. `index` names the field that tells of which record a row is: its log
        index, or a number of `slots` for each."""
        if not isinstance(raw, list | tuple):
            self.malformed.append(Malformed(table, msgspec.ValidationError("Expected `array`")))
            return []
        with contextlib.suppress(msgspec.MsgspecError, ArithmeticError, ValueError):
            return msgspec.convert(raw, list[kind])  # type: ignore[valid-type] # a type that is a value
        found = []
        for one in raw:
            try:
                found.append(typed(kind, table, one, None if index is None else _index(one, index, slots)))
            except Malformed as error:
                self.malformed.append(error)
        return found

    def taken(self) -> Sequence[Malformed]:
        """What was malformed since the last time."""
        found, self.malformed = self.malformed, []
        return found


def typed(
    kind: type[Typed], table: str, raw: object, index: int | None = None, fields: Sequence[str] = ()
) -> Typed:
    """A row, or the whole answer, as what it should be. Raises Malformed; `fields`: see there."""
    try:
        return msgspec.convert(raw, kind)
    except (msgspec.MsgspecError, ArithmeticError, ValueError) as error:
        raise Malformed(table, error, index, fields) from None


def typed_json(kind: type[Typed], table: str, text: str | bytes) -> Typed:
    """The same of a row as JSON. Raises Malformed."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, ArithmeticError, ValueError) as error:
        raise Malformed(table, error, None, getattr(kind, "__struct_fields__", ())) from None


def json_of(data: bytes, table: str) -> Any:
    """Raises Malformed for what is no JSON."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, ValueError) as error:
        raise Malformed(table, error) from None


def _index(raw: object, field: str, slots: int) -> int | None:
    found = raw.get(field) if isinstance(raw, dict) else None
    return found // slots if isinstance(found, int) else None


def _said(error: Exception, fields: Sequence[str]) -> tuple[str, str]:
    """What was expected, and the path to where it was not found."""
    message, _, path = str(error).partition(" - at `$")
    place = _PLACE.match(path)
    if place is not None and int(place[1]) < len(fields):
        path = fields[int(place[1])] + path[place.end() :]
    return message, path.removesuffix("`").lstrip(".")


_PLACE: Final = re.compile(r"\[(\d+)\]")

"""Texts that others have written must not act on the words beside them: marks that turn the direction of writing are
left out or shown, and a name in a script from right to left stands for itself."""

import re
import unicodedata
from typing import Final

from ledger.drawings.svg import printable

_MARKS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066\u2067]")
"""Marks of direction, but for the two with which `isolated` encloses a name."""


def isolated(name: str) -> str:
    """A name as it may stand in a sentence, a cell or a drawing."""
    shown = printable(name)
    leftward = any(unicodedata.bidirectional(letter) in ("R", "AL", "AN") for letter in shown)
    return f"\u2068{shown}\u2069" if leftward else shown


def without_marks(value: object) -> object:
    """The text that a template writes for a value."""
    return _MARKS.sub("", value) if type(value) is str and not value.isascii() else value


def escaped(json: str) -> str:
    """A JSON text with its marks in the escaped spelling, which means the same."""
    return re.sub("[\u2068\u2069]|" + _MARKS.pattern, lambda mark: f"\\u{ord(mark[0]):04x}", json)

"""Makes foreign text safe to show: writes out each character that a terminal would act on, or that nobody can see.

These are all of Unicode's categories C (controls, formats such as bidirectional overrides and zero-width signs,
surrogates, unassigned) and the separators of lines and paragraphs. Spaces of any width stay.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import Final

_ASCII: Final = re.compile(rb"[\x20-\x7e\n]*")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Beginnings of a cell that a spreadsheet reads as a formula, also in full width."""


def visible(text: str) -> str:
    """The text on one line; `\\u202e` stands for the character U+202E."""
    return text if text.isprintable() else _replaced(text, _escape)


def visible_lines(text: str) -> str:
    """`visible` for each line of a text whose line ends come from this program."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    """The same JSON, with such characters as JSON escapes. Line ends between values stay."""
    return "\n".join(line if line.isprintable() else _replaced(line, _json_escape) for line in text.split("\n"))


def spreadsheet_text(text: str) -> str:
    """The text on one line, so that a spreadsheet shows it as text: with an apostrophe before a character with which a
    formula begins."""
    shown = visible(text)
    return f"'{shown}" if text.startswith(_FORMULA) else shown


def is_plain(data: bytes) -> bool:
    """Whether bytes are lines of printable ASCII."""
    return _ASCII.fullmatch(data) is not None


def _replaced(text: str, escape: Callable[[str], str]) -> str:
    return "".join(
        character if character.isprintable() or unicodedata.category(character) == "Zs" else escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"

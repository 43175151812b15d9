"""Elements of SVG as text. Every value is escaped; there is no way to write a style or a script."""

import unicodedata
from collections.abc import Iterable
from html import escape
from typing import Final

Number = float | int

_WIDTHS: Final = {
    letter: width for width, letters in (
        (0.29, "ijl'"), (0.33, "IJ ,.\u00b7\u00a0\u202f\u2009"), (0.37, "/:;|f-\\"), (0.42, "()[]tr!\u2082"),
        (0.5, "\"*_`\u2013"), (0.55, "szc?"), (0.6, "Lkvxy"), (0.64, "FPTYaeo$0123456789ESbdghnpqu{}\u00df"),
        (0.7, "KABVXZCR"), (0.79, "NHUDGOQ&"), (0.86, "wM#+<=>^~\u2212\u00d7\u2192\u2264"), (1.0, "%mW@\u2026"),
    ) for letter in letters
}
"""The widest of the fonts that pages use (DejaVu Sans), in parts of its size."""
_ELSE: Final = 0.72
_CAPITAL: Final = 0.9
_WIDE: Final = 1.04
_BOLD: Final = 0.08
"""Bold letters are so much wider."""
ELLIPSIS: Final = "\u2026"


def element(name: str, content: Iterable[str] | None = None, **attributes: str | Number | None) -> str:
    """An element. `content`: elements, or texts that `text` has escaped. Attributes of None are left out; an underscore
    in their names stands for a hyphen, and `class_` is `class`."""
    written = "".join(
        f' {_attribute(key)}="{escape(number(value) if isinstance(value, float | int) else printable(value))}"'
        for key, value in attributes.items() if value is not None
    )
    return f"<{name}{written}/>" if content is None else f"<{name}{written}>{''.join(content)}</{name}>"


def text(words: str) -> str:
    """Text content, escaped."""
    return escape(printable(words), quote=False)


def title(words: str) -> str:
    """The text that a pointer or a screen reader gets for a shape."""
    return element("title", [text(words)])


def number(value: Number) -> str:
    """A coordinate with at most two decimals."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written


def percentage(value: float) -> str:
    """A length in percent of the drawing."""
    return f"{number(value)}%"


def printable(words: str) -> str:
    """Words without control characters, which XML forbids, and without marks that turn the direction of the text
    around them."""
    return "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in words
        if unicodedata.category(letter) not in ("Cs", "Co", "Cn") and letter not in _BIDI
    )


def width_of(words: str, size: float, *, bold: bool = False) -> float:
    """An upper estimate of the width of a text in the fonts of the pages, in the unit of `size`."""
    total = 0.0
    for letter in words:
        total += _letter_width(letter)
    return (total + (_BOLD * len(words) if bold else 0.0)) * size


def shortened(words: str, room: float, size: float, *, bold: bool = False) -> str:
    """The words, cut with an ellipsis if they do not fit. An empty text if not even a letter fits."""
    if width_of(words, size, bold=bold) <= room:
        return words
    fitting = ""
    for letter in words:
        if width_of(fitting + letter + ELLIPSIS, size, bold=bold) > room:
            break
        fitting += letter
    return f"{fitting.rstrip()}{ELLIPSIS}" if fitting.strip() else ""


def _letter_width(letter: str) -> float:
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in ("W", "F", "A"):
        return _WIDE
    return _CAPITAL if letter.isupper() else _ELSE


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


_BIDI: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")

"""Reads drawings, and checks what holds of each: well-formed, escaped, without style or script."""

import re
from typing import Final
from xml.etree import ElementTree

from ledger.drawings.patterns import STYLESHEET

HOSTILE: Final = '"><script>alert(1)</script>&\'\x00\x1b\u202e=cmd|x\ud800 ' + "x" * 10_000
_ALLOWED: Final = frozenset({
    "svg", "g", "a", "path", "rect", "text", "tspan", "title", "line", "circle", "defs", "pattern", "ul", "li",
})
_CLASSED: Final = re.compile(r"\.([a-z][\w-]*)")
_PLAIN: Final = frozenset({
    "sankey", "right", "down", "node", "label", "bar", "reach", "interval", "lives", "life", "series", "legend", "defs",
    "ghost", "on", "line", "s-plain", "note",
})
"""Classes without a rule of their own."""


def parsed(drawing: str) -> ElementTree.Element:
    """The root of a drawing, after the checks."""
    root = ElementTree.fromstring(drawing)  # noqa: S314  (the drawing is our own)
    rules = set(_CLASSED.findall(STYLESHEET)) | _PLAIN
    for element in root.iter():
        assert element.tag in _ALLOWED, element.tag
        assert not {name for name in element.attrib if name == "style" or name.startswith("on")}, element.attrib
        assert set(element.get("class", "").split()) <= rules, element.get("class")
    return root


def words_of(root: ElementTree.Element) -> list[str]:
    """The texts that are visible, line by line."""
    lines = []
    for element in root.iter():
        if element.tag in ("text", "tspan") and element.text:
            lines.append(element.text)
    return lines


def titles_of(root: ElementTree.Element) -> list[str]:
    """The titles of shapes."""
    return [element.text or "" for element in root.iter("title")]


def of_class(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """The elements with a class."""
    return [element for element in root.iter() if name in element.get("class", "").split()]

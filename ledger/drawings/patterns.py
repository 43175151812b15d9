"""The hatches of doubts and hidden parts, which differ by pattern and not by colour alone, and swatches for legends.

The shapes refer to the patterns by id, so a page has `DEFINITIONS` once, before its drawings. Colours come from classes
alone. `STYLESHEET` has the rules for reports and notebooks, in light and dark; pages may have their own.
"""

from collections.abc import Iterable
from typing import Final

from ledger.drawings.svg import element, text

KINDS: Final = (
    "own", "inputs", "electricity", "transport", "added", "negative", "hidden", "received", "stated", "omitted",
    "questioned", "provisional", "plain", "recycled", "virgin",
)
"""The classes of shapes, as `k-own`."""


def _pattern(id_: str, size: int, shapes: str, turned: int | None = None) -> str:
    back = element("rect", class_="p-back", width=size, height=size)
    return element(
        "pattern", [back, shapes], id=id_, width=size, height=size, patternUnits="userSpaceOnUse",
        patternTransform=None if turned is None else f"rotate({turned})",
    )


_PATTERNS: Final = (
    _pattern("hatch-negative", 4, element("rect", class_="p-line", width=4, height=2)),
    _pattern("hatch-question", 5, element("rect", class_="p-line", width=2, height=5), 45),
    _pattern("hatch-hidden", 5, element("path", class_="p-line", d="M0 0L5 5M5 0L0 5")),
    _pattern("dots-provisional", 4, element("circle", class_="p-line", cx=2, cy=2, r=1.1)),
)
DEFINITIONS: Final = element(
    "svg", [element("defs", _PATTERNS)], class_="defs", width=0, height=0, aria_hidden="true", focusable="false",
)
"""The patterns, as an element that takes no room in a page with the rule `.defs { position: absolute }`."""


def swatch(kind: str) -> str:
    """A square of a kind, to stand before its word."""
    square = element("rect", class_=f"k-{kind}", x=0.5, y=0.5, width=11, height=11)
    return element("svg", [square], class_="swatch", width=12, height=12, viewBox="0 0 12 12", aria_hidden="true")


def legend(kinds: Iterable[tuple[str, str]]) -> str:
    """A list of kinds with their words, as HTML."""
    items = [element("li", [swatch(kind), text(words)]) for kind, words in kinds]
    return element("ul", items, class_="legend")


STYLESHEET: Final = """\
:root {
  --paper: #fff; --ink: #14201b; --ink-2: #4b5a53; --rule: #d5dcd8; --rule-2: #7c8a83;
  --own: #a13d14; --inputs: #434e58; --electricity: #1f6fb4; --transport: #b07d00; --negative: #00806a;
  --flow: #d3dad6; --flow-2: #b9c4be; --received: #849189; --doubt: #8f4700;
}
@media (prefers-color-scheme: dark) { :root {
  --paper: #111815; --ink: #e8eeeb; --ink-2: #a9b7b0; --rule: #33403a; --rule-2: #7c8a83;
  --own: #e07b4f; --inputs: #c3ced6; --electricity: #5ba8ea; --transport: #d9a72a; --negative: #3dbfa3;
  --flow: #2c3934; --flow-2: #3f4f48; --received: #6c7a73; --doubt: #f0ad5e;
} }
.defs { position: absolute; }
.k-own { fill: var(--own); } .k-inputs { fill: var(--inputs); } .k-electricity { fill: var(--electricity); }
.k-transport { fill: var(--transport); } .k-received { fill: var(--received); } .k-added { fill: var(--ink-2); }
.k-plain, .k-stated { fill: var(--ink); } .k-recycled { fill: var(--negative); } .k-virgin { fill: var(--flow-2); }
.k-negative { fill: url(#hatch-negative); stroke: var(--negative); }
.k-questioned { fill: url(#hatch-question); stroke: var(--doubt); }
.k-hidden { fill: url(#hatch-hidden); stroke: var(--rule-2); }
.k-provisional { fill: url(#dots-provisional); stroke: var(--doubt); }
.k-omitted { fill: var(--paper); stroke: var(--doubt); stroke-dasharray: 3 2; }
.p-back { fill: var(--paper); } #hatch-negative .p-line { fill: var(--negative); }
#hatch-question .p-line, #dots-provisional .p-line { fill: var(--doubt); }
#hatch-hidden .p-line { stroke: var(--received); fill: transparent; }
.legend { list-style-type: ""; display: flex; flex-wrap: wrap; gap: 4px 16px; padding: 0; }
.swatch { margin-right: 6px; vertical-align: -1px; }
.bar, .interval { display: block; overflow: visible; }
.axis { stroke: var(--rule-2); } .rule { stroke: var(--rule); }
.interval .range { stroke: var(--ink); stroke-width: 3; }
.interval .dot { fill: var(--paper); stroke: var(--ink); stroke-width: 3; }
.life.use { fill: var(--flow); } .life.made, .life.remanufactured { fill: var(--own); }
.life.core { fill: var(--paper); stroke: var(--ink-2); stroke-dasharray: 3 2; } .life.end { fill: var(--received); }
.tick { fill: var(--ink-2); } .series .line { fill: transparent; stroke: var(--ink); stroke-width: 2; }
.series .line { stroke-linejoin: round; } .series .dot { fill: var(--ink); }
.series .line.s-second { stroke: var(--electricity); } .series .dot.s-second { fill: var(--electricity); }
.sankey text, .lives text, .series text { font-size: 12px; fill: var(--ink); font-variant-numeric: tabular-nums; }
.sankey.down text { font-size: 11px; }
.sankey text, .lives text { paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; }
.lives .on { stroke: transparent; }
.sankey .name, .lives .name { font-weight: 650; } .sankey .note, .lives .note { fill: var(--ink-2); }
.sankey a { text-decoration-line: initial; } .sankey a:hover .name { text-decoration: underline; }
.sankey a:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; }
.sankey .lead, .lives .lead { stroke: var(--ink-2); fill: transparent; }
.link { fill: var(--flow); stroke: transparent; } .link:hover { fill: var(--flow-2); }
.link.k-questioned { fill: url(#hatch-question); opacity: 0.55; } .link.k-negative { fill: url(#hatch-negative); }
"""
"""Colours and letters of all drawings."""

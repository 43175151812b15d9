"""The words of a Sankey drawing: names, amounts and questions of nodes, and their lines in the room that they have."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from ledger.drawings.numbers import Scale, mass_scale
from ledger.drawings.sankey.model import Measure, Sankey, SankeyNode
from ledger.drawings.svg import shortened, width_of

ENGLISH: Final[Mapping[str, str]] = {
    "own": "own process", "inputs": "inputs", "electricity": "electricity", "transport": "transport",
    "added": "added here", "hidden": "hidden", "negative": "negative", "received": "arrives", "leaves": "leaves",
    "lost": "by-products and losses",
    "questioned": "questioned", "sum": "in all",
    "more": "{count} more", "declaration": "declared", "delivery": "delivery", "pool": "stock",
    "hidden parts": "hidden parts", "hidden amount": "{amount}, hidden", "questioned amount": "{amount} questioned",
    "up to": "up to {amount}, questioned", "drawing": "Where the amount arises",
}
"""The words, by key. `{count}` and `{amount}` stand where they belong in the language."""


def plain_name(node: SankeyNode) -> str:
    """The name of a node by its identifiers alone: `electric arc furnace: billet`. Pages have better ones."""
    product = node.product.rsplit(":", 1)[-1].replace("-", " ")
    process = _spaced(node.process.rsplit(".", 1)[-1])
    if node.form in ("lot", "pool", "declaration"):
        return product or process
    return ": ".join([part for part in (process, product) if part])


def no_link(_: SankeyNode) -> None:
    """The drawing has no links."""
    return


class Texts(NamedTuple):
    """The texts of a drawing, from the caller. `words`: replaces ENGLISH, key by key. `name` of a node that is not
    folded or the hidden parts; `href`: the address behind a node, such as the page of its record, or the same drawing
    with a folded node opened; `title`: the name of the drawing for screen readers."""

    words: Mapping[str, str] = ENGLISH
    name: Callable[[SankeyNode], str] = plain_name
    href: Callable[[SankeyNode], str | None] = no_link
    title: str = ""
    unit: str | None = None

    def word(self, key: str) -> str:
        """The word, in English if the caller does not replace it."""
        return self.words.get(key, ENGLISH[key])

    def kind_of(self, kind: str, measure: Measure) -> str:
        """The word for a kind of amounts. A negative mass is a loss."""
        return self.word("lost" if measure == "mass" and kind == "negative" else kind)

    def name_of(self, node: SankeyNode) -> str:
        """The name of any node."""
        if node.form == "folded":
            return self.word("more").format(count=len(node.members))
        return self.word("hidden parts") if node.form == "hidden" else self.name(node)

    def scale_of(self, sankey: Sankey) -> Scale:
        """The one scale of a drawing and its table: three digits of the largest amount."""
        unit = " CO₂e" if sankey.measure == "co2e" else ""
        scale = mass_scale(max([abs(sankey.total), *[node.positive for node in sankey.nodes]]), unit)
        return scale if self.unit is None else scale._replace(unit=self.unit)


PLAIN: Final = Texts()


class Label(NamedTuple):
    """The lines of a label: so many of the name, then notes."""

    name: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        return (*self.name, *self.notes)


def notes_of(node: SankeyNode, scale: Scale, texts: Texts) -> tuple[str, ...]:
    """The amounts that a node adds and takes away; at an asked lot also the sum; and the amount in question."""
    notes = []
    if set(node.added) == {"hidden"} and not node.received:
        notes.append(texts.word("hidden amount").format(amount=scale.text(node.added["hidden"])))
    else:
        plus, minus = node.positive - node.received, node.negative - node.received_negative
        parts = [f"+{scale.text(plus)}" if scale.shows(plus) else "", scale.text(minus) if scale.shows(minus) else ""]
        if not any(parts) and not node.target and (plus or minus):
            parts = [scale.text(plus + minus)]
        shown = " ".join([part for part in [*parts, f"= {scale.text(node.value)}" if node.target else ""] if part])
        notes += [shown] if shown else []
    if node.target and node.in_question:
        notes.append(texts.word("up to").format(amount=scale.text(node.value + node.in_question)))
    elif node.questioned:
        notes.append(texts.word("questioned amount").format(amount=scale.text(node.questioned)))
    return tuple(notes)


def label_of(node: SankeyNode, scale: Scale, texts: Texts, room: float, size: float) -> Label:
    """The label in so much room: the name in at most two lines, and shortened if that is not enough. A note that does
    not fit is left out, since a part of a number is another number."""
    notes = [note for note in notes_of(node, scale, texts) if width_of(note, size) <= room]
    return Label(wrapped(texts.name_of(node), room, size), tuple(notes))


def wrapped(words: str, room: float, size: float) -> tuple[str, ...]:
    """Bold words in one or two lines. A line breaks at a space, or between Chinese letters."""
    if width_of(words, size, bold=True) <= room:
        return (words,)
    end = 0
    for place in range(1, len(words)):
        if width_of(words[:place].rstrip(), size, bold=True) > room:
            break
        if words[place] == " " or ord(words[place]) > _IDEOGRAPHS or ord(words[place - 1]) > _IDEOGRAPHS:
            end = place
    if not end:
        line = shortened(words, room, size, bold=True)
        return (line,) if line else ()
    rest = shortened(words[end:].strip(), room, size, bold=True)
    return tuple([line for line in (words[:end].strip(), rest) if line])


_IDEOGRAPHS: Final = 0x2E7F
"""Letters after this one are Chinese, or punctuation of Chinese texts."""


def _spaced(name: str) -> str:
    """`electricArcFurnace` as words."""
    return "".join([f" {letter.lower()}" if letter.isupper() else letter for letter in name])

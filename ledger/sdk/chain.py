"""What a sector may say of a whole chain: named methods that make a figure of a lot from all that lies behind it.

The stored figure is always the ledger's own; what a method gives is told beside it, under its name and version, with
lines that add up to it.
"""

from collections.abc import Callable

import networkx
from msgspec import Struct


class ChainLine(Struct, frozen=True, kw_only=True):
    """`amount` kg CO2e of a figure, negative for a credit; `what` it stands for, in words."""

    name: str
    amount: float
    what: str = ""


class ChainFigure(Struct, frozen=True, kw_only=True):
    """Kg CO2e of the whole lot. `lines` add up to `total`, to 1e-9 of their absolute amounts. `notes`: what a reader
    has to know, such as what was not found."""

    total: float
    lines: tuple[ChainLine, ...]
    notes: tuple[str, ...] = ()


class ChainMethod(Struct, frozen=True, kw_only=True):
    """`footprint(chain, lot)` gives a figure, or raises a PluginError that says what it needs and does not find. It is
    called with the SDK's decimal arithmetic; figures of a graph are binary64.

    `chain` is a `networkx.DiGraph` that cannot be changed, of all that lies upstream; edges run with the matter. Its
    nodes have a `kind`: `lot` (`product`, `holder`, `role`, `quantity`, `unit`, `remaining`, `footprint` in kg CO2e of
    the whole lot, and `item`, `facility`, `process` where it has them), `pool` (the same of its newest lot, and how
    many `generations`) or `record` (`type`, `issuer`, `index`). An edge from a lot to the record that takes from it has
    the `part` of the whole lot, `quantity` and `unit`; one from a record to its lot the `share` of the record's burden.
    `lot` is the node of the lot that is asked about: its id, or its pool's. Things that were made of a pool's stock and
    went back into it make a cycle there.
    """

    version: str
    en: str
    zh: str
    footprint: Callable[["networkx.DiGraph[str]", str], ChainFigure]

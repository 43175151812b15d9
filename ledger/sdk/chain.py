"""Chain methods: a sector's own methods that compute a figure of a lot from its whole upstream chain.

The stored figure is always the ledger's own. Answers show a method's figure next to it, under the method's name and
version, with lines that add up to it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:  # workers do without it: importing networkx takes longer than loading all sectors
    import networkx


class ChainLine(Struct, frozen=True, kw_only=True):
    """One line of a figure: `amount` in kg CO2e, negative for a credit; `what` describes it in words."""

    name: str
    amount: float
    what: str = ""


class ChainFigure(Struct, frozen=True, kw_only=True):
    """Kg CO2e of the whole lot. `lines` add up to `total`, within 1e-9 of the sum of their absolute amounts. `notes`:
    facts that a reader must know, such as missing data."""

    total: float
    lines: tuple[ChainLine, ...]
    notes: tuple[str, ...] = ()


class ChainMethod(Struct, frozen=True, kw_only=True):
    """`footprint(chain, lot)` returns a figure, or raises a PluginError that names the missing data. The ledger calls
    it in the SDK's decimal arithmetic; the figures in the graph are binary64.

    `chain` is a read-only `networkx.DiGraph` of the upstream chain; edges point in the direction of the flow of matter.
    Each node has a `kind`: `lot` (with `product`, `holder`, `role`, `quantity`, `unit`, `remaining`, `footprint` in kg
    CO2e of the whole lot, and `item`, `facility`, `process` if the lot has them), `pool` (the same values of its newest
    lot, and the number of `generations`) or `record` (`type`, `issuer`, `index`). An edge from a lot to the record that
    takes from it has the taken fraction `part`, `quantity` and `unit`; an edge from a record to its lot has the `share`
    of the record's burden. `lot` is the node of the requested lot: its id, or its pool's id. If something was made of a
    pool's stock and went back into the pool, the graph has a cycle there.
    """

    version: str
    en: str
    zh: str
    footprint: Callable[["networkx.DiGraph[str]", str], ChainFigure]

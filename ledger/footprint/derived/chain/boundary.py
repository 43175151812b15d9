"""The lots at which the visible part of a chain ends, and their amounts in a figure.

A hidden record made each of them. Everything behind such a lot is one amount: its weight times its committed burdens. A
lot that the caller received itself is shown with that amount. All others are merged into one remainder. If only one
hidden organisation would stand behind the remainder, its amount counts with the visible records that take its lots, so
that no amount of an answer stands for a single hidden party.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.core.outcome.assessment import QUESTIONED
from ledger.footprint.stored.burdens import SLOT, Vector, footprint

ITSELF: Final = -1
"""Stands for the record that takes a lot, if the figure is of that lot itself."""
NOTE: Final = (
    "parts of the chain are hidden from you: lots that you received stand for everything behind them, by their "
    "committed figures; the other hidden parts are merged, or if one organisation alone stands behind them, count with "
    "the records that take its lots")

TakenWeights = Mapping[int, Mapping[int, float]]
"""By number of each boundary lot: the weights in a figure with which visible records, by log index, take from it."""


class ReceivedLot(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A lot that the caller received from `supplier`. `quantity` (in `unit`) went into the visible records. `footprint`
    and `questioned`: the committed kg CO2e of the whole lot. `findings`: the codes of the findings about it,
    also of the record by which its supplier made it."""

    lot: str
    supplier: str
    product: str
    quantity: str
    unit: str
    footprint: float
    questioned: float
    findings: list[str] = []


class HiddenParts(Struct, frozen=True, kw_only=True, rename="camel"):
    """The parts of a figure that the caller does not see. `amount`: their amount, in the unit of the figure;
    `received` of it came with lots that the caller received itself. `questioned`: kg CO2e in question in these parts.
    Both are without the lots of a single hidden party, which count with the visible records that take them."""

    amount: float
    received: float
    questioned: float
    note: str = NOTE


class BoundaryLot(NamedTuple):
    """A lot that the hidden record of `supplier` made. `received`: if the caller received it. `named`: the caller may
    know the supplier. `burdens`: of the whole lot, as committed."""

    number: int
    supplier: str
    burdens: Vector
    received: ReceivedLot | None = None
    named: bool = False

    @property
    def footprint(self) -> float:
        return footprint(self.burdens)

    @property
    def questioned(self) -> float:
        return self.burdens[SLOT[QUESTIONED]]


class HiddenAmounts(NamedTuple):
    """The amounts of boundary lots in a figure. `received`: of lots that are shown. `remainder`: of all others
    together. `within`: of the lots of a single party, by the visible record that takes them."""

    received: Sequence[tuple[BoundaryLot, float]] = ()
    remainder: float = 0.0
    within: Mapping[int, float] = {}

    @property
    def from_received(self) -> float:
        return math.fsum([amount for _, amount in self.received])

    @property
    def shown(self) -> float:
        """The amount that an answer states."""
        return self.from_received + self.remainder

    @property
    def total(self) -> float:
        return self.shown + math.fsum(self.within.values())


def merged(
    lots: Sequence[BoundaryLot], weights: TakenWeights, amounts: Mapping[int, float], *, named: bool = False
) -> HiddenAmounts:
    """The amounts of boundary lots in a figure. `weights`: of the lots in it; `amounts`: of each whole lot, by number.
    With `named`, lots whose supplier the caller may know are shown as well."""
    received, others = [], []
    for lot in lots:
        amount = amounts.get(lot.number, 0.0)
        parts = {taker: weight * amount for taker, weight in weights.get(lot.number, {}).items() if weight * amount}
        if lot.received is not None or (named and lot.named):
            received.append((lot, sum(parts.values())))
        elif parts:
            others.append((lot, parts))
    if len({lot.supplier for lot, _ in others}) != 1 or any(ITSELF in parts for _, parts in others):
        return HiddenAmounts(received, sum([sum(parts.values()) for _, parts in others]))
    within: dict[int, float] = {}
    for _, parts in others:
        for taker, amount in parts.items():
            within[taker] = within.get(taker, 0.0) + amount
    return HiddenAmounts(received, 0.0, within)

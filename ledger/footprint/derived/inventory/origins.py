"""Where what a lot carries came from, seen from inside a boundary of organisations: bought, made here, opening stock.

A lot that a member made is made here, wherever it was since: its emissions are in the scopes of whoever made it, and
counting them again as bought would count twice. What another handed over, and what a member declared, is bought. A
pool, and what members hand each other, carry what went in.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.inventory.scopes import CarriedBurden

PASSING = ("addition", "transfer", "acceptance")
"""Records that make lots out of lots and nothing else."""


class Lot(NamedTuple):
    """A lot as it stood, and the record that made it. `market` is its footprint with electricity by market;
    `operator` that of the facility that first made it."""

    number: int
    quantity: Decimal
    footprint: float
    market: float
    absolute: float
    primary: float
    type: str
    issuer: str
    operator: str | None = None
    owner: str | None = None
    opening: bool = False

    @property
    def record(self) -> int:
        return self.number // LOT_SLOTS


class Passed(NamedTuple):
    """What a passing record takes of a lot."""

    lot: int
    quantity: Decimal


class BoundaryOrigins:
    """`flows`: what each passing record of a member takes, by log index."""

    def __init__(self, members: Collection[str], lots: Iterable[Lot], flows: Mapping[int, Iterable[Passed]]) -> None:
        self._members = members
        self._flows = flows
        self._lots = {lot.number: lot for lot in lots}
        self._known: dict[int, CarriedBurden] = {}
        # Inputs have lower numbers than what is made of them: one walk in order meets them first.
        for number in sorted(self._lots):
            self._known[number] = self._carried(self._lots[number])

    def of(self, number: int) -> CarriedBurden:
        """What the whole lot carries."""
        return self._known[number]

    def passes(self, lot: Lot) -> bool:
        """Whether what a lot carries is what went into its record."""
        return lot.type in PASSING and lot.issuer in self._members

    def _carried(self, lot: Lot) -> CarriedBurden:
        if lot.owner is not None and lot.owner not in self._members:
            # Another organisation's goods, worked on for it: neither bought nor made here.
            return CarriedBurden()
        if self.passes(lot):
            return self._passed(lot)
        if lot.opening:
            return CarriedBurden(opening=lot.footprint)
        made_here = lot.issuer in self._members and lot.type in ("transformation", "consumption")
        if made_here or (lot.operator is not None and lot.operator in self._members):
            return CarriedBurden(own=1.0)
        return CarriedBurden(lot.footprint, lot.market, lot.absolute, lot.primary)

    def _passed(self, lot: Lot) -> CarriedBurden:
        quantity = sum((one.quantity for one in self._flows.get(lot.record, ())), Decimal(0))
        bought = market = absolute = primary = opening = own = 0.0
        for one in self._flows.get(lot.record, ()):
            source, whole = self._known[one.lot], self._lots[one.lot].quantity
            part = source.times(float(one.quantity) / float(whole))
            bought, market = bought + part.bought, market + part.market
            absolute, primary = absolute + part.absolute, primary + part.primary
            opening += part.opening
            own += source.own * float(one.quantity / quantity)
        return CarriedBurden(bought, market, absolute, primary, opening, own)

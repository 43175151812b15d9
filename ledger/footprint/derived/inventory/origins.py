"""The origin of the burdens in a lot, seen from inside a boundary of organisations: bought, made inside, opening stock.

A lot that a member made counts as made inside, wherever it was since: its emissions are in the scopes of its maker, and
counting them again as bought would count them twice. Lots from other organisations and lots that a member declared
count as bought. Pools and transfers between members pass on the origin of their inputs.
"""

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from ledger.admission.facts import LOT_SLOTS
from ledger.footprint.derived.inventory.scopes import CarriedBurden

PASSING = ("addition", "transfer", "acceptance")
"""Types of records that make lots only out of other lots."""


class Lot(NamedTuple):
    """A lot as of a tree size, with data of the record that made it. `market`: its footprint with market-based
    electricity; `operator`: of the facility that first made it; `questioned`: kg CO2e in question in it."""

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
    questioned: float = 0.0

    @property
    def record(self) -> int:
        return self.number // LOT_SLOTS


class Passed(NamedTuple):
    """The quantity that a passing record takes of a lot."""

    lot: int
    quantity: Decimal


class BoundaryOrigins:
    """The origins for the boundary `members`. `flows`: the inputs of each passing record of a member, by log index."""

    def __init__(self, members: Collection[str], lots: Iterable[Lot], flows: Mapping[int, Iterable[Passed]]) -> None:
        self._members = members
        self._flows = flows
        self._lots = {lot.number: lot for lot in lots}
        self._carried_by: dict[int, CarriedBurden] = {}
        # Inputs have lower numbers than the lots made of them, so one pass in order meets them first.
        for number in sorted(self._lots):
            self._carried_by[number] = self._carried(self._lots[number])

    def of(self, number: int) -> CarriedBurden:
        """The burden that the whole lot carries, by origin."""
        return self._carried_by[number]

    def passes(self, lot: Lot) -> bool:
        """Whether a lot carries the origins of its record's inputs."""
        return lot.type in PASSING and lot.issuer in self._members

    def _carried(self, lot: Lot) -> CarriedBurden:
        if lot.owner is not None and lot.owner not in self._members:
            # Goods of another organisation that a member works on: neither bought nor made inside.
            return CarriedBurden()
        if self.passes(lot):
            return self._passed(lot)
        if lot.opening:
            return CarriedBurden(opening=lot.footprint)
        made_here = lot.issuer in self._members and lot.type in ("transformation", "consumption")
        if made_here or (lot.operator is not None and lot.operator in self._members):
            return CarriedBurden(own=1.0)
        return CarriedBurden(lot.footprint, lot.market, lot.absolute, lot.primary, questioned=lot.questioned)

    def _passed(self, lot: Lot) -> CarriedBurden:
        quantity = sum((one.quantity for one in self._flows.get(lot.record, ())), Decimal(0))
        bought = market = absolute = primary = opening = own = questioned = 0.0
        for flow in self._flows.get(lot.record, ()):
            source, whole = self._carried_by[flow.lot], self._lots[flow.lot].quantity
            part = source.times(float(flow.quantity) / float(whole))
            bought, market = bought + part.bought, market + part.market
            absolute, primary = absolute + part.absolute, primary + part.primary
            opening, questioned = opening + part.opening, questioned + part.questioned
            own += source.own * float(flow.quantity / quantity)
        return CarriedBurden(bought, market, absolute, primary, opening, own, questioned)

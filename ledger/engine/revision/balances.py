"""The balances and items that a revision changes, and the steps that undo a refused revision."""

from collections.abc import Callable, Iterable, MutableMapping, MutableSet
from decimal import Decimal
from functools import partial
from typing import TypeVar

from ledger.admission.state import State
from ledger.errors import Refused

Value = TypeVar("Value")
Member = TypeVar("Member")


class Undoing:
    """The steps that undo a refused revision, the last step first."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []

    def note(self, step: Callable[[], None]) -> None:
        self._steps.append(step)

    def set(self, mapping: MutableMapping[str, Value], name: str, value: Value) -> None:
        """Changes the value of a name that `mapping` has already."""
        self.note(partial(mapping.__setitem__, name, mapping[name]))
        mapping[name] = value

    def add(self, among: MutableSet[Member], members: Iterable[Member]) -> None:
        """Adds members to a set if they are not in it."""
        for member in members:
            if member not in among:
                self.note(partial(among.discard, member))
                among.add(member)

    def discard(self, among: MutableSet[Member], member: Member) -> None:
        """Removes a member from a set if it is in it."""
        if member in among:
            self.note(partial(among.add, member))
            among.discard(member)

    def undo(self) -> None:
        while self._steps:
            self._steps.pop()()


class Balances:
    """The balances of lots during a revision. `touched`: the lots whose balance or quantity the revision has visited,
    in no order."""

    def __init__(self, state: State, undoing: Undoing) -> None:
        self._state = state
        self._undoing = undoing
        self.touched: set[str] = set()

    def add(self, lot: str, amount: Decimal) -> None:
        """Adds `amount` to a lot's balance; a negative amount is taken from it. The balance may be below zero until the
        revision has visited all records."""
        self.touched.add(lot)
        if amount:
            remaining = self._state.remaining
            self._undoing.set(remaining, lot, remaining[lot] + amount)

    def settle(self) -> None:
        """Checks all touched lots; call it after all records have been visited. Raises Refused if a lot is overdrawn,
        or if an item is in two lots that have a balance."""
        lots = self._state.lots
        for lot in sorted(self.touched, key=lambda one: lots[one].number):
            self.check(lot)
        carriers = self._carriers()
        for item, lots_of_item in carriers.items():
            if len(lots_of_item) > 1:
                raise Refused(
                    f"item {item!r} would be in {len(lots_of_item)} lots that have a balance", code="item-taken",
                    field="changes", value=item,
                    rule=f"at most one lot of an item has a balance{self._own(lots_of_item)}",
                )
        for item, lots_of_item in carriers.items():
            self._undoing.set(self._state.holding, item, lots_of_item)

    def check(self, lot: str) -> None:
        """Raises Refused if records take more from a lot than its quantity."""
        remaining, facts = self._state.remaining[lot], self._state.lots[lot]
        if remaining < 0:
            # How much the receiver of a delivery has used is not the sender's to know.
            excess = f" by {-remaining:f} {facts.unit}" if facts.sender is None else ""
            raise Refused(
                f"lot {lot!r} would be overdrawn{excess}",
                code="over-consumption", field="changes", value=lot,
                rule="all records together take at most the quantity of a lot",
            )

    def _own(self, lots: Iterable[str]) -> str:
        """The lots that nobody has handed over, whose names the issuer knows."""
        own = sorted([lot for lot in lots if lot in self._state.lots and self._state.lots[lot].sender is None])
        return f": {' '.join(own)}" if own else ""

    def _carriers(self) -> dict[str, set[str]]:
        """For each item of a touched lot: the lots of the item that have a balance now."""
        state = self._state
        carriers: dict[str, set[str]] = {}
        for lot in self.touched:
            item = state.lots[lot].item
            if item is not None:
                carriers.setdefault(item, set(state.holding.setdefault(item, set()))).add(lot)
        return {item: {lot for lot in lots if state.remaining.get(lot)} for item, lots in carriers.items()}

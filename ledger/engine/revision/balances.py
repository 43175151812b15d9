"""What a revision makes of balances and of items, and how all that it has done is put back."""

from collections.abc import Callable, Iterable, MutableMapping, MutableSet
from decimal import Decimal
from functools import partial
from typing import TypeVar

from ledger.admission.state import State
from ledger.errors import Refused

Value = TypeVar("Value")
Member = TypeVar("Member")


class Undoing:
    """The steps by which a revision that is refused is put back, the last one first."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []

    def note(self, step: Callable[[], None]) -> None:
        self._steps.append(step)

    def set(self, mapping: MutableMapping[str, Value], name: str, value: Value) -> None:
        """Changes what stands by a name already."""
        self.note(partial(mapping.__setitem__, name, mapping[name]))
        mapping[name] = value

    def add(self, among: MutableSet[Member], members: Iterable[Member]) -> None:
        """Enters members of a set, as far as they are not in it."""
        for member in members:
            if member not in among:
                self.note(partial(among.discard, member))
                among.add(member)

    def discard(self, among: MutableSet[Member], member: Member) -> None:
        """Takes a member out of a set, if it is in it."""
        if member in among:
            self.note(partial(among.add, member))
            among.discard(member)

    def undo(self) -> None:
        while self._steps:
            self._steps.pop()()


class Balances:
    """`touched`: the lots whose balance or quantity the revision has looked at, in no order."""

    def __init__(self, state: State, undoing: Undoing) -> None:
        self._state = state
        self._undoing = undoing
        self.touched: set[str] = set()

    def add(self, lot: str, amount: Decimal) -> None:
        """Negative amounts are taken. The balance may be below zero until all records have been looked at."""
        self.touched.add(lot)
        if amount:
            remaining = self._state.remaining
            self._undoing.set(remaining, lot, remaining[lot] + amount)

    def settle(self) -> None:
        """Once all records have been looked at. Raises Refused where a lot is overdrawn, or an item in two lots that
        have a balance."""
        lots = self._state.lots
        for lot in sorted(self.touched, key=lambda one: lots[one].number):
            self.check(lot)
        carriers = self._carriers()
        for item, found in carriers.items():
            if len(found) > 1:
                raise Refused(
                    f"{item!r} would be in {len(found)} lots that have a balance", code="item-taken", field="changes",
                    value=item, rule="at most one lot of an item has a balance: " + " ".join(sorted(found)),
                )
        for item, found in carriers.items():
            self._undoing.set(self._state.holding, item, found)

    def check(self, lot: str) -> None:
        """Raises Refused where more is taken of a lot than there is."""
        left = self._state.remaining[lot]
        if left < 0:
            raise Refused(
                f"{lot!r} would be overdrawn by {-left:f} {self._state.lots[lot].unit}", code="over-consumption",
                field="changes", value=lot, rule="no lot is taken beyond its quantity, by all records together",
            )

    def _carriers(self) -> dict[str, set[str]]:
        """Of the items of which a lot's balance has changed: the lots that have one now."""
        state = self._state
        found: dict[str, set[str]] = {}
        for lot in self.touched:
            item = state.lots[lot].item
            if item is not None:
                found.setdefault(item, set(state.holding.setdefault(item, set()))).add(lot)
        return {item: {lot for lot in lots if state.remaining.get(lot)} for item, lots in found.items()}

"""Turns of organisations: of those that wait, the one that was served longest ago is next.

So an organisation waits for one turn of each other organisation at most, however many requests these have waiting.
"""

import asyncio
import heapq
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Final, Generic, TypeVar

_REMEMBERED: Final = 10_000
"""How many organisations without waiting requests are remembered as served. A forgotten one counts as never served."""
Value = TypeVar("Value")


class Turns(Generic[Value]):
    """Values that wait, by organisation. Within an organisation, they keep their order of arrival."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Value]] = {}
        self._order: list[tuple[int, int, str]] = []
        """A heap of the organisations that wait: when each was served last, and when it lined up."""
        self._served: OrderedDict[str, int] = OrderedDict()
        self._count = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Value]:
        """All values, organisation by organisation."""
        for waiting in self._waiting.values():
            yield from waiting

    def add(self, organization: str, value: Value) -> None:
        self._size += 1
        waiting = self._waiting.get(organization)
        if waiting is None:
            self._waiting[organization] = deque([value])
            self._line_up(organization)
        else:
            waiting.append(value)

    def first(self) -> Value:
        """The value that `pop` would return. Raises IndexError if nothing waits."""
        return self._waiting[self._order[0][2]][0]

    def pop(self) -> Value:
        """Removes and returns the next value. Raises IndexError if nothing waits."""
        organization = heapq.heappop(self._order)[2]
        waiting = self._waiting[organization]
        value = waiting.popleft()
        self._size -= 1
        self._note_served(organization)
        if waiting:
            self._line_up(organization)
        else:
            del self._waiting[organization]
        return value

    def _line_up(self, organization: str) -> None:
        self._count += 1
        heapq.heappush(self._order, (self._served.get(organization, 0), self._count, organization))

    def _note_served(self, organization: str) -> None:
        self._count += 1
        self._served[organization] = self._count
        self._served.move_to_end(organization)
        if len(self._served) > _REMEMBERED:
            self._served.popitem(last=False)


class FairLock:
    """A lock that the waiting organisations get in their turns."""

    def __init__(self) -> None:
        self._held = False
        self._turns: Turns[asyncio.Future[None]] = Turns()

    @property
    def waiting(self) -> int:
        """How many wait for the lock."""
        return len(self._turns)

    async def acquire(self, organization: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._turns.add(organization, turn)
        if not self._held:
            self._pass_on()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # This waiter got the lock just when it was cancelled.
                self._pass_on()
            raise

    def release(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        while self._turns:
            turn = self._turns.pop()
            if not turn.done():
                self._held = True
                turn.set_result(None)
                return
        self._held = False

"""Whose turn it is: of the organisations for which something waits, the one that was served longest ago.

So whoever waits, waits for one turn of each other organisation at most, however much these have waiting.
"""

import asyncio
import heapq
from collections import OrderedDict, deque
from typing import Final, Generic, TypeVar

_REMEMBERED: Final = 10_000
"""Organisations that were served and have nothing waiting. One that is forgotten counts as never served."""
Value = TypeVar("Value")


class Turns(Generic[Value]):
    """What waits, by organisation: of one organisation in order of arrival."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Value]] = {}
        self._order: list[tuple[int, int, str]] = []
        """A heap of the organisations that wait: when each was served, and when it came."""
        self._served: OrderedDict[str, int] = OrderedDict()
        self._count = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, organization: str, value: Value) -> None:
        self._size += 1
        waiting = self._waiting.get(organization)
        if waiting is None:
            self._waiting[organization] = deque([value])
            self._line_up(organization)
        else:
            waiting.append(value)

    def first(self) -> Value:
        """What `pop` would give. Raises IndexError where nothing waits."""
        return self._waiting[self._order[0][2]][0]

    def pop(self) -> Value:
        """What is next; it waits no more. Raises IndexError where nothing waits."""
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
    """Held by one at a time, which those who wait for it get in their turns."""

    def __init__(self) -> None:
        self._held = False
        self._turns: Turns[asyncio.Future[None]] = Turns()

    async def acquire(self, organization: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._turns.add(organization, turn)
        if not self._held:
            self._pass_on()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The turn came as this one gave up.
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

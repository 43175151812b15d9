"""Places for expensive work: a few run at a time, and a bounded queue in which clients take turns."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

Turn = asyncio.Future[None]


class Full(Exception):
    """The queue is full, or this client has its part of the queue already."""


class Places:
    """At most `places` requests run at a time, and at most `room` wait.

    Turns go round by client: a client with forty waiting requests gets as many turns as a client with one. If the queue
    is full and a client with fewer waiting requests arrives, the client with the most loses its newest waiting request.
    """

    def __init__(self, places: int, room: int) -> None:
        self._free = places
        self._places = places
        self._room = room
        self._waiting: OrderedDict[str, deque[Turn]] = OrderedDict()

    @property
    def running(self) -> int:
        """The number of requests that run."""
        return self._places - self._free

    @property
    def waiting(self) -> int:
        """The number of requests that wait."""
        return sum([len(turns) for turns in self._waiting.values()])

    @asynccontextmanager
    async def taken(self, client: str) -> AsyncIterator[None]:
        """Holds a place while the context is entered. Raises Full if there is no room to wait."""
        await self._enter(client)
        try:
            yield
        finally:
            self._leave()

    async def _enter(self, client: str) -> None:
        if self._free and not self._waiting:
            self._free -= 1
            return
        if self.waiting >= self._room:
            self._make_room(client)
        turn: Turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._leave()
            self._forget(client, turn)
            raise

    def _make_room(self, client: str) -> None:
        most = max(self._waiting, key=lambda one: len(self._waiting[one]), default=client)
        own = len(self._waiting.get(client, ()))
        if not self._waiting or len(self._waiting[most]) <= own + 1:
            raise Full
        turn = self._waiting[most][-1]
        self._forget(most, turn)
        turn.set_exception(Full())

    def _forget(self, client: str, turn: Turn) -> None:
        turns = self._waiting.get(client)
        if turns is not None and turn in turns:
            turns.remove(turn)
            if not turns:
                del self._waiting[client]

    def _leave(self) -> None:
        while self._waiting:
            client, turns = next(iter(self._waiting.items()))
            turn = turns.popleft()
            if turns:
                self._waiting.move_to_end(client)
            else:
                del self._waiting[client]
            if not turn.done():
                # The place passes directly to the next request.
                turn.set_result(None)
                return
        self._free += 1

"""A bounded queue for posted records: so many requests are processed at a time, so many wait, further ones get 503.

Without a bound a server that gets more than it can append would answer later and later, and hold ever more in memory. A
request enters the queue after the door has read its body, so a slow sender holds no place. It leaves the queue before
it waits for witnesses.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from ledger.errors import Overloaded
from ledger.web.door.answers import Headers, header
from ledger.web.door.places import Full, Places

LARGE: Final = 256 << 10
"""A body with more bytes is a large one: its records need many times its size while they are processed."""
SMALL_PLACES: Final = 512
"""As many requests as fill several batches, so that a commit serves many of them."""
ROOM_FOR_SMALL: Final = 1_536
LARGE_PLACES: Final = 3
"""One is checked while another is appended."""
ROOM_FOR_LARGE: Final = 48


class Room(NamedTuple):
    """How many requests run, small and large ones, and how many may wait for that."""

    small: int
    large: int
    small_waiting: int
    large_waiting: int


POSTS: Final = Room(SMALL_PLACES, LARGE_PLACES, ROOM_FOR_SMALL, ROOM_FOR_LARGE)
CHECKS: Final = Room(64, 1, 256, 16)
"""Checks have places of their own: while they wait for their turn, they must not keep posted records waiting."""


class PostQueue:
    """A process has one for posts and one for checks. Small and large requests wait apart; clients take turns in
    both."""

    def __init__(self, room: Room = POSTS) -> None:
        self.small = Places(room.small, room.small_waiting)
        self.large = Places(room.large, room.large_waiting)

    @asynccontextmanager
    async def taken(self, client: str, headers: Headers) -> AsyncIterator[None]:
        """Holds a place while a request is processed. Raises Overloaded if there is no room to wait."""
        places = self.large if _is_large(headers) else self.small
        try:
            async with places.taken(client):
                yield
        except Full:
            raise Overloaded(
                f"{places.running} requests with records run and {places.waiting} wait; nothing of this one was "
                "processed: post it again", rule="retry later, with fewer requests at a time",
            ) from None


def _is_large(headers: Headers) -> bool:
    """Whether the body is large, or may be."""
    sizes = header(headers, b"content-length")
    return not (len(sizes) == 1 and sizes[0].isdigit() and int(sizes[0][:20]) <= LARGE)

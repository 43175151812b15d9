"""Pages of a list, newest first. A cursor is the number of the last row, so new entries never shift a page.

A filter may drop most rows of an organisation. So a request examines a limited number of rows for a limited time: a
page may be short, or empty, and still have a next page.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from asyncpg import Record

MOST_EXAMINED: Final = 20_000
"""The most rows that one request examines."""
_FIRST: Final = 101
_LONGEST: Final = 500
"""The most rows of one read. A filter may parse the body of each, of up to 1 MiB."""
_GROWTH: Final = 4
_QUICK_SECONDS: Final = 0.2
"""A read that took longer is not followed by a longer one."""
_SECONDS: Final = 2.0
"""After this time no further read begins."""
Source = Callable[[int, int], Awaitable[Sequence[Record]]]
"""Rows below a key, newest first, at most a number of them. The first column is the key."""
Filter = Callable[[Sequence[Record]], Awaitable[Sequence[int]]]
"""The keys of those rows that belong to the list, in the same order."""


class PageKeys(NamedTuple):
    """The keys of a page, newest first, and the key below which the next page begins; None after the last page.
    `examined`: the number of rows that were examined for it."""

    keys: list[int]
    next: int | None
    examined: int


async def read_keys(
    source: Source, matching: Filter, limit: int, below: int, most: int = MOST_EXAMINED,
    clock: Callable[[], float] = time.monotonic,
) -> PageKeys:
    """At most `limit` keys below a key, out of at most `most` examined rows. The first read is as long as the page, if
    that is short, and each further read is longer. `clock`: in seconds."""
    keys: list[int] = []
    examined, step, end = 0, min(limit + 1, _FIRST), clock() + _SECONDS
    while True:
        step, before = min(step, most - examined), clock()
        rows = await source(below, step)
        examined += len(rows)
        chosen = await matching(rows)
        room = limit - len(keys)
        keys.extend(chosen[:room])
        if len(chosen) > room:
            return PageKeys(keys, keys[-1], examined)
        if len(rows) < step:
            return PageKeys(keys, None, examined)
        below = rows[-1][0]
        now = clock()
        if examined >= most or now >= end:
            return PageKeys(keys, below, examined)
        if now - before < _QUICK_SECONDS:
            step = min(step * _GROWTH, _LONGEST)

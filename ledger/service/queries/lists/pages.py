"""Pages of a list, newest first. A cursor is the number of the last row, so new entries never shift a page.

A filter may drop most rows of an organisation. So a request examines a limited number of rows: a page may be short, or
empty, and still have a next page.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from asyncpg import Record

MOST_EXAMINED: Final = 20_000
"""The most rows that one request examines."""
_GROWTH: Final = 4
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


async def read_keys(source: Source, matching: Filter, limit: int, below: int, most: int = MOST_EXAMINED) -> PageKeys:
    """At most `limit` keys below a key, out of at most `most` examined rows. The first read is as long as the page, and
    each further read is longer."""
    keys: list[int] = []
    examined, step = 0, limit + 1
    while True:
        step = min(step, most - examined)
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
        if examined >= most:
            return PageKeys(keys, below, examined)
        step *= _GROWTH

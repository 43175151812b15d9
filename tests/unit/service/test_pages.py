"""Pages of lists: any filter, page length and limit of examined rows give the same list, each row once."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ledger.service.queries.lists.pages import PageKeys, read_keys

END = 10_000


def page(
    keys: Sequence[int], chosen: Callable[[int], bool], limit: int, below: int, most: int
) -> tuple[PageKeys, list[int]]:
    """A page out of descending keys, and how many rows each read asked for."""
    asked: list[int] = []

    async def source(start: int, count: int) -> Any:
        asked.append(count)
        return [(key,) for key in keys if key < start][:count]

    async def matching(rows: Sequence[Any]) -> list[int]:
        return [key for (key,) in rows if chosen(key)]

    return asyncio.run(read_keys(source, matching, limit, below, most)), asked


@pytest.mark.parametrize("most", [1, 2, 7, 50, 1000])
@pytest.mark.parametrize("limit", [1, 2, 10, 200])
@pytest.mark.parametrize("step", [1, 2, 3, 13, 200])
def test_pages_make_the_whole(step: int, limit: int, most: int) -> None:
    keys = list(range(99, -1, -1))
    found, below, pages = [], END, 0
    while True:
        got, asked = page(keys, lambda key: key % step == 0, limit, below, most)
        assert len(got.keys) <= limit
        assert sum(asked) <= most
        found += got.keys
        pages += 1
        if got.next is None:
            break
        assert got.next < below
        below = got.next
    assert found == [key for key in keys if key % step == 0]
    assert pages <= 102


def test_a_page_without_a_filter_is_read_once() -> None:
    """One row more than the page shows whether there is another."""
    keys = list(range(99, -1, -1))
    got, asked = page(keys, lambda _: True, 10, END, 1000)
    assert (got, asked) == (PageKeys(keys[:10], 90, 11), [11])
    got, asked = page(keys, lambda _: True, 10, 10, 1000)
    assert (got, asked) == (PageKeys(keys[-10:], None, 10), [11])
    assert page([], lambda _: True, 10, END, 1000) == (PageKeys([], None, 0), [11])


def test_a_rare_row_ends_a_page_at_the_limit_of_examined_rows() -> None:
    keys = list(range(9_999, -1, -1))
    got, asked = page(keys, lambda key: key == 5, 10, END, 1_000)
    assert got == PageKeys([], 9_000, 1_000)
    assert asked == [11, 44, 176, 704, 65]

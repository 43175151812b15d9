"""Pages of lists: any filter, page length and limit of examined rows give the same list, each row once."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ledger.service.queries.lists.pages import PageKeys, read_keys

END = 10_000


def page(
    keys: Sequence[int], chosen: Callable[[int], bool], limit: int, below: int, most: int,
    seconds_a_row: float = 0.0,
) -> tuple[PageKeys, list[int]]:
    """A page out of descending keys, and how many rows each read asked for."""
    asked: list[int] = []
    spent = 0.0

    async def source(start: int, count: int) -> Any:
        asked.append(count)
        return [(key,) for key in keys if key < start][:count]

    async def matching(rows: Sequence[Any]) -> list[int]:
        nonlocal spent
        spent += seconds_a_row * len(rows)
        return [key for (key,) in rows if chosen(key)]

    return asyncio.run(read_keys(source, matching, limit, below, most, lambda: spent)), asked


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
    got, asked = page(list(range(9_999, -1, -1)), lambda key: key == 5, 10, END, 1_000)
    assert (got, asked) == (PageKeys([], 9_000, 1_000), [11, 44, 176, 500, 269])


def test_no_read_is_long() -> None:
    """Neither of a long page nor of a filter that drops most."""
    keys = list(range(9_999, -1, -1))
    got, asked = page(keys, lambda _: True, 1_000, END, 20_000)
    assert (got.keys, got.next, asked) == (keys[:1_000], 9_000, [101, 404, 500])
    got, asked = page(keys, lambda _: False, 100, END, 20_000)
    assert (got.next, max(asked)) == (None, 500)


@pytest.mark.parametrize(("seconds", "asked"), [
    (0.001, [101, 404, 404, 404, 404, 404]), (0.01, [101, 101]), (1.0, [101]),
])
def test_slow_rows_end_a_page(seconds: float, asked: list[int]) -> None:
    """After two seconds the page ends; a slow read is followed by no longer one. The next page goes on."""
    keys = list(range(50_000, -1, -1))
    got, steps = page(keys, lambda _: False, 100, 60_000, 20_000, seconds)
    assert (got, steps) == (PageKeys([], keys[sum(asked) - 1], sum(asked)), asked)

"""Lists are read page by page, from servers that may lie."""

from typing import Any, Final, cast

from msgspec import Struct
from support.raising import raised

from ledger.cli.client import Client
from ledger.cli.lookup.pages import MOST_EMPTY, Following, ListOptions, ListRequest
from ledger.errors import LedgerError

REQUEST: Final = ListRequest[Any, Any]("/v1/lot-list", Struct, "lots", {})


class Page(Struct, frozen=True):
    lots: list[int]
    next: int | None


class Pages:
    """A server that answers with these pages, and then with the last one's successors: empty, below it."""

    url = "http://server.example"

    def __init__(self, *pages: Page) -> None:
        self._pages, self.asked = list(pages), 0

    def get(self, route: str, of: type, *, after: int | None, limit: int) -> Page:
        self.asked += 1
        if self._pages:
            return self._pages.pop(0)
        return Page([], (after or 0) - 1)


def following(server: Pages, limit: int = 100) -> Following:
    return Following(cast(Client, server), REQUEST, ListOptions(limit, None, as_json=False, as_csv=False))


def test_empty_pages_without_an_end_stop_with_a_cursor() -> None:
    server = Pages(Page([9, 8], 2**60))
    list_of = following(server)
    assert list(list_of.rows()) == [9, 8]
    assert server.asked == MOST_EMPTY + 1
    assert list_of.next == 2**60 - MOST_EMPTY


def test_a_list_goes_on_after_empty_pages() -> None:
    empty = [Page([], 10_000 - i) for i in range(MOST_EMPTY - 1)]
    more = [Page([], 8_000 - i) for i in range(MOST_EMPTY - 1)]
    server = Pages(*empty, Page([9], 8_500), *more, Page([8], None))
    list_of = following(server)
    assert (list(list_of.rows()), list_of.next) == ([9, 8], None)


def test_a_cursor_that_does_not_fall_is_an_error() -> None:
    assert "has no end" in str(raised(LedgerError, list, following(Pages(Page([9], 5), Page([8], 5))).rows()))

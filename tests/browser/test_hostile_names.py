"""Names that attack a page stand in it as text: markup, marks that turn the direction of writing, formulas, names of
255 characters without a break, and addresses of 10,000."""

from typing import Final
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser
from support.browsing import PRINT, Look, expect_none, visiting, walk
from support.exhibits import HOSTILE_NAMES, Exhibit, lot_page

LOOKS: Final = (Look(360), Look(768, "dark"), Look(1440), PRINT)
LONG: Final = 10_000
MARKS: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067"
"""That turn the direction of writing."""
SHOWN: Final = str.maketrans({"\u2028": " "} | dict.fromkeys([*MARKS, "\u2068", "\u2069"], ""))


def paths(exhibit: Exhibit, language: str) -> list[str]:
    return [f"/{language}{path}" for path in exhibit.paths]


def test_hostile_names_are_text(browser: Browser, hostile: Exhibit) -> None:
    with visiting(browser, hostile.url) as visitor:
        expect_none(walk(visitor, paths(hostile, "en"), LOOKS[:1]))


@pytest.mark.faults_long
@pytest.mark.parametrize("language", ["en", "zh"])
def test_hostile_names_are_text_in_each_look(browser: Browser, hostile: Exhibit, language: str) -> None:
    with visiting(browser, hostile.url) as visitor:
        expect_none(walk(visitor, paths(hostile, language), LOOKS))


def test_no_mark_turns_the_text_beside_it(hostile: Exhibit) -> None:
    with httpx.Client(base_url=hostile.url) as client:
        for path in paths(hostile, "en"):
            page = client.get(path).text
            assert [mark for mark in MARKS if mark in page] == [], path


def test_names_are_shown_in_full(browser: Browser, hostile: Exhibit) -> None:
    """On the page of the organisation's own lot, but for marks and breaks of lines."""
    with visiting(browser, hostile.url) as visitor:
        for name, lot in zip(HOSTILE_NAMES, hostile.lots[-len(HOSTILE_NAMES):], strict=True):
            visitor.open(f"/en{lot_page(lot)}")
            shown = (visitor.page.locator("body").text_content() or "").translate(SHOWN)
            assert name.translate(SHOWN) in shown, name


def test_long_addresses_get_an_answer(browser: Browser, hostile: Exhibit) -> None:
    """A lot that does not exist, with a name that no lot may have."""
    with visiting(browser, hostile.url) as visitor:
        for text in ("W" * LONG, "\u202e" + "\u94a2" * (LONG // 9), "<script>alert(1)</script>" * (LONG // 25)):
            path = f"/en/lot?lot={quote(text, safe='')}"
            status = httpx.get(hostile.url + path).status_code
            assert status in (400, 404, 414), status
            expect_none(walk(visitor, [path], LOOKS[:1], status))

"""Every page of the demo's ledger, open to all, and of the foundry's, where each caller sees another part, holds in
both languages: the visitor of `support.browsing` finds no fault, no link leads nowhere, and numbers are those of the
API."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import httpx
import pytest
from httpx import QueryParams
from playwright.sync_api import Browser
from support.browsing import PRINT, WIDTHS, Look, Visitor, expect_none, visiting, walk
from support.exhibits import (
    CALLERS,
    OF_PLUGINS,
    Exhibit,
    compare_page,
    desk_page,
    inventory_page,
    lot_page,
    organization_page,
    record_page,
    verify_page,
)
from support.parties import party

LANGUAGES: Final = {"en": "en", "zh": "zh"}
"""The parts of a path, with the start of the attribute `lang`."""
FEW: Final = (Look(360), Look(768, "dark"), Look(1440), PRINT)
ALL: Final = (*(Look(width, scheme) for width in WIDTHS for scheme in ("light", "dark")), PRINT)
REACHED: Final = "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']"
SHEETS: Final = 2
"""On which a lot is printed."""


def in_languages(paths: Iterable[str], languages: Iterable[str] = tuple(LANGUAGES)) -> list[str]:
    return [f"/{language}{path}" for path in paths for language in languages]


def few(exhibit: Exhibit) -> list[str]:
    """A page of each kind, with the two lots that have the longest stories."""
    return ["/", "/log", "/login", "/questions", "/sectors", "/sectors/steel", *OF_PLUGINS,
            *map(lot_page, exhibit.lots[:2]),
            *map(verify_page, exhibit.lots[:1]), compare_page(exhibit.lots[:2]),
            record_page(exhibit.records["Transformation"]), *map(organization_page, list(exhibit.keys)[:1]),
            *map(desk_page, list(exhibit.keys)[1:2]), *map(inventory_page, list(exhibit.keys)[1:2])]


def organization(caller: str) -> str | None:
    name = CALLERS[caller]
    return None if name is None else party(1, name).id


def statuses(exhibit: Exhibit, headers: Mapping[str, str], paths: Iterable[str]) -> dict[str, int]:
    """What the paths answer: a page of a lot or a record is missing where the API's answer is."""
    asked = {lot_page(lot): status_of(exhibit, "/v1/footprint", headers, lot=lot) for lot in exhibit.lots}
    asked |= {record_page(digest): status_of(exhibit, f"/v1/records/{digest}", headers)
              for digest in exhibit.records.values()}
    for name in exhibit.keys:
        own = status_of(exhibit, "/v1/received", headers, organization=name)
        asked |= {desk_page(name): own, inventory_page(name): own}
    # Lots beside each other have a page for whoever sees all of them.
    asked |= {path: max([asked[lot_page(lot)] for lot in QueryParams(path.partition("?")[2]).get_list("lot")])
              for path in paths if path.startswith("/compare")}
    return {path: asked.get(path, 200) for path in paths}


def walk_as(
    browser: Browser, exhibit: Exhibit, caller: str, paths: Iterable[str], languages: Iterable[str],
    looks: Sequence[Look],
) -> list[str]:
    """As a caller of the foundry's ledger."""
    headers = exhibit.headers(organization(caller))
    faults: list[str] = []
    with visiting(browser, exhibit.url, headers) as visitor:
        for path, status in statuses(exhibit, headers, paths).items():
            faults += walk(visitor, in_languages([path], languages), looks, status)
    return faults


def status_of(exhibit: Exhibit, path: str, headers: Mapping[str, str], **parameters: str) -> int:
    return httpx.get(exhibit.url + path, params=parameters, headers=headers).status_code


def test_pages_hold(browser: Browser, demo: Exhibit) -> None:
    with visiting(browser, demo.url) as visitor:
        expect_none(walk(visitor, in_languages([*few(demo), *demo.products()[:1]]), FEW))


@pytest.mark.parametrize("caller", CALLERS)
def test_pages_hold_for_each_caller(browser: Browser, foundry: Exhibit, caller: str) -> None:
    expect_none(walk_as(browser, foundry, caller, few(foundry), ["en"], FEW[:1]))


@pytest.mark.faults_long
def test_every_page_holds(browser: Browser, demo: Exhibit) -> None:
    with visiting(browser, demo.url) as visitor:
        expect_none(walk(visitor, in_languages([*demo.paths, *demo.products()]), ALL))


@pytest.mark.faults_long
@pytest.mark.parametrize("caller", CALLERS)
def test_every_page_holds_for_each_caller(browser: Browser, foundry: Exhibit, caller: str) -> None:
    expect_none(walk_as(browser, foundry, caller, foundry.paths, LANGUAGES, ALL))


def test_the_start_is_in_a_language(browser: Browser, demo: Exhibit) -> None:
    with visiting(browser, demo.url) as visitor:
        expect_none(walk(visitor, ["/"], [Look(360)]))


def test_a_page_says_its_language(browser: Browser, demo: Exhibit) -> None:
    with visiting(browser, demo.url) as visitor:
        for part, language in LANGUAGES.items():
            for path in few(demo):
                visitor.open(f"/{part}{path}")
                assert (visitor.page.locator("html").get_attribute("lang") or "").startswith(language), path


def test_links_lead_somewhere(browser: Browser, demo: Exhibit) -> None:
    with visiting(browser, demo.url) as visitor:
        links = {link for path in in_languages(few(demo), ["en"]) for link in links_of(visitor, path)}
    with httpx.Client(follow_redirects=True) as client:
        broken = {link: status for link in sorted(links) if (status := client.get(link).status_code) != 200}
    assert len(links) > len(few(demo))
    assert broken == {}


def links_of(visitor: Visitor, path: str) -> set[str]:
    visitor.open(path)
    return visitor.links()


def test_numbers_of_a_lot_are_those_of_the_api(browser: Browser, demo: Exhibit) -> None:
    with visiting(browser, demo.url) as visitor:
        for lot in demo.lots:
            asked = demo.ask("/v1/footprint", lot=lot)
            for path in in_languages([lot_page(lot)]):
                visitor.open(path)
                figures = visitor.figures()
                assert [figure for figure in figures if not figure.holds] == []
                values = {float(figure.value) for figure in figures if figure.value}
                assert asked["footprintPerUnit"] in values, path


def test_a_lot_is_printed_on_two_sheets(browser: Browser, demo: Exhibit) -> None:
    with visiting(browser, demo.url) as visitor:
        for path in in_languages(map(lot_page, demo.lots)):
            visitor.open(path)
            assert visitor.pages_on_paper() <= SHEETS, path


def test_the_keyboard_reaches_everything(browser: Browser, demo: Exhibit) -> None:
    """Each link, field and region, in the order of the page, and one sees where one is."""
    with visiting(browser, demo.url) as visitor:
        for path in in_languages(few(demo), ["en"]):
            visitor.open(path)
            stops = visitor.stops()
            assert [stop for stop, seen in stops if not seen] == [], path
            assert len(stops) >= visitor.page.locator(REACHED).locator("visible=true").count(), path

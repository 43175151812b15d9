"""The page that compares lots says of each what the API says, to each caller."""

import re
from collections.abc import Iterator
from math import isclose
from typing import Any, Final

import httpx
import pytest
from httpx import QueryParams
from support.exhibits import Exhibit, demo_exhibit, foundry_exhibit

from ledger.cli.demo import scenario as story

_DATA: Final = re.compile(r'<data value="([^"]+)">')
_GEARBOXES: Final = (story.NEW_GEARBOX, story.REMANUFACTURED_GEARBOX)


@pytest.fixture(scope="module")
def demo() -> Iterator[Exhibit]:
    with demo_exhibit() as exhibit:
        yield exhibit


@pytest.fixture(scope="module")
def foundry() -> Iterator[Exhibit]:
    with foundry_exhibit() as exhibit:
        yield exhibit


def _open(exhibit: Exhibit, *lots: str, organization: str | None = None, **more: str) -> httpx.Response:
    query = QueryParams([*[("lot", lot) for lot in lots], *more.items()])
    return httpx.get(f"{exhibit.url}/en/compare?{query}", headers=exhibit.headers(organization))


def _shown(page: httpx.Response) -> list[float]:
    return [float(value) for value in _DATA.findall(page.text)]


def _holds(shown: list[float], value: float) -> bool:
    return any(isclose(value, one, rel_tol=1e-12, abs_tol=1e-12) for one in shown)


@pytest.mark.parametrize("by", ["stage", "organization", "gas"])
def test_two_lots_show_the_numbers_of_the_api(demo: Exhibit, by: str) -> None:
    page = _open(demo, *_GEARBOXES, by=by)
    shown = _shown(page)
    figures = [demo.ask("/v1/footprint", lot=lot)["footprintPerUnit"] for lot in _GEARBOXES]
    tables = [
        {row["key"]: row["amount"] for row in demo.ask("/v1/contributions", lot=lot, by=by)["rows"]
         if row["part"] == "group"} for lot in _GEARBOXES]
    assert page.status_code == 200
    assert all(_holds(shown, figure) for figure in figures)
    assert _holds(shown, figures[1] / figures[0] - 1)
    for key in tables[0] | tables[1]:
        first, second = [table.get(key) for table in tables]
        assert all(_holds(shown, amount) for amount in (first, second) if amount is not None)
        assert _holds(shown, (second or 0.0) - (first or 0.0)), key


def test_the_columns_add_up(demo: Exhibit) -> None:
    """The difference of the totals is the sum of the differences, and each column sums up to its figure."""
    page = _open(demo, *_GEARBOXES)
    table = page.text.split('<h2 id="rows">')[1].split("</table>")[0]
    rows = [[float(value) for value in re.findall(r'class="num">(?:<data value="([^"]+)">|<span>)', row)[-1:] if value]
            for row in table.split("<tr>")[2:]]
    *differences, total = [row[0] for row in rows]
    assert sum(differences) == pytest.approx(total, rel=1e-9)


def test_lots_of_several_units_are_compared_by_mass(demo: Exhibit) -> None:
    page = _open(demo, story.ARC_STEEL, story.NEW_GEARBOX)
    lots = [demo.ask("/v1/footprint", lot=lot) for lot in (story.ARC_STEEL, story.NEW_GEARBOX)]
    assert "So they are compared per kg." in page.text
    shown = _shown(page)
    gearbox = lots[1]["footprint"] / float(lots[1]["lot"]["massKg"])
    tonne = {"TNE": 1000.0, "KGM": 1.0}[lots[0]["lot"]["quantity"]["unit"]]
    assert _holds(shown, gearbox)
    assert _holds(shown, lots[0]["footprintPerUnit"] / tonne)


def test_one_lot_asks_for_another_and_six_are_too_many(demo: Exhibit) -> None:
    alone = _open(demo, story.NEW_GEARBOX)
    assert alone.status_code == 200
    assert "Add a lot" in alone.text
    assert _open(demo).status_code == 200
    assert _open(demo, *_GEARBOXES, story.NEW_GEARBOX).text.count('class="big"') == 2
    many = _open(demo, *[f"urn:example:lot:{number}" for number in range(6)])
    assert many.status_code == 400


def test_the_lives_of_an_item_are_compared_from_its_page(demo: Exhibit) -> None:
    page = httpx.get(f"{demo.url}/en/lot?{QueryParams({'lot': story.REMANUFACTURED_GEARBOX})}").text
    (address,) = set(re.findall(r'href="(/en/compare\?[^"]*lot=[^"]*&amp;lot=[^"]*)"', page))
    compared = httpx.get(demo.url + address.replace("&amp;", "&"))
    assert compared.text.count('class="big"') == 2


def test_a_lot_beside_another_is_as_alone(foundry: Exhibit) -> None:
    """What a caller sees of a lot does not depend on the lots beside it, and a hidden lot hides the page."""
    depths = set()
    for caller in (None, *foundry.keys):
        headers = foundry.headers(caller)
        answers = {lot: _answer(foundry, "footprint", lot, headers) for lot in foundry.lots}
        seen = {lot: answer for lot, answer in answers.items() if answer}
        together = _open(foundry, *seen, organization=caller)
        assert together.status_code == 200
        if len(seen) > 1:
            depths.add(frozenset(answer.get("sight", "whole") for answer in seen.values()))
            unseen = _row(together, "hidden parts", len(seen))
            for lot, answer, hidden in zip(seen, seen.values(), unseen, strict=True):
                assert _holds(_shown(together), answer["footprintPerUnit"])
                table = _answer(foundry, "contributions", lot, headers)
                rows = [] if answer.get("sight") == "totals" else table["rows"]
                size = float(answer["lot"]["quantity"]["value"])
                assert all(_holds(_shown(together), row["amount"] / size) for row in rows if row["part"] == "group")
                others = [row["amount"] / size for row in rows if row["part"] in ("received", "hidden")]
                expected = sum(others) if rows else answer["footprintPerUnit"]
                assert (hidden or 0.0) == pytest.approx(expected)
        for lot in answers.keys() - seen.keys():
            hidden = _open(foundry, *seen, lot, organization=caller)
            unknown = _open(foundry, *seen, "urn:example:nobody:lot:none", organization=caller)
            assert hidden.status_code == unknown.status_code == 404
    assert frozenset({"whole", "totals"}) in depths


def _answer(exhibit: Exhibit, route: str, lot: str, headers: dict[str, str]) -> dict[str, Any]:
    """The answer of the API; empty if it refuses."""
    response = httpx.get(f"{exhibit.url}/v1/{route}", params={"lot": lot}, headers=headers)
    answer: dict[str, Any] = response.json() if response.status_code == 200 else {}
    return answer


def _row(page: httpx.Response, name: str, lots: int) -> list[float | None]:
    """The amounts of a row of the page's table, one for each lot; None where there is none."""
    rows = [row for row in page.text.split("<tr>") if f'<th scope="row">{name}</th>' in row]
    cells = re.findall(r'class="num">(?:<data value="([^"]+)">|<span>)', rows[0]) if rows else []
    return [float(cell) if cell else None for cell in cells[:lots]] or [None] * lots

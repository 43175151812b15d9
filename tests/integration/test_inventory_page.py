"""The page of a yearly inventory says what the API says, to whoever sees everything of the organisation."""

import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from httpx import QueryParams
from support.exhibits import Exhibit, demo_exhibit, foundry_exhibit
from support.parties import party

_DATA: Final = re.compile(r'<data value="([^"]+)">')
_MILL: Final = "urn:example:arc-mill"


@pytest.fixture(scope="module")
def demo() -> Iterator[Exhibit]:
    with demo_exhibit() as exhibit:
        yield exhibit


@pytest.fixture(scope="module")
def foundry() -> Iterator[Exhibit]:
    with foundry_exhibit() as exhibit:
        yield exhibit


def _open(exhibit: Exhibit, organization: str, reader: str | None = None, language: str = "en", **more: str
          ) -> httpx.Response:
    query = QueryParams({"id": organization, **more})
    return httpx.get(f"{exhibit.url}/{language}/inventory?{query}", headers=exhibit.headers(reader))


def _shows(page: httpx.Response, kilograms: float) -> bool:
    """In tonnes."""
    shown = [float(value) for value in _DATA.findall(page.text)]
    return any(value == pytest.approx(kilograms / 1000, rel=1e-12, abs=1e-12) for value in shown)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_numbers_are_those_of_the_api(demo: Exhibit, language: str) -> None:
    """By default of the last ended year with records: the demo's are of 2022."""
    page = _open(demo, _MILL, language=language)
    answer: dict[str, Any] = demo.ask("/v1/inventory", organization=_MILL, year="2022")
    assert page.status_code == 200
    scopes = answer["scopes"]
    for amount in (scopes["scope1"], *scopes["scope2"].values(), scopes["scope3"], *scopes["operational"].values(),
                   *scopes["scope1Categories"].values(), *scopes["scope3Categories"].values(),
                   answer["energy"]["comprehensive"], *[used["megajoules"] for used in answer["energy"]["used"]]):
        assert _shows(page, amount), amount
    for site in answer["sites"]:
        assert _shows(page, site["scopes"]["scope1"])
    coverage = demo.ask("/v1/coverage", organization=_MILL, **{"from": "2022-01-01", "to": "2023-01-01"})
    assert coverage["suppliers"]
    assert all(_shows(page, supplier["footprint"]) for supplier in coverage["suppliers"])


def test_what_is_unknown_is_said(demo: Exhibit) -> None:
    text = _open(demo, _MILL).text
    answer = demo.ask("/v1/inventory", organization=_MILL, year="2022")
    unknown = [category for category in answer["scope3"] if category["status"] == "unknown"]
    assert f"{len(unknown)} of 15 categories are unknown to the ledger." in text
    assert all(category["en"] in text for category in unknown)


def test_gaps_name_suppliers_without_measured_data(demo: Exhibit) -> None:
    """The parts of bought goods that rest on estimates, the largest first."""
    text = _open(demo, _MILL).text.split('id="gaps"')[1].split("</section>")[0]
    coverage = demo.ask("/v1/coverage", organization=_MILL, **{"from": "2022-01-01", "to": "2023-01-01"})
    amounts = [float(value) for value in _DATA.findall(text)]
    expected = sorted([one["footprint"] * one["secondaryShare"] / 1000 for one in coverage["suppliers"]], reverse=True)
    assert amounts[:len(expected)] == pytest.approx(expected[:10])


def test_a_year_without_records_is_no_year_without_emissions(demo: Exhibit) -> None:
    page = _open(demo, _MILL, year="2019")
    assert page.status_code == 200
    assert "No record counts in this year." in page.text
    assert not _shows(page, 0.0)
    assert _open(demo, _MILL, year="1").status_code == 400


def test_it_is_for_those_who_see_everything(foundry: Exhibit) -> None:
    mill = party(1, "mill").id
    for reader in (None, *foundry.keys):
        asked = httpx.get(f"{foundry.url}/v1/inventory", params={"organization": mill, "year": "2025"},
                          headers=foundry.headers(reader))
        page = _open(foundry, mill, reader, year="2025")
        assert page.status_code == asked.status_code, reader
        if asked.status_code == 200:
            assert _shows(page, asked.json()["scopes"]["scope1"])
        unknown = _open(foundry, "urn:example:nobody", reader, year="2025")
        assert unknown.status_code == 404

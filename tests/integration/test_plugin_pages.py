"""The pages of rules, records and factors show what the API and the tables have, to everybody alike."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Final

import httpx
import pytest
from support.exhibits import OF_PLUGINS, OF_SETS, Exhibit, demo_exhibit, foundry_exhibit

from ledger.registry.installed import factor_sets
from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.reading import co2e_of

_DATA: Final = re.compile(r'<data value="([^"]+)">')
_SET: Final = "factors-open"


@pytest.fixture(scope="module")
def demo() -> Iterator[Exhibit]:
    with demo_exhibit() as exhibit:
        yield exhibit


@pytest.fixture(scope="module")
def foundry() -> Iterator[Exhibit]:
    with foundry_exhibit() as exhibit:
        yield exhibit


def _open(exhibit: Exhibit, path: str, organization: str | None = None, language: str = "en") -> httpx.Response:
    return httpx.get(f"{exhibit.url}/{language}{path}", headers=exhibit.headers(organization))


def _text(exhibit: Exhibit, path: str, language: str = "en") -> str:
    response = _open(exhibit, path, language=language)
    assert response.status_code == 200
    return unescape(response.text)


def _tables() -> FactorSetVersion:
    return next(one for one in factor_sets() if one.name == _SET).newest


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_version_in_force_is_shown(demo: Exhibit, language: str) -> None:
    page = _text(demo, "/plugins", language)
    plugins = demo.ask("/v1/plugins")
    active = [plugin for plugin in plugins if "inForce" in plugin]
    assert {plugin.get("kind", "sector") for plugin in active} >= {"rules", "sector", "factors"}
    for plugin in active:
        assert plugin["inForceDigest"] in page
        assert plugin["names"][language] in page


def test_each_kind_and_process_has_a_page(demo: Exhibit) -> None:
    page = _text(demo, "/plugins")
    entries = demo.ask("/v1/schema")
    assert len(entries) > 60
    for entry in entries:
        assert f'href="/en/plugins/{entry["name"]}"' in page
        assert entry["names"]["en"] in _text(demo, f"/plugins/{entry['name']}")


def test_a_search_keeps_what_the_api_finds(demo: Exhibit) -> None:
    page = _text(demo, "/plugins?find=hot+rolling")
    linked = set(re.findall(r'href="/en/plugins/([^"?]+)"', page))
    assert linked == {entry["name"] for entry in demo.ask("/v1/schema", find="hot rolling")}


def test_a_search_without_a_hit_says_so(demo: Exhibit) -> None:
    assert "0 records and processes fit “qqqq”" in _text(demo, "/plugins?find=qqqq")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", ["transfer", "transformation", "steel.electricArcFurnace"])
def test_a_reference_shows_each_field(demo: Exhibit, name: str, language: str) -> None:
    page = _text(demo, f"/plugins/{name}", language)
    for described in demo.ask(f"/v1/schema/{name}")["types"]:
        assert f'id="type-{described["name"]}"' in page
        for field in described["fields"]:
            assert f"<code>{field['name']}</code>" in page
            assert field.get("meaning", {}).get(language, "") in page


def test_a_reference_shows_the_whole_example(demo: Exhibit) -> None:
    example = demo.ask("/v1/schema/transfer")["example"][-1]
    page = _text(demo, "/plugins/transfer")
    assert example["newLot"] in page


@pytest.mark.parametrize("path", ["/plugins/nothing", "/plugins/steel.nothing", f"/factors/{_SET}/nothing",
                                  "/factors/nothing/steelScrap"])
def test_an_unknown_name_is_a_page(demo: Exhibit, path: str) -> None:
    response = _open(demo, path)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_too_long_a_search_is_a_page(demo: Exhibit) -> None:
    for path in ("/plugins", "/factors"):
        response = _open(demo, f"{path}?find={'a' * 201}")
        assert response.status_code == 400
        assert response.headers["Content-Type"].startswith("text/html")


def test_a_supply_shows_the_factors_of_its_set(demo: Exhibit) -> None:
    version = _tables()
    for key in ("steelScrap", "electricity", "diesel"):
        page = _text(demo, f"/factors/{_SET}/{key}")
        shown = {Decimal(value) for value in _DATA.findall(page)}
        factors = [factor for factor in version if factor.key == key]
        assert factors
        for factor in factors:
            assert float(co2e_of(factor.gases)) in {float(value) for value in shown}
            assert factor.low is None or factor.low in shown
            assert factor.note in page
            assert version.sources[factor.source].title in page
        assert page.count("quoted from memory") == sum(factor.recalled for factor in factors)


def test_an_alias_leads_to_its_supply(demo: Exhibit) -> None:
    alias = _tables().supplies["steelScrap"].aliases[0]
    assert "<h1>steel scrap</h1>" in _text(demo, f"/factors/{_SET}/{alias}")


@pytest.mark.parametrize("words", ["steel scrap", "废钢", "Stahlschrott", "7204"])
def test_a_supply_is_found_in_each_language_and_by_code(demo: Exhibit, words: str) -> None:
    page = _text(demo, f"/factors?find={words}")
    assert f'href="/en/factors/{_SET}/steelScrap"' in page


def test_factors_of_sectors_are_found(demo: Exhibit) -> None:
    page = _text(demo, "/factors?find=steel+electrode")
    assert "Factors of the sectors themselves" in page


def test_a_set_that_is_not_given_shows_no_table(foundry: Exhibit) -> None:
    """No factor set is in force on this ledger, so its tables are not shown, though they are installed."""
    assert _open(foundry, f"/factors/{_SET}/steelScrap").status_code == 404
    assert "No factor set is in force here" in _text(foundry, "/factors?find=steel")


def test_everybody_sees_the_same(foundry: Exhibit) -> None:
    own = next(iter(foundry.keys))
    for path in OF_PLUGINS:
        pages = [re.sub(r'(?s)<div class="context">.*?</header>', "", _open(foundry, path, caller).text)
                 for caller in (None, own)]
        assert pages[0] == pages[1], path


def test_the_pages_of_the_exhibit_are_there(demo: Exhibit) -> None:
    for path in (*OF_PLUGINS, *OF_SETS):
        assert _open(demo, path, language="zh").status_code == 200, path

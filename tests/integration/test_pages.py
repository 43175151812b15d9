"""The pages for people: they say what the API says, under the same policy, in both languages."""

import csv
import html
import io
import re
from collections.abc import Iterator
from typing import Any, Final

import httpx
import pytest
from httpx import QueryParams
from support.exhibits import Exhibit, demo_exhibit, foundry_exhibit, lot_page, record_page
from support.parties import party

from ledger.cli.demo import scenario as story
from ledger.engine.findings import finding_codes
from ledger.pages.site import HEADERS

_DATA: Final = re.compile(r'<data value="([^"]+)">')
_NOTHING: Final = "urn:example:nobody:lot:none"


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


def test_a_lot_shows_the_numbers_of_the_api(demo: Exhibit) -> None:
    for lot in demo.lots:
        page = _open(demo, lot_page(lot))
        assert page.status_code == 200
        shown = [float(value) for value in _DATA.findall(page.text)]
        answer, table, gaps = (demo.ask(f"/v1/{name}", lot=lot) for name in ("footprint", "contributions", "gaps"))
        assert answer["footprintPerUnit"] in shown
        assert answer["footprint"] in shown
        assert {row["amount"] for row in table["rows"][:12] if row["part"] == "group"} <= set(shown)
        assert {gap["kgCo2e"] for gap in gaps["items"][:6] if "kgCo2e" in gap} <= set(shown)


def test_a_lot_in_both_languages(demo: Exhibit) -> None:
    english, chinese = (_open(demo, lot_page(story.NEW_GEARBOX), language=one) for one in ("en", "zh"))
    assert 'lang="en"' in english.text
    assert "Before you use this figure" in english.text
    assert 'lang="zh-Hans"' in chinese.text
    assert "使用此数值之前" in chinese.text
    assert "金陵齿轮箱" in chinese.text
    assert _DATA.findall(english.text) == _DATA.findall(chinese.text)


def test_the_contributions_as_csv_add_up(demo: Exhibit) -> None:
    text = _open(demo, lot_page(story.NEW_GEARBOX).replace("/lot?", "/lot.csv?")).text
    rows = list(csv.DictReader(io.StringIO(text)))
    figure = demo.ask("/v1/footprint", lot=story.NEW_GEARBOX)["footprint"]
    assert sum(float(row["kg CO2e"]) for row in rows) == pytest.approx(figure, rel=1e-12)


def test_choices_change_the_page(demo: Exhibit) -> None:
    page = lot_page(story.NEW_GEARBOX)
    by_gas = _open(demo, f"{page}&by=gas")
    mass = _open(demo, f"{page}&show=mass")
    few = _open(demo, f"{page}&nodes=3")
    assert "CH4" in by_gas.text
    assert "Where its mass comes from" in mass.text
    assert re.search(r"\d more", few.text)


def test_an_earlier_tree_size(demo: Exhibit) -> None:
    index = demo.ask("/v1/lots", lot=story.NEW_GEARBOX)[0]["index"]
    page = _open(demo, f"{lot_page(story.NEW_GEARBOX)}&at={index + 1}")
    assert f'as of entry <b><data value="{index + 1}">' in page.text
    before = _open(demo, f"{lot_page(story.NEW_GEARBOX)}&at={index}")
    assert before.status_code == 404


def test_pages_have_their_headers(demo: Exhibit) -> None:
    for path in [*demo.paths, "/lot?lot=unknown", "/nowhere"]:
        page = _open(demo, path)
        assert page.headers["content-type"].startswith("text/html")
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert all(name in page.headers for name in HEADERS)
        scripts = page.text.count("<script")
        scripted = path.startswith(("/login", "/verify"))
        assert (scripts, page.text.count('<script type="module" src="/script/')) == (scripted, scripts)
        assert " style=" not in page.text


def test_the_first_page_is_in_the_language_of_the_browser(demo: Exhibit) -> None:
    for wanted, led in (("zh-CN,zh;q=0.9,en;q=0.8", "/zh/"), ("de,en;q=0.5", "/en/"), ("", "/en/")):
        response = httpx.get(demo.url, headers={"Accept-Language": wanted})
        assert (response.status_code, response.headers["location"]) == (303, led)
        assert response.headers["vary"] == "Accept-Language"


@pytest.mark.parametrize(("name", "page"), [
    (story.NEW_GEARBOX, "/en/lot?lot="), ("urn:example:port", "/en/organization?id="), ("87", "/en/record/"),
])
def test_the_search_leads_to_the_page_of_a_thing(demo: Exhibit, name: str, page: str) -> None:
    response = httpx.get(f"{demo.url}/en/find", params={"name": f" {name} "})
    assert response.status_code == 303
    assert response.headers["location"].startswith(page)
    assert httpx.get(demo.url + response.headers["location"]).status_code == 200


def test_a_product_shows_the_numbers_of_the_api(demo: Exhibit) -> None:
    product = demo.ask("/v1/lots", lot=story.NEW_GEARBOX)[0]["product"]
    page = _open(demo, f"/product?product={product}")
    answer = demo.ask("/v1/footprint/product", product=product)
    shown = [float(value) for value in _DATA.findall(page.text)]
    assert {answer["footprintPerUnit"], answer["spread"]["median"]} <= set(shown)
    assert all(lot["footprintPerUnit"] in shown for lot in answer["lots"][:20])


def test_the_stock_of_an_organisation_is_for_its_own(foundry: Exhibit) -> None:
    """Its name and keys are public."""
    for organization in foundry.keys:
        path = f"/organization?id={organization}"
        assert "Its keys" in _open(foundry, path).text
        assert "Its stock is not yours to see." in _open(foundry, path).text
        assert "Its stock is not yours to see." not in _open(foundry, path, organization).text
    assert _open(foundry, "/organization?id=urn:nobody").status_code == 404
    assert _open(foundry, f"/organization?id={foundry.lots[0]}").status_code == 404


def test_a_record_shows_its_body_and_its_lots(demo: Exhibit) -> None:
    for digest in demo.records.values():
        page = _open(demo, record_page(digest))
        assert page.status_code == 200
        assert digest in page.text
    assert "Lots that it made" in _open(demo, record_page(demo.records["Transformation"])).text


def test_hidden_and_unknown_are_the_same_page(foundry: Exhibit) -> None:
    """But for the name that was asked for, which the address shows."""
    for caller in (None, *foundry.keys):
        pages = {lot: _open(foundry, lot_page(lot), caller) for lot in (*foundry.lots, _NOTHING)}
        refused = {page.text.replace(lot, "").replace(lot.replace(":", "%3A"), "")
                   for lot, page in pages.items() if page.status_code == 404}
        assert len(refused) == 1
        assert "Nothing here that you may see" in refused.pop()


def test_the_log_shows_no_kind_that_its_tiles_hide(foundry: Exhibit) -> None:
    """Not even to whoever reads everything: the page of the log is one for all."""
    page = _open(foundry, "/log").text
    assert "private record" in page
    for kind in ("transformation", "transfer", "grant"):
        assert f'<th scope="row">{kind}</th>' not in page
    assert '<th scope="row">organization</th>' in page or '<th scope="row">reader</th>' in page


def test_readings_of_pages_are_noted(foundry: Exhibit) -> None:
    """The first page and the stock of an organisation show an auditor goods of others, whose log has a row of it."""
    auditor = party(1, "auditor").id
    for path, route in (("/", "/en/"), (f"/organization?id={party(1, 'mill').id}", "/en/organization")):
        assert "/en/lot?lot=" in _open(foundry, path, auditor).text
        owners = [one for one in foundry.keys if one not in (auditor,) and _noted(foundry, one, route)]
        assert owners, route


def _noted(exhibit: Exhibit, organization: str, route: str) -> bool:
    """Whether the access log of an organisation has a row of a route. It is written in the background."""
    headers = exhibit.headers(organization)
    response = httpx.get(f"{exhibit.url}/v1/accesses", params={"organization": organization}, headers=headers)
    if response.status_code != 200:
        return False
    rows = [access["row"] for access in response.json()["accesses"]]
    return any(row.get("route", "").rstrip("/") == route.rstrip("/") for row in rows)


def test_doubts_of_a_receiver_are_those_of_the_api(foundry: Exhibit) -> None:
    """Also of a caller who does not see how the lot is made: the committed omissions, in percent and in words."""
    for organization in foundry.keys:
        headers = foundry.headers(organization)
        for lot in foundry.lots:
            response = httpx.get(f"{foundry.url}/v1/footprint", params={"lot": lot}, headers=headers)
            if response.status_code == 200:
                answer, page = response.json(), _open(foundry, lot_page(lot), organization).text
                assert f"<dd>{answer['completeness']}</dd>" in page
                omitted = answer["burdens"].get("omittedAbs", 0.0)
                assert ("left out" in page) >= (omitted > 1e-6)


def test_nobody_sees_no_lot_on_the_first_page(foundry: Exhibit) -> None:
    page = _open(foundry, "/")
    assert "Figures are shown to those whom they concern." in page.text
    assert "/en/lot?lot=" not in page.text


def test_each_caller_sees_the_figures_of_the_api(foundry: Exhibit) -> None:
    """An organisation with a token: its page exists exactly if the API answers, with the same figure and sight."""
    for organization in foundry.keys:
        headers = foundry.headers(organization)
        for lot in foundry.lots:
            page = _open(foundry, lot_page(lot), organization)
            response = httpx.get(f"{foundry.url}/v1/footprint", params={"lot": lot}, headers=headers)
            assert page.status_code == response.status_code
            if response.status_code == 200:
                answer = response.json()
                assert answer["footprintPerUnit"] in [float(value) for value in _DATA.findall(page.text)]
                says = "You see the figure, not how it is made." in page.text
                assert says == (answer.get("sight") == "totals")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_questions_are_the_table(foundry: Exhibit, language: str) -> None:
    page = _open(foundry, "/questions", language=language)
    assert page.status_code == 200
    text = html.unescape(page.text)
    for code, finding in finding_codes().items():
        assert f'id="{code}"' in text
        assert (finding.zh if language == "zh" else finding.en) in text
        assert finding.meaning in text
        assert finding.answer in text
        assert finding.evidence in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_sector_shows_the_numbers_of_the_api(demo: Exhibit, language: str) -> None:
    """By default of the last ended year that shows something: the demo's records are of 2022."""
    page = _open(demo, "/sectors/steel", language=language)
    answer = demo.ask("/v1/sectors/steel/indicators", **_year(2022))
    assert _values(answer)
    _holds(page, answer)
    assert _open(demo, "/sectors/steel?year=2022", language=language).text.count("<tr>") == page.text.count("<tr>")
    share = next(target for target in answer["targets"] if target["id"] == "plan-arc-2025")
    assert share["met"] is True
    assert f"<td>{'meets' if language == 'en' else '达到'}</td>" in page.text
    link = html.unescape(re.findall(r'href="(/v1/sectors/[^"]+)"', page.text)[0])
    assert httpx.get(demo.url + link).json() == answer


def test_each_caller_sees_the_sums_of_the_api(foundry: Exhibit) -> None:
    """Nobody, organisations and the reader of everything."""
    for caller in (None, *foundry.keys):
        headers = foundry.headers(caller)
        for sector in ("works", "steel"):
            answer = foundry.ask(f"/v1/sectors/{sector}/indicators", headers, **_year(2025))
            page = _open(foundry, f"/sectors/{sector}?year=2025", caller)
            _holds(page, answer)
            limited = "Only organisations that" in page.text or "No sum over" in page.text
            assert limited == answer.get("onlyOwn", False)
            assert page.text.count("look the same") == 1
            if not _values(answer):
                assert "<td>meets" not in page.text
                assert "<td>misses" not in page.text


def test_a_sector_without_a_page(demo: Exhibit) -> None:
    assert _open(demo, "/sectors/alchemy").status_code == 404
    assert _open(demo, "/sectors/steel?year=1").status_code == 400
    names = re.findall(r'href="/en/sectors/([^"]+)"', _open(demo, "/sectors").text)
    assert "industry" in names
    assert all(_open(demo, f"/sectors/{name}").status_code == 200 for name in names)


def _year(number: int) -> dict[str, str]:
    return {"from": f"{number}-01-01", "to": f"{number + 1}-01-01", "by": "province"}


def _values(answer: dict[str, Any]) -> set[float]:
    return {one["value"] for group in (answer, *answer.get("groups", [])) for one in group["indicators"]
            if "value" in one}


def _holds(page: httpx.Response, answer: dict[str, Any]) -> None:
    """The values of the page are those of the answer, in both tables, and their counts."""
    assert page.status_code == 200
    shown = {float(value) for value in _DATA.findall(page.text)}
    assert _values(answer) <= shown
    targets = [one for one in answer["targets"] if one["plan"].startswith("Carbon Peak") and "year" in one]
    groups = (answer, *answer.get("groups", []))
    told = {float(one) for group in groups for one in (group["records"], *group["coverage"].values())}
    told |= {float(one[name]) for group in groups for one in group["indicators"] for name in ("records", "facilities")}
    told |= {one.get("findingsShare", 0.0) for one in answer["indicators"]}
    told |= {abs(one[name]) for one in targets for name in ("value", "gap", "percent") if name in one}
    told |= {one["value"] for one in targets} | {answer["at"], answer.get("questioned") or 0.0}
    assert shown - _values(answer) <= told


def test_a_folded_node_unfolds(demo: Exhibit) -> None:
    """Its link shows the largest nodes in it, and keeps what the visitor has chosen."""
    lot = demo.lots[0]
    folded = _open(demo, f"/lot?{QueryParams({'lot': lot, 'nodes': '3', 'by': 'gas'})}").text
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*open=[^"]*)"', folded)]
    assert links
    assert all("nodes=3" in link and "by=gas" in link for link in links)
    unfolded = httpx.get(demo.url + links[0])
    assert unfolded.status_code == 200
    rows = [page.count("<tr") for page in (folded, unfolded.text)]
    assert rows[0] < rows[1]

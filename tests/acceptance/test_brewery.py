"""A brewery that states its purchases gets a footprint; one that leaves out its energy, or what it brews, does not."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx
import pytest
from support.activity_records import brewery, records_of
from support.parties import enrolment, nonces, party
from support.server import Server, prepared_home

LAGER: Final = "urn:example:{}:lot:lager"
ENERGY: Final = ("electricity", "naturalGas")
BY_HAND: Final[Mapping[str, float]] = {
    "malt": 172_000 * 0.848028, "hops": 1_500 * 4.2, "water": 4_400_000 * 0.0001913,
    "electricity": 98_000 * 0.424500, "glassBottle": 14_000 * 0.809, "crownCap": 4_200 * 2.8639,
    "labelPaper": 1_900 * 2.93, "R507A": 4 * (0.5 * 3740 + 0.5 * 5810),
}
"""Kg CO2e of lines: amounts of the record times rows of the sets; R-507A is half HFC-125 and half HFC-143a."""
SHARE: Final = 1_150_000 / 1_156_500
"""Of the record's burdens, carried by lager."""


def variant(name: str, change: str) -> Mapping[str, Any]:
    """The brewery's entry as that of the organisation `name`."""
    entry: Any = copy.deepcopy(brewery())
    supplies = entry["transformation"]["supplies"]
    if change == "without energy":
        entry["transformation"]["supplies"] = [one for one in supplies if one["material"] not in ENERGY]
    elif change == "without a code":
        del entry["products"][0]["classifications"]
    elif change == "with an unknown gas":
        supplies.append({"material": "refrigerant", "quantity": {"value": "1", "unit": "KGM"}})
    return renamed(entry, name)


def renamed(node: Any, name: str) -> Any:
    if isinstance(node, dict):
        return {key: renamed(child, name) for key, child in node.items()}
    if isinstance(node, list):
        return [renamed(child, name) for child in node]
    return node.replace("brewery-de", name) if isinstance(node, str) else node


CASES: Final = {
    "honest": "", "dark": "without energy", "nameless": "without a code", "leaky": "with an unknown gas",
}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_FACTOR_SETS="all") as running:
        for name, change in CASES.items():
            signer = party(1, name)
            joined = enrolment(signer, running.registrar, running.origin, next(nonces(1, f"join/{name}")))
            running.post([(running.registrar, joined)])
            running.post(list(records_of(variant(name, change))))
        yield running


def answer(server: Server, path: str, name: str) -> Any:
    response = httpx.get(f"{server.url}{path}", params={"lot": LAGER.format(name)}, timeout=60)
    assert response.status_code == 200, response.text
    return response.json()


def omitted(server: Server, name: str) -> set[str]:
    items = answer(server, "/v1/gaps", name)["items"]
    return {gap["what"] for gap in items if gap["kind"] == "omission"}


def test_an_honest_brewery_has_a_footprint(server: Server) -> None:
    """About 33 kg CO2e per hectolitre of bottled lager, nearly half of it malt."""
    footprint = answer(server, "/v1/footprint", "honest")
    assert (footprint["title"], footprint["questioned"], footprint.get("findings", [])) == ("footprint", 0, [])
    assert footprint["footprintPerUnit"] == pytest.approx(33.4, rel=0.01)
    # 49,000 litres of alcohol: CO2 of fermentation is there, and is no part of the footprint
    assert footprint["burdens"]["biogenicCO2Emissions"] == pytest.approx(49_000 * 0.78924 * 0.9553 * SHARE)
    assert omitted(server, "honest") == {"yeast", "R507A"}


def test_its_lines_are_those_by_hand(server: Server) -> None:
    """Of each line, lager carries its share by value."""
    table = httpx.get(f"{server.url}/v1/contributions", timeout=60, params={
        "lot": LAGER.format("honest"), "by": "source"}).json()
    amounts = {row["key"]: row["amount"] for row in table["rows"]}
    for source, kilograms in BY_HAND.items():
        assert amounts[source] == pytest.approx(kilograms * SHARE, rel=1e-6), source
    assert "fermentation" not in amounts


@pytest.mark.parametrize(("name", "code"), [("dark", "food-energy-missing"), ("nameless", "no-reference")])
def test_the_reason_of_a_lesser_title_is_a_finding(server: Server, name: str, code: str) -> None:
    footprint = answer(server, "/v1/footprint", name)
    assert code in {one["code"] for one in footprint["findings"]}
    assert footprint["title"] == "incomplete footprint"


def test_a_brewery_without_energy_is_told_how_much_a_brewery_uses(server: Server) -> None:
    """1,010 t of beer at 1.5 GJ of heat and 160 kWh per t, with the rows of the sets for Germany and Europe."""
    estimates = {gap["what"]: gap["kgCo2e"] for gap in answer(server, "/v1/gaps", "dark")["items"]}
    assert estimates["heat, which the route needs"] == pytest.approx(1_010_000 * 1.5 * 0.0740628 * SHARE)
    assert estimates["electricity, which the route needs"] == pytest.approx(1_010_000 * 0.16 * 0.4245 * SHARE)


def test_a_gas_without_a_potential_is_an_unknown_part(server: Server) -> None:
    assert answer(server, "/v1/footprint", "leaky")["title"] == "incomplete footprint"
    assert "refrigerant lost in cooling" in omitted(server, "leaky")

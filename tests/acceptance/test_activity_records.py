"""Forty records of activity data alone are admitted by their sectors: see `support.activity_records`."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import pytest
from support.activity_records import (
    COUNTRIES,
    SECTORS,
    Completeness,
    all_entries,
    completeness_of,
    entries,
    records_of,
)

from ledger.core.record.kinds import Declaration, Product, Transformation

ENTRIES = all_entries()
TRADE_NAMES = {
    "nonferrous-us": "aluflux24R", "consumer-goods-in": "levafastRX40", "equipment-de": "kylmaster4510",
}
"""Materials that no table can have."""


def keys_in(value: object) -> Iterator[str]:
    """The names of all fields in a JSON value."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from keys_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_in(inner)


@cache
def result_of(name: str) -> Completeness:
    """Raises the refusal if a ledger does not admit the record."""
    return completeness_of(ENTRIES[name])


def test_four_countries_and_ten_sectors() -> None:
    assert len(ENTRIES) == len(SECTORS) * len(COUNTRIES) == 40
    for sector in SECTORS:
        assert [entry["country"] for entry in entries(sector)] == list(COUNTRIES)
        assert {entry["transformation"]["process"].partition(".")[0] for entry in entries(sector)} == {sector}
    routes = {entry["transformation"]["process"] for entry in ENTRIES.values()}
    places = {entry["facility"]["subdivision"] for entry in ENTRIES.values()}
    assert len(routes) >= 33
    assert len(places) >= 33


@pytest.mark.parametrize("name", ENTRIES)
def test_it_states_activity_data_alone(name: str) -> None:
    entry = ENTRIES[name]
    stated = set(keys_in(dict(entry)))
    assert not stated & {"factor", "declaration", "burdens", "footprint", "intensity", "evidence", "acidBurden"}
    for _, record in records_of(entry):
        if isinstance(record, Declaration):
            assert (record.basis, record.boundary, record.burdens, record.per) == ("collected", "none", {}, None)
            assert name.startswith("circular-")
        elif isinstance(record, Transformation):
            assert [supply for supply in record.supplies if supply.factor or supply.declaration] == []
            assert len(record.supplies) >= 10
            assert {record.start[:4], record.end[:4]} <= {"2024", "2025"}
        elif isinstance(record, Product):
            assert record.sector == record.id.split(":")[2].rpartition("-")[0]


NOT_SHOWN: Final = {
    "nonferrous-us": "deliveryNotes:aluminiumScrap", "petrochemicals-in": "deliveryNotes:carbonDioxide",
    "circular-de": "municipalContract", "steel-in": "fuelAnalysis", "nonferrous-in": "fuelAnalysis:bituminous",
    "energy-cn": "fuelAnalysis", "building-materials-cn": "fuelAnalysis:mixedWaste",
    "electronics-cn": "abatementTest", "electronics-de": "monitoringReport",
    "energy-in": "meterReading:electricity",
    "steel-de": "deliveryNotes:scrap", "steel-us": "scrapPurchase", "equipment-us": "invoice:scrap",
    "consumer-goods-in": "deliveryNote:firewood", "energy-de": "deliveryNote:woodChips",
}
"""Records of which somebody asks, with the document that answers: bought scrap may be primary metal, nobody is seen to
use the carbon dioxide of an ammonia plant, and nobody to pay for the waste that an incinerator collected. Coal of India
and China has less carbon than the row of its kind, as its laboratory reports, and the waste that a kiln burns more
biogenic carbon than waste has without a report. Fabs burn most of their etching gases, by tests that the records do not
name, and a photovoltaic plant names no meter. Firewood and chips come with a delivery note, as coal does not."""
WITHOUT_REFERENCE: Final = {
    "nonferrous-de": {3}, "consumer-goods-us": {1, 2}, "circular-cn": {0, 1, 2, 3, 6},
}
"""Outputs, by their position, of which no set has a range: anode slime, tall oil, turpentine, the
sulphates and the iron of a battery recycler."""


@pytest.mark.parametrize("name", ENTRIES)
def test_nobody_honest_is_questioned(name: str) -> None:
    result = result_of(name)
    assert (result.questioned > 0) == (name in NOT_SHOWN)
    outputs = {one.output for one in result.findings if one.code == "no-reference"}
    assert outputs == WITHOUT_REFERENCE.get(name, set())


@pytest.mark.parametrize(("name", "kind"), NOT_SHOWN.items())
def test_a_document_answers_the_question(name: str, kind: str) -> None:
    entry = ENTRIES[name]
    note = {"digest": "0" * 64, "mediaType": "text/csv", "kind": kind}
    shown = {**entry, "transformation": {**entry["transformation"], "evidence": [note]}}
    assert completeness_of(shown).questioned == 0


def test_all_but_a_trade_name_are_complete() -> None:
    """Above 97 %, as PACT 3 and Catena-X ask, with an estimate for every omission."""
    shares = {name: result_of(name).share for name in ENTRIES}
    assert [name for name, share in shares.items() if share is None] == []
    assert [name for name, share in shares.items() if (share or 0) <= 0.97] == ["equipment-de"]


@pytest.mark.parametrize(("name", "material"), TRADE_NAMES.items())
def test_a_trade_name_is_a_named_omission(name: str, material: str) -> None:
    supplies: list[dict[str, Any]] = ENTRIES[name]["transformation"]["supplies"]
    assert material in {supply["material"] for supply in supplies}
    assert any(omitted.what.startswith(material) for omitted in result_of(name).omissions)


@pytest.mark.parametrize("name", ENTRIES)
def test_its_route_burns_every_fuel(name: str) -> None:
    """A tonne of diesel more releases 3.1 tonnes of CO2, wherever it was not foreseen."""
    entry = ENTRIES[name]
    diesel = {"material": "diesel", "quantity": {"value": "1000", "unit": "KGM"}}
    supplies = [*entry["transformation"]["supplies"], diesel]
    more = {**entry, "transformation": {**entry["transformation"], "supplies": supplies}}
    assert completeness_of(more).kilograms - result_of(name).kilograms > 3000

"""CO2 of biogenic carbon: booked apart from the footprint, carried by the lots. Solved by hand; amounts in kg."""

import re
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from support.containing import Containing
from support.sectors import open_set

from ledger.core.outcome.assessment import ADDITIVE
from ledger.footprint.derived.inventory.scopes import Booked, emissions_of
from ledger.footprint.stored.burdens import direct, footprint, named
from ledger.sdk import Context, Draft, FuelAnalysis, FuelFacts
from ledger.sdk.testing import context, supply

CHIPS = FuelFacts(
    name="open@1:woodChips/combustion/*/2006", unit="KGM", heating_value=Decimal(13),
    gases={"CH4biogenic": Decimal("0.0004"), "N2O": Decimal("0.00005")},
)


def drafted(*, sets: bool, **facts: Any) -> tuple[Draft, Context]:
    given = context("test.make", supplies=(supply("woodChips", "1000 KGM", priced=sets, **facts),))
    given = replace(given, sets=sets)
    return Draft(given), given


def test_fermentation_is_no_part_of_the_footprint() -> None:
    draft, _ = drafted(sets=True)
    draft.release_biogenic("fermentation", Decimal(250))
    burdens = direct(draft.assessment())
    assert (footprint(burdens), named(burdens)["biogenicCO2Emissions"], named(burdens)["absGhg"]) == (0.0, 250.0, 0.0)
    assert (draft.biogenic, draft.emitted("onSite")) == (Decimal(250), 0)


def test_without_sets_it_makes_no_line() -> None:
    draft, _ = drafted(sets=False)
    draft.release_biogenic("fermentation", Decimal(250))
    assert (draft.assessment().lines, draft.biogenic) == ((), Decimal(250))


def test_biomass_of_a_set_has_biogenic_carbon_dioxide_by_its_heat() -> None:
    # 1000 kg * 13 MJ/kg * 0.112 kg/MJ = 1456; methane 0.4 * 27 = 10.8; nitrous oxide 0.05 * 273 = 13.65
    draft, given = drafted(sets=True, fuel=CHIPS)
    draft.burn(given.supplies[0])
    burdens = named(direct(draft.assessment()))
    assert burdens == Containing({
        "biogenicCO2Emissions": pytest.approx(1456), "biogenicNonCO2Emissions": pytest.approx(10.8),
        "fossilGhgEmissions": pytest.approx(13.65), "renewableEnergyMj": 13000.0,
    })
    assert draft.biogenic == pytest.approx(Decimal(1456))


def test_a_measured_heating_value_leaves_biomass_biogenic() -> None:
    # 1000 * 15 MJ/kg * 0.112 = 1680
    draft, given = drafted(sets=True, fuel=CHIPS)
    draft.burn(given.supplies[0], analysis=FuelAnalysis(material="woodChips", heating_value="15"))
    burdens = named(direct(draft.assessment()))
    assert burdens["biogenicCO2Emissions"] == pytest.approx(1680)
    assert burdens["renewableEnergyMj"] == burdens["energyMj"] == 15000.0


def test_measured_carbon_replaces_the_default() -> None:
    # 1000 kg * 0.45 kg C/kg * 44/12 = 1650, all of it biogenic
    draft, given = drafted(sets=True, fuel=CHIPS)
    draft.burn(given.supplies[0], analysis=FuelAnalysis(material="woodChips", heating_value="15", carbon="0.45"))
    assert named(direct(draft.assessment()))["biogenicCO2Emissions"] == pytest.approx(1650, rel=1e-5)


def test_a_blend_is_divided_by_its_biogenic_share() -> None:
    # 1000 kg * 0.45 * 44/12 = 1650; four tenths of the carbon are biogenic
    draft, given = drafted(sets=True)
    draft.burn(given.supplies[0], analysis=FuelAnalysis(
        material="woodChips", heating_value="15", carbon="0.45", biogenic_share="0.4"))
    burdens = named(direct(draft.assessment()))
    assert burdens == Containing({"biogenicCO2Emissions": pytest.approx(660), "fossilGhgEmissions": pytest.approx(990)})


def test_hydrogen_has_none() -> None:
    draft, given = drafted(sets=True, fuel=FuelFacts(name="open@1:hydrogen/combustion/*/2020", unit="KGM",
                                                     heating_value=Decimal(120), gases={"N2O": Decimal("0.0001")}))
    draft.burn(given.supplies[0])
    assert named(direct(draft.assessment()))["biogenicCO2Emissions"] == 0.0


def test_inventories_report_it_apart_from_the_scopes() -> None:
    draft, _ = drafted(sets=True)
    draft.release_biogenic("fermentation", Decimal(250))
    emissions = list(emissions_of(Booked(type("Record", (), {"facility": "urn:f"})(), draft.assessment())))
    assert [(one.scope, one.category, one.location) for one in emissions] == [("apart", "biogenicCO2Emissions", 250.0)]
    assert "biogenicCO2Emissions" not in ADDITIVE


def test_a_line_follows_a_supply_but_no_lot() -> None:
    draft, given = drafted(sets=True)
    for index in (0, -1):
        draft.carbon("reaction", Decimal(1), supply=replace(given.supplies[0], index=index))
    assert [line.supply for line in draft.assessment().lines] == [0, None]


@pytest.mark.parametrize(("sets", "facts", "primary"), [
    (True, {}, True), (True, {"factor": "table:row"}, False), (True, {"recalled": True}, False),
    (False, {"factor": "table:row"}, True), (True, {"factor": "table:row", "ratings": (1, 3, 2)}, False),
])
def test_a_line_is_primary_only_if_its_factor_is(sets: bool, facts: dict[str, Any], primary: bool) -> None:
    draft, _ = drafted(sets=sets)
    draft.carbon("reaction", Decimal(10), **facts)
    (line,) = draft.assessment().lines
    assert line.primary is primary
    assert line.ratings == facts.get("ratings", (1, 1, 1) if primary else (2, 2, 2))


def test_values_are_those_in_the_notes_of_the_open_set() -> None:
    """The set's rows state the biogenic CO2 that they leave out; it is heating value times the SDK's value."""
    newest = open_set().newest
    compared = 0
    for row in newest:
        stated = re.search(r"biogenic CO2 \(([0-9.]+) kg per kg\)", row.note)
        if stated is None:
            continue
        entry = newest.supplies[row.key]
        assert entry.heating_value is not None
        draft, given = drafted(sets=True, fuel=FuelFacts(name=f"open@1:{row.row}", unit=entry.unit,
                                                         heating_value=entry.heating_value, gases=dict(row.gases)))
        draft.burn(given.supplies[0])
        assert draft.biogenic / 1000 == pytest.approx(Decimal(stated[1]), rel=Decimal("0.001")), row.row
        compared += 1
    assert compared >= 13

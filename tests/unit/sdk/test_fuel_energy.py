"""Fuels that are bought by their energy, solved by hand: energy is net, and CO2 = energy * carbon per energy."""

from decimal import Decimal, localcontext
from typing import Any, Final

import msgspec
import pytest
from support.raising import raised

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.units import UNITS
from ledger.errors import InvalidQuantity
from ledger.sdk import (
    CONTEXT,
    Draft,
    FuelAnalysis,
    FuelFacts,
    HeatingValue,
    SupplyFacts,
    book_energy,
    fuel_of,
    standard_fuels,
)
from ledger.sdk.testing import context, supply

ROW: Final = FuelFacts(
    name="open@1:naturalGas/combustion/*/2020", unit="NM3", heating_value=Decimal(36),
    gases={"CO2": Decimal(2), "CH4": Decimal("0.001"), "N2O": Decimal("0.0001")},
)


def burnt(one: SupplyFacts, *, sets: bool = False, **measured: str) -> Assessment:
    given = context("test.make", supplies=(one,), sets=sets)
    with localcontext(CONTEXT):
        draft = Draft(given)
        analyses = (FuelAnalysis(material=one.material, **measured),) if measured else ()
        book_energy(draft, given, analyses=analyses)
        return draft.assessment()


def test_the_standard_table_converts() -> None:
    """Natural gas: 38.931 MJ per Nm3, so 38931 MJ are 1000 Nm3; coal 23.204 MJ per kg."""
    for material, energy, volume in (
        ("naturalGas", "38931 3B", "1000 NM3"), ("naturalGas", "38.931 GV", "1000 NM3"),
        ("bituminous", "23.204 GV", "1 TNE"), ("naturalGas", "10.814166666 MWH", "999.999999938 NM3"),
    ):
        by_energy, by_volume = burnt(supply(material, energy)), burnt(supply(material, volume))
        assert len(by_energy.lines) == 1
        assert float(by_energy.lines[0].amount) == pytest.approx(float(by_volume.lines[0].amount), rel=1e-12)
        assert float(by_energy.energy[0].amount) == pytest.approx(float(by_volume.energy[0].amount), rel=1e-12)
        assert [one.what for one in by_energy.omissions] == [one.what for one in by_volume.omissions]
    assert burnt(supply("naturalGas", "38931 3B")) == burnt(supply("naturalGas", "1000 NM3"))


@pytest.mark.parametrize(("amount", "megajoules"), [
    ("1 KWH", "3.6"), ("1 MWH", "3600"), ("1 GWH", "3600000"), ("1 3B", "1"), ("1 GV", "1000"), ("1 KJO", "0.001"),
    ("1 JOU", "0.000001"), ("1 D30", "1000000"), ("1.000000001 BTU", "0.00105505585367505585262"),
])
def test_every_unit_of_energy_is_counted_to_the_last_digit(amount: str, megajoules: str) -> None:
    (use,) = burnt(supply("naturalGas", amount)).energy
    assert use.amount == pytest.approx(Decimal(megajoules), rel=Decimal("1e-30"))


def test_that_is_all_units_of_energy() -> None:
    energies = {code for code, unit in UNITS.items() if unit.dimension == "energy"}
    assert energies == {"KWH", "MWH", "GWH", "3B", "GV", "KJO", "JOU", "D30", "BTU"}


def test_the_site_s_heating_value_wins() -> None:
    """36 MJ and 0.5 kg of carbon per Nm3: 3600 MJ are 100 Nm3, which hold 50 kg of carbon."""
    found = burnt(supply("naturalGas", "1000 KWH"), heating_value="36", carbon="0.5", oxidation="1")
    assert float(found.lines[0].amount) == pytest.approx(50 * 44 / 12, rel=1e-15)
    assert found.lines[0].primary
    assert found.energy[0].amount == 3600
    per_heat = burnt(supply("naturalGas", "1000 KWH"), heating_value="30", carbon_content="0.0153", oxidation="1")
    assert float(per_heat.lines[0].amount) == pytest.approx(3600 * 0.0153 * 44 / 12, rel=1e-15)


def test_biogenic_carbon_is_apart() -> None:
    """30 GJ of refuse at 15 MJ/kg are 2 t: 2640 kg of CO2, of which 40 % are biogenic."""
    measured = {"heating_value": "15", "carbon": "0.36", "biogenic_share": "0.4"}
    refuse = supply("refuseDerivedFuel", "30 GV", heating=HeatingValue(unit="KGM", megajoules=Decimal(15)))
    assert burnt(refuse, **measured) == burnt(supply("refuseDerivedFuel", "2 TNE"), **measured)
    (line,) = burnt(refuse, **measured).lines
    assert float(line.amount) == pytest.approx(1584, rel=1e-15)


def test_a_row_of_a_set_converts() -> None:
    """36 MJ per Nm3, against 38.931 of the table: 3600 MJ are 100 Nm3 with 200 kg of CO2."""
    facts: dict[str, Any] = {"fuel": ROW, "heating": HeatingValue(unit="NM3", megajoules=Decimal(36))}
    found = burnt(supply("naturalGas", "1 MWH", **facts), sets=True)
    assert {line.gas: line.amount for line in found.lines} == {
        "CO2": Decimal(200), "CH4": Decimal("0.1"), "N2O": Decimal("0.01")}
    assert [use.amount for use in found.energy] == [3600]
    assert found == burnt(supply("naturalGas", "100 NM3", fuel=ROW), sets=True)


def test_methane_of_a_row_follows_the_analysis() -> None:
    """The analysis has 40 MJ per Nm3, so 3600 MJ are 90 Nm3: the row's methane is per Nm3."""
    measured = {"heating_value": "40", "carbon": "0.6"}
    found = burnt(supply("naturalGas", "1 MWH", fuel=ROW), sets=True, **measured)
    assert {line.gas: line.amount for line in found.lines}["CH4"] == Decimal("0.09")
    assert found == burnt(supply("naturalGas", "90 NM3", fuel=ROW), sets=True, **measured)


def test_hydrogen_burns_to_water() -> None:
    row = FuelFacts(name="open@1:hydrogen/combustion/*/2020", unit="KGM", heating_value=Decimal(120), gases={})
    net = HeatingValue(unit="KGM", megajoules=Decimal(120))
    found = burnt(supply("hydrogen", "12 GV", fuel=row, heating=net), sets=True)
    assert found == burnt(supply("hydrogen", "100 KGM", fuel=row), sets=True)
    assert (found.lines, [use.amount for use in found.energy]) == ((), [12000])


def test_a_stated_mass_comes_before_the_energy() -> None:
    """A record that weighs its coal keeps its figure, whatever the energy of the bill."""
    weighed = supply("bituminous", "1 GV", mass="1 TNE")
    assert burnt(weighed).lines == burnt(supply("bituminous", "1 TNE")).lines


def test_what_the_table_converts_converts_for_every_question() -> None:
    """So a sector may ask for the kilograms of a fuel, whatever its quantity."""
    assert supply("coke", "28.446 GV").amount("TNE") * standard_fuels()["coke"].megajoules == pytest.approx(
        Decimal(28446), rel=Decimal("1e-30"))
    assert supply("bituminous", "23.204 GV").amount("KGM") == 1000


@pytest.mark.parametrize("one", [supply("sand", "1 GV"), supply("electricity", "1 KWH"), supply("heat", "1 GV")])
def test_what_is_no_fuel_has_no_mass(one: SupplyFacts) -> None:
    error = raised(InvalidQuantity, one.amount, "KGM")
    assert (error.code, error.field) == ("wrong-dimension", "supplies[0].quantity")
    assert error.rule == "a quantity convertible to KGM (kilogram)"


def test_a_refusal_names_units_of_energy() -> None:
    with pytest.raises(InvalidQuantity) as raised:
        burnt(supply("naturalGas", "3 MTQ"))
    assert raised.value.rule == (
        "a quantity convertible to NM3 (normalised cubic metre), or to KWH or GV: its energy, net")
    assert raised.value.value == "3 MTQ"


def test_a_sector_may_have_a_heating_value_of_its_own() -> None:
    """Its fuel then gives exactly the stated energy."""
    coal = supply("bituminous", "50 GV")
    own = msgspec.structs.replace(fuel_of(coal), heating_value=Decimal(25))
    assert own.amount_of(coal) == 2
    assert float(coal.amount("TNE")) == pytest.approx(50 / 23.204, rel=1e-15)


@pytest.mark.parametrize("one", [supply("electricity", "1 KWH"), supply("steam", "1 GV"), supply("sorbent", "1 GV")])
def test_an_analysis_turns_nothing_into_a_fuel(one: SupplyFacts) -> None:
    """The ledger says which supply is a fuel: power that is analysed as a fuel stays refused."""
    assert "dimension energy" in str(raised(InvalidQuantity, burnt, one, heating_value="10", carbon="0.001"))

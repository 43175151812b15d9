"""Fuels that a site has analysed, solved by hand; energies in MJ, CO2 in kg."""

from decimal import Decimal, localcontext
from typing import Any, Final

import msgspec
import pytest
from support.raising import raised

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.units import UNITS
from ledger.errors import InvalidQuantity, PluginError
from ledger.sdk import (
    CONTEXT,
    Draft,
    FuelAnalysis,
    FuelFacts,
    HeatingValue,
    SupplyFacts,
    book_energy,
    fuel_of,
    is_fuel,
    matter_in,
    standard_fuels,
)
from ledger.sdk.testing import context, supply


def burnt(one: SupplyFacts, **measured: str) -> tuple[Assessment, Draft]:
    given = context("test.make", supplies=(one,))
    with localcontext(CONTEXT):
        draft = Draft(given)
        book_energy(draft, given, analyses=(FuelAnalysis(material=one.material, **measured),))
        return draft.assessment(), draft


def test_all_measured_is_primary() -> None:
    """1 t of coal: 1000 * 0.6 * 0.95 * 44/12 = 2090 kg; 22 GJ."""
    found, draft = burnt(supply("bituminous", "1 TNE"), heating_value="22", carbon="0.6", oxidation="0.95")
    (line,) = found.lines
    assert float(line.amount) == pytest.approx(2090, rel=1e-15)
    assert (line.primary, line.ratings, line.factor, line.recalled) == (True, (1, 1, 1), "analysis:bituminous", False)
    assert ([(use.carrier, use.amount, use.renewable) for use in found.energy],
            draft.biogenic) == ([("bituminous", Decimal(22000), False)], 0)
    assert [one.what for one in found.omissions] == ["bituminous upstream"]


def test_what_is_not_measured_is_the_default() -> None:
    """Heating value alone: 25 * 0.02618 * 0.93 * 44/12 * 1000; oxidation alone: 23.204 GJ of it."""
    found, _ = burnt(supply("bituminous", "1 TNE"), heating_value="25")
    assert float(found.lines[0].amount) == pytest.approx(25 * 0.02618 * 0.93 * 44 / 12 * 1000, rel=1e-14)
    assert (found.lines[0].primary, found.lines[0].factor) == (False, "fuels-china:bituminous")
    found, _ = burnt(supply("bituminous", "1 TNE"), oxidation="1")
    assert float(found.lines[0].amount) == pytest.approx(23.204 * 0.02618 * 44 / 12 * 1000, rel=1e-14)
    assert found.energy[0].amount == 23204


def test_a_gas_is_measured_per_normal_cubic_metre() -> None:
    """100 Nm3 at 36 MJ and 0.0153 t C per GJ: 100 * 0.036 * 0.0153 * 0.99 * 44/12 * 1000; 3600 MJ."""
    found, _ = burnt(supply("naturalGas", "100 NM3"), heating_value="36", carbon_content="0.0153")
    assert float(found.lines[0].amount) == pytest.approx(100 * 0.036 * 0.0153 * 0.99 * 44 / 12 * 1000, rel=1e-14)
    assert found.lines[0].primary
    assert found.energy[0].amount == 3600


def test_a_fuel_without_defaults_and_biogenic_carbon() -> None:
    """2 t of refuse at 15 MJ/kg with 0.36 C, 40 % of it grown: 2000 * 0.36 * 44/12 = 2640, of which 1584 fossil."""
    refuse = supply("refuseDerivedFuel", "2 TNE")
    found, draft = burnt(refuse, heating_value="15", carbon="0.36", biogenic_share="0.4")
    assert float(found.lines[0].amount) == pytest.approx(1584, rel=1e-15)
    assert float(draft.biogenic) == pytest.approx(1056, rel=1e-15)
    assert [(use.amount, use.renewable) for use in found.energy] == [
        (Decimal(12000), True), (Decimal(18000), False),
    ]
    (analysis,) = (FuelAnalysis(material="refuseDerivedFuel", heating_value="15", carbon="0.36"),)
    given = context("test.make", supplies=(refuse, supply("steel", "5 KGM")))
    assert [matter_in(given), matter_in(given, (analysis,))] == [2005, 5]
    assert (is_fuel(refuse), is_fuel(refuse, (analysis,))) == (False, True)


def test_wood_makes_no_fossil_line() -> None:
    found, draft = burnt(supply("woodChips", "1 TNE"), heating_value="12", carbon="0.3", biogenic_share="1")
    assert (found.lines, [use.renewable for use in found.energy]) == ((), [True])
    assert float(draft.biogenic) == pytest.approx(1100, rel=1e-15)
    assert [one.what for one in found.omissions] == ["woodChips upstream"]


def test_an_own_factor_for_combustion_keeps_the_line() -> None:
    found, draft = burnt(
        supply("bituminous", "1 TNE", combustion=Decimal(2000)), heating_value="22", carbon="0.6", biogenic_share="0.5",
    )
    assert (found.lines, draft.biogenic, [use.amount for use in found.energy]) == ((), 0, [11000, 11000])


@pytest.mark.parametrize(("measured", "said"), [
    ({"heating_value": "121"}, "heatingValue is 121: it must be at most 120 MJ per kg"),
    ({"heating_value": "20", "carbon": "1.01"}, "carbon is 1.01"),
    ({"carbon_content": "0.05"}, "carbon is 1.16"),
    ({"carbon": "0.6", "carbon_content": "0.02"}, "left out if carbon is given"),
    ({"oxidation": "0"}, "above 0 and at most 1"),
])
def test_what_no_fuel_has(measured: dict[str, str], said: str) -> None:
    with pytest.raises(PluginError, match=said) as caught:
        burnt(supply("bituminous", "1 TNE"), **measured)
    assert (caught.value.code, caught.value.field is not None, caught.value.rule is not None) == (
        "invalid-fuel", True, True,
    )


@pytest.mark.parametrize("oxidation", ["1.01", "-0.1", "2"])
def test_oxidation_above_one_is_no_fraction(oxidation: str) -> None:
    assert "oxidation" in str(raised(
        msgspec.ValidationError, msgspec.convert, {"material": "coke", "oxidation": oxidation}, type=FuelAnalysis
    ))


@pytest.mark.parametrize("measured", [{}, {"heating_value": "15"}, {"carbon": "0.4"}])
def test_a_fuel_without_defaults_needs_heat_and_carbon(measured: dict[str, Any]) -> None:
    assert "have heatingValue and carbon" in str(raised(PluginError, burnt, supply("tyres", "1 TNE"), **measured))


def test_materials_that_are_not_burnt_here() -> None:
    given = context("test.make", supplies=(supply("coke", "1 TNE"),))
    with pytest.raises(PluginError, match=r"analyses\[0\].material is tyres: it must be the material of a supply"):
        book_energy(Draft(given), given, analyses=(FuelAnalysis(material="tyres"),))
    twice = (FuelAnalysis(material="coke"), FuelAnalysis(material="coke", carbon="0.8"))
    assert "analysed once" in str(raised(PluginError, book_energy, Draft(given), given, analyses=twice))
    assert "coke, the supply that is burnt" in str(raised(
        PluginError, lambda: Draft(given).burn(given.supplies[0], analysis=FuelAnalysis(material="lignite"))
    ))
    assert "not a fuel with default values" in str(raised(PluginError, fuel_of, supply("granite", "1 TNE")))


# Fuels that are bought by their energy, solved by hand: energy is net, and CO2 = energy * carbon per energy.


ROW: Final = FuelFacts(
    name="open@1:naturalGas/combustion/*/2020", unit="NM3", heating_value=Decimal(36),
    gases={"CO2": Decimal(2), "CH4": Decimal("0.001"), "N2O": Decimal("0.0001")},
)


def booked(one: SupplyFacts, *, sets: bool = False, **measured: str) -> Assessment:
    given = context("test.make", supplies=(one,), sets=sets)
    with localcontext(CONTEXT):
        draft = Draft(given)
        book_energy(draft, given, analyses=(FuelAnalysis(material=one.material, **measured),) if measured else ())
        return draft.assessment()


def test_the_standard_table_converts() -> None:
    """Natural gas: 38.931 MJ per Nm3, so 38931 MJ are 1000 Nm3; coal 23.204 MJ per kg."""
    for material, energy, volume in (
        ("naturalGas", "38931 3B", "1000 NM3"), ("naturalGas", "38.931 GV", "1000 NM3"),
        ("bituminous", "23.204 GV", "1 TNE"), ("naturalGas", "10.814166666 MWH", "999.999999938 NM3"),
    ):
        by_energy, by_volume = booked(supply(material, energy)), booked(supply(material, volume))
        assert len(by_energy.lines) == 1
        assert float(by_energy.lines[0].amount) == pytest.approx(float(by_volume.lines[0].amount), rel=1e-12)
        assert float(by_energy.energy[0].amount) == pytest.approx(float(by_volume.energy[0].amount), rel=1e-12)
        assert [one.what for one in by_energy.omissions] == [one.what for one in by_volume.omissions]
    assert booked(supply("naturalGas", "38931 3B")) == booked(supply("naturalGas", "1000 NM3"))


@pytest.mark.parametrize(("amount", "megajoules"), [
    ("1 KWH", "3.6"), ("1 MWH", "3600"), ("1 GWH", "3600000"), ("1 3B", "1"), ("1 GV", "1000"), ("1 KJO", "0.001"),
    ("1 JOU", "0.000001"), ("1 D30", "1000000"), ("1.000000001 BTU", "0.00105505585367505585262"),
])
def test_every_unit_of_energy_is_counted_to_the_last_digit(amount: str, megajoules: str) -> None:
    (use,) = booked(supply("naturalGas", amount)).energy
    assert use.amount == pytest.approx(Decimal(megajoules), rel=Decimal("1e-30"))


def test_that_is_all_units_of_energy() -> None:
    energies = {code for code, unit in UNITS.items() if unit.dimension == "energy"}
    assert energies == {"KWH", "MWH", "GWH", "3B", "GV", "KJO", "JOU", "D30", "BTU"}


def test_the_site_s_heating_value_wins() -> None:
    """36 MJ and 0.5 kg of carbon per Nm3: 3600 MJ are 100 Nm3, which hold 50 kg of carbon."""
    found = booked(supply("naturalGas", "1000 KWH"), heating_value="36", carbon="0.5", oxidation="1")
    assert float(found.lines[0].amount) == pytest.approx(50 * 44 / 12, rel=1e-15)
    assert found.lines[0].primary
    assert found.energy[0].amount == 3600
    per_heat = booked(supply("naturalGas", "1000 KWH"), heating_value="30", carbon_content="0.0153", oxidation="1")
    assert float(per_heat.lines[0].amount) == pytest.approx(3600 * 0.0153 * 44 / 12, rel=1e-15)


def test_biogenic_carbon_is_apart() -> None:
    """30 GJ of refuse at 15 MJ/kg are 2 t: 2640 kg of CO2, of which 40 % are biogenic."""
    measured = {"heating_value": "15", "carbon": "0.36", "biogenic_share": "0.4"}
    refuse = supply("refuseDerivedFuel", "30 GV", heating=HeatingValue(unit="KGM", megajoules=Decimal(15)))
    assert booked(refuse, **measured) == booked(supply("refuseDerivedFuel", "2 TNE"), **measured)
    (line,) = booked(refuse, **measured).lines
    assert float(line.amount) == pytest.approx(1584, rel=1e-15)


def test_a_row_of_a_set_converts() -> None:
    """36 MJ per Nm3, against 38.931 of the table: 3600 MJ are 100 Nm3 with 200 kg of CO2."""
    facts: dict[str, Any] = {"fuel": ROW, "heating": HeatingValue(unit="NM3", megajoules=Decimal(36))}
    found = booked(supply("naturalGas", "1 MWH", **facts), sets=True)
    assert {line.gas: line.amount for line in found.lines} == {
        "CO2": Decimal(200), "CH4": Decimal("0.1"), "N2O": Decimal("0.01")}
    assert [use.amount for use in found.energy] == [3600]
    assert found == booked(supply("naturalGas", "100 NM3", fuel=ROW), sets=True)


def test_methane_of_a_row_follows_the_analysis() -> None:
    """The analysis has 40 MJ per Nm3, so 3600 MJ are 90 Nm3: the row's methane is per Nm3."""
    measured = {"heating_value": "40", "carbon": "0.6"}
    found = booked(supply("naturalGas", "1 MWH", fuel=ROW), sets=True, **measured)
    assert {line.gas: line.amount for line in found.lines}["CH4"] == Decimal("0.09")
    assert found == booked(supply("naturalGas", "90 NM3", fuel=ROW), sets=True, **measured)


def test_hydrogen_burns_to_water() -> None:
    row = FuelFacts(name="open@1:hydrogen/combustion/*/2020", unit="KGM", heating_value=Decimal(120), gases={})
    net = HeatingValue(unit="KGM", megajoules=Decimal(120))
    found = booked(supply("hydrogen", "12 GV", fuel=row, heating=net), sets=True)
    assert found == booked(supply("hydrogen", "100 KGM", fuel=row), sets=True)
    assert (found.lines, [use.amount for use in found.energy]) == ((), [12000])


def test_a_stated_mass_comes_before_the_energy() -> None:
    """A record that weighs its coal keeps its figure, whatever the energy of the bill."""
    assert booked(supply("bituminous", "1 GV", mass="1 TNE")).lines == booked(supply("bituminous", "1 TNE")).lines


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
        booked(supply("naturalGas", "3 MTQ"))
    assert raised.value.rule == (
        "a quantity convertible to NM3 (normalised cubic metre), or to KWH or GV: its energy, net")
    assert raised.value.value == "3 MTQ"


def test_a_sector_may_have_a_heating_value_of_its_own() -> None:
    """Its fuel then gives exactly the stated energy."""
    coal = supply("bituminous", "50 GV")
    assert msgspec.structs.replace(fuel_of(coal), heating_value=Decimal(25)).amount_of(coal) == 2
    assert float(coal.amount("TNE")) == pytest.approx(50 / 23.204, rel=1e-15)


@pytest.mark.parametrize("one", [supply("electricity", "1 KWH"), supply("steam", "1 GV"), supply("sorbent", "1 GV")])
def test_an_analysis_turns_nothing_into_a_fuel(one: SupplyFacts) -> None:
    """The ledger says which supply is a fuel: power that is analysed as a fuel stays refused."""
    assert "dimension energy" in str(raised(InvalidQuantity, booked, one, heating_value="10", carbon="0.001"))

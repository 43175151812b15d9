"""Fuels that a site has analysed, solved by hand; energies in MJ, CO2 in kg."""

from decimal import Decimal, localcontext
from typing import Any

import msgspec
import pytest
from support.raising import raised

from ledger.core.outcome.assessment import Assessment
from ledger.errors import PluginError
from ledger.sdk import CONTEXT, Draft, FuelAnalysis, SupplyFacts, book_energy, fuel_of, is_fuel, matter_in
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
    assert [(use.carrier, use.amount, use.renewable) for use in found.energy] == [
        ("bituminous", Decimal(22000), False),
    ]
    assert draft.biogenic == 0
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
    assert found.lines == ()
    assert draft.biogenic == 0
    assert [use.amount for use in found.energy] == [11000, 11000]


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

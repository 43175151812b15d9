"""Sharing a burden among outputs: published and hand-solved cases. kg CO2e and kg."""

from typing import Any

import pytest
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Given, Make, Smelt
from support.site import Site, ore

from ledger.core.record.values import Money, Quantity
from ledger.errors import LedgerError, PluginError, Refused

FOSSIL = "fossilGhgEmissions"


@pytest.fixture
def site(memory: MemoryLedger) -> Site:
    made = Site(memory, "plant")
    for name in ("a", "b", "c", "d"):
        made.product(name)
    return made


def fossil(site: Site, lot: str) -> float:
    return site.ledger.burdens(site.name(lot))[FOSSIL]


def three(site: Site, weights: list[dict[str, Any]], allocation: str, activity: Make) -> list[float]:
    """Three products of 1 kg each that differ in what they are shared by."""
    outputs = [site.out(f"lot{i}", "abc"[i], "1 KGM", **fields) for i, fields in enumerate(weights)]
    site.make(outputs, supplies=[ore("3 KGM")], allocation=allocation, activity=activity)
    return [fossil(site, f"lot{i}") for i in range(3)]


def test_mass_allocation(site: Site) -> None:
    """Klöpffer and Grahl, Life Cycle Assessment: A Guide to Best Practice, p. 94: A 700 kg, B 300 kg."""
    site.make([site.out("A", "a", "700 KGM"), site.out("B", "b", "300 KGM", "coProduct")],
              supplies=[ore("1000 KGM")], activity=Make(co2="1"))
    assert (fossil(site, "A"), fossil(site, "B")) == (0.7, 0.3)


def test_two_chained_multi_output_processes(site: Site) -> None:
    """The same book, figure 3.11 (inputs; results computed by hand): waste has no burden.

    P1: 4 kg CO2, 7 kg intermediate and 2 kg co-product. P2: 2 kg CO2, 3 + 1 + 2 kg of products and 3 kg of waste.
    """
    site.make([site.out("intermediate", "a", "7 KGM"), site.out("co1", "b", "2 KGM", "coProduct")],
              supplies=[ore("9 KGM")], activity=Make(co2="4"))
    site.make(
        [site.out("final", "a", "3 KGM"), site.out("co2.1", "b", "1 KGM", "coProduct"),
         site.out("co2.2", "c", "2 KGM", "coProduct"), site.out("waste", "d", "3 KGM", "waste", origin="preConsumer")],
        {"intermediate": "7 KGM"}, [ore("2 KGM")], activity=Make(co2="2"),
    )
    assert fossil(site, "intermediate") == pytest.approx(28 / 9, rel=1e-15)
    assert (fossil(site, "final"), fossil(site, "final") / 3) == pytest.approx((2.5555555556, 0.8518518519), abs=1e-10)
    assert fossil(site, "waste") == 0.0
    kept = fossil(site, "final") + fossil(site, "co2.1") + fossil(site, "co2.2") + fossil(site, "co1")
    assert kept == pytest.approx(6.0, rel=1e-15)


def test_copper_and_acid_by_value(memory: MemoryLedger, site: Site) -> None:
    """1 t of copper at 9.5 and 2.5 t of acid at 0.2 a kg: 95 % and 5 % of 2000 kg here and 400 kg from the mine."""
    site.product("concentrate", materials={"copper": "0.25", "sulphur": "0.2"})
    site.make([site.out("ore1", "concentrate", "4000 KGM")], supplies=[ore("4000 KGM")], activity=Make(co2="400"))
    site.make(
        [site.out("copper", "a", "1000 KGM"), site.out("acid", "b", "2500 KGM", "coProduct")],
        {"ore1": "4000 KGM"}, route="smelt", allocation="value", activity=Smelt(co2="2000", prices=["9.5", "0.2"]),
    )
    assert (fossil(site, "copper"), fossil(site, "acid")) == pytest.approx((2280.0, 120.0), rel=1e-15)
    assert memory.contents(site.name("copper")) == {"mass": 1000.0, "material:copper": 1000.0}
    assert memory.contents(site.name("acid")) == {"mass": 2500.0, "material:sulphur": 800.0}


def test_value_of_the_outputs_themselves(site: Site) -> None:
    worth = [{"value": Money(value=value, currency="CNY")} for value in ("95", "4", "1")]
    assert three(site, worth, "value", Make(co2="200")) == pytest.approx([190.0, 8.0, 2.0], rel=1e-15)


def test_molar_allocation_of_chlor_alkali(site: Site) -> None:
    """Implementing Regulation (EU) 2025/2547, equation 43: Em_i = Em * (m_i/M_i) / sum of (m_j/M_j).

    Em 100; m: H2 1.0, Cl2 35.45, NaOH 40.0; M: 2.016, 70.9, 39.997; moles to the nine decimals of a record.
    """
    moles = [{"moles": moles} for moles in ("0.496031746", "0.5", "1.000075006")]
    assert three(site, moles, "moles", Make(co2="100")) == pytest.approx([24.85, 25.049, 50.101], abs=6e-4)


def test_energy_allocation_converts_units(site: Site) -> None:
    heats = [{"heating_value": Quantity(value=value, unit=unit)}
             for value, unit in (("1", "GV"), ("600", "3B"), ("0.4", "GV"))]
    assert three(site, heats, "energy", Make(co2="100")) == pytest.approx([50.0, 30.0, 20.0], rel=1e-15)


def test_declared_shares_need_not_add_up(site: Site) -> None:
    shares = [{"share": share} for share in ("0.1", "0.1", "0.2")]
    assert three(site, shares, "declared", Make(co2="100")) == pytest.approx([25.0, 25.0, 50.0], rel=1e-15)


def test_a_plugin_weighs_in_place_of_the_outputs(site: Site) -> None:
    activity = Make(co2="100", weights={"mass": ["7", "0", "3"]})
    assert three(site, [{}, {}, {}], "mass", activity) == pytest.approx([70.0, 0.0, 30.0], rel=1e-15)


def test_assigned_amounts_leave_before_the_rest_is_shared(site: Site) -> None:
    """System expansion: 80 of 200 kg belong to the exported heat; the rest is shared 3 to 1."""
    site.make(
        [site.out("iron", "a", "300 KGM"), site.out("gas", "b", "100 KGM", "coProduct")], supplies=[ore("400 KGM")],
        activity=Make(co2="200", assigned=[Given(output=1, burden=FOSSIL, amount="80")]),
    )
    assert (fossil(site, "iron"), fossil(site, "gas")) == (90.0, 110.0)


def test_an_output_may_have_its_assigned_amount_only(site: Site) -> None:
    site.make(
        [site.out("iron", "a", "300 KGM"), site.out("gas", "b", "100 KGM", "coProduct")], supplies=[ore("400 KGM")],
        activity=Make(co2="200", weights={"mass": ["1", "0"]},
                      assigned=[Given(output=1, burden=FOSSIL, amount="80")]),
    )
    assert (fossil(site, "iron"), fossil(site, "gas")) == (120.0, 80.0)


@pytest.mark.parametrize(("weights", "error", "code"), [
    (["0", "0"], Refused, "zero-weights"),
    (["1", "-1"], PluginError, "invalid-weights"),
    (["1"], PluginError, "invalid-weights"),
    (["1", "1", "1"], PluginError, "invalid-weights"),
    ([], PluginError, "invalid-weights"),
], ids=["all zero", "negative", "too few", "too many", "none"])
def test_weights_that_cannot_be(
    memory: MemoryLedger, site: Site, weights: list[str], error: type[LedgerError], code: str
) -> None:
    before = memory.fingerprint()
    assert raised(
        error, site.make, [site.out("x", "a", "1 KGM"), site.out("y", "b", "1 KGM", "coProduct")],
        supplies=[ore("2 KGM")], activity=Make(co2="1", weights={"mass": weights}),
    ).code == code
    assert memory.fingerprint() == before


def test_waste_may_not_be_weighed(site: Site) -> None:
    assert raised(
        PluginError, site.make,
        [site.out("x", "a", "1 KGM"), site.out("y", "b", "1 KGM", "waste", origin="preConsumer")],
        supplies=[ore("2 KGM")], activity=Make(co2="1", weights={"mass": ["1", "1"]}),
    ).code == "invalid-weights"


@pytest.mark.parametrize("allocation", ["value", "energy", "moles", "declared"])
def test_an_output_without_what_the_key_needs_is_named(site: Site, allocation: str) -> None:
    error = raised(Refused, site.make, [site.out("x", "a", "1 KGM")], supplies=[ore("1 KGM")], allocation=allocation)
    assert error.code == "missing-weight"
    assert "outputs[0]" in (error.field or "")


def test_currencies_are_not_mixed(site: Site) -> None:
    with pytest.raises(Refused) as caught:
        site.make([site.out("x", "a", "1 KGM", value=Money(value="1", currency="CNY")),
                   site.out("y", "b", "1 KGM", value=Money(value="1", currency="EUR"))],
                  supplies=[ore("2 KGM")], allocation="value")
    assert caught.value.code == "currencies"


@pytest.mark.parametrize("given", [
    Given(output=2, burden=FOSSIL, amount="1"), Given(output=-1, burden=FOSSIL, amount="1"),
    Given(output=1, burden=FOSSIL, amount="1"), Given(output=0, burden="absGhg", amount="1"),
    Given(output=0, burden="energyMj", amount="1"),
], ids=["no such output", "negative", "waste", "a quality", "an energy"])
def test_assignments_that_cannot_be(site: Site, given: Given) -> None:
    assert raised(
        PluginError, site.make,
        [site.out("x", "a", "1 KGM"), site.out("y", "b", "1 KGM", "waste", origin="preConsumer")],
        supplies=[ore("2 KGM")], activity=Make(co2="1", assigned=[given]),
    ).code == "invalid-assessment"

"""The energy balance, solved by hand: a kilogram of coal gives 25 MJ, of wood chips 12, a normal cubic metre of gas 36.
Bought power costs 0.6 kg CO2e per kWh, heat 0.1 per MJ."""

from typing import Any

import pytest
from support.sectors import Emission, Make
from support.site import quantity, supply
from unit.engine.bounded import BURNING, Plant, natural

from ledger.core.record.values import Evidence, Factor

COAL = supply("coal", "100 KGM")
POWER_PRICE = 0.6 / 3.6


def questions(plant: Plant, outputs: list[tuple[str, str]], *supplies: Any, **fields: Any) -> dict[str, float]:
    """Outputs as product and amount; all carry the same."""
    made = [plant.output(product, amount, share="1") for product, amount in outputs]
    return plant.amounts(made, supplies, allocation="declared", **fields)


@pytest.mark.parametrize(("power", "question"), [("531", 0), ("540", (540 * 3.6 - 2500 * 0.75 * 1.02) * POWER_PRICE)])
def test_power_is_three_quarters_of_the_fuel(power: str, question: float) -> None:
    """100 kg of coal are 2500 MJ: 1912.5 MJ of power with the meter's tolerance, which are 531.25 kWh."""
    asked = questions(Plant(), [("power", f"{power} KWH")], COAL)
    assert asked == ({"power-of-heat": pytest.approx(question)} if question else {})


@pytest.mark.parametrize(("heat", "question"), [("3050", 0), ("3060", 10 * 0.1)])
def test_heat_may_have_what_condenses(heat: str, question: float) -> None:
    """2500 * 1.02 and a fifth of 2500: 3050 MJ."""
    asked = questions(Plant(), [("heat", f"{heat} 3B")], COAL)
    assert asked == ({"energy-balance": pytest.approx(question)} if question else {})


@pytest.mark.parametrize(("heat", "question"), [("1970", 0), ("2000", 30 / 3080 * (1080 * POWER_PRICE + 200))])
def test_power_and_heat_share_the_fuel(heat: str, question: float) -> None:
    asked = questions(Plant(), [("power", "300 KWH"), ("heat", f"{heat} 3B")], COAL)
    assert asked == ({"energy-balance": pytest.approx(question)} if question else {})


@pytest.mark.parametrize(("out", "question"), [("102", 0), ("103", 0.6)])
def test_bought_power_leaves_as_much_as_it_came(out: str, question: float) -> None:
    asked = questions(Plant(), [("power", f"{out} KWH")], supply("electricity", "100 KWH"))
    assert asked == ({"power-of-heat": pytest.approx(question)} if question else {})


@pytest.mark.parametrize("bought", [
    supply("heat", "1000 3B"), supply("gas", "1000 3B"), supply("gas", "27.778 NM3", mass=quantity("20 KGM")),
    supply("greenGas", "1000 3B", factor=Factor(
        value="0.3", unit="3B", source="supplier", year=2025, boundary="cradleToGate")),
])
def test_all_carriers_bring_energy(bought: Any) -> None:
    assert questions(Plant(), [("heat", "1010 3B")], bought) == {}
    assert questions(Plant(), [("heat", "1500 3B")], bought)["energy-balance"] > 0


def test_a_lot_brings_its_energy() -> None:
    plant = Plant()
    assert questions(plant, [("heat", "1000 3B")], supply("coal", "40 KGM")) == {}
    heat = plant.output("heat", "1020 3B", share="1")
    assert plant.amounts([heat], [], {"lotheat0": "1000 3B"}, allocation="declared") == {}


def test_a_heat_pump_has_its_coefficient() -> None:
    """100 kWh are 360 MJ: 1440 MJ of heat by a coefficient of 4, 1468.8 with tolerance."""
    plant = Plant(natural(ambientHeat="4"))
    assert questions(plant, [("heat", "1468 3B")], supply("electricity", "100 KWH")) == {}
    asked = questions(plant, [("heat", "1478.8 3B")], supply("electricity", "100 KWH"))
    assert asked == {"energy-balance": pytest.approx(1)}
    assert questions(Plant(), [("heat", "1468 3B")], supply("electricity", "100 KWH")) == {
        "energy-balance": pytest.approx((1468 - 367.2) * 0.1)}


@pytest.mark.parametrize("group", ["sun", "wind", "waterPower", "geothermal"])
def test_nobody_weighs_the_sun(group: str) -> None:
    assert questions(Plant(natural(group)), [("power", "5000 KWH")], supply("sand", "1 KGM")) == {}


def test_products_hold_energy() -> None:
    """100 kg of polyethylene with 4600 MJ out of 100 kg of coal with 2500 MJ: 2050 MJ are not there, of 300 kg CO2e."""
    plant = Plant()
    asked = plant.amounts([plant.output("plastic", "100 KGM", materials={"polyethylene": "1"},
                                        heating_value=quantity("4600 3B"))], [COAL], allocation="energy")
    asked.pop("figure-below-range", None)
    assert asked["energy-balance"] == pytest.approx(300 * 2050 / 4600)


def test_power_and_products_out_of_the_same_fuel() -> None:
    """Coal becomes polyethylene, which holds at least 12 MJ/kg, and its energy leaves as heat too."""
    plant = Plant()
    plastic = plant.output("plastic", "90 KGM", materials={"polyethylene": "1"}, share="0.5")
    asked = plant.amounts([plastic, plant.output("heat", "2000 3B", share="0.5")], [COAL], allocation="declared")
    assert asked["energy-balance"] == pytest.approx((90 * 12 + 2000 - 2550 - 500) / 3080 * (270 + 200))


def test_wet_chips_give_heat_by_what_a_site_measures() -> None:
    """12 MJ/kg by the set; a site that measures 15 has 1500 MJ of 100 kg; nobody has 40."""
    chips = supply("chips", "100 KGM")
    for stated, most in (("15", 1500), ("40", 1800)):
        plant = Plant(route=BURNING)
        activity = {"analyses": [{"material": "chips", "heatingValue": stated, "carbon": "0.4", "biogenicShare": "1"}]}
        limit = most * 1.02 + most * 0.2
        assert "energy-balance" not in questions(plant, [("heat", f"{limit - 1:.0f} 3B")], chips, activity=activity)
        asked = questions(plant, [("heat", f"{limit + 10:.0f} 3B")], chips, activity=activity)
        assert asked["energy-balance"] == pytest.approx(1)


# Carbon dioxide that leaves as a good, solved by hand: 100 kg of coal give 220 kg of it.


CODE = "carbon-dioxide-delivered"
AIR = supply("air", "500 KGM", origin="nature")


def asked_of(emitted: str, gas: str, *supplies: Any, kinds: tuple[str, ...] = (), **fields: Any) -> dict[int, float]:
    """Kg CO2e that 100 kg of a good escape beside `gas` kg of carbon dioxide, of a record that counts `emitted`."""
    plant = Plant()
    gas_fields = {"materials": {"carbonDioxide": "1"}, "role": "coProduct", **fields}
    return plant.escaped(
        CODE,
        [plant.output("good", "100 KGM", share="1"), plant.output("gas", f"{gas} KGM", share="0", **gas_fields)],
        [*(supplies or (COAL,)), AIR], allocation="declared",
        activity=Make(emissions=[Emission(amount=emitted, gas="CO2")]),
        evidence=[Evidence(digest="1" * 64, media_type="text/csv", kind=kind) for kind in kinds],
    )


def test_gas_that_nobody_counts_is_asked_of_the_good() -> None:
    """The gas is the heavier output, and gets none of the question."""
    assert asked_of("70", "150") == {0: pytest.approx(150, abs=0.05)}


def test_gas_that_is_counted_is_no_question() -> None:
    assert asked_of("220", "150") == {}


def test_a_part_that_is_counted_is_not_asked() -> None:
    assert asked_of("160", "150") == {0: pytest.approx(60, abs=0.05)}


def test_less_than_a_fifth_may_be_an_analysis() -> None:
    assert (asked_of("191", "150"), asked_of("189", "150")) == ({}, {0: pytest.approx(31, abs=0.05)})


@pytest.mark.parametrize("kind", [
    "storageCertificate", "carbonUtilisationCertificate", "carbonUtilisationCertificate:polyol",
    "deliveryNote:carbonDioxide", "contract:carbonDioxide",
])
def test_a_document_shows_who_uses_it(kind: str) -> None:
    assert asked_of("70", "150", kinds=(kind,)) == {}


@pytest.mark.parametrize("kind", ["contract", "meterReading", "deliveryNote:coal"])
def test_other_documents_do_not(kind: str) -> None:
    assert asked_of("70", "150", kinds=(kind,)) == {0: pytest.approx(150, abs=0.05)}


def test_gas_as_waste_is_gas_all_the_same() -> None:
    assert asked_of("70", "150", role="waste") == {0: pytest.approx(150, abs=0.05)}


def test_biogenic_gas_is_no_fossil_gas() -> None:
    assert asked_of("0", "150", biogenic_carbon="0.2729") == {}


@pytest.mark.parametrize("material", ["kilnGas", "flueGas", "carbonDioxide"])
def test_gas_that_came_as_gas_has_its_burden_elsewhere(material: str) -> None:
    assert asked_of("0", "150", supply(material, "150 KGM")) == {}

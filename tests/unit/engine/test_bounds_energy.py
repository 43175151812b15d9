"""The energy balance, solved by hand: a kilogram of coal gives 25 MJ, of wood chips 12, a normal cubic metre of gas 36.
Bought power costs 0.6 kg CO2e per kWh, heat 0.1 per MJ."""

from typing import Any

import pytest
from support.sectors import Emission, Make
from support.site import quantity, supply
from unit.engine.bounded import BURNING, Burning, Plant, natural

from ledger.core.record.kinds import Transfer
from ledger.core.record.units import UNITS
from ledger.core.record.values import Evidence, Factor, Quantity, Supply
from ledger.engine.bounds.nature import groups
from ledger.errors import Refused

COAL = supply("coal", "100 KGM")
POWER_PRICE = 0.6 / 3.6


def questions(plant: Plant, outputs: list[tuple[str, str]], *supplies: Any, **fields: Any) -> dict[str, float]:
    """Outputs as product and amount; all carry the same."""
    return plant.amounts([plant.output(product, amount, share="1") for product, amount in outputs], supplies,
                         allocation="declared", **fields)


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


@pytest.mark.parametrize(("emitted", "fields", "asked_amounts"), [
    ("220", {}, {}), ("160", {}, {0: pytest.approx(60, abs=0.05)}),
    # Less than a fifth may be an analysis.
    ("191", {}, {}), ("189", {}, {0: pytest.approx(31, abs=0.05)}),
    # Gas as waste is gas all the same, and biogenic gas is no fossil gas.
    ("70", {"role": "waste"}, {0: pytest.approx(150, abs=0.05)}), ("0", {"biogenic_carbon": "0.2729"}, {}),
])
def test_gas_that_is_counted_is_not_asked(emitted: str, fields: dict[str, str], asked_amounts: Any) -> None:
    assert asked_of(emitted, "150", **fields) == asked_amounts


@pytest.mark.parametrize("kind", [
    "storageCertificate", "carbonUtilisationCertificate", "carbonUtilisationCertificate:polyol",
    "deliveryNote:carbonDioxide", "contract:carbonDioxide",
])
def test_a_document_shows_who_uses_it(kind: str) -> None:
    assert asked_of("70", "150", kinds=(kind,)) == {}


@pytest.mark.parametrize("kind", ["contract", "meterReading", "deliveryNote:coal"])
def test_other_documents_do_not(kind: str) -> None:
    assert asked_of("70", "150", kinds=(kind,)) == {0: pytest.approx(150, abs=0.05)}


@pytest.mark.parametrize("material", ["kilnGas", "flueGas", "carbonDioxide"])
def test_gas_that_came_as_gas_has_its_burden_elsewhere(material: str) -> None:
    assert asked_of("0", "150", supply(material, "150 KGM")) == {}


# Greenhouse gases that come in and go nowhere, solved by hand: SF6 warms 24,300 times its mass, HFC-32 771 times.

GAS_CODE = "gas-unaccounted"
STEEL = supply("steel", "200 KGM")
MASS = {"mass": Quantity(value="100", unit="KGM")}


def asked(*supplies: Any, role: Any = "product", emitted: str | None = None, kinds: tuple[str, ...] = (),
          inputs: dict[str, str] | None = None, plant: Plant | None = None, weighed: bool = False,
          **materials: str) -> float:
    """Kg CO2e in question of a record that makes a piece of 100 kg of `materials`, or 100 kg that are `weighed`."""
    plant = plant or Plant()
    amount = "100 KGM" if weighed else "1 H87"
    outputs = [plant.output("gear", amount, role, materials=materials or {"steel": "1"}, **MASS)]
    if role != "product":
        outputs.append(plant.output("part", "50 KGM", materials={"steel": "1"}))
    activity = Make() if emitted is None else Make(emissions=[Emission(amount=emitted, gas="SF6")])
    amounts = plant.amounts(
        outputs, [*supplies, STEEL], inputs, activity=activity,
        evidence=[Evidence(digest="1" * 64, media_type="text/csv", kind=kind) for kind in kinds],
    )
    return amounts.get(GAS_CODE, 0)


@pytest.mark.parametrize("name", ["SF6", "sulphurHexafluoride", "sulfurHexafluoride"])
def test_gas_that_nobody_accounts_for(name: str) -> None:
    assert asked(supply(name, "4 KGM")) == 4 * 24_300


def test_a_blend_by_its_parts() -> None:
    """R-410A is half HFC-32 and half HFC-125: (771 + 3740) / 2 = 2255.5."""
    assert asked(supply("R410A", "2 KGM")) == 4_511
    assert asked(supply("R32", "2 KGM"), supply("difluoromethane", "3 KGM")) == 5 * 771


def test_switchgear_that_states_its_gas() -> None:
    """4 of 4.05 kg are in the goods: less than a fiftieth is lost. Of 5 kg, one is missing."""
    assert asked(supply("SF6", "4.05 KGM"), steel="0.96", SF6="0.04") == 0
    assert asked(supply("SF6", "4.05 KGM"), steel="0.96", sulphurHexafluoride="0.04") == 0
    assert asked(supply("SF6", "5 KGM"), steel="0.96", SF6="0.04") == 24_300


def test_weighed_metal_has_no_room_for_gas() -> None:
    assert asked(supply("SF6", "4 KGM"), weighed=True, steel="0.96", SF6="0.04") == 4 * 24_300
    assert asked(supply("SF6", "4 KGM"), weighed=True, polystyrene="0.96", SF6="0.04") == 0
    assert asked(supply("SF6", "4 KGM"), weighed=True, nitrogen="0.96", SF6="0.04") == 0


def test_gas_that_leaves_as_waste_needs_a_document() -> None:
    assert asked(supply("SF6", "4 KGM"), role="waste", steel="0.96", SF6="0.04") == 4 * 24_300
    assert asked(supply("SF6", "4 KGM"), role="waste", kinds=("gasBalance",), steel="0.96", SF6="0.04") == 0


@pytest.mark.parametrize("kind", ["destructionCertificate", "gasBalance", "fillingRecord:SF6"])
def test_a_document_answers(kind: str) -> None:
    assert asked(supply("SF6", "4 KGM"), kinds=(kind,)) == 0
    assert asked(supply("SF6", "4 KGM"), kinds=("invoice",)) == 4 * 24_300


def test_a_sector_that_books_the_gas_knows_where_it_went() -> None:
    assert (asked(supply("SF6", "4 KGM"), emitted="1"), asked(supply("NF3", "4 KGM"), emitted="1")) == (0, 4 * 17_400)


@pytest.mark.parametrize("name", ["carbonDioxide", "dryIce"])
def test_carbon_dioxide_that_no_good_binds(name: str) -> None:
    gas = supply(name, "4 KGM")
    assert (asked(gas), asked(gas, kinds=("gasBalance",))) == (4, 0)
    assert asked(gas, concrete="1") == asked(gas, steel="0.5", concrete="0.5") == asked(gas, zorgite="1") == 0


@pytest.mark.parametrize("harmless", ["HFO1234yf", "dichloromethane", "nitrogen", "tungstenHexafluoride"])
def test_other_gases_are_none_of_these(harmless: str) -> None:
    assert asked(supply(harmless, "4 KGM")) == 0


def _of_lot(unit: str = "KGM", **materials: str) -> float:
    plant = Plant()
    made = plant.output("bought", f"10 {unit}", materials=materials, mass=Quantity(value="10", unit="KGM"))
    plant.run([made], [supply("steel", "10 KGM"), supply("SF6", "10 KGM")])
    return asked(plant=plant, inputs={made.lot: f"10 {unit}"})


def test_a_lot_of_gas_counts_and_a_filled_article_holds_it() -> None:
    assert (_of_lot(SF6="1"), _of_lot(SF6="0.2", nitrogen="0.8")) == (10 * 24_300, pytest.approx(2 * 24_300))
    assert (_of_lot("H87", SF6="0.04", steel="0.96"), _of_lot(SF6="0.4", sand="0.6")) == (0, 4 * 24_300)


# Inputs of origin nature, roles of energy, residual mixes: what is refused, and what just passes.


def of_nature(material: str, amount: str = "100 KGM", **fields: Any) -> Any:
    return supply(material, amount, origin="nature", **fields)


@pytest.mark.parametrize("material", ["steel", "clinker", "diesel", "ironOre", "limestone", "wood", "sun", "pigIron"])
def test_a_factory_takes_none_of_it_from_nature(material: str) -> None:
    plant = Plant()
    error = plant.refusal([plant.output("good", "100 KGM")], [of_nature(material)])
    assert isinstance(error, Refused)
    assert (error.code, error.field, error.value) == ("origin-nature", "supplies[0].origin", material)
    assert "water (water, coolingWater" in (error.rule or "")
    assert "air (air" in (error.rule or "")


@pytest.mark.parametrize("material", ["water", "coolingWater", "seaWater", "air", "ambientAir"])
def test_water_and_air_enter_every_route(material: str) -> None:
    plant = Plant()
    assert not plant.amounts([plant.output("good", "100 KGM")], [supply("sand", "100 KGM"), of_nature(material)])


@pytest.mark.parametrize(("group", "material", "other"), [
    ("ore", "ironOre", "limestone"), ("stone", "limestone", "ironOre"), ("timber", "wood", "wheat"),
    ("crops", "wheat", "wood"), ("salt", "brine", "sand"), ("fossil", "naturalGas", "gasoline"),
])
def test_an_extraction_route_takes_its_own_groups(group: str, material: str, other: str) -> None:
    plant = Plant(natural(group))
    plant.run([plant.output("good", "100 KGM")], [of_nature(material)])
    error = plant.refusal([plant.output("good", "100 KGM")], [of_nature(material), of_nature(other)])
    assert (error.code, error.field) == ("origin-nature", "supplies[1].origin")
    assert groups()[group].names[0] in (error.rule or "")


def test_all_that_is_wrong_is_named_at_once() -> None:
    plant = Plant()
    supplies = [of_nature("steel"), of_nature("water"), of_nature("zinc")]
    error = plant.refusal([plant.output("good", "100 KGM")], supplies)
    assert str(error).startswith("supplies[0] (steel), supplies[2] (zinc): ")


def test_the_fuel_of_a_transfer_is_bought() -> None:
    plant = Plant()
    plant.run([plant.output("good", "100 KGM")], [supply("sand", "100 KGM")])
    receiver = plant.ledger.enrol("receiver")
    with pytest.raises(Refused) as caught:
        plant._post(Transfer(
            issuer=plant.id, nonce=plant.ledger.nonce(), lot=plant.name("lotgood0"),
            quantity=supply("", "100 KGM").quantity, to=receiver.id, new_lot=plant.name("sent"),
            time="2025-03-02T00:00:00Z", transport=[of_nature("coal")],
        ))
    assert (caught.value.code, caught.value.field) == ("origin-nature", "transport[0].origin")


def test_no_material_is_in_two_groups() -> None:
    names = [(name, group) for group, natural_group in groups().items() for name in natural_group.names]
    assert len(dict(names)) == len(names)
    assert all(natural_group.en and natural_group.names for natural_group in groups().values())


@pytest.mark.parametrize("unit", ["KWH", "3B", "GV"])
def test_energy_is_no_waste(unit: str) -> None:
    plant = Plant()
    good = plant.output("good", "100 KGM")
    error = plant.refusal([good, plant.output("steam", f"5 {unit}", "waste")], [supply("coal", "500 KGM")])
    assert (error.code, error.field, error.value) == ("energy-waste", "outputs[1].role", "waste")
    assert UNITS[unit].dimension == "energy"


@pytest.mark.parametrize("role", ["product", "coProduct", "byProduct"])
def test_energy_carries_burdens(role: str) -> None:
    plant = Plant()
    good, steam = plant.output("good", "100 KGM", share="0.5"), plant.output("steam", "5 3B", role, share="0.5")
    supplies = [supply("coal", "500 KGM"), supply("sand", "100 KGM")]
    assert not plant.amounts([good, steam], supplies, allocation="declared")


def own(source: str, **fields: Any) -> Factor:
    return Factor(value="0.1", unit="KWH", source=source, year=2025, boundary="generation", **fields)


@pytest.mark.parametrize(("material", "source", "fields"), [
    ("electricity", "Residual mix of AIB", {}), ("greenPower", "residual", {}), ("electricity", "剩余组合", {}),
    ("electricity", "utility", {"description": "power of the residual mix"}), ("residualMix", "utility", {}),
])
def test_a_residual_mix_of_ones_own_is_refused(material: str, source: str, fields: dict[str, Any]) -> None:
    plant = Plant()
    power = supply(material, "10 KWH", factor=own(source), **fields)
    error = plant.refusal([plant.output("good", "100 KGM")], [supply("sand", "100 KGM"), power])
    assert (error.code, error.field) == ("residual-mix", "supplies[1].factor")


def test_the_factor_of_a_supplier_is_none() -> None:
    plant = Plant()
    power = supply("electricity", "10 KWH", factor=own("tariff of the utility"))
    plant.run([plant.output("good", "100 KGM")], [supply("sand", "100 KGM"), power])
    oil = supply("residualOil", "10 KGM", factor=Factor(
        value="3", unit="KGM", source="refinery", year=2025, boundary="cradleToGate"))
    plant.run([plant.output("good", "100 KGM")], [supply("sand", "100 KGM"), oil])


# Analyses of fuels, solved by hand. Coal has 25 MJ and 2.2 kg CO2 per kg by its row: 0.6 kg of carbon, 0.024 per MJ,
# which may be 0.0192 to 0.03. Gas has 36 MJ and 2 kg CO2 per normal cubic metre.

def findings(bought: Any, evidence: str | None = None, **stated: str) -> dict[str, Any]:
    plant = Plant(route=BURNING)
    shown = [] if evidence is None else [Evidence(digest="1" * 64, media_type="text/csv", kind=evidence)]
    return plant.findings([plant.output("good", "90 KGM")], [supply("sand", "100 KGM"), bought], evidence=shown,
                          activity={"analyses": [{"material": bought.material, **stated}]})


def amounts(bought: Any, evidence: str | None = None, **stated: str) -> dict[str, float | None]:
    return {code: None if one.amount is None else float(one.amount)
            for code, one in findings(bought, evidence, **stated).items()}


@pytest.mark.parametrize("stated", [
    {}, {"heatingValue": "12.5", "carbon": "0.3"}, {"heatingValue": "37.5", "carbon": "0.9"},
    {"heatingValue": "25", "carbon": "0.48"}, {"heatingValue": "25", "carbon": "0.75"}, {"carbonContent": "0.0192"},
    {"oxidation": "0.85"}, {"heatingValue": "15.9", "carbon": "0.41"},
])
def test_coals_differ(stated: dict[str, str]) -> None:
    assert amounts(COAL, "fuelAnalysis", **stated) == {}


@pytest.mark.parametrize(("stated", "saved"), [
    ({"heatingValue": "12.5", "carbon": "0.3"}, 220 - 30 * 44 / 12), ({"carbonContent": "0.0192"}, 220 * 0.2),
    ({"oxidation": "0.85"}, 220 * 0.15), ({"heatingValue": "37.5", "carbon": "0.9"}, None),
    ({"oxidation": "0.995"}, None),
])
@pytest.mark.parametrize(("document", "shown"), [
    (None, False), ("meterReading", False), ("fuelAnalysis:gas", False), ("fuelAnalysis", True),
    ("fuelAnalysis:coal", True),
])
def test_values_within_the_range_need_a_report_where_they_save(
    stated: dict[str, str], saved: float | None, document: str | None, shown: bool
) -> None:
    fuel_asked = amounts(COAL, document, **stated)
    assert fuel_asked == ({} if shown or saved is None else {"unproven-analysis": pytest.approx(saved)})


@pytest.mark.parametrize(("stated", "code", "question"), [
    ({"heatingValue": "12.4", "carbon": "0.2976"}, "fuel-heating-value", 220 - 29.76 * 44 / 12),
    ({"heatingValue": "38", "carbon": "0.912"}, "fuel-heating-value", None),
    ({"heatingValue": "25", "carbon": "0.47"}, "fuel-carbon", 220 - 47 * 44 / 12),
    ({"carbonContent": "0.019"}, "fuel-carbon", 220 - 47.5 * 44 / 12),
    ({"heatingValue": "25", "carbon": "0.76"}, "fuel-carbon", None),
    ({"oxidation": "0.8"}, "fuel-oxidation", 220 * 0.2),
    ({"biogenicShare": "0.1"}, "fossil-biogenic", 22),
])
def test_a_value_outside_of_its_range_is_questioned(
    stated: dict[str, str], code: str, question: float | None
) -> None:
    """By the CO2 of the row, less the stated CO2. A fuel that is richer than its row lowers no figure."""
    found = findings(COAL, **stated)
    assert list(found) == [code]
    assert (found[code].amount is None, found[code].severity == "note") == (question is None, question is None)
    assert question is None or float(found[code].amount) == pytest.approx(question)


def test_the_difference_is_questioned_once() -> None:
    """Heating value 10, carbon 0.1: 0.01 per MJ. Of 220 kg CO2, 36.7 are stated, and half of them as biogenic."""
    fuel_asked = amounts(COAL, heatingValue="10", carbon="0.1", biogenicShare="0.5")
    assert fuel_asked == {
        "fuel-carbon": pytest.approx(220 - 10 * 44 / 12), "fuel-heating-value": None,
        "fossil-biogenic": pytest.approx(5 * 44 / 12),
    }


def test_a_finding_says_where_and_by_what() -> None:
    found = findings(COAL, heatingValue="25", carbon="0.47")["fuel-carbon"]
    assert (found.supply, str(found.value), found.unit, found.severity) == (1, "0.0188", "KGM/3B", "warning")
    assert (str(found.usual.low), str(found.usual.high)) == ("0.0192", "0.03")
    assert found.factor == "hand@1:coal/combustion/*/2020"


def test_gas_is_counted_by_volume() -> None:
    gas = supply("gas", "100 NM3", mass=quantity("75 KGM"))
    assert amounts(gas, "fuelAnalysis:gas", heatingValue="34", carbon="0.53") == {}
    assert amounts(gas, heatingValue="36", carbon="0.4") == {"fuel-carbon": pytest.approx(200 - 40 * 44 / 12)}


def test_biomass_is_biogenic() -> None:
    chips = supply("chips", "100 KGM")
    assert amounts(chips, heatingValue="8", carbon="0.25", biogenicShare="1") == {}
    assert amounts(chips, heatingValue="5", carbon="0.25", biogenicShare="1") == {"fuel-heating-value": None}


@pytest.mark.parametrize("stated", [
    {"heatingValue": "21", "carbon": "0.56"}, {"heatingValue": "19", "carbon": "0.51"}, {"heatingValue": "8"},
])
def test_wood_is_at_most_dry(stated: dict[str, str]) -> None:
    assert amounts(supply("woodChips", "100 KGM"), biogenicShare="1", **stated) == {}


@pytest.mark.parametrize(("stated", "codes"), [
    ({"heatingValue": "26", "carbon": "0.65"}, ["fuel-heating-value", "fuel-carbon"]),
    ({"heatingValue": "26", "carbon": "0.5"}, ["fuel-heating-value"]),
    ({"heatingValue": "26"}, ["fuel-heating-value"]),
    ({"heatingValue": "20", "carbon": "0.57"}, ["fuel-carbon"]),
])
def test_wood_with_the_heat_or_the_carbon_of_coal_is_coal(stated: dict[str, str], codes: list[str]) -> None:
    """As coal: 25.8 kg of carbon per GJ. The amount counts once, whatever a laboratory says."""
    fuel_asked = amounts(supply("woodChips", "100 KGM"), "fuelAnalysis", biogenicShare="1", **stated)
    assert list(fuel_asked) == codes
    assert fuel_asked[codes[0]] == pytest.approx(100 * float(stated["heatingValue"]) * 0.0258 * 44 / 12)
    assert [fuel_asked[code] for code in codes[1:]] == [None] * (len(codes) - 1)


def test_carbon_that_counts_as_fossil_is_not_asked_again() -> None:
    """Half of the carbon, 32.5 kg of 65, is said to be fossil."""
    fuel_asked = amounts(supply("woodChips", "100 KGM"), heatingValue="26", carbon="0.65", biogenicShare="0.5")
    assert fuel_asked["fuel-heating-value"] == pytest.approx(2600 * 0.0258 * 44 / 12 - 32.5 * 44 / 12)


def test_meal_of_animals_has_no_row_and_a_range_all_the_same() -> None:
    meal = supply("animalMeal", "100 KGM")
    assert amounts(meal, heatingValue="18", carbon="0.42", biogenicShare="1") == {}
    assert "fuel-heating-value" in amounts(meal, heatingValue="29", carbon="0.7", biogenicShare="1")


@pytest.mark.parametrize(("material", "share", "evidence", "question"), [
    ("mixedWaste", "0.8", "fuelAnalysis", 0), ("mixedWaste", "1", "fuelAnalysis:mixedWaste", 0.2),
    ("mixedWaste", "0.4", None, 0), ("mixedWaste", "0.8", None, 0.4), ("mixedWaste", "0.8", "fuelAnalysis:tyres", 0.4),
    ("tyres", "0.4", "biomassCertificate", 0), ("tyres", "0.2", None, 0), ("tyres", "0.9", "fuelAnalysis", 0.5),
    ("tyres", "0.9", "weighing", 0.7), ("riceHusk", "0.1", None, 0.1),
])
def test_waste_is_biogenic_in_part(material: str, share: str, evidence: str | None, question: float) -> None:
    """100 kg with 40 % carbon give 146.7 kg CO2. Without a report, waste has the share that is usual at least."""
    fuel_asked = amounts(supply(material, "100 KGM"), evidence, heatingValue="15", carbon="0.4", biogenicShare=share)
    assert fuel_asked == ({"fossil-biogenic": pytest.approx(40 * 44 / 12 * question)} if question else {})


@pytest.mark.parametrize(("material", "stated", "evidence", "codes", "question"), [
    # At least 10 MJ with the carbon of gas, 0.0148 kg per MJ: 14.8 kg of 100, and 1.49 are stated.
    ("kilnBlend", {"heatingValue": "1", "carbon": "0.0149"}, None, ["fuel-heating-value"], 14.8 - 1.49),
    ("kilnBlend", {"heatingValue": "1", "carbon": "0.001"}, None, ["fuel-carbon", "fuel-heating-value"], 14.8 - 0.1),
    ("kilnBlend", {"heatingValue": "9", "carbon": "0.2"}, None, ["fuel-heating-value"], None),
    ("kilnBlend", {"heatingValue": "10", "carbon": "0.15"}, None, [], None),
    ("solvents", {"heatingValue": "1", "carbon": "0.0149"}, None, ["fuel-heating-value"], 29.6 - 1.49),
    ("solvents", {"heatingValue": "1", "carbon": "0.0149"}, "fuelAnalysis:solvents", [], None),
])
def test_a_fuel_without_a_row_has_some_heat(
    material: str, stated: dict[str, str], evidence: str | None, codes: list[str], question: float | None
) -> None:
    fuel_asked = amounts(supply(material, "100 KGM"), evidence, **stated)
    assert list(fuel_asked) == codes
    assert list(fuel_asked.values())[:1] == ([pytest.approx(question * 44 / 12)] if question else [None] * len(codes))


@pytest.mark.parametrize("kind", ["fuelAnalysis", "biomassCertificate", "fuelAnalysis:riceHusk"])
def test_a_report_shows_the_biogenic_share_of_a_fuel_that_nobody_knows(kind: str) -> None:
    husk = supply("riceHusk", "100 KGM")
    assert amounts(husk, kind, heatingValue="13", carbon="0.37", biogenicShare="1") == {}
    assert "fossil-biogenic" in amounts(husk, "weighing", heatingValue="13", carbon="0.37", biogenicShare="1")


def test_a_report_turns_no_coal_into_wood() -> None:
    assert amounts(COAL, "fuelAnalysis", biogenicShare="1") == {"fossil-biogenic": pytest.approx(220)}


def as_energy(bought: str, made: str = "", **materials: str) -> dict[str, float | None]:
    """The findings on 100 kg of sand that pass a kiln with a lot of energy of these materials."""
    plant = Plant(route=BURNING)
    plant.product("energy", "3B", materials=materials)
    lot = plant.out("bought", "energy", bought, share="1")
    plant.run([lot], [supply("coal", "1 TNE")], allocation="declared")
    sold = [plant.out("sold", "energy", made, share="0.5")] if made else []
    good = plant.output("good", "90 KGM", share="0.5" if made else "1")
    found = plant.findings([good, *sold], [supply("sand", "100 KGM")], {lot.lot: bought}, allocation="declared")
    return {code: float(one.amount) for code, one in found.items() if code == "fuel-as-energy"}


@pytest.mark.parametrize(("bought", "made", "materials", "question"), [
    # 100 kg of coal by the row.
    ("2500 3B", "", {"coal": "1"}, 220), ("2500 3B", "", {"coal": "0.5", "chips": "0.5"}, 110),
    ("3600 3B", "", {"gas": "1"}, 200), ("2500 3B", "500 3B", {"coal": "1"}, 176),
    ("2500 3B", "2500 3B", {"coal": "1"}, 0), ("2500 3B", "", {"chips": "1"}, 0), ("2500 3B", "", {}, 0),
    ("2500 3B", "", {"steel": "1"}, 0),
])
def test_a_fuel_in_a_lot_of_energy_is_burnt(
    bought: str, made: str, materials: dict[str, str], question: float
) -> None:
    assert as_energy(bought, made, **materials) == ({"fuel-as-energy": pytest.approx(question)} if question else {})


def test_a_fuel_that_nobody_knows_has_carbon() -> None:
    """At least 0.0148 kg per MJ: 2500 MJ have 37 kg of it."""
    brand = supply("ecoBlend", "100 KGM")
    assert amounts(brand, heatingValue="25", carbon="0.37") == {}
    assert amounts(brand, heatingValue="25", carbon="0.1") == {"fuel-carbon": pytest.approx(27 * 44 / 12)}


@pytest.mark.parametrize(("materials", "carbon", "question"), [
    # Chips hold up to 0.56 kg per kg, the other half of a mixture anything.
    ({"woodChips": "1"}, "0.56", 0), ({"woodChips": "1"}, "0.6", 60 * 44 / 12),
    ({"woodChips": "0.5", "sand": "0.5"}, "0.7", 0),
    ({"coal": "1"}, "0.6", 0), ({"sand": "1"}, "0.6", 0),
])
def test_a_lot_of_wood_with_the_carbon_of_coal(materials: dict[str, str], carbon: str, question: float) -> None:
    plant = Plant(route=BURNING)
    plant.product("fuel", materials=materials, biogenic_carbon=carbon)
    plant.declare(lot=plant.out("fuel0", "fuel", "100 KGM"), burdens={"fossilGhgEmissions": "30"})
    fuel_asked = plant.findings([plant.output("good", "90 KGM", materials={"sand": "1"})], [supply("sand", "100 KGM")],
                           {"fuel0": "100 KGM"}, activity=Burning()).get("fuel-carbon")
    assert (0.0 if fuel_asked is None else float(fuel_asked.amount or 0)) == pytest.approx(question)
    assert fuel_asked is None or (fuel_asked.taken, fuel_asked.supply) == (0, None)


def test_a_lot_of_wood_with_the_carbon_of_coal_that_leaves() -> None:
    plant = Plant(route=BURNING)
    plant.product("fuel", materials={"woodChips": "1"}, biogenic_carbon="0.6")
    plant.declare(lot=plant.out("fuel0", "fuel", "100 KGM"), burdens={"fossilGhgEmissions": "30"})
    found = plant.findings([plant.output("good", "75 KGM", materials={"woodChips": "1"})], [], {"fuel0": "100 KGM"},
                           activity=Burning())
    assert float(found["fuel-carbon"].amount or 0) == pytest.approx(25 * 0.6 * 44 / 12)


def test_wood_of_any_name_has_the_heat_of_pellets_at_most() -> None:
    """23 MJ and 0.6 kg of carbon."""
    wood = supply("wood", "100 KGM")
    assert amounts(wood, "fuelAnalysis", heatingValue="19", carbon="0.5", biogenicShare="1") == {}
    fuel_asked = amounts(wood, "fuelAnalysis", heatingValue="25", carbon="0.65", biogenicShare="1")
    assert fuel_asked == {"fuel-heating-value": pytest.approx(2500 * 0.0258 * 44 / 12), "fuel-carbon": None}


# Fuel that nobody burns, solved by hand: coal has 2.2 kg of CO2 per kg by its row, gas 2 kg per normal cubic metre
# and 0.75 kg of mass.


SAND = supply("sand", "1000 KGM")
FUEL_CODE = "fuel-unburnt"
CHIMNEY = Factor(value="2", unit="KGM", source="by hand", year=2025, boundary="combustion")


def with_lot(materials: dict[str, str], amount: str = "100 KGM", **stated: str) -> Plant:
    """A works that holds a lot `fuel0` of these materials."""
    plant = Plant()
    mass = stated.pop("mass", None)
    plant.product("fuel", amount.split()[1], materials=materials, **stated)
    plant.declare(lot=plant.out("fuel0", "fuel", amount, mass=None if mass is None else quantity(mass)),
                  burdens={"fossilGhgEmissions": "30"})
    return plant


def fuel_asked(plant: Plant, amount: str = "100 KGM", *, good: dict[str, Any] | None = None, co2: str = "0",
          supplies: tuple[Supply, ...] = (SAND,)) -> float:
    """Kg CO2e of the finding; 0 without one."""
    outputs = [plant.output("good", "1000 KGM", **{"materials": {"sand": "1"}} if good is None else good)]
    finding = plant.findings(outputs, supplies, {"fuel0": amount}, activity=Make(co2=co2)).get(FUEL_CODE)
    return 0.0 if finding is None else float(finding.amount or 0)


def test_a_lot_of_coal_that_goes_nowhere_is_questioned() -> None:
    plant = with_lot({"coal": "1"})
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"})]
    finding = plant.findings(outputs, (SAND,), {"fuel0": "60 KGM"})[FUEL_CODE]
    assert (finding.taken, finding.supply, finding.severity) == (0, None, "warning")
    assert (float(finding.amount or 0), finding.unit) == (pytest.approx(132), "KGM")
    assert finding.message == f"{plant.name('fuel0')} is a fuel: 132 kg of its CO2 are neither emitted nor in an output"


@pytest.mark.parametrize(("materials", "amount", "mass", "carbon_dioxide"), [
    ({"coal": "0.6", "sand": "0.4"}, "100 KGM", None, 132), ({"gas": "1"}, "100 NM3", "75 KGM", 200),
    ({"coal": "0.5", "gas": "0.5"}, "75 KGM", None, 37.5 * 2.2 + 50 * 2), ({"woodChips": "1"}, "100 KGM", None, 0),
    ({"sand": "1"}, "100 KGM", None, 0),
])
def test_each_fossil_fuel_in_a_lot_counts(
    materials: dict[str, str], amount: str, mass: str | None, carbon_dioxide: float
) -> None:
    plant = with_lot(materials, amount, **({} if mass is None else {"mass": mass}))
    assert fuel_asked(plant, amount) == pytest.approx(carbon_dioxide)


@pytest.mark.parametrize(("co2", "question"), [
    ("220", 0), ("199", 0), ("150", 70), ("0", 220),
])
def test_what_the_record_emits_is_burnt(co2: str, question: float) -> None:
    """A tenth may stay in dust and slag."""
    assert fuel_asked(with_lot({"coal": "1"}), co2=co2) == pytest.approx(question)


@pytest.mark.parametrize(("co2", "question"), [("440", 220), ("560", 100), ("660", 0)])
def test_gas_of_limestone_is_none_of_coal(co2: str, question: float) -> None:
    """A tonne of limestone gives up to 440 kg."""
    stone = supply("limestone", "1000 KGM")
    assert fuel_asked(with_lot({"coal": "1"}), co2=co2, supplies=(stone,)) == pytest.approx(question)


@pytest.mark.parametrize(("good", "question"), [
    # Polyethylene holds up to 93 %, goods of sand nothing, whatever they state.
    ({"materials": {"polyethylene": "1"}}, 0), ({"materials": {"sand": "1"}, "fossil_carbon": "0.06"}, 220),
    ({"materials": {"clinker": "1"}}, 220), ({"materials": {"wood": "1"}}, 220),
    # Of names that no set knows, the record says how much carbon they hold.
    ({"materials": {"blackStuff": "1"}}, 220), ({"materials": {"blackStuff": "1"}, "fossil_carbon": "0.06"}, 0),
    ({}, 220), ({"materials": {"blackStuff": "1"}, "fossil_carbon": "0.03"}, 110),
    # Steel holds half a percent.
    ({"materials": {"steel": "1"}}, 220 - 5 * 44 / 12),
    # Coal that leaves again: 25 kg. Of an output, the unsaid part is no coal.
    ({"materials": {"coal": "0.025"}}, 220 - 25 * 2.2),
    ({"materials": {"sand": "0.975", "coal": "0.025"}}, 220 - 25 * 2.2),
])
def test_carbon_that_leaves_in_goods_is_not_burnt(good: dict[str, Any], question: float) -> None:
    assert fuel_asked(with_lot({"coal": "1"}), good=good) == pytest.approx(question)


@pytest.mark.parametrize(("carbon", "kind", "question"), [
    ("0.5", "fuelAnalysis", 50 * 44 / 12), ("0.5", "fuelAnalysis:coal", 50 * 44 / 12), ("0.2", "fuelAnalysis", 110),
    ("0.9", "fuelAnalysis", 220), ("0.5", "fuelAnalysis:gas", 209), ("0.5", "weighing", 209),
    ("0.58", "weighing", 58 * 44 / 12),
])
def test_poor_coal_states_its_carbon(carbon: str, kind: str, question: float) -> None:
    """With a laboratory's report down to half of the row, else to 0.95 of it."""
    plant = with_lot({"coal": "1"}, fossil_carbon=carbon)
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"})]
    paper = Evidence(digest="1" * 64, media_type="text/csv", kind=kind)
    finding = plant.findings(outputs, (SAND,), {"fuel0": "100 KGM"}, evidence=[paper])[FUEL_CODE]
    assert float(finding.amount or 0) == pytest.approx(question)


@pytest.mark.parametrize(("bought", "question"), [
    (supply("kilnBlend", "100 KGM", factor_row="hand:coal/wellToTank/*/2020"), 220),
    (supply("kilnBlend", "0.1 TNE", factor_row="hand:coal/wellToTank/*/2020"), 220),
    (supply("kilnBlend", "100 KGM", factor_row="hand:sand/cradleToGate/*/2020"), 0),
    (supply("kilnBlend", "100 KGM"), 0), (supply("coal", "100 KGM"), 220), (supply("coal", "2500 3B"), 220),
    (supply("gas", "100 NM3", mass=quantity("75 KGM")), 200), (supply("woodChips", "100 KGM"), 0),
    (supply("coal", "100 KGM", factor=CHIMNEY), 0),
])
def test_a_fuel_in_supplies_that_nobody_books_is_questioned(bought: Supply, question: float) -> None:
    """Also under an unknown name with the upstream of a fuel. The record's own factor of combustion is a line."""
    plant = Plant()
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"})]
    finding = plant.findings(outputs, (SAND, bought), unburnt=True).get(FUEL_CODE)
    assert (0.0 if finding is None else float(finding.amount or 0)) == pytest.approx(question)
    assert finding is None or (finding.supply, finding.taken) == (1, None)


@pytest.mark.parametrize(("role", "amount", "question"), [
    ("product", "60 KGM", 88), ("waste", "100 KGM", 187), ("waste", "10 KGM", 198), ("byProduct", "100 KGM", 187),
])
def test_fuel_that_is_given_away_is_burnt(role: str, amount: str, question: float) -> None:
    """Sold fuel leaves. Of the rest, 15 % may be in ash and dust."""
    plant = with_lot({"coal": "1"})
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"}),
               plant.output("rest", amount, role, materials={"coal": "1"})]
    finding = plant.findings(outputs, (SAND,), {"fuel0": "100 KGM"})[FUEL_CODE]
    assert float(finding.amount or 0) == pytest.approx(question)


def test_a_good_of_its_own_matter_binds_no_coal() -> None:
    """The carbon of polyethylene came with polyethylene."""
    plastic = supply("polyethylene", "1000 KGM")
    good = {"materials": {"polyethylene": "1"}}
    assert fuel_asked(with_lot({"coal": "1"}), good=good, supplies=(plastic,)) == pytest.approx(220)
    steel = supply("steel", "1000 KGM")
    assert fuel_asked(with_lot({"coal": "1"}), good={"materials": {"steel": "1"}},
                      supplies=(steel,)) == pytest.approx(220)


@pytest.mark.parametrize(("materials", "coded", "question"), [
    ({"coal": "0.05"}, (), 220), ({"sand": "1"}, (), 0), ({}, ("27011290",), 220), ({}, ("2709",), 0),
    # Stone and metal are nothing that a code of coal denotes; plastics may be made of it.
    ({"sand": "1"}, ("2701",), 220), ({"sand": "0.5", "steel": "0.5"}, ("2701",), 220),
    ({"polyethylene": "1"}, ("2701",), 0), ({"sand": "0.9", "polyethylene": "0.1"}, ("2701",), 0),
])
def test_a_lot_of_which_only_fuel_is_known_is_fuel(
    materials: dict[str, str], coded: tuple[str, ...], question: float
) -> None:
    """By its materials, or by its code."""
    stated = {"classifications": {"cn": coded[0]}} if coded else {}
    assert fuel_asked(with_lot(materials, **stated)) == pytest.approx(question)


def test_coal_leaves_by_its_code() -> None:
    plant = with_lot({"coal": "1"})
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"}),
               plant.output("rest", "60 KGM", classifications={"cn": "2701"})]
    assert float(plant.findings(outputs, (SAND,), {"fuel0": "100 KGM"})[FUEL_CODE].amount or 0) == pytest.approx(88)


@pytest.mark.parametrize(("clean", "refuse", "question"), [
    ("90", {"coalGangue": "1"}, 0), ("90", {"sand": "1"}, 22),
    ("80", {"coalGangue": "1"}, 44 - 22), ("80", {"sand": "1"}, 44),
    # Most of the coal is gone: it was not washed.
    ("40", {"coalGangue": "1"}, 132),
])
def test_the_refuse_of_washing_holds_coal(clean: str, refuse: dict[str, str], question: float) -> None:
    """Three tenths of it: 20 kg of refuse hold 22 kg of CO2."""
    plant = with_lot({"coal": "1"})
    outputs = [plant.output("clean", f"{clean} KGM", materials={"coal": "1"}),
               plant.output("refuse", "20 KGM", "waste", materials=refuse)]
    finding = plant.findings(outputs, (SAND,), {"fuel0": "100 KGM"}).get(FUEL_CODE)
    assert (0.0 if finding is None else float(finding.amount or 0)) == pytest.approx(question)


def test_a_lot_is_no_less_of_a_fuel_than_its_product() -> None:
    plant = Plant()
    plant.product("fuel", materials={"coal": "1"})
    plant.declare(lot=plant.out("fuel0", "fuel", "100 KGM", materials={"sand": "1"}),
                  burdens={"fossilGhgEmissions": "30"})
    assert fuel_asked(plant) == pytest.approx(220)


def test_a_lot_of_energy_that_is_a_fuel() -> None:
    plant = with_lot({"coal": "1"}, "2500 3B")
    outputs = [plant.output("good", "1000 KGM", materials={"sand": "1"})]
    found = plant.findings(outputs, (SAND,), {"fuel0": "2500 3B"})
    assert FUEL_CODE not in found
    assert float(found["fuel-as-energy"].amount or 0) == pytest.approx(220)


METHANOL = supply("methanol", "100 KGM")


@pytest.mark.parametrize(("bought", "good", "fields", "question"), [
    # 1.4 kg of CO2 per kg of methanol, also by its energy and its volume, and by a name that its row prices.
    (METHANOL, {"sand": "1"}, {}, 140), (supply("methanol", "2000 3B"), {"sand": "1"}, {}, 140),
    (supply("methanol", "125 LTR", mass=quantity("100 KGM")), {"sand": "1"}, {}, 140),
    (supply("cleaner", "100 KGM", factor_row="hand:methanol/cradleToGate/*/2020"), {"sand": "1"}, {}, 140),
    # Goods hold its carbon: plastics, a mixture with 30 kg of 0.375, gas of 25 kg that is sold.
    (METHANOL, {"polyethylene": "1"}, {}, 0),
    (METHANOL, {"methanol": "0.03", "sand": "0.97"}, {}, 140 - 30 * 0.375 * 44 / 12),
    (METHANOL, {"gas": "0.025", "sand": "0.975"}, {}, 140 - 25 / 0.75 * 2),
    # The sector emits it, or all but a tenth; the record's own factor burns it; nature gives none.
    (METHANOL, {"sand": "1"}, {"activity": Make(co2="130")}, 0),
    (METHANOL, {"sand": "1"}, {"activity": Make(co2="70")}, 70),
    (supply("methanol", "100 KGM", factor=CHIMNEY), {"sand": "1"}, {}, 0),
    # 1 % of the record's emissions is little: 14,000 kg would be of ten tonnes of sand's own process.
    (METHANOL, {"sand": "1"}, {"activity": Make(emissions=[Emission(amount="14500", gas="CH4")])}, 0),
    (supply("polyethylene", "100 KGM"), {"sand": "1"}, {}, 0),
])
def test_a_raw_material_that_burns_is_questioned(
    bought: Supply, good: dict[str, str], fields: dict[str, Any], question: float
) -> None:
    plant = Plant()
    outputs = [plant.output("good", "1000 KGM", materials=good)]
    finding = plant.findings(outputs, (SAND, bought), unburnt=True, **fields).get(FUEL_CODE)
    assert (0.0 if finding is None else float(finding.amount or 0)) == pytest.approx(question)
    assert finding is None or finding.message.startswith(f"{bought.material} can burn: ")


@pytest.mark.parametrize(("materials", "stated", "question"), [
    ({"methanol": "1"}, {}, 140), ({"methanol": "0.3", "sand": "0.7"}, {}, 42), ({"methanol": "0.3"}, {}, 42),
    # Biomass with carbon of gas.
    ({"woodChips": "1"}, {"fossil_carbon": "0.5"}, 50 * 44 / 12),
    ({"woodChips": "1"}, {"fossil_carbon": "0.3", "biogenic_carbon": "0.2"}, 30 * 44 / 12),
    ({"woodChips": "1"}, {"fossil_carbon": "0.02", "biogenic_carbon": "0.48"}, 0),
])
def test_a_lot_that_can_burn(materials: dict[str, str], stated: dict[str, str], question: float) -> None:
    assert fuel_asked(with_lot(materials, **stated)) == pytest.approx(question)


@pytest.mark.parametrize(("material", "good", "sand", "question"), [
    # Asphalt holds 8 %: 80 kg.
    ("bitumen", "asphalt", "900 KGM", 20 * 3.2), ("bitumen", "asphalt", "1000 KGM", 20 * 3.2),
    # Other goods hold what they outweigh 95 % of the sand, at most 150 kg.
    ("bitumen", "sand", "900 KGM", 0), ("bitumen", "sand", "1000 KGM", 50 * 3.2),
    ("coalTar", "wood", "900 KGM", 0), ("coalTar", "wood", "1000 KGM", 50 * 2.2), ("coal", "wood", "900 KGM", 220),
])
def test_goods_hold_binders_that_they_do_not_name(material: str, good: str, sand: str, question: float) -> None:
    """A hundred kg of it come in, a tonne of goods leaves."""
    matter = (supply("sand", sand),)
    assert fuel_asked(with_lot({material: "1"}), good={"materials": {good: "1"}},
                      supplies=matter) == pytest.approx(question)

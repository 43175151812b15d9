"""The circular sector: collection, sorting, the treatment of waste."""

from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any, Final

import msgspec
import pytest
from carbon_ledger_circular import plugin
from carbon_ledger_circular.collection import Collection
from carbon_ledger_circular.landfill import parameters
from carbon_ledger_circular.sorting import Sorting
from carbon_ledger_circular.waste_use import WasteUse
from carbon_ledger_circular.wastes import CLIMATES, PACKAGE, wastes
from support.containing import Containing
from support.raising import raised

from ledger.errors import InvalidQuantity, PluginError
from ledger.footprint.stored.burdens import direct, footprint, named
from ledger.footprint.stored.contents import ContentsIn, ContentsOut, Flowing, Holding, follow_matter
from ledger.sdk import CONTEXT, Assessment, Context, FacilityFacts, InputFacts, OutputFacts, Quantity, SupplyFacts, rows
from ledger.sdk.testing import Run, context, lot, output, run, supply

Shares = Mapping[str, str]


def shares(given: Shares) -> dict[str, Decimal]:
    return {name: Decimal(share) for name, share in given.items()}


def plant_supply(material: str, value: str, unit: str = "KGM", **facts: Any) -> SupplyFacts:
    mass = Decimal(value) if unit == "KGM" else None
    return SupplyFacts(**{
        "index": 0, "material": material, "quantity": Quantity(value=value, unit=unit), "mass": mass, "nature": False,
        "priced": False, **facts,
    })


def plant_lot(mass: str, materials: Shares, role: str = "waste", **facts: Any) -> InputFacts:
    return InputFacts(**{
        "lot": "urn:lot:in", "product": "urn:product:in", "sector": "circular", "role": role, "mass": Decimal(mass),
        "quantity": Quantity(value=mass, unit="KGM"), "materials": shares(materials),
        "origin": "postConsumer" if role == "waste" else None, **facts,
    })


def out(mass: str, materials: Shares, role: str = "product", **facts: Any) -> OutputFacts:
    return OutputFacts(**{
        "lot": "urn:lot:out", "product": "urn:product:out", "role": role, "mass": Decimal(mass),
        "quantity": Quantity(value=mass, unit="KGM"), "materials": shares(materials), **facts,
    })


def plant_context(
    route: str, inputs: tuple[InputFacts, ...], supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
) -> Context:
    facility = FacilityFacts(id="urn:facility", country="CN", subdivision="CN-SH")
    return Context(
        process=f"circular.{route}", route=route, year=2022, hours=Decimal(24), allocation="mass", facility=facility,
        inputs=inputs, supplies=supplies, outputs=outputs,
    )


def assess(given: Context, activity: Any = None) -> Assessment:
    route = plugin().routes[given.route]
    with localcontext(CONTEXT):
        return route.assess(given, activity or route.activity())


def codes(assessment: Assessment) -> dict[str, bool]:
    return {finding.code: finding.refuses for finding in assessment.findings}


def contents(given: Context, assessment: Assessment) -> ContentsOut:
    """As the core does: lots of waste turn into recycled content, outputs hold what they declare."""
    taken = []
    for i in given.inputs:
        mass = float(i.mass or 0)
        held = {"mass": mass, **{f"material:{name}": mass * float(share) for name, share in i.materials.items()}}
        taken.append(Flowing(1.0, held, i.origin if i.role == "waste" else None))
    supplied = {"mass": float(sum((s.mass or Decimal(0) for s in given.supplies), Decimal(0)))}
    outputs = []
    for o in given.outputs:
        mass = float(o.mass or 0)
        declared = {f"material:{name}": mass * float(share) for name, share in o.materials.items()}
        outputs.append(Holding(mass, declared, bool(declared)))
    matter = {name: [float(part) for part in parts] for name, parts in assessment.matter.items()}
    return follow_matter(ContentsIn(taken, supplied), outputs, matter)


MIXED = {"steel": "0.6", "copper": "0.1", "plastic": "0.3"}


def sorting(*outputs: OutputFacts, supplies: tuple[SupplyFacts, ...] = ()) -> Context:
    return plant_context("sorting", (plant_lot("1000", MIXED),),
                         supplies or (plant_supply("electricity", "100", "KWH"),), outputs)


def test_collection_by_lorry() -> None:
    # diesel 8 kg * 43.33 MJ/kg * 0.0202 kg C/MJ * 0.98 * 44/12 = 8 * 3.145122493 = 25.16097995; 200 km for 2 t
    given = plant_context("collection", (plant_lot("2000", MIXED),), (plant_supply("diesel", "8"),),
                          (out("2000", MIXED),))
    found = assess(given, Collection(source="household", stream="mixedMetal", vehicle="lorry",
                                     distance=Quantity(value="200", unit="KMT"), trips=2, collection_points=40))
    assert footprint(direct(found)) == pytest.approx(25.16097995)
    assert named(direct(found)) == Containing({
        "transportGhgEmissions": footprint(direct(found)),
        # 8 * 43.33 = 346.64 MJ
        "energyMj": pytest.approx(346.64),
    })
    assert ([omission.what for omission in found.omissions], codes(found)) == (["diesel upstream"], {})
    assert found.indicators == Containing({"massCollected": 2, "distancePerTonne": 100})
    assert float(found.indicators["transportPerTonne"]) == pytest.approx(12.58048997)


def test_collection_by_electric_vehicle() -> None:
    # 50 kWh in Shanghai 2022: 50 * 0.5849 = 29.245
    given = plant_context(
        "collection", (plant_lot("2000", MIXED),), (plant_supply("electricity", "50", "KWH"),), (out("2000", MIXED),),
    )
    assert footprint(direct(assess(given))) == pytest.approx(29.245)


def test_vehicles_on_gas_convert_normal_volumes() -> None:
    # 10 Nm3 * 38.931 MJ * 0.0153 * 0.99 * 44/12 = 21.62188809; as much as the same gas burnt at a plant
    driven = plant_context("collection", (plant_lot("2000", MIXED),), (plant_supply("naturalGas", "10", "NM3"),),
                           (out("2000", MIXED),))
    burnt = plant_context("wasteUse", (plant_lot("2000", MIXED),), (plant_supply("naturalGas", "10", "NM3"),),
                          (out("2000", MIXED),))
    for given, transport in ((driven, 21.62188809), (burnt, 0.0)):
        vector = direct(assess(given))
        assert footprint(vector) == pytest.approx(21.62188809)
        assert named(vector) == Containing({
            "transportGhgEmissions": pytest.approx(transport), "energyMj": pytest.approx(389.31)
        })


def test_collection_findings() -> None:
    kept = plant_context("collection", (plant_lot("2000", MIXED),), (), (out("2000", MIXED, "waste"),))
    assert codes(assess(kept)) == {"burden-retained": False}
    lost = plant_context("collection", (plant_lot("2000", MIXED),), (), (out("1800", MIXED),))
    assert codes(assess(lost)) == {"mass-unaccounted": False}
    assert codes(assess(plant_context("collection", (), (), (out("1", MIXED),)))) == {"nothing-collected": True}
    # 80 kg of diesel for 2 t over 100 km: 0.4 kg per t and km
    thirsty = plant_context("collection", (plant_lot("2000", MIXED),), (plant_supply("diesel", "80"),),
                            (out("2000", MIXED),))
    assert codes(assess(thirsty, Collection(distance=Quantity(value="100", unit="KMT")))) == {"fuel-unusual": False}


def test_sorting_sends_each_material_where_it_is_declared() -> None:
    # in: steel 600, copper 100, plastic 300. Out: steel 570 of it, copper 90, plastic 240, residue 100 with the rest:
    # steel 30, copper 10, plastic 60. Recovered 570 + 90 + 240 = 900 of 1000; power 100 * 0.5849 = 58.49
    given = sorting(
        out("570", {"steel": "1"}), out("90", {"copper": "1"}, "coProduct"), out("240", {"plastic": "1"}, "byProduct"),
        out("100", {}, "waste"),
    )
    found = assess(given, Sorting(methods=("magnetic", "eddyCurrent"), residue_to="landfill"))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(58.49), {})
    assert found.indicators == Containing({
        "recoveryRate": Decimal("0.9"), "residueRate": Decimal("0.1"), "electricityPerTonne": 100
    })
    balance = contents(given, found)
    steel, copper, plastic, residue = balance.outputs
    assert (steel["recycledPostConsumer:steel"], copper["recycledPostConsumer:copper"]) == pytest.approx((570.0, 90.0))
    assert plastic["recycledPostConsumer:plastic"] == pytest.approx(240.0)
    assert residue == Containing({
        "material:steel": pytest.approx(30.0), "material:copper": pytest.approx(10.0),
        "material:plastic": pytest.approx(60.0),
    })
    assert balance.lost == {}


@pytest.mark.parametrize(("mass", "expected"), [
    ("102", {}),                                # a sample's error
    ("109", {"material-from-nothing": False}),  # 100 kg of copper came in
    ("111", {"material-from-nothing": True}),
])
def test_more_of_a_material_than_came_in(mass: str, expected: dict[str, bool]) -> None:
    found = assess(sorting(out(mass, {"copper": "1"}), out("600", {"steel": "1"}), out("250", {}, "waste")))
    assert codes(found) == expected
    assert all(sum(parts) <= 1 for parts in found.matter.values())


def test_a_lot_without_a_composition_may_hold_anything() -> None:
    assert codes(assess(plant_context("sorting", (plant_lot("1000", {}),), (),
                                      (out("900", {"copper": "1"}), out("100", {}, "waste"))))) == {}


def test_fuel_is_no_source_of_material() -> None:
    # 20 kg of diesel do not explain 111 kg of copper out of 100, nor count as unaccounted mass
    assert codes(assess(sorting(out("111", {"copper": "1"}), out("600", {"steel": "1"}), out("200", {}, "waste"),
                                supplies=(plant_supply("diesel", "20"),)))) == {"material-from-nothing": True}


def test_sorting_findings() -> None:
    assert codes(assess(sorting(out("800", {"steel": "0.7"})))) == {"mass-unaccounted": False}
    assert codes(assess(sorting(out("800", {"steel": "0.7"})), Sorting(moisture_loss="0.15"))) == {}
    assert codes(assess(sorting(out("1000", MIXED, "waste")))) == {"burden-retained": False}
    hungry = sorting(out("1000", MIXED), supplies=(plant_supply("electricity", "401", "KWH"),))
    assert codes(assess(hungry)) == {"electricity-unusual": False}
    assert codes(assess(plant_context("sorting", (), (), (out("1", MIXED),)))) == {"nothing-sorted": True}


def test_dismantling_gives_cores_and_materials() -> None:
    # cores are gained too: (400 + 500) / 1000
    given = plant_context(
        "dismantling", (plant_lot("1000", MIXED, quantity=Quantity(value="1", unit="H87")),), (),
        (out("400", {"steel": "0.8", "plastic": "0.2"}, "core"), out("500", {}), out("100", {}, "waste")),
    )
    found = assess(given, Sorting(methods=("depollution", "dismantling"), units=1))
    assert (found.indicators["recoveryRate"], codes(found)) == (Decimal("0.9"), {})


SLAG = {"slag": "1"}


def test_slag_powder() -> None:
    # 950 of slag and 50 of gypsum: 45 kWh * 0.5849 = 26.3205; used 950 of 1900; content 0.95
    given = plant_context(
        "wasteUse", (plant_lot("950", SLAG, "byProduct"),),
                          (plant_supply("electricity", "45", "KWH"), plant_supply("gypsum", "50")),
        (out("990", {"slagPowder": "1"}),),
    )
    found = assess(given, WasteUse(use="cementAddition", generated=Quantity(value="1.9", unit="TNE")))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(26.3205), {})
    assert found.indicators == {
        "useRate": Decimal("0.5"), "solidWasteUsed": Decimal("0.95"), "solidWasteContent": Decimal("0.95"),
        "electricityPerTonne": 45,
    }
    # gypsum has no figure here: the core names it
    assert [omission.what for omission in found.omissions] == ["electricity upstream"]


def test_drying_with_gas_and_heat() -> None:
    # heat 2 GJ * 110 = 220; 1000 of wet ash into 850 of dry, 15 % moisture
    given = plant_context("wasteUse", (plant_lot("1000", {"flyAsh": "1"}),), (plant_supply("heat", "2", "GV"),),
                          (out("850", {}),))
    found = assess(given, WasteUse(moisture_loss="0.15"))
    assert (footprint(direct(found)), codes(found)) == (pytest.approx(220.0), {})


def test_waste_use_findings() -> None:
    virgin = plant_context("wasteUse", (plant_lot("1000", SLAG, "product"),), (), (out("1000", SLAG),))
    assert codes(assess(virgin)) == {"no-waste": True}
    given = plant_context("wasteUse", (plant_lot("1000", SLAG),), (plant_supply("electricity", "151", "KWH"),),
                          (out("1000", SLAG),))
    assert codes(assess(given, WasteUse(generated=Quantity(value="900", unit="KGM")))) == {
        "use-above-generation": False, "electricity-unusual": False,
    }


@pytest.mark.parametrize(("route", "activity", "field"), [
    ("collection", Collection(trips=0), "activity.trips"),
    ("collection", Collection(collection_points=-1), "activity.collectionPoints"),
    ("sorting", Sorting(units=0), "activity.units"),
    ("sorting", Sorting(moisture_loss="1"), "activity.moistureLoss"),
    ("wasteUse", WasteUse(moisture_loss="1"), "activity.moistureLoss"),
])
def test_bad_activities_are_refused_by_field(route: str, activity: Any, field: str) -> None:
    error = raised(PluginError, assess, plant_context(route, (plant_lot("1000", SLAG),), (), (out("1000", SLAG),)),
                   activity)
    assert error.field == field
    assert error.rule


@pytest.mark.parametrize(("activity", "body"), [
    (Collection, b'{"distance":"200"}'), (Collection, b'{"vehicle":"rocket"}'), (Sorting, b'{"methods":["magic"]}'),
    (WasteUse, b'{"generated":{"value":"-1","unit":"KGM"}}'), (WasteUse, b'{"moistureLoss":"1.5"}'),
])
def test_activities_are_typed(activity: type, body: bytes) -> None:
    raised(msgspec.ValidationError, msgspec.json.decode, body, type=activity)


# Incineration and landfill against cases solved by hand, and who carries them. Masses in kg, emissions in kg CO2e.

WASTE: Final = lot("10000 KGM", "waste")
SERVICE: Final = output("10 HUR")
POWER: Final = output("4000 KWH", "coProduct")
ASH: Final = output("2000 KGM", "waste", origin="postConsumer")
HALF: Final = [{"kind": "plastic", "share": "0.5"}, {"kind": "paper", "share": "0.5"}]
HOUSEHOLD: Final = [
    {"kind": "food", "share": "0.35"}, {"kind": "paper", "share": "0.2"}, {"kind": "plastic", "share": "0.14"},
    {"kind": "textile", "share": "0.04"}, {"kind": "wood", "share": "0.05"}, {"kind": "garden", "share": "0.07"},
    {"kind": "inert", "share": "0.15"},
]


def burning(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (WASTE,),
    outputs: tuple[OutputFacts, ...] = (SERVICE, POWER, ASH), allocation: str = "mass",
) -> Context:
    return context(
        "circular.incineration", inputs=inputs, supplies=supplies, outputs=outputs, allocation=allocation,
    )


def burn(given: Context, **activity: Any) -> Run:
    return run(plugin(), given, {"composition": HALF, **activity})


def dumping(*supplies: SupplyFacts, outputs: tuple[OutputFacts, ...] = (SERVICE,)) -> Context:
    return context("circular.landfill", inputs=(WASTE,), supplies=supplies, outputs=outputs)


def dump(given: Context, **activity: Any) -> Run:
    return run(plugin(), given, {"composition": [{"kind": "mixed", "share": "1"}], **activity})


# 5000 kg of plastic: 5000 * 0.75 * 44/12 = 13750 fossil; 5000 of paper: 5000 * 0.9 * 0.46 * 44/12 = 7590, a hundredth
# of it fossil. N2O 10 t * 0.05 * 273 = 136.5, CH4 10 * 0.0002 * 29.8 = 0.0596.
FOSSIL: Final = 13750 + 75.9
WHOLE: Final = FOSSIL + 136.5 + 0.0596


def test_plastic_and_paper_with_power() -> None:
    # power out 4000 * 3.6 = 14400 MJ of 100 GJ of waste and 50 * 43.33 of diesel; diesel 50 * 3.145122493 = 157.2561247
    told = burn(burning(supply("diesel", "50 KGM")), heatingValue={"value": "100", "unit": "GV"})
    assert (told.footprint, told.findings) == (pytest.approx(WHOLE + 157.2561247), {})
    rates = {name: float(value) for name, value in told.assessment.indicators.items()}
    assert rates == Containing({
        "wasteTreated": 10.0, "carbonDioxidePerTonne": pytest.approx(2134.0),
        "fossilCarbonShare": pytest.approx(FOSSIL / 21340), "energyRecovered": pytest.approx(1440.0),
        "energyEfficiency": pytest.approx(14400 / 102166.5), "residueRate": 0.2,
    })
    # The paper's energy is renewable, as its carbon is: 100000 * (1 - 13825.9 / 21340)
    assert told.burdens == Containing({
        "renewableEnergyMj": pytest.approx(100000 * (1 - FOSSIL / 21340)), "energyMj": pytest.approx(102166.5)
    })


def test_the_generator_carries_all_of_it_by_whatever_key() -> None:
    # all of it in the service; power and ash leave without burden
    for key in ("mass", "value", "energy", "moles", "declared"):
        service, power, ash = burn(burning(allocation=key)).outputs
        assert service["fossilGhgEmissions"] == pytest.approx(WHOLE), key
        assert (power["absGhg"], ash["absGhg"]) == (0.0, 0.0), key


def test_two_generators_share_by_the_service_that_they_get() -> None:
    first, second = burn(burning(outputs=(output("6 HUR"), output("4 HUR")))).outputs
    assert (first["fossilGhgEmissions"], second["fossilGhgEmissions"]) == pytest.approx((WHOLE * 0.6, WHOLE * 0.4))


def test_a_plant_that_is_run_for_its_energy() -> None:
    # 4000 kWh are 14400 MJ, heat 5600 MJ: 72 and 28 of a hundred; the service is then free
    given = burning(outputs=(SERVICE, POWER, output("5.6 GV", "coProduct"), ASH))
    service, power, heat, _ = burn(given, chargedTo="energy").outputs
    assert service["absGhg"] == 0.0
    assert (power["fossilGhgEmissions"], heat["fossilGhgEmissions"]) == pytest.approx((WHOLE * 0.72, WHOLE * 0.28))


def test_lots_that_state_their_carbon_need_no_composition() -> None:
    # 10000 * 0.2 * 44/12 = 7333.33 fossil, 10000 * 0.1 * 44/12 = 3666.67 biogenic, of which 98 of a hundred burn
    stated = lot("10000 KGM", "waste", fossil_carbon=Decimal("0.2"), biogenic_carbon=Decimal("0.1"))
    told = burn(burning(inputs=(stated,)), composition=[], oxidation="0.98")
    assert told.burdens["fossilGhgEmissions"] == pytest.approx(7186.6666667 + 136.5 + 0.0596)
    assert told.assessment.indicators["fossilCarbonShare"] == pytest.approx(Decimal(2) / 3)
    assert next(one for one in told.assessment.lines if one.gas == "CO2").primary
    # what did not burn is in the ash, all else left as gas
    assert told.assessment.matter["fossilCarbon"] == (0, 0, Decimal("0.02"))


@pytest.mark.parametrize(("technology", "methane", "nitrous"), [
    ("continuousStoker", "0.0002", "0.05"), ("continuousFluidisedBed", None, "0.05"),
    ("semiContinuousStoker", "0.006", "0.05"), ("semiContinuousFluidisedBed", "0.188", "0.05"),
    ("batchStoker", "0.06", "0.06"), ("batchFluidisedBed", "0.237", "0.06"),
])
def test_gases_of_each_furnace(technology: str, methane: str | None, nitrous: str) -> None:
    lines = {one.gas: one.amount for one in burn(burning(), technology=technology).assessment.lines if one.gas != "CO2"}
    assert lines == {
        "N2O": Decimal(nitrous) * 10, **({"CH4": Decimal(methane) * 10} if methane else {}),
    }


def test_household_waste_emits_what_the_guidance_says() -> None:
    """A tonne of municipal waste gives off 0.7 to 1.2 t of CO2 (B. Johnke, Emissions from waste incineration, a paper
    behind the IPCC's good practice guidance on inventories)."""
    rates = burn(burning(), composition=HOUSEHOLD).assessment.indicators
    # food 0.0532, paper 0.0828, plastic 0.105, textile 0.016, wood 0.02125, garden 0.01372, inert 0.00405: 0.29602 kg C
    assert float(rates["carbonDioxidePerTonne"]) == pytest.approx(296.02 * 44 / 12)
    assert 700 < rates["carbonDioxidePerTonne"] < 1200
    # fossil 0.105 + 0.000828 + 0.0032 + 0.00405 = 0.113078
    assert float(rates["fossilCarbonShare"]) == pytest.approx(0.113078 / 0.29602)


@pytest.mark.parametrize(("given", "activity", "told"), [
    (burning(inputs=(lot("1000 KGM"),)), {}, {"no-waste": True}),
    (burning(), {"composition": []}, {"carbon-unknown": True}),
    (burning(outputs=(ASH,)), {}, {"burden-retained": False}),
    (burning(outputs=()), {}, {"burden-retained": False}),
    (burning(), {"heatingValue": {"value": "14399", "unit": "3B"}}, {"energy-from-nothing": True}),
    (burning(), {"heatingValue": {"value": "14400", "unit": "3B"}}, {}),
    (burning(outputs=(SERVICE, output("160.1 GV", "coProduct"))), {}, {"recovery-unusual": False}),
    (burning(outputs=(SERVICE, output("160 GV", "coProduct"))), {}, {}),
])
def test_findings_of_burning(given: Context, activity: dict[str, Any], told: dict[str, bool]) -> None:
    assert burn(given, **activity).findings == told


@pytest.mark.parametrize(("outputs", "activity", "code"), [
    ((POWER, ASH), {}, "no-carrier"), ((output("100 KGM", "byProduct"), ASH), {}, "no-carrier"),
    ((SERVICE, ASH), {"chargedTo": "energy"}, "no-carrier"), ((SERVICE, output("100 TKM")), {}, "services-differ"),
])
def test_a_burden_that_nobody_would_carry_is_refused(
    outputs: tuple[OutputFacts, ...], activity: dict[str, Any], code: str
) -> None:
    given = burning(outputs=outputs)
    route = plugin().routes["incineration"]
    decoded = msgspec.convert({"composition": HALF, **activity}, route.activity)
    assert {one.code: one.refuses for one in route.assess(given, decoded).findings} == {code: True}


@pytest.mark.parametrize(("activity", "field"), [
    ({"composition": [{"kind": "paper", "share": "0.9"}]}, "activity.composition"),
    ({"composition": [{"kind": "mixed", "share": "1"}]}, "activity.composition[0].kind"),
    ({"composition": [{"kind": "sludge", "share": "1"}]}, "activity.composition[0].dryMatter"),
])
def test_bad_compositions_are_refused_by_field(activity: dict[str, Any], field: str) -> None:
    error = raised(PluginError, burn, burning(), **activity)
    assert error.field == field
    assert error.rule


def test_sludge_with_its_moisture() -> None:
    # 10000 * 0.2 * 0.45 * 44/12 = 3300 of biogenic CO2: no burden, but told
    told = burn(burning(), composition=[{"kind": "sludge", "share": "1", "dryMatter": "0.2"}])
    assert told.burdens["fossilGhgEmissions"] == pytest.approx(136.5 + 0.0596)
    assert float(told.assessment.indicators["carbonDioxidePerTonne"]) == pytest.approx(330.0)


def test_with_factor_sets_carbon_of_plants_counts_as_biogenic() -> None:
    # 10 t: plastic 13750, paper 7590 of which 75.9 fossil: biogenic 7514.1 of 21340. CH4 10 * 0.06 = 0.6 kg by a batch
    # stoker, of it 0.6 * 7514.1 / 21340 biogenic
    told = burn(msgspec.structs.replace(burning(), sets=True), technology="batchStoker")
    grown = 7514.1 / 21340
    assert told.burdens == Containing({
        "biogenicCO2Emissions": pytest.approx(7514.1),
        "biogenicNonCO2Emissions": pytest.approx(0.6 * grown * 27),
        # N2O 10 * 0.06 * 273 = 163.8
        "fossilGhgEmissions": pytest.approx(13825.9 + 163.8 + 0.6 * (1 - grown) * 29.8),
    })
    assert sum(one["biogenicCO2Emissions"] for one in told.outputs) == pytest.approx(7514.1)
    before = burn(burning(), technology="batchStoker")
    assert before.burdens["biogenicCO2Emissions"] == before.burdens["biogenicNonCO2Emissions"] == 0.0
    assert before.burdens["fossilGhgEmissions"] == pytest.approx(13825.9 + 163.8 + 0.6 * 29.8)


def test_with_factor_sets_a_landfill_has_biogenic_carbon_dioxide() -> None:
    # decayed 10000 * 0.2 * 0.5 = 1000 kg C; methane 666.667 kg holds 500; the other 500 * 44/12 = 1833.33
    given = msgspec.structs.replace(dumping(), sets=True)
    assert dump(given).burdens["biogenicCO2Emissions"] == pytest.approx(1833.3333333)
    # Of 666.667 kg formed, 0.6 * 0.99 burn and 0.4 * 0.1 oxidise: 244 escape with 183 kg C
    wells = dump(given, gasCaptured="0.6", covered=True)
    assert wells.burdens == Containing({
        "biogenicNonCO2Emissions": pytest.approx(6588.0), "biogenicCO2Emissions": pytest.approx((1000 - 183) * 44 / 12)
    })
    assert wells.footprint == pytest.approx(6588.0)


def test_with_factor_sets_a_horizon_has_a_hundred_years() -> None:
    given = msgspec.structs.replace(dumping(), sets=True)
    decay = {"method": "firstOrderDecay", "climate": "temperateDry"}
    error = raised(PluginError, dump, given, **decay, horizon=99)
    assert (error.field, error.value) == ("activity.horizon", "99")
    assert dump(given, **decay, horizon=100).footprint == pytest.approx(18000.0 * 0.9932620530009)


def test_all_methane_of_mixed_waste() -> None:
    # 10000 * 0.2 * 0.5 * 1 * 0.5 * 16/12 = 666.667 of CH4 * 27 = 18000; diesel 30 * 3.145122493 = 94.35367479
    told = dump(dumping(supply("diesel", "30 KGM")))
    assert told.burdens == Containing({
        "biogenicNonCO2Emissions": pytest.approx(18000.0), "fossilGhgEmissions": pytest.approx(94.35367479)
    })
    assert (told.outputs[0]["biogenicNonCO2Emissions"], told.findings) == (pytest.approx(18000.0), {})
    assert float(told.assessment.indicators["methanePerTonne"]) == pytest.approx(66.6666667)


def test_gas_wells_and_cover() -> None:
    # 18000 * (0.4 * 0.9 + 0.6 * 0.01) = 6588
    assert dump(dumping(), gasCaptured="0.6", covered=True).footprint == pytest.approx(6588.0)


@pytest.mark.parametrize(("climate", "years", "part"), [
    # 1 - exp(-0.09 * 10), 1 - exp(-0.05 * 100), 1 - exp(-0.17)
    ("temperateWet", 10, 0.5934303402594), ("temperateDry", 100, 0.9932620530009), ("tropicalWet", 1, 0.1563351834904),
])
def test_first_order_decay(climate: str, years: int, part: float) -> None:
    told = dump(dumping(), method="firstOrderDecay", climate=climate, horizon=years)
    assert told.footprint == pytest.approx(18000.0 * part)


def test_kinds_decay_at_their_own_rates() -> None:
    # food 0.5 * 0.15 at 0.185, wood 0.5 * 0.43 at 0.03, over 20 years; times 0.5 * 0.5 * 4/3 * 27 * 10000 = 90000
    told = dump(
        dumping(), method="firstOrderDecay", climate="temperateWet", horizon=20,
        composition=[{"kind": "food", "share": "0.5"}, {"kind": "wood", "share": "0.5"}],
    )
    # 1 - exp(-3.7) = 0.9752764737, 1 - exp(-0.6) = 0.4511883639
    assert told.footprint == pytest.approx(90000 * (0.075 * 0.9752764737 + 0.215 * 0.4511883639))


def test_plastic_does_not_decay() -> None:
    plastic = [{"kind": "plastic", "share": "1"}]
    assert dump(dumping(), method="firstOrderDecay", climate="tropicalWet", composition=plastic).footprint == 0.0


def test_dumps_bracket_the_published_figure() -> None:
    """Manfredi et al. (Waste Management & Research 27, 825, 2009): up to about 1000 kg CO2e per t on an open dump.
    Waste with a degradable carbon of 0.15, on a shallow and on a deep dump: 1000 * 0.15 * 0.5 * 0.4 * 0.5 * 4/3 * 27 =
    540, and 1080."""
    food = [{"kind": "food", "share": "1"}]
    shallow, deep = (dump(dumping(), site=site, composition=food).footprint / 10
                     for site in ("unmanagedShallow", "unmanagedDeep"))
    assert (shallow, deep) == pytest.approx((540.0, 1080.0))
    assert shallow < 1000 < deep


def test_power_of_landfill_gas() -> None:
    told = dump(dumping(outputs=(SERVICE, output("1000 KWH", "coProduct"))), gasCaptured="0.5")
    assert told.assessment.indicators["energyRecovered"] == 360
    assert [one["absGhg"] > 0 for one in told.outputs] == [True, False]


def test_findings_of_dumping() -> None:
    assert dump(dumping(), gasCaptured="0.86").findings == {"capture-unusual": False}
    assert dump(dumping(), gasCaptured="0.85").findings == {}
    assert dump(dumping(outputs=())).findings == {"burden-retained": False}
    nothing = context("circular.landfill", inputs=(lot("1 KGM"),), outputs=(SERVICE,))
    assert dump(nothing).findings == {"no-waste": True}


@pytest.mark.parametrize(("activity", "field"), [
    ({"composition": []}, "activity.composition"), ({"horizon": 0}, "activity.horizon"),
    ({"method": "firstOrderDecay"}, "activity.climate"),
    ({"site": "unmanagedDeep", "gasCaptured": "0.1"}, "activity.gasCaptured"),
    ({"composition": [{"kind": "industrial", "share": "1"}]}, "activity.composition[0].kind"),
])
def test_bad_landfills_are_refused_by_field(activity: dict[str, Any], field: str) -> None:
    error = raised(PluginError, dump, dumping(), **activity)
    assert error.field == field
    assert error.rule


def test_wrong_units() -> None:
    raised(InvalidQuantity, burn, burning(), heatingValue={"value": "1", "unit": "KGM"})
    raised(InvalidQuantity, burn, burning(supply("diesel", "1 LTR")))


@pytest.mark.parametrize("activity", [
    {"oxidation": "1.1"}, {"technology": "bonfire"}, {"chargedTo": "nobody"}, {"ash": "1"},
    {"composition": [{"kind": "paper"}]}, {"composition": [{"kind": "paper", "share": "-1"}]},
])
def test_activities_are_typed_of_treatment(activity: dict[str, Any]) -> None:
    raised(msgspec.ValidationError, burn, burning(), **activity)


def test_the_tables_say_where_each_row_comes_from() -> None:
    for file in ("waste.csv", "landfill.csv"):
        for row in rows(PACKAGE, file):
            assert row["status"] in ("read", "recalled"), row["key"]
            assert len(row["source"]) > 40, row["key"]
    for waste in wastes().values():
        parts = (waste.dry_matter, waste.carbon, waste.fossil, waste.degradable)
        assert all(part is None or 0 <= part <= 1 for part in parts), waste.key
        assert (set(waste.decay) == set(CLIMATES)) == bool(waste.degradable), waste.key
        assert all(0 < rate < 1 for rate in waste.decay.values()), waste.key
    assert all(0 < value <= 1 for value in parameters().values())

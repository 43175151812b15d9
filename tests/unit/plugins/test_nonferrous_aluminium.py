"""Alumina, casting and remelting of aluminium against cases solved by hand. Masses in kg, energy in kWh, emissions in
kg."""

from decimal import Decimal
from typing import Any

import pytest
from carbon_ledger_nonferrous import plugin
from support.containing import Containing
from support.raising import raised

from ledger.errors import PluginError
from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import Run, context, lot, output, run, supply

SECTOR = plugin()
ALUMINIUM = {"aluminium": "1"}


def refinery(*supplies: SupplyFacts, bauxite: InputFacts | None = None, **activity: Any) -> Run:
    ore = bauxite or lot("2500 KGM", materials={"bauxite": "1"})
    given = context(
        "nonferrous.alumina", inputs=(ore,), supplies=supplies, place="CN-HA",
        outputs=(output("1000 KGM", materials={"alumina": "1"}), output("1300 KGM", "waste", elements={"Al": "0.08"})),
    )
    return run(SECTOR, given, activity)


def test_alumina_by_the_bayer_process() -> None:
    # steam 7 GJ * 110 = 770; gas 90 Nm3 * 2.162188809 = 194.59699281; power 250 * 0.6058 = 151.45
    # limestone 50 kg * 0.44 = 22, soda 20 kg * 0.415 = 8.3; in all 1146.34699281
    found = refinery(
        supply("steam", "7 GV"), supply("naturalGas", "90 NM3"), supply("electricity", "250 KWH"),
        supply("limestone", "50 KGM"), supply("sodaAsh", "20 KGM"), supply("causticSoda", "100 KGM"),
    )
    assert found.footprint == pytest.approx(1146.34699281)
    assert found.findings == {}
    # Caustic soda is the core's; limestone and soda are priced as reactions only.
    assert [one.what for one in found.assessment.omissions] == [
        "electricity upstream", "steam upstream", "naturalGas upstream", "limestone upstream", "sodaAsh upstream",
    ]
    told = {name: round(value, 4) for name, value in found.assessment.indicators.items()}
    assert told == Containing({
        "aluminaProduced": 1,
        "bauxitePerTonne": 2500,
        # 528.5 of 2500 * 0.26 = 650
        "metalRecovery": Decimal("0.8131"),
        # 7000 + 90 * 38.931 + 250 * 3.6 = 11403.79 MJ, within the 7 to 22 GJ of Bayer refineries
        "energyPerTonne": Decimal("11403.79"),
    })


@pytest.mark.parametrize(("bauxite", "activity", "told"), [
    # alumina 528.5 and residue 1300 * 0.08 = 104: 632.5 kg. Bauxite at most 0.44985: 1406 kg hold 632.49
    (lot("1406 KGM", materials={"bauxite": "1"}), {}, {"metal-recovery": True, "bauxite-unusual": False}),
    (lot("2500 KGM", materials={"bauxite": "1"}), {"contents": {"bauxite": "0.25"}}, {"metal-recovery": True}),
    (lot("2500 KGM", materials={"bauxite": "1"}), {"contents": {"bauxite": "0.253"}}, {}),
    (lot("2500 KGM", elements={"Al": "0.2529"}), {}, {"metal-recovery": True}),
    # 632.5 kg out of 2400 * 0.26 = 624 at the usual grade, but it may be richer
    (lot("2400 KGM", materials={"bauxite": "1"}), {}, {"metal-recovery": False}),
    # 528.5 / 0.6 / 0.26 = 3387.8
    (lot("3388 KGM", materials={"bauxite": "1"}), {}, {"metal-recovery": False}),
    (lot("3387 KGM", materials={"bauxite": "1"}), {}, {}),
    (lot("4001 KGM", elements={"Al": "0.2"}), {}, {"bauxite-unusual": False}),
    (lot("2500 KGM", materials={"bauxite": "1"}), {"process": "sinter"}, {"energy-unusual": False}),
])
def test_findings_of_a_refinery(bauxite: InputFacts, activity: dict[str, Any], told: dict[str, bool]) -> None:
    ore = bauxite if bauxite.materials or "bauxite-unusual" not in told else lot(
        "4001 KGM", materials={"bauxite": "1"}, elements={"Al": "0.2"},
    )
    assert refinery(supply("steam", "10 GV"), bauxite=ore, **activity).findings == told


def test_bauxite_as_a_supply() -> None:
    # 1500 kg as a lot and 1000 as a supply: 2500 per t
    found = refinery(
        supply("steam", "10 GV"), supply("bauxite", "1000 KGM"), bauxite=lot("1500 KGM", materials={"bauxite": "1"}),
    )
    assert (found.findings, round(found.assessment.indicators["bauxitePerTonne"], 6)) == ({}, 2500)
    assert round(found.assessment.indicators["metalRecovery"], 4) == Decimal("0.8131")


def test_much_caustic_soda() -> None:
    assert refinery(supply("steam", "10 GV"), supply("causticSoda", "250 KGM")).findings == {}
    assert refinery(supply("steam", "10 GV"), supply("causticSoda", "251 KGM")).findings == {"caustic-unusual": False}


LIQUID = lot("900 KGM", lot="urn:example:lot:liquid", materials=ALUMINIUM)
RETURNS = lot("50 KGM", "waste", materials=ALUMINIUM, origin="preConsumer")
DROSS = output("15 KGM", "waste", materials={"aluminium": "0.5", "aluminiumOxide": "0.5"})


def casthouse(*supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (LIQUID, RETURNS), made: str = "1000",
              **activity: Any) -> Run:
    given = context(
        "nonferrous.aluminiumCasting", inputs=inputs, supplies=(supply("silicon", "70 KGM"), *supplies),
        outputs=(output(f"{made} KGM", materials=ALUMINIUM), DROSS), place="CN-YN",
    )
    return run(SECTOR, given, activity)


def test_direct_alloying() -> None:
    # gas 30 * 2.162188809 = 64.86566427; power 40 * 0.1073 = 4.292
    found = casthouse(
        supply("naturalGas", "30 NM3"), supply("electricity", "40 KWH"), molten=["urn:example:lot:liquid"],
        directAlloying=True, form="ingot",
    )
    assert found.footprint == pytest.approx(69.15766427)
    assert found.findings == {}
    told = found.assessment.indicators
    assert told["moltenAluminium"] == told["directAlloyedAluminium"] == Decimal("0.9")
    # 1000 / (900 + 50 + 70)
    assert round(told["metalRecovery"], 6) == Decimal("0.980392")
    # Metal that was made elsewhere is not produced again here.
    assert "metalProduced" not in told
    # Recycled: 50 kg * 1000/1020 in the ingots, 50 * 7.5/1020 in the dross
    ingots, dross = found.contents.outputs
    assert ingots["recycledPreConsumer:aluminium"] == pytest.approx(49.019608)
    assert dross["recycledPreConsumer:aluminium"] == pytest.approx(0.367647)


def test_liquid_metal_cast_to_ingots_is_not_alloyed_directly() -> None:
    told = casthouse(supply("naturalGas", "30 NM3"), molten=["urn:example:lot:liquid"]).assessment.indicators
    assert (told["moltenAluminium"], told["directAlloyedAluminium"]) == (Decimal("0.9"), 0)
    bought = casthouse(supply("moltenAluminium", "100 KGM"), directAlloying=True, made="1050").assessment.indicators
    assert bought["directAlloyedAluminium"] == Decimal("0.1")


@pytest.mark.parametrize(("activity", "field"), [
    ({"molten": ["urn:example:lot:other"]}, "activity.molten[0]"),
    ({"molten": ["urn:example:lot:liquid", "urn:example:lot:liquid"]}, "activity.molten[1]"),
    ({"directAlloying": True}, "activity.directAlloying"),
])
def test_lots_that_are_not_liquid(activity: dict[str, Any], field: str) -> None:
    assert raised(PluginError, casthouse, **activity).field == field


@pytest.mark.parametrize(("gas", "made", "molten", "told"), [
    # cold metal 120 kg: 120 MJ; gas 3 Nm3 = 116.8 MJ, 4 = 155.7
    ("3", "1000", True, {"melting-missing": False}), ("4", "1000", True, {}),
    ("4", "1000", False, {"melting-missing": False}), ("30", "1000", False, {}),
    # 1020 kg came in, 7.5 are in the dross
    ("30", "1012.5", True, {}), ("30", "1012.6", True, {"metal-recovery": True}),
    # 1020 * 0.7
    ("30", "714", True, {}), ("30", "713.9", True, {"metal-recovery": False}),
    # 206 * 38.931 = 8019.8 MJ per t
    ("206", "1000", True, {"energy-unusual": False}), ("205", "1000", True, {}),
])
def test_findings_of_a_casthouse(gas: str, made: str, molten: bool, told: dict[str, bool]) -> None:
    named = ["urn:example:lot:liquid"] if molten else []
    assert casthouse(supply("naturalGas", f"{gas} NM3"), made=made, molten=named).findings == told


@pytest.mark.parametrize("route", [
    "aluminiumCasting", "secondaryAluminium", "alumina", "copperSmelting", "secondaryLead",
])
def test_a_record_without_a_product_is_refused(route: str) -> None:
    given = context(
        f"nonferrous.{route}", inputs=(lot("1000 KGM", materials={"copper": "0.5", "lead": "0.5"}),),
        supplies=(supply("naturalGas", "30 NM3"),), outputs=(output("15 KGM", "waste", materials={"slag": "1"}),),
    )
    assert run(SECTOR, given).findings["no-metal-out"] is True


SCRAP = lot("1100 KGM", "waste", materials={"aluminium": "0.95", "lacquer": "0.05"}, fossil_carbon=Decimal("0.01"),
            elements={"Fe": "0.006"})
PRIMARY = lot("50 KGM", materials=ALUMINIUM)
SALT_SLAG = output("160 KGM", "waste", materials={"aluminium": "0.05", "saltSlag": "0.95"})


def remelter(
    *supplies: SupplyFacts, inputs: tuple[InputFacts, ...] = (SCRAP, PRIMARY), made: str = "1050",
    slag: OutputFacts = SALT_SLAG, **activity: Any,
) -> Run:
    given = context(
        "nonferrous.secondaryAluminium", inputs=inputs,
        supplies=(supply("silicon", "40 KGM"), supply("salt", "100 KGM"), *supplies),
        outputs=(output(f"{made} KGM", materials=ALUMINIUM), slag), place="CN-JS",
    )
    return run(SECTOR, given, activity)


GAS = supply("naturalGas", "120 NM3")


def test_secondary_aluminium() -> None:
    # gas 120 * 2.162188809 = 259.46265708; power 150 * 0.5978 = 89.67; lacquer 11 kg of carbon * 44/12 = 40.33333
    found = remelter(GAS, supply("electricity", "150 KWH"), furnace="rotary")
    assert found.footprint == pytest.approx(389.46599041)
    assert found.findings == {}
    # melt in 1045 + 50 + 40 = 1135, out 1050 + 8
    told = {name: round(value, 6) for name, value in found.assessment.indicators.items()}
    assert told == Containing({"metalRecovery": Decimal("0.92511"), "meltLoss": Decimal("0.067841")})
    # 1.05 t * 1045/1135: ingots and silicon were made elsewhere
    assert told["metalProduced"] == told["recycledMetalProduced"] == Decimal("0.966740")
    assert told == Containing({
        "recycledAluminiumProduced": told["recycledMetalProduced"], "saltSlagPerTonne": Decimal("152.380952")
    })
    # 1045 kg of recycled aluminium * 1050/1135; iron of the scrap follows the melt; no lacquer is left
    ingots = found.contents.outputs[0]
    assert ingots["recycledPostConsumer:aluminium"] == pytest.approx(966.740088)
    iron = [round(part, 6) for part in found.assessment.matter["element:Fe"]]
    assert (iron, found.assessment.matter["material:lacquer"]) == ([Decimal("0.92511"), Decimal("0.007048")], (0, 0))


def test_the_published_figure_of_remelting_is_bracketed() -> None:
    # Norsk Hydro's position paper: about 0.5 t CO2e per t for collection, transport, sorting and remelting of
    # post-consumer scrap. Remelting itself is the greater part of that, and no more than it.
    per_tonne = remelter(GAS, supply("electricity", "150 KWH")).footprint / 1.05
    assert 250 < per_tonne < 500


@pytest.mark.parametrize(("supplies", "changes", "told"), [
    ((GAS,), {"made": "1127"}, {}),
    ((GAS,), {"made": "1127.1"}, {"metal-recovery": True}),
    # 1135 * 0.7 = 794.5
    ((GAS,), {"made": "794.5"}, {}),
    ((GAS,), {"made": "794.4"}, {"metal-recovery": False}),
    ((GAS,), {"slag": output("89 KGM", "waste", materials={"saltSlag": "1"})}, {"salt-slag-missing": False}),
    ((GAS,), {"slag": output("631 KGM", "waste", materials={"saltSlag": "1"})}, {"salt-slag-unusual": False}),
    ((), {}, {"energy-unusual": False}),
    ((supply("naturalGas", "243 NM3"),), {}, {"energy-unusual": False}),  # 9009.7 MJ per t
    ((GAS,), {"inputs": (lot("1100 KGM", materials=ALUMINIUM),)}, {"no-scrap": False}),
    ((GAS,), {"inputs": (lot("1100 KGM", sector="circular", materials=ALUMINIUM),)}, {}),
])
def test_findings_of_a_remelter(
    supplies: tuple[SupplyFacts, ...], changes: dict[str, Any], told: dict[str, bool]
) -> None:
    assert remelter(*supplies, **changes).findings == told


def test_own_returns_take_the_mix_of_the_rest() -> None:
    # returns 200; else scrap 1045 of 1135: recycled 1.2 * 1045/1135
    back = lot("200 KGM", "waste", materials=ALUMINIUM, same_maker=True, origin="preConsumer")
    told = remelter(GAS, inputs=(SCRAP, PRIMARY, back), made="1200").assessment.indicators
    assert round(told["recycledMetalProduced"], 6) == Decimal("1.104846")


def test_carbon_is_in_no_metal() -> None:
    given = context(
        "nonferrous.secondaryAluminium", inputs=(SCRAP,), supplies=(GAS,),
        outputs=(output("1000 KGM", materials=ALUMINIUM, fossil_carbon=Decimal("0.012")),),
    )
    assert run(SECTOR, given).findings["carbon-balance"] is True

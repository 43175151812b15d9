"""The building-materials sector keeps what every sector has to keep: each route through the conformance kit."""

from carbon_ledger_building_materials import plugin

from ledger.sdk.testing import context, lot, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

CLINKER, GLASS = {"clinker": "1"}, {"glass": "1"}
POWER, GAS = supply("electricity", "80000 KWH"), supply("naturalGas", "160000 NM3")
OXIDES = {"calciumOxide": "0.65", "magnesiumOxide": "0.02", "rawMealCarbon": "0.001"}


def tonnes(value: str) -> dict[str, str]:
    return {"value": value, "unit": "TNE"}


CASES = [
    Case(context=context(
        "building-materials.clinker", place="CN-AH", outputs=(output("1000 TNE", materials=CLINKER),),
        supplies=(supply("limestone", "1500 TNE", nature=True), supply("bituminous", "150 TNE"), POWER),
    ), activity={**OXIDES, "kilnDust": tonnes("20"), "bypassDust": tonnes("10"), "kilnDustCalcined": "0.5"},
        twice={**OXIDES, "kilnDust": tonnes("40"), "bypassDust": tonnes("20"), "kilnDustCalcined": "0.5"}),
    Case(context=context(
        "building-materials.cement", place="CN-AH", supplies=(supply("gypsum", "50 TNE", nature=True), POWER),
        inputs=(lot("750 TNE", materials=CLINKER),
                lot("200 TNE", "waste", materials={"slag": "1"}, origin="preConsumer")),
        outputs=(output("1000 TNE", materials={"clinker": "0.75", "slag": "0.2", "gypsum": "0.05"}),),
    ), activity={"cementType": "PO"}),
    Case(context=context(
        "building-materials.flatGlass", inputs=(lot("200 TNE", "waste", materials=GLASS),),
        supplies=(supply("sand", "600 TNE"), supply("sodaAsh", "200 TNE"), supply("limestone", "50 TNE"),
                  supply("dolomite", "150 TNE"), supply("saltCake", "8 TNE"), supply("carbonPowder", "0.5 TNE"), GAS,
                  POWER),
        outputs=(output("900 TNE", materials=GLASS), output("100 TNE", "waste", materials=GLASS, origin="preConsumer")),
    ), activity={"carbonates": {"sodaAsh": {"purity": "0.992"}}, "carbonPowderContent": "0.9"}),
    Case(context=context(
        "building-materials.ceramics", place="CN-GD", outputs=(output("800 TNE"),),
        supplies=(supply("clay", "1000 TNE", nature=True), supply("limestone", "10 TNE"), GAS, POWER),
    ), activity={"rawMaterials": {"clay": {"calciumCarbonate": "0.05", "magnesiumCarbonate": "0.02", "used": "1"}}}),
    Case(context=context(
        "building-materials.carbonCapture", inputs=(lot("1000 TNE", materials=CLINKER),),
        supplies=(supply("kilnGas", "800 TNE"), supply("steam", "2500 GV"), POWER,
                  supply("carbonDioxideTransport", "70000 TKM"), supply("carbonDioxideStorage", "700 TNE")),
        outputs=(output("1000 TNE", materials=CLINKER),),
    ), activity={"captured": tonnes("720"), "stored": tonnes("700"), "biogenicShare": "0.1",
                 "storageEvidence": ["a" * 64]},
        twice={"captured": tonnes("1440"), "stored": tonnes("1400"), "biogenicShare": "0.1",
               "storageEvidence": ["a" * 64]}),
    Case(context=context(
        "building-materials.lime", place="CN-AH", outputs=(output("1000 TNE", materials={"lime": "1"}),),
        supplies=(supply("limestone", "1780 TNE", nature=True), supply("bituminous", "165 TNE"),
                  supply("electricity", "35000 KWH")),
    ), activity={"purity": "0.97", "calcined": "0.97", "renewableShare": "0"}),
    Case(context=context(
        "building-materials.concrete", outputs=(output("2400 TNE", materials={"concrete": "1"}),),
        supplies=(supply("portlandCement", "320 TNE"), supply("sand", "780 TNE"), supply("gravel", "1120 TNE"),
                  supply("water", "180 TNE"), supply("electricity", "4000 KWH")),
    )),
    Case(context=context(
        "building-materials.quarrying", outputs=(output("10000 TNE", materials={"gravel": "1"}),),
        supplies=(supply("crushedStone", "10200 TNE", nature=True), supply("diesel", "4.5 TNE"), POWER),
    )),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)

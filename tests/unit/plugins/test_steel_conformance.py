"""The steel sector keeps what every sector has to keep: a case of each route through the conformance kit."""

from decimal import Decimal

from carbon_ledger_steel import plugin

from ledger.sdk.testing import context, lot, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

STEEL, IRON = {"steel": "1"}, {"pigIron": "1"}
POWER, GAS = supply("electricity", "90 KWH"), supply("naturalGas", "10 NM3")
WASTE_GAS = [{"lot": "urn:example:lot:gas", "gas": "blastFurnaceGas"}]
SLAG = [{"lot": "urn:example:lot:slag", "treatment": "substitution"}]
SLAG_LOT = output("300 KGM", "byProduct", lot="urn:example:lot:slag")
GAS_LOT = output("2 GV", "byProduct", lot="urn:example:lot:gas")

CASES = [
    Case(context=context(
        "steel.coking", supplies=(supply("cokingCoal", "1000 KGM"), POWER),
        outputs=(output("690 KGM", materials={"coke": "1"}), output("10 KGM", "byProduct", materials={"coalTar": "1"})),
    ), activity={"moisture": "0.1"}),
    Case(context=context(
        "steel.sintering", outputs=(output("1000 KGM", materials={"sinter": "1"}),),
        supplies=(supply("ironOre", "950 KGM"), supply("coke", "50 KGM"), supply("limestone", "100 KGM"),
                  supply("dolomite", "50 KGM"), supply("cokeOvenGas", "5 NM3"), POWER),
    )),
    Case(context=context(
        "steel.pelletising", outputs=(output("1000 KGM", materials={"pellet": "1"}),),
        supplies=(supply("ironOre", "980 KGM"), POWER, GAS),
    )),
    Case(context=context(
        "steel.blastFurnace", outputs=(output("1000 KGM", materials=IRON), SLAG_LOT, GAS_LOT),
        supplies=(supply("sinter", "1300 KGM"), supply("pellet", "330 KGM"), supply("coke", "360 KGM"),
                  supply("bituminous", "150 KGM"), POWER),
    ), activity={"wasteGases": WASTE_GAS, "slags": SLAG}),
    Case(context=context(
        "steel.basicOxygenFurnace", outputs=(output("1000 KGM", materials=STEEL),),
        inputs=(lot("950 KGM", materials=IRON, fossil_carbon=Decimal("0.045")),
                lot("150 KGM", "waste", materials=STEEL)),
        supplies=(supply("lime", "40 KGM"), supply("oxygen", "60 NM3", "86 KGM"), POWER),
    )),
    Case(context=context(
        "steel.blastFurnaceBasicOxygen", place="CN-HE", inputs=(lot("150 KGM", "waste", materials=STEEL),),
        supplies=(supply("sinter", "1300 KGM"), supply("pellet", "300 KGM"), supply("coke", "350 KGM"),
                  supply("washedCoal", "150 KGM"), supply("limestone", "100 KGM"), supply("dolomite", "20 KGM"), POWER),
        outputs=(output("1000 KGM", materials=STEEL), SLAG_LOT, GAS_LOT),
    ), activity={"wasteGases": WASTE_GAS, "slags": SLAG}),
    Case(context=context(
        "steel.electricArcFurnace", place="CN-YN", inputs=(lot("1100 KGM", "waste", materials=STEEL),),
        supplies=(supply("electricity", "420 KWH"), supply("electrode", "1.5 KGM"), supply("carburiser", "10 KGM"),
                  GAS),
        outputs=(output("1000 KGM", materials=STEEL), output("50 KGM", "waste", origin="preConsumer")),
    )),
    Case(context=context(
        "steel.directReduction", supplies=(supply("pellet", "1420 KGM"), supply("naturalGas", "265 NM3"), POWER),
        outputs=(output("1000 KGM", materials={"directReducedIron": "1"}),),
    ), activity={"ironContent": {"pellet": "0.67"}}),
    Case(context=context(
        "steel.rolling", inputs=(lot("1030 KGM", materials=STEEL, sector="steel"),), supplies=(POWER, GAS),
        outputs=(output("1000 KGM", materials=STEEL), output("25 KGM", "waste", materials=STEEL, origin="preConsumer")),
    ), activity={"mill": "cold"}),
    Case(context=context(
        "steel.scrapProcessing", inputs=(lot("1000 KGM", "waste", materials=STEEL),), supplies=(POWER,),
        outputs=(output("960 KGM", materials=STEEL), output("30 KGM", "waste", origin="preConsumer")),
    )),
    Case(context=context(
        "steel.carbonCapture",
        inputs=(lot("1000 KGM", materials=IRON), lot("3000 KGM", materials={"offGas": "1"}, lot="urn:example:lot:off",
                                                     fossil_carbon=Decimal("0.09"))),
        supplies=(supply("heat", "2.5 GV"), POWER), outputs=(output("1000 KGM", materials=IRON),),
    ), activity={"captured": {"value": "0.8", "unit": "TNE"}},
        twice={"captured": {"value": "1.6", "unit": "TNE"}}),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)

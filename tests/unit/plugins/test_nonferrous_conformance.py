"""The non-ferrous sector keeps what every sector has to keep: a case of each route through the conformance kit."""

from decimal import Decimal
from typing import Any

from carbon_ledger_nonferrous import plugin

from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import context, lot, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

ALUMINIUM, COPPER, LEAD = {"aluminium": "1"}, {"copper": "1"}, {"lead": "1"}
POWER, GAS = supply("electricity", "13500 KWH"), supply("naturalGas", "60 NM3")


def case(
    route: str, inputs: tuple[InputFacts, ...], supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    **activity: Any,
) -> Case:
    given = context(f"nonferrous.{route}", inputs=inputs, supplies=supplies, outputs=outputs, allocation="value")
    return Case(context=given, activity=activity)


def good(quantity: str, materials: dict[str, str], role: str = "product", **facts: Any) -> OutputFacts:
    return output(quantity, role, materials=materials, value=Decimal(100), **facts)


CASES = [
    case("alumina", (lot("2500 KGM", materials={"bauxite": "1"}),),
         (supply("steam", "8 GV"), GAS, supply("limestone", "50 KGM"), supply("causticSoda", "100 KGM")),
         (good("1000 KGM", {"alumina": "1"}),), process="bayer", contents={"bauxite": "0.27"}),
    case("aluminiumElectrolysis", (), (POWER, supply("alumina", "1930 KGM"), supply("anode", "500 KGM")),
         (good("1000 KGM", ALUMINIUM),), anodeNetConsumption="0.41", sulphur="0.02", ash="0.004", cellVoltage="4",
         currentEfficiency="0.93", anodeEffects={
             "frequency": "0.2", "minutes": "1.5", "slope": "0.122", "weightFraction": "0.1",
             "collectionEfficiency": "0.98",
         }),
    case("aluminiumElectrolysis", (lot("1930 KGM", elements={"Al": "0.5285"}),), (POWER,),
         (good("1000 KGM", ALUMINIUM),), metal="ingot"),
    case("aluminiumCasting", (lot("1000 KGM", lot="urn:example:lot:liquid", materials=ALUMINIUM),),
         (GAS, supply("silicon", "70 KGM")), (good("1050 KGM", ALUMINIUM),), molten=["urn:example:lot:liquid"],
         directAlloying=True, form="billet"),
    case("secondaryAluminium", (lot("1100 KGM", "waste", materials=ALUMINIUM, fossil_carbon=Decimal("0.01")),),
         (GAS, supply("salt", "100 KGM")),
         (good("1050 KGM", ALUMINIUM), output("120 KGM", "waste", materials={"saltSlag": "1"})), furnace="rotary"),
    case("copperSmelting", (lot("4000 KGM", elements={"Cu": "0.25", "S": "0.3"}),),
         (GAS, supply("coke", "40 KGM"), supply("electricity", "900 KWH"), supply("limestone", "100 KGM")),
         (good("980 KGM", COPPER), good("3600 KGM", {"sulphuricAcid": "1"}, "coProduct")), acidBurden="100",
         contents={"copperScrap": "0.96"}, sulphurContents={"copperConcentrate": "0.3"}),
    case("secondaryCopper", (lot("1100 KGM", "waste", materials=COPPER),), (GAS,), (good("1050 KGM", COPPER),),
         product="anode"),
    case("leadSmelting", (lot("1850 KGM", elements={"Pb": "0.56", "S": "0.18"}),),
         (supply("coke", "120 KGM"), supply("electricity", "700 KWH")),
         (good("1000 KGM", LEAD), good("980 KGM", {"sulphuricAcid": "1"}, "coProduct"))),
    case("secondaryLead", (lot("1700 KGM", "waste", materials={"lead": "0.25", "batteryPaste": "0.5"}),),
         (supply("coke", "60 KGM"), supply("sodaAsh", "150 KGM"), GAS), (good("1000 KGM", LEAD),), product="refined"),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)


def test_a_case_of_every_route_and_every_indicator() -> None:
    sector = plugin()
    assert {one.context.route for one in CASES} == set(sector.routes)
    assert {"aluminiumProduced", "recycledMetalProduced", "metalProduced", "renewablePowerShare", "moltenAluminium",
            "directAlloyedAluminium", "electricityPerTonneAluminium"} <= set(sector.indicators)

"""The petrochemicals sector keeps what every sector has to keep: a case of each route through the conformance kit."""

from typing import Any

from carbon_ledger_petrochemicals import plugin

from ledger.sdk.testing import context, lot, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

POWER, AIR = supply("electricity", "100 KWH"), supply("air", "1200 KGM", nature=True)
WATER = supply("water", "1500 KGM", nature=True)
GAS = supply("naturalGas", "900 NM3", "700 KGM")


def refinery(times: int) -> dict[str, Any]:
    """What a refinery burns and flares of its own, so many times over."""
    return {
        "ownFuels": [{"quantity": {"value": str(45 * times), "unit": "TNE"}}],
        "cokeBurn": [{"coke": {"value": str(15 * times), "unit": "TNE"}}],
        "flares": [{"gas": {"value": str(10000 * times), "unit": "NM3"}, "carbon": "0.8", "carbonDioxide": "0.02",
                    "methane": "0.5"}],
        "hydrogenPlants": [{"carbonIn": {"value": str(12 * times), "unit": "TNE"},
                            "carbonOut": {"value": str(4 * times), "unit": "TNE"}}],
    }


def cracker(times: int) -> dict[str, Any]:
    return {
        "ownFuels": [{"material": "crackerGas", "quantity": {"value": str(40 * times), "unit": "KGM"}}],
        "decoking": [{"coke": {"value": str(times), "unit": "KGM"}}],
        "analyses": [{"material": "crackerGas", "heatingValue": "50", "carbon": "0.749"},
                     {"material": "naphtha", "heatingValue": "44.5", "carbon": "0.845"}],
    }


CASES = [
    Case(context=context(
        "petrochemicals.refining",
        supplies=(supply("crudeOil", "1000 TNE"), supply("naturalGas", "5000 NM3", "3600 KGM"), POWER),
        outputs=tuple(output(f"{mass} TNE", "coProduct", materials={name: "1"}) for name, mass in (
            ("gasoline", 250), ("diesel", 300), ("kerosene", 80), ("naphtha", 150), ("lpg", 50),
            ("petroleumCoke", 60), ("fuelOil", 30),
        )),
    ), activity=refinery(1), twice=refinery(2)),
    Case(context=context(
        "petrochemicals.steamCracking", supplies=(supply("naphtha", "1 TNE"), POWER),
        outputs=tuple(output(f"{mass} KGM", "coProduct", materials={name: "1"}) for name, mass in (
            ("ethylene", 324), ("propylene", 168), ("butadiene", 50), ("benzene", 104), ("butylenes", 62),
            ("pyrolysisGasoline", 52), ("hydrogen", 11), ("pyrolysisFuelOil", 86),
        )),
    ), activity=cracker(1), twice=cracker(2)),
    Case(context=context(
        "petrochemicals.ammonia", supplies=(GAS, AIR, WATER, POWER),
        outputs=(output("1000 KGM", materials={"ammonia": "1"}),),
    ), activity={"method": "gasification"}),
    Case(context=context(
        "petrochemicals.methanol", supplies=(GAS, WATER, POWER),
        outputs=(output("1000 KGM", materials={"methanol": "1"}),),
    )),
    Case(context=context(
        "petrochemicals.hydrogen", inputs=(lot("40000 KWH"),),
        supplies=(supply("electricity", "12000 KWH"), supply("water", "10 TNE", nature=True)),
        outputs=(output("1 TNE", materials={"hydrogen": "1"}),
                 output("7.9 TNE", "byProduct", materials={"oxygen": "1"})),
    ), activity={"method": "electrolysis", "electrolyser": "alkaline", "renewableShare": "0.9"}),
    Case(context=context(
        "petrochemicals.nitricAcid", inputs=(lot("1700 KGM", materials={"ammonia": "1"}),),
        supplies=(supply("air", "30 TNE", nature=True), supply("water", "4 TNE", nature=True), POWER),
        outputs=(output("10 TNE", materials={"nitricAcid": "0.6", "water": "0.4"}),),
    ), activity={"technology": "mediumPressure", "abatement": "0.9", "utilisation": "0.95"}),
    Case(context=context(
        "petrochemicals.fertilizer", outputs=(output("2000 KGM"),),
        supplies=(supply("ammonia", "580 KGM"), supply("carbonDioxide", "750 KGM"), POWER),
    ), activity={"process": "compound"}),
    Case(context=context("petrochemicals.fertilizerUse", inputs=(lot("680 KGM", materials={"urea": "1"}),)),
         activity={"purpose": "exhaustGas"}),
    Case(context=context(
        "petrochemicals.carbonCapture", supplies=(POWER,),
        outputs=(output("950 KGM", materials={"carbonDioxide": "1"}),),
        inputs=(lot("1100 KGM", "byProduct", materials={"carbonDioxide": "0.9", "water": "0.1"}),),
    )),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)

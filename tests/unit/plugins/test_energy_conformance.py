"""The energy sector keeps what every sector has to keep: a case of each route through the conformance kit."""

from typing import Any

from carbon_ledger_energy import plugin

from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import context, lot, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms


def case(
    route: str, outputs: tuple[OutputFacts, ...], inputs: tuple[InputFacts, ...] = (),
    supplies: tuple[SupplyFacts, ...] = (), **activity: Any,
) -> Case:
    given = context(f"energy.{route}", inputs=inputs, supplies=supplies, outputs=outputs, place="CN-JS", year=2023,
                    hours="744", allocation="energy" if route == "combinedHeatAndPower" else "mass")
    return Case(context=given, activity=activity)


CASES = [
    case("photovoltaic", (output("300 KWH"),), capacity="1"),
    case("wind", (output("1000 KWH"),), capacity="10"),
    case("storage", (output("900 KWH"),), (lot("1000 KWH", generated=True),), phase="cycle", capacity="500",
         cycles="2"),
    case("combinedHeatAndPower", (output("32442.5 KWH"), output("175189.5 3B")),
         supplies=(supply("naturalGas", "10000 NM3", "7200 KGM"),), basis="exergy", heatTemperature="150",
         ambientTemperature="10"),
    case("gridImport", (output("100 KWH"),), supplies=(supply("electricity", "100 KWH"),)),
    case("microgrid", (output("700 KWH"), output("280 KWH")),
         (lot("600 KWH", generated=True), lot("0.4 MWH", generated=True))),
    case("heatBoiler", (output("3500 3B"),), supplies=(supply("electricity", "1000 KWH"),), kind="electrode"),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)

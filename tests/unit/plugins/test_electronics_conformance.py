"""The electronics sector keeps what every sector has to keep: a case of each route through the conformance kit."""

from typing import Any

from carbon_ledger_electronics import plugin

from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import context, lot, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

POWER = supply("electricity", "57500 KWH")


def case(
    route: str, supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    inputs: tuple[InputFacts, ...] = (), twice: dict[str, Any] | None = None, **activity: Any,
) -> Case:
    return Case(context=context(f"electronics.{route}", inputs=inputs, supplies=supplies, outputs=outputs),
                activity=activity, twice={**activity, **twice} if twice else None)


def energy(kilowatt_hours: str) -> dict[str, str]:
    return {"value": kilowatt_hours, "unit": "KWH"}


CASES = [
    case("semiconductor", (POWER, supply("NF3", "100 KGM"), supply("C4F8", "1 KGM")),
         (output("1000 H87", mass="125 KGM"),), substrate="wafer300", started={"value": "1050", "unit": "H87"},
         twice={"started": {"value": "2100", "unit": "H87"}, "area": {"value": "14", "unit": "MTK"}},
         area={"value": "7", "unit": "MTK"}, gases=[{
             "gas": "NF3", "share": "0.5", "utilisation": "0.9", "byProduct": "0.05", "abated": "0.9",
             "destruction": "0.95", "byProductDestruction": "0.9", "heel": "0.1",
         }]),
    case("photovoltaicModule", (POWER, supply("polysilicon", "300 KGM"), supply("glass", "6 TNE")),
         (output("200 H87", mass="5 TNE", materials={"silicon": "0.05", "glass": "0.95"}),), steps=["cell", "module"],
         peakKilowatts="100", area={"value": "480", "unit": "MTK"},
         twice={"peakKilowatts": "200", "area": {"value": "960", "unit": "MTK"}}),
    case("batteryCell", (POWER, supply("cathodeMaterial", "4000 KGM"), supply("graphite", "3000 KGM")),
         (output("1000 H87", mass="6250 KGM"),), capacity=energy("1000"), chemistry="lfp",
         serviceLife={"cycles": "4000", "depthOfDischarge": "0.9", "endCapacity": "0.8"},
         twice={"capacity": energy("2000")}),
    case("batteryPack", (supply("electricity", "180 KWH"), supply("housing", "90 KGM")),
         (output("1 H87", mass="400 KGM"),), inputs=(lot("110 H87", mass="330 KGM"),), capacity=energy("60"),
         cellCapacity=energy("62"),
         serviceLife={"years": "8", "cyclesAYear": "60"},
         twice={"capacity": energy("120"), "cellCapacity": energy("124")}),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)


def test_a_case_of_every_route_and_the_names_that_others_use() -> None:
    sector = plugin()
    assert {one.context.route for one in CASES} == set(sector.routes)
    assert {"kwhDelivered", "co2PerKwhDelivered"} <= set(sector.indicators)

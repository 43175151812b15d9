"""The equipment sector keeps what every sector has to keep: a case of each route through the conformance kit."""

from typing import Any

from carbon_ledger_equipment import plugin

from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import context, lot, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

STEEL, IRON = {"steel": "1"}, {"iron": "1"}
POWER, GAS = supply("electricity", "1200 KWH"), supply("naturalGas", "100 NM3")
PLATES = lot("1000 KGM", materials=STEEL)


def kilograms(value: str) -> dict[str, str]:
    return {"value": value, "unit": "KGM"}


def case(
    route: str, inputs: tuple[InputFacts, ...], supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    twice: dict[str, Any] | None = None, **activity: Any,
) -> Case:
    """`twice`: fields that double with the record."""
    return Case(context=context(f"equipment.{route}", inputs=inputs, supplies=supplies, outputs=outputs),
                activity=activity, twice={**activity, **(twice or {})})


CASES = [
    case("casting", (lot("1500 KGM", "waste", materials=IRON),),
         (POWER, GAS, supply("ferrosilicon", "20 KGM", raw=True)),
         (output("1000 KGM", materials=IRON), output("450 KGM", "waste", materials=IRON, origin="preConsumer")),
         furnace="induction", temperature="1420"),
    case("forging", (PLATES,), (GAS, POWER, supply("acetylene", "1 KGM")),
         (output("800 KGM", materials=STEEL), output("200 KGM", "waste", materials=STEEL, origin="preConsumer")),
         heating="fuel", temperature="1200"),
    case("heatTreatment", (PLATES,), (GAS, supply("quenchOil", "5 KGM")),
         (output("990 KGM", materials=STEEL), output("10 KGM", "waste", materials=STEEL, origin="preConsumer")),
         heating="fuel", steps=["quenching", "tempering"], holding="2"),
    case("machining", (PLATES,), (POWER, supply("coolant", "5 KGM")),
         (output("700 KGM", materials=STEEL), output("300 KGM", "waste", materials=STEEL, origin="preConsumer")),
         coolant="coolant", machineHours="20"),
    case("assembly", (PLATES,), (POWER, supply("carbonDioxide", "3 KGM")),
         (output("10 H87", mass="1000 KGM", materials=STEEL),), joining=["welding"], rejected=1),
    case("welding", (PLATES,),
         (POWER, supply("weldingWire", "100 KGM"), supply("shieldingGas", "60 KGM"), supply("propane", "5 KGM")),
         (output("1090 KGM", materials=STEEL), output("10 KGM", "waste", materials=STEEL, origin="preConsumer")),
         twice={"deposited": kilograms("180"), "arcHours": "100"}, method="gasMetalArc", deposited=kilograms("90"),
         arcHours="50", shielding=[{"gas": "argon", "share": "0.8"}, {"gas": "carbonDioxide", "share": "0.2"}]),
    case("vehicleAssembly", (lot("11000 KGM", materials=STEEL),),
         (POWER, GAS, supply("refrigerant", "6 KGM"), supply("tractionBattery", "4000 KGM")),
         (output("10 H87", mass="15000 KGM", materials=STEEL),),
         twice={"refrigerantCharged": kilograms("11")}, powertrain="batteryElectric", vehicle="passengerCar",
         batteryCapacity={"value": "60", "unit": "KWH"}, refrigerantCharged=kilograms("5.5"), rejected=1),
    case("remanufacturing", (lot("1 H87", "core", mass="850 KGM", materials=IRON),),
         (POWER, supply("newParts", "130 KGM"), supply("detergent", "5 KGM")),
         (output("1 H87", mass="850 KGM", materials=IRON),
          output("120 KGM", "waste", materials=IRON, origin="postConsumer")),
         twice={
             "replaced": [{"part": "bearing shell", "count": 28, "mass": kilograms("260")}],
             "reusedParts": [{"part": "block", "count": 2, "mass": kilograms("1440"), "restored": True}],
         },
         machine="engine", cleaning="detergent", cleaningMedium="detergent", efficiency="0.4", scrappedCores=0,
         replaced=[{"part": "bearing shell", "count": 14, "mass": kilograms("130")}],
         reusedParts=[{"part": "block", "count": 1, "mass": kilograms("720"), "restored": True}],
         comparedTo={
             "footprint": kilograms("5000"), "source": "EPD of the maker", "evidence": "ab" * 32, "efficiency": "0.43",
         }),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)

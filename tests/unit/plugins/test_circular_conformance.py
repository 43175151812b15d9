"""The circular sector keeps what every sector has to keep: a case of each route through the conformance kit."""

from typing import Any

from carbon_ledger_circular import plugin
from support.sector_runs import quantity

from ledger.sdk import InputFacts, OutputFacts, SupplyFacts
from ledger.sdk.testing import context, lot, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

MIXED, STEEL, SLAG = {"steel": "0.7", "plastic": "0.3"}, {"steel": "1"}, {"slag": "1"}
POWER, DIESEL = supply("electricity", "100 KWH"), supply("diesel", "8 KGM")
WASTE = lot("2000 KGM", "waste", materials=MIXED)
SORTED = (output("1400 KGM", materials=STEEL), output("600 KGM", "waste", materials={"plastic": "1"},
                                                      origin="postConsumer"))


def case(
    route: str, inputs: tuple[InputFacts, ...], supplies: tuple[SupplyFacts, ...], outputs: tuple[OutputFacts, ...],
    twice: dict[str, Any] | None = None, **activity: Any,
) -> Case:
    """`twice`: fields that double with the record."""
    return Case(context=context(f"circular.{route}", inputs=inputs, supplies=supplies, outputs=outputs),
                activity=activity, twice={**activity, **(twice or {})})


CASES = [
    case("collection", (WASTE,), (DIESEL, POWER), (output("2000 KGM", materials=MIXED),),
         twice={"distance": quantity("400", "KMT"), "trips": 4}, distance=quantity("200", "KMT"), trips=2),
    case("sorting", (WASTE,), (POWER, DIESEL), SORTED, methods=["shredding", "magnetic"], moistureLoss="0.01"),
    case("dismantling", (lot("2 H87", "waste", mass="2000 KGM", materials=MIXED),), (POWER,), SORTED,
         twice={"units": 4, "gases": [{"gas": "HFC134a", "held": quantity("2"), "recovered": quantity("1.6")},
                                      {"gas": "R404A", "held": quantity("2")}]},
         item="vehicle", methods=["depollution", "shredding"], units=2,
         gases=[{"gas": "HFC134a", "held": quantity("1"), "recovered": quantity("0.8")},
                {"gas": "R404A", "held": quantity("1")}]),
    case("recycling", (lot("1000 KGM", "waste", materials={"aluminium": "0.96", "paint": "0.04"}),),
         (POWER, supply("naturalGas", "100 NM3"), supply("sodaAsh", "5 KGM"), supply("electrode", "1 KGM"),
          supply("salt", "10 KGM")),
         (output("920 KGM", materials={"aluminium": "1"}),
          output("40 KGM", "waste", materials={"aluminium": "0.5", "oxide": "0.5"}, origin="preConsumer")),
         twice={"burntOff": [{"kind": "plastic", "mass": quantity("80")}]},
         material="aluminium", method="remelting", burntOff=[{"kind": "plastic", "mass": quantity("40")}]),
    case("wasteUse", (lot("1000 KGM", "byProduct", materials=SLAG),), (POWER,), (output("1000 KGM", materials=SLAG),),
         use="cementAddition", generated=quantity("3", "TNE")),
    case("bulkSolidWaste", (lot("1000 KGM", "waste", materials=SLAG),), (POWER, DIESEL),
         (output("1000 KGM", materials=SLAG),), waste="steelSlag", use="roadBase", leachingTested=True,
         generated=quantity("3", "TNE")),
    case("incineration", (WASTE,), (DIESEL, supply("ammonia", "3 KGM")),
         (output("2 HUR"), output("800 KWH", "coProduct"), output("400 KGM", "waste", materials={"ash": "1"},
                                                                  origin="postConsumer")),
         twice={"heatingValue": quantity("40", "GV")},
         composition=[{"kind": "plastic", "share": "0.3"}, {"kind": "sludge", "share": "0.7", "dryMatter": "0.3"}],
         heatingValue=quantity("20", "GV"), oxidation="0.99", technology="batchStoker"),
    case("landfill", (WASTE,), (DIESEL,), (output("2 HUR"),), method="firstOrderDecay", climate="temperateWet",
         composition=[{"kind": "mixed", "share": "1"}], gasCaptured="0.5", covered=True, horizon=100),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)

"""Used gearboxes are taken apart: shafts and housings stay cores, and a shaft that is made as new has the footprint of
its restoration alone."""

import pytest
from support.market import MemoryMarket, evidence, quantity, row, supply, trading_ledger

from ledger.core.record.values import PreviousLife

GERMANY = "electricity/cradleToGate/DE/2024"
METER = evidence("meterReading")


def test_a_part_of_a_core_is_made_as_new() -> None:
    """100 gearboxes of 80 kg, of steel and aluminium, give 90 shafts, 80 housings and steel; 85 shafts come back with
    20 kg of steel powder on them. By hand: the power of dismantling is with the steel, since cores carry nothing."""
    market = MemoryMarket(trading_ledger(), "cores-taken-apart")
    works = market.company("works", "DE")
    works.product("gearbox", "equipment", "H87", materials={"steel": "0.6", "aluminium": "0.4"},
                  mass_per_unit=quantity("80 KGM"))
    works.product("shaft", "equipment", "H87", materials={"steel": "1"}, mass_per_unit=quantity("20 KGM"))
    works.product("housing", "equipment", "H87", materials={"aluminium": "1"}, mass_per_unit=quantity("30 KGM"))
    works.products("circular", scrap="steel")
    works.collect(
        works.out("gearbox", "100 H87", "core", name="old", previous_life=PreviousLife(estimated_years="9")),
        evidence("takeBackNote"))
    works.run(
        "circular.dismantling",
        [works.out("shaft", "90 H87", "core"), works.out("housing", "80 H87", "core"), works.out("scrap", "2 TNE"),
         works.out("scrap", "1.6 TNE", "waste", name="rest", origin="postConsumer",
                   materials={"steel": "0.5", "aluminium": "0.5"})],
        [supply("electricity", "500 KWH")], {"old": "100 H87"}, {"item": "machine", "units": 100}, evidence=[METER],
    )
    works.run(
        "equipment.remanufacturing",
        [works.out("shaft", "85 H87", name="again"),
         works.out("scrap", "100 KGM", "waste", name="worn", origin="postConsumer")],
        [supply("electricity", "900 KWH"), supply("steelPowder", "20 KGM")], {"shaft": "90 H87"}, evidence=[METER],
    )
    kilograms = {
        "shaft": 0.0, "scrap": 500 * row(GERMANY),
        "again": 900 * row(GERMANY) + 20 * row("ironPowder/cradleToGate/*/2024"),
    }
    for lot, figure in kilograms.items():
        answer = market.footprint(works.name(lot))
        assert (answer["title"], answer["footprint"]) == ("footprint", pytest.approx(figure, rel=1e-9)), lot

"""Waste with a price is noted, and nothing is questioned for it."""

from typing import Final

import pytest
from support.memory import MemoryLedger
from support.sectors import Make
from support.site import ore
from unit.engine.scrap import Works, document, registry

from ledger.core.record.values import Money

PRICE: Final = Money(value="300", currency="EUR")


@pytest.fixture
def mill() -> Works:
    memory = MemoryLedger(registry())
    memory.activate_sets()
    return Works(memory, "mill")


def test_a_price_of_waste_is_noted(mill: Works) -> None:
    """The note questions nothing; waste without a price and co-products with one have none."""
    sold = mill.run([mill.out("bars", "bar", "90 KGM"),
                     mill.out("chips", "swarf", "10 KGM", "waste", origin="preConsumer", value=PRICE)],
                    supplies=[ore("100 KGM")], activity=Make(co2="1000"))
    note = mill.finding(sold, "valued-waste")
    assert (note.severity, note.output, note.value, note.unit, note.amount) == ("note", 1, 300, "EUR", None)
    assert mill.asked("chips") == 0
    made = mill.run([mill.out("others", "bar", "90 KGM", value=PRICE),
                     mill.out("rest", "swarf", "10 KGM", "waste", origin="preConsumer")],
                    supplies=[ore("100 KGM")], activity=Make(co2="1000"))
    assert "valued-waste" not in mill.codes(made)


def test_a_price_of_declared_waste_is_noted(mill: Works) -> None:
    entry = mill.declare(lot=mill.out("scrap", "swarf", "10 KGM", "waste", origin="postConsumer", value=PRICE),
                         basis="collected", boundary="none", collector=mill.id, evidence=[document("weighing")])
    assert mill.finding(entry, "valued-waste").output == 0

"""The templates of kilns, mills, quarries, a brewery, a cracker and a recycler of lead are honest plants: each has a
footprint as it is."""

from typing import Final

import pytest
from support.market import MemoryMarket, trading_ledger
from support.memory import MemoryLedger
from support.parties import enrolment, nonces
from support.templates import Examples, owner

from ledger.core.record.canonical import record_of
from ledger.registry.installed import installed

ROUTES: Final = (
    "building-materials.clinker", "building-materials.carbonCapture", "building-materials.lime",
    "building-materials.concrete", "building-materials.quarrying", "consumer-goods.sawnWood",
    "consumer-goods.woodPellets", "consumer-goods.foodAndDrink", "petrochemicals.steamCracking",
    "nonferrous.secondaryLead",
)


@pytest.fixture(scope="module")
def memory() -> MemoryLedger:
    return trading_ledger()


@pytest.fixture(scope="module")
def examples() -> Examples:
    return Examples(installed(sets=False))


@pytest.mark.parametrize("route", ROUTES)
def test_a_template_is_a_footprint(route: str, examples: Examples, memory: MemoryLedger) -> None:
    maker, new = owner(route), nonces(3, f"title/{route}")
    trees = examples.whole(route)
    entered = enrolment(maker, memory.registrar, memory.origin, next(new))
    records = [record_of({"nonce": next(new), **tree, "issuer": maker.id}) for tree in trees]
    memory.must((memory.registrar, entered), *[(maker, record) for record in records])
    market = MemoryMarket(memory, "templates")
    for output in trees[-1]["outputs"]:
        answer = market.footprint(output["lot"])
        assert (answer["title"], answer["questioned"]) == ("footprint", 0), output["lot"]

import pytest
from support import factor_sets
from support.memory import MemoryLedger
from support.sectors import registry
from support.site import Site
from unit.engine.works import Works


@pytest.fixture
def works() -> Works:
    """One organisation on a fresh ledger (see `works.Works`)."""
    return Works(MemoryLedger(registry()))


@pytest.fixture
def other(works: Works) -> Works:
    """Another one on the same ledger."""
    return Works(works.ledger, "other")


@pytest.fixture
def site() -> Site:
    """In China, where steel causes 3 kg CO2e per kg by the set `round`, in a range from 1.5, and 2 in the world. It
    makes parts of steel."""
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    made = Site(memory, "works")
    made.product("part", classifications={"hs": "7208"})
    return made

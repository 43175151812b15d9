import pytest
from support.memory import MemoryLedger
from support.sectors import registry
from unit.engine.works import Works


@pytest.fixture
def works() -> Works:
    """One organisation on a fresh ledger (see `works.Works`)."""
    return Works(MemoryLedger(registry()))


@pytest.fixture
def other(works: Works) -> Works:
    """Another one on the same ledger."""
    return Works(works.ledger, "other")

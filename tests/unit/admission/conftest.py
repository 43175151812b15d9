import pytest
from unit.admission.world import World, stocked


@pytest.fixture
def world() -> World:
    """A ledger with a mill and a forge (see `world.stocked`)."""
    return stocked()

import pytest
from world import World, stocked


@pytest.fixture
def world() -> World:
    """A ledger with a mill and a forge (see `world.stocked`)."""
    return stocked()

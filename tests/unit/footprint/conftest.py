"""A fresh ledger in memory with the test sector active."""

import pytest
from support.memory import MemoryLedger
from support.sectors import registry


@pytest.fixture
def memory() -> MemoryLedger:
    return MemoryLedger(registry())

"""Homes of tests that kill a server or PostgreSQL over and over are on a disk, whose slow commits such a kill can fall
into. No other fault test can tell a disk from memory, which keeps what a killed process has written as a disk does."""

from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from support.clusters import homes_on_disk


@pytest.fixture(scope="module", autouse=True)
def _on_disk(request: pytest.FixtureRequest) -> Iterator[None]:
    with homes_on_disk() if request.path.name.startswith("test_kill") else nullcontext():
        yield

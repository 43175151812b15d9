"""Fault tests are about what a disk keeps, so their homes are on one."""

from collections.abc import Iterator

import pytest
from support.clusters import homes_on_disk


@pytest.fixture(scope="module", autouse=True)
def _on_disk() -> Iterator[None]:
    with homes_on_disk():
        yield

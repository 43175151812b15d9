"""A server that the tests of a module share, and the whole log verified again after each test that writes to it."""

from collections.abc import Iterator
from itertools import count

import pytest
from support.server import Server, temporary_home
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

_numbers = count(1)


@pytest.fixture(scope="module")
def serving() -> Iterator[Server]:
    """For tests that only read. A home of its own for each module."""
    with temporary_home() as home, Server(home) as server:
        yield server


@pytest.fixture(scope="module")
def witness(serving: Server) -> Witness:
    """Remembers all checkpoints of the module's server."""
    return Witness(serving.vkey)


@pytest.fixture
def server(serving: Server, witness: Witness) -> Iterator[Server]:
    """For tests that write: afterwards every checkpoint ever seen must be of one log, and the audit must hold."""
    witness.look(serving.url)
    yield serving
    witness.check(serving.url)
    report = audited(serving)
    assert report.ok, report.findings
    assert report.entries == report.size == report.signatures


@pytest.fixture
def shop(server: Server) -> Workshop:
    """A new organisation with 1,000 kg in the lot `pot`."""
    return workshop(server, f"shop-{next(_numbers)}", pot="1000")

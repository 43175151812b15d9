"""A server that the tests of a module share; after those that write to it, an audit from zero."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

import httpx
import networkx
import pytest
from support.generator import generate, parties
from support.parties import enrolment, nonces
from support.server import Posted, Server, prepared_home
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import AnyRecord, Consumption, Declaration, Transfer, Transformation

_SEED, _SIZE = 5, 600
_numbers = count(1)


@pytest.fixture(scope="module")
def serving() -> Iterator[Server]:
    """For tests that only read. A home of its own for each module."""
    with prepared_home() as home, Server(home) as server:
        yield server


@pytest.fixture(scope="module")
def witness(serving: Server) -> Witness:
    """Remembers all checkpoints of the module's server."""
    return Witness(serving.vkey)


@pytest.fixture(scope="module")
def written(serving: Server, witness: Witness) -> Iterator[None]:
    """After a module that writes, every checkpoint ever seen must be of one log, and an audit from zero must hold."""
    yield
    witness.check(serving.url)
    report = audited(serving)
    assert report.ok, report.findings
    assert report.entries == report.size == report.signatures


@pytest.fixture
def server(serving: Server, witness: Witness, written: None) -> Iterator[Server]:
    """For tests that write: the module ends with an audit."""
    witness.look(serving.url)
    yield serving
    witness.look(serving.url)


@pytest.fixture(scope="module")
def audit_state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state from which the audit after a test goes on."""
    return tmp_path_factory.mktemp("audit") / "state"


@pytest.fixture
def audited_server(server: Server, audit_state: Path) -> Iterator[Server]:
    """For modules about audits, revisions and erasure, which use it for all of their tests: the audit of the new
    entries follows each test."""
    yield server
    report = audited(server, state=audit_state)
    assert report.ok, report.findings
    assert report.entries == report.size


@pytest.fixture
def shop(server: Server) -> Workshop:
    """A new organisation with 1,000 kg in the lot `pot`."""
    return workshop(server, f"shop-{next(_numbers)}", pot="1000")


class Network(NamedTuple):
    """A generated network on a server that nobody writes to. `graph` is made of the records alone: lots and digests of
    records, edges with the matter. `posted` and `receipts` are in log order, the enrolments first."""

    server: Server
    client: httpx.Client
    posted: list[Posted]
    receipts: list[Receipt]
    graph: "networkx.DiGraph[str]"

    @property
    def lots(self) -> list[str]:
        return [node for node, kind in self.graph.nodes(data="kind") if kind == "lot"]


@pytest.fixture(scope="session")
def network() -> Iterator[Network]:
    with prepared_home() as home, Server(home) as server:
        new = nonces(_SEED, "enrolments")
        posted = [
            (server.registrar, enrolment(one, server.registrar, server.origin, next(new)))
            for one in parties(_SEED, _SIZE)
        ]
        posted += generate(_SEED, _SIZE)
        receipts: list[Receipt] = []
        for start in range(0, len(posted), 170):
            receipts += server.post(posted[start : start + 170])
        graph: networkx.DiGraph[str] = networkx.DiGraph()
        for _, record in posted:
            _add(graph, record)
        with httpx.Client(base_url=server.url, timeout=60) as client:
            yield Network(server, client, posted, receipts, graph)


def _add(graph: "networkx.DiGraph[str]", record: AnyRecord) -> None:
    digest = canonical.digest(canonical.encode(record)).hex()
    graph.add_node(digest, kind="record")
    match record:
        case Transformation() | Consumption():
            taken, made = [flow.lot for flow in record.inputs], [output.lot for output in record.outputs]
        case Transfer():
            taken, made = [record.lot], [record.new_lot]
        case Declaration(lot=lot) if lot is not None:
            taken, made = [], [lot.lot]
        case _:
            taken, made = [], []
    for lot in made:
        graph.add_node(lot, kind="lot")
        graph.add_edge(digest, lot)
    for lot in taken:
        graph.add_edge(lot, digest)

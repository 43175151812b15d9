"""What the chain engine does beside its peers: SciPy's triangular solve, Brightway's iterative one, COPY.

Each measure is made in a process of its own, so that its memory is what it took. Both sides get what they work on ready
made and take turns of some runs each; the best run of each counts. Their results are compared.
"""

import asyncio
import io
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import asyncpg
import numpy
from bench.graphs import BURDENS, Graph, entries_of, graph_of, same, triangle_of
from bench.load import drive, post
from bench.measures import Measure
from scipy.sparse.linalg import spsolve_triangular
from support.brightway import quietly
from support.generator import parties, transformations
from support.parties import enrolment, nonces
from support.process_memory import peak_memory
from support.server import Server, temporary_home

from ledger.core.record.kinds import Transformation
from ledger.footprint.derived.chain.arrays import Floats
from ledger.footprint.derived.chain.graph import Chain
from ledger.footprint.derived.chain.passes import adjoint, propagate
from ledger.service.queries.chain.load import ChainRequest, pinned
from ledger.service.queries.chain.read import load_parts
from ledger.service.queries.tree_size import NOW
from ledger.store.database import open_pool
from ledger.store.embedded.addresses import attach

RECORDS: Final = 60_000
"""Transformations of one organisation that are posted for `chain.load.100k`: nearly all lie behind the last lot."""
CLOSURE: Final = 50_000
_TURNS: Final = 4
_RUNS: Final = 5
_BATCH: Final = 1_000
_COPIED: Final = (
    "SELECT number, id, product, holder, role, quantity, unit, item, pool, facility, process FROM lot"
    " WHERE number BETWEEN $1 AND $2",
    "SELECT lot, version, share, burdens FROM figure WHERE lot BETWEEN $1 AND $2",
    "SELECT record, version, lot, quantity FROM flow WHERE record BETWEEN $1 / 1024 AND $2 / 1024",
    "SELECT index, digest, type, issuer FROM record WHERE index BETWEEN $1 / 1024 AND $2 / 1024",
)
"""What a chain is loaded from. All that lies between its first and its last lot is hardly more than the chain, and read
faster than by keys."""


def apart(function: Callable[..., Measure], *arguments: Any) -> Measure:
    """Runs a measurement in a new process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def in_turn(ours: Callable[[], object], peer: Callable[[], object]) -> tuple[float, float]:
    """The best seconds of both, which take turns: so what else goes on in the machine meets both."""
    found = [(_best(ours), _best(peer)) for _ in range(_TURNS)]
    return min(one for one, _ in found), min(two for _, two in found)


def _best(function: Callable[[], object]) -> float:
    times = []
    for _ in range(_RUNS):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


def propagation(lots: int, name: str) -> Measure:
    """12 burdens of all lots of a chain, beside the triangular system of the same lots: a matrix in the format that
    SciPy solves fastest, whose diagonal it is told is one."""
    graph = graph_of(lots)
    arrays, direct = graph
    ours = propagate(arrays, direct)
    memory = peak_memory(os.getpid())
    triangle, sides = triangle_of(arrays), arrays.shares[:, None] * direct[arrays.makers]

    def solve() -> Floats:
        return spsolve_triangular(triangle, sides, lower=True, unit_diagonal=True)

    same(ours, solve(), 1e-9, name)
    return _measure(name, *in_turn(lambda: propagate(arrays, direct), solve), "scipy spsolve_triangular", memory)


def contributions(lots: int, name: str) -> Measure:
    """The contributions of all records upstream of one lot to its 12 burdens, beside one calculation of an LCA whose
    matrices are loaded and whose preconditioner is built: its inventory holds the same, lot by lot."""
    graph = graph_of(lots)
    arrays, direct = graph
    wanted = numpy.zeros(lots)
    wanted[-1] = 1.0

    def ours() -> Floats:
        records, _ = adjoint(arrays, wanted)
        return records[:, None] * direct

    found = ours()
    memory = peak_memory(os.getpid())
    closure = numpy.count_nonzero(adjoint(arrays, wanted)[1])
    if closure < CLOSURE:
        raise SystemExit(f"{name}: {closure} lots lie behind the last one, {CLOSURE} are wanted")
    # Each calculation starts from nothing, not from the solution of the one before.
    lca = quietly("bw2calc").JacobiGMRESLCA({lots: 1.0}, data_objs=[_package(graph)], use_guess=False)
    lca.lci()
    _check_inventory(lca, graph, found, name)
    return _measure(name, *in_turn(ours, lambda: lca.lci({lots: 1.0})), "bw2calc JacobiGMRESLCA", memory)


def _package(graph: Graph) -> Any:
    """The chain as a datapackage: lots are the activities 1 to L, burdens the flows after them."""
    processing = quietly("bw_processing")
    arrays, entries, lots = graph.arrays, entries_of(graph.arrays), len(graph.arrays.numbers)
    numbers = numpy.arange(1, lots + 1)
    package = processing.create_datapackage()

    def add(matrix: str, name: str, rows: Any, columns: Any, amounts: Floats, **flags: Any) -> None:
        indices = numpy.empty(len(rows), processing.INDICES_DTYPE)
        indices["row"], indices["col"] = rows, columns
        package.add_persistent_vector(matrix=matrix, name=name, indices_array=indices, data_array=amounts, **flags)

    ones = numpy.ones(lots)
    add("technosphere_matrix", "made", numbers, numbers, ones, reference_array=ones > 0)
    add("technosphere_matrix", "taken", entries.sources + 1, entries.lots + 1, entries.amounts,
        flip_array=entries.amounts >= 0)
    emitted = arrays.shares[:, None] * graph.direct[arrays.makers]
    add("biosphere_matrix", "emitted", numpy.repeat(numpy.arange(BURDENS) + lots + 1, lots),
        numpy.tile(numbers, BURDENS), emitted.T.ravel())
    return package


def _check_inventory(lca: Any, graph: Graph, ours: Floats, name: str) -> None:
    """The inventory, lots of a record together, is the table of contributions, as far as GMRES has converged."""
    if set(lca.solver_stats) != {"iterative"}:
        raise SystemExit(f"{name}: the peer was to solve iteratively: {lca.solver_stats}")
    lots = len(graph.arrays.numbers)
    columns = [lca.dicts.activity[i] for i in range(1, lots + 1)]
    rows = [lca.dicts.biosphere[lots + 1 + i] for i in range(BURDENS)]
    by_lot = lca.inventory.tocsr()[rows][:, columns].toarray()
    theirs = numpy.add.reduceat(by_lot, graph.arrays.made[:-1], axis=1).T
    same(ours, theirs, 1e-6, name)
    same(ours.sum(axis=0), theirs.sum(axis=0), 1e-6, name)


def loading(home: Path, name: str) -> Measure:
    """From rows to networkx and arrays, beside a binary COPY of the same columns of the same rows."""
    return asyncio.run(_loading(home, name))


async def _loading(home: Path, name: str) -> Measure:
    addresses = attach(home)
    owner = await asyncpg.connect(addresses.owner_url)
    # As the database's own worker does, at a time that nobody knows.
    await owner.execute("VACUUM ANALYZE")
    pool = await open_pool(addresses.app_url)
    row = await owner.fetchrow("SELECT max(number) AS last, count(*) AS lots FROM lot")
    last = row["last"]

    async def ours() -> Chain:
        parts = await load_parts(pool, ChainRequest([last], "upstream", await pinned(pool, NOW)))
        return Chain.of(*parts, roots=[parts.arrays.position(last)], direction="upstream")

    chain = await ours()
    memory = peak_memory(os.getpid())
    if len(chain.arrays.numbers) < 0.99 * row["lots"]:
        raise SystemExit(f"{name}: of {row['lots']} lots {len(chain.arrays.numbers)} lie behind the last one")
    first = int(chain.arrays.numbers[0])
    del chain
    times = [(await _took(ours), await _took(lambda: _copy(owner, first, last))) for _ in range(_TURNS * 2)]
    await owner.close()
    await pool.close()
    best, peer = (min(column) for column in zip(*times, strict=True))
    return _measure(name, best, peer, "binary COPY of the same rows", memory)


async def _took(function: Callable[[], Any]) -> float:
    began = time.perf_counter()
    await function()
    return time.perf_counter() - began


async def _copy(connection: asyncpg.Connection, first: int, last: int) -> None:
    for sql in _COPIED:
        await connection.copy_from_query(sql, first, last, output=io.BytesIO(), format="binary")


@contextmanager
def posted_chain(records: int = RECORDS) -> Iterator[tuple[Server, str]]:
    """A server with one long chain of transformations with two outputs each, and the last lot of the chain."""
    with temporary_home() as home, Server(home) as server:
        source, registrar = nonces(1, "chains"), server.registrar
        setup = [(registrar, enrolment(one, registrar, server.origin, next(source))) for one in parties(1, records, 1)]
        posted = [*setup, *transformations(1, records, signers=1)]
        envelopes = server.envelopes(posted)
        begun = len(envelopes) - records
        for answer in server.submit(envelopes[:begun]):
            if isinstance(answer, dict):
                raise SystemExit(f"set-up refused: {answer}")
        batches = [envelopes[start : start + _BATCH] for start in range(begun, len(envelopes), _BATCH)]
        requests = [post(b"\n".join(batch), "application/x-ndjson") for batch in batches]
        asyncio.run(drive(server.url, [iter(requests)], _check))
        last = posted[-1][1]
        if not isinstance(last, Transformation):
            raise SystemExit(f"the chain ends with {last}")
        yield server, last.outputs[-1].lot


def measure_loading(name: str) -> Measure:
    """Posts a ledger of one long chain first."""
    with posted_chain() as (server, _):
        return apart(loading, server.home, name)


def _check(status: int, body: bytes) -> None:
    if status != 200 or b"urn:carbon-ledger:problem" in body:
        raise SystemExit(f"batch refused: {status} {body[:400]!r}")


def _measure(name: str, seconds: float, peer_seconds: float, peer: str, memory: float) -> Measure:
    return Measure(
        name=name, value=round(seconds * 1000, 3), unit="ms", memory_mi_b=memory, peer=peer,
        peer_value=round(peer_seconds * 1000, 3), ratio=round(peer_seconds / seconds, 3),
    )


MEASURES: Final[dict[str, Callable[[str], Measure]]] = {
    "chain.propagate.100k": lambda name: apart(propagation, 100_000, name),
    "chain.propagate.1m": lambda name: apart(propagation, 1_000_000, name),
    "chain.one.100k": lambda name: apart(contributions, 100_000, name),
    "chain.load.100k": measure_loading,
}
"""How each is made, by its name."""

"""Appends by 1, 2 and 4 processes of one server, by the replicas of two hosts on one database, and with factor sets.

Each run appends the same load to a new ledger, in batches over HTTP. The peer of a run is one process in the same run.
Beside the rate it prints what bounds it: the CPU time of servers, workers, database and load, as a part of what the
machine has, and the part of the time in which a batch held the lock of the log's head, which one process at a time can.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Final, NamedTuple

import psutil
from bench.load import batches, drive, require_receipts, serving
from bench.measures import ED25519, Measure, ed25519_verifications, rate
from rich.console import Console
from rich.table import Table
from support.generator import parties, transformations
from support.parties import enrolment, nonces
from support.process_memory import peak_memory
from support.scraping import scraped, values
from support.server import Server, temporary_home

from ledger.service.settings import ALL_SETS
from ledger.store.embedded import EmbeddedPostgres

BATCH: Final = 1_000
RECORDS: Final = 24_000
SIGNERS: Final = 64
LANES: Final = 16
PROCESSES: Final = ("append.processes.1", "append.processes.2", "append.processes.4", "append.replicas.2")
APPENDS: Final[Mapping[str, Mapping[str, str]]] = {
    "append.batch.1": {"CARBON_LEDGER_PROCESSES": "1"},
    "append.priced": {"CARBON_LEDGER_PROCESSES": str(os.cpu_count() or 1), "CARBON_LEDGER_FACTOR_SETS": ALL_SETS},
}
"""The load of `append.batch` on a server with these settings: with one process; and with a process for each core and
the factor sets with which a new log begins, while the other measures have none in force."""
_UNDER_LOCK: Final = ("load", "sequence", "write", "commit")
"""Steps of a batch from the lock of the head to its release."""
_KINDS: Final = ("servers", "workers", "database", "load")


class Run(NamedTuple):
    """`busy`: CPU seconds by kind of process. `locked`: seconds in which the head was locked."""

    records: float
    seconds: float
    memory: float
    busy: dict[str, float]
    locked: float


def measure_processes(names: Sequence[str]) -> list[Measure]:
    """The measures of these names, all beside one process alone."""
    runs = {"append.processes.1": _run(_one_server({}))}
    for name in names:
        if name not in runs:
            kind, count = name.rsplit(".", 1)
            runs[name] = _run(_replicas(int(count)) if kind.endswith("replicas") else _one_server(
                {"CARBON_LEDGER_PROCESSES": count}))
    _print(runs)
    alone = runs["append.processes.1"]
    return [rate(name, run.records / run.seconds, "one process", alone.records / alone.seconds, run.memory)
            for name, run in runs.items() if name in names]


def measure_appends(name: str) -> Measure:
    """One of `APPENDS`."""
    before = ed25519_verifications()
    run = _run(_one_server(APPENDS[name]))
    peer = (before + ed25519_verifications()) / 2
    return rate(name, run.records / run.seconds, ED25519, peer, run.memory)


@contextmanager
def _one_server(variables: Mapping[str, str]) -> Iterator[list[Server]]:
    with temporary_home() as home, Server(home, **variables) as server:
        yield [server]


@contextmanager
def _replicas(count: int) -> Iterator[list[Server]]:
    """Servers with a process each, as on several hosts."""
    with temporary_home() as home, ExitStack() as stack:
        postgres = stack.enter_context(EmbeddedPostgres(home))
        yield [stack.enter_context(Server(home, postgres.owner_url)) for _ in range(count)]


def _run(opening: AbstractContextManager[list[Server]]) -> Run:
    with opening as servers:
        envelopes = _load(servers[0])
        before = _busy(servers)
        locked = _locked(servers)
        began = time.perf_counter()
        asyncio.run(_drive(servers, envelopes))
        seconds = time.perf_counter() - began
        busy = {kind: spent - before[kind] for kind, spent in _busy(servers).items()}
        return Run(len(envelopes), seconds, max(peak_memory(server.process.pid) for server in servers), busy,
                   _locked(servers) - locked)


async def _drive(servers: Sequence[Server], envelopes: Sequence[bytes]) -> None:
    """Each lane has the records of its own signers, so the order within a lane is the order that they need."""
    lanes = batches(envelopes, LANES, BATCH)
    await asyncio.gather(*[
        drive(server.url, lanes[place :: len(servers)], require_receipts, serving(server))
        for place, server in enumerate(servers)
    ])


def _load(server: Server) -> list[bytes]:
    """Posts the set-up, and returns the signed load."""
    source, registrar = nonces(1, "bench"), server.registrar
    posted = list(transformations(1, RECORDS, signers=SIGNERS))
    envelopes = server.envelopes(posted)
    first = len(posted) - RECORDS
    enrolled = [(registrar, enrolment(party, registrar, server.origin, next(source)))
                for party in parties(1, RECORDS, SIGNERS)]
    for answer in server.submit([*server.envelopes(enrolled), *envelopes[:first]]):
        if isinstance(answer, dict):
            raise SystemExit(f"set-up refused: {answer}")
    return envelopes[first:]


def _busy(servers: Sequence[Server]) -> dict[str, float]:
    """CPU seconds so far, by kind of process."""
    busy = dict.fromkeys(_KINDS, 0.0)
    servants = [process for server in servers for process in serving(server)]
    workers = {child for process in servants for child in process.children(recursive=True)
               if child not in servants and "postgres" not in child.name()}
    database = [process for process in psutil.process_iter(["name"]) if process.info["name"] == "postgres"]
    for kind, processes in (("servers", servants), ("workers", workers), ("database", database)):
        for process in processes:
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            busy[kind] += times.user + times.system
    own = psutil.Process().cpu_times()
    busy["load"] = own.user + own.system
    return busy


def _locked(servers: Sequence[Server]) -> float:
    sums = [values(scraped(server.url), "posting_step_seconds_sum", "step") for server in servers]
    return sum(steps.get(step, 0.0) for steps in sums for step in _UNDER_LOCK)


def _print(runs: dict[str, Run]) -> None:
    cores = os.cpu_count() or 1
    table = Table("run", "records/s", *_KINDS, "idle", "head locked",
                  title="What bounds appends: parts of the CPU time of all cores, and of the time, in %")
    for name, run in runs.items():
        parts = [100 * run.busy[kind] / (run.seconds * cores) for kind in _KINDS]
        table.add_row(name, f"{run.records / run.seconds:.0f}", *[f"{part:.0f}" for part in parts],
                      f"{max(0.0, 100 - sum(parts)):.0f}", f"{100 * run.locked / run.seconds:.0f}")
    Console().print(table)

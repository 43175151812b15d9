"""How long it takes from a post to a published checkpoint that holds the record, its receipt in the caller's hands.

Records are posted one by one at half the rate that the same server takes at most, on a fixed schedule: what waits for
its turn counts from when it was due. Without witnesses a head is published with its batch; with witnesses when two of
three, processes of this machine, have cosigned it. The peer is the least that any durable log has to wait for: one row
committed in a PostgreSQL of this machine, by a client that does nothing else.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence

import asyncpg
from bench.load import Connection, drive, post
from bench.measures import Measure
from support.generator import parties, transformations
from support.parties import enrolment, nonces
from support.process_memory import peak_memory
from support.publishing import site, three_witnesses
from support.server import Server, temporary_home

from ledger.store.embedded import EmbeddedPostgres

PUBLISHING = ("publish.median", "publish.p99", "publish.witnessed.median", "publish.witnessed.p99")
PEER = "one committed row of this PostgreSQL"
SIGNERS = 64
FULL = 4_000
HALF = 3_000
COMMITS = 2_000


def measure_publishing(names: Sequence[str]) -> list[Measure]:
    """The measures of these names; each server serves both of its own."""
    found: list[Measure] = []
    peer = _commits()
    for prefix, serve in (("publish", _plain), ("publish.witnessed", _witnessed)):
        if any(name.rpartition(".")[0] == prefix for name in names):
            with serve() as server:
                times = _times(server)
                memory = peak_memory(server.process.pid)
            found += [
                _measure(f"{prefix}.{what}", _at(times, part), _at(peer, part), memory)
                for what, part in (("median", 0.5), ("p99", 0.99))
            ]
    return [one for one in found if one.name in names]


def _measure(name: str, seconds: float, peer: float, memory: float) -> Measure:
    return Measure(
        name=name, value=round(seconds * 1000, 2), unit="ms", memory_mi_b=memory, peer=PEER,
        peer_value=round(peer * 1000, 3), ratio=round(peer / seconds, 3),
    )


@contextlib.contextmanager
def _plain() -> Iterator[Server]:
    with site() as place, place.serve(policy=False) as server:
        yield server


@contextlib.contextmanager
def _witnessed() -> Iterator[Server]:
    with site() as place, three_witnesses(place), place.serve() as server:
        yield server


def _times(server: Server) -> list[float]:
    """Seconds to the receipt, of each record that was posted at half load."""
    lanes = _lanes(server)
    first = FULL // SIGNERS
    requests = [iter([post(one, "application/json") for one in lane[:first]]) for lane in lanes]
    done, seconds = asyncio.run(drive(server.url, requests, _accepted))
    return asyncio.run(_paced(server.url, [lane[first:] for lane in lanes], done / seconds / 2))


def _lanes(server: Server) -> list[list[bytes]]:
    """Envelopes of each signer in their order."""
    source, registrar, count = nonces(1, "publishing"), server.registrar, FULL + HALF
    enrolled = [
        (registrar, enrolment(one, registrar, server.origin, next(source))) for one in parties(1, count, SIGNERS)
    ]
    posted = list(transformations(1, count, signers=SIGNERS))
    envelopes = server.envelopes([*enrolled, *posted])
    first = len(envelopes) - count
    for answer in server.submit(envelopes[:first]):
        if not hasattr(answer, "proof"):
            raise SystemExit(f"set-up refused: {answer}")
    return [envelopes[first + signer :: SIGNERS] for signer in range(SIGNERS)]


def _accepted(status: int, body: bytes) -> None:
    if status != 201:
        raise SystemExit(f"record refused: {status} {body[:400]!r}")


async def _paced(url: str, lanes: Sequence[Sequence[bytes]], rate: float) -> list[float]:
    connections = [await Connection.open(url) for _ in lanes]
    times: list[float] = []
    began = time.perf_counter() + 0.1

    async def run(number: int, connection: Connection, envelopes: Sequence[bytes]) -> None:
        for place, envelope in enumerate(envelopes):
            due = began + (place * len(lanes) + number) / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            request = post(envelope, "application/json").replace(b"/v1/records ", b"/v1/records?wait=30 ", 1)
            status, body = await connection.request(request)
            times.append(time.perf_counter() - due)
            _accepted(status, body)
            if b'"proof":' not in body:
                raise SystemExit(f"not published within 30 s: {body[:400]!r}")

    await asyncio.gather(*[run(number, *pair) for number, pair in enumerate(zip(connections, lanes, strict=True))])
    for connection in connections:
        connection.close()
    return times


def _commits() -> list[float]:
    """Seconds of single rows, each committed by itself."""

    async def run(url: str) -> list[float]:
        session = await asyncpg.connect(url)
        times = []
        await session.execute("CREATE TABLE peer (number bigint PRIMARY KEY, note text NOT NULL)")
        for number in range(COMMITS):
            began = time.perf_counter()
            await session.execute("INSERT INTO peer VALUES ($1, $2)", number, "x" * 200)
            times.append(time.perf_counter() - began)
        await session.close()
        return times

    with temporary_home() as home, EmbeddedPostgres(home) as postgres:
        return asyncio.run(run(postgres.owner_url))


def _at(times: Sequence[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))]

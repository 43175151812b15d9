"""What revisions cost, and what appends that go on beside them feel of it."""

import asyncio
import re
import time
from collections.abc import Iterator
from typing import Final

import httpx
import msgspec
from bench.load import Connection, post
from bench.measures import Measure
from msgspec import Raw
from support.process_memory import peak_memory
from support.sectors import Make
from support.server import Posted, Server
from support.workshop import END, START, Workshop, kilograms, workshop

from ledger.core.record.kinds import Amendment, Closing
from ledger.core.record.revisions import Change
from ledger.core.record.values import Factor, Supply

DESCENDANTS: Final = 30_000
CLOSED: Final = 1_200
_HUBS: Final = 100
_BATCH: Final = 1_000
_BESIDE: Final = 8
_ALONE_SECONDS: Final = 4.0
_TIMING: Final = re.compile(r"revised (\d+) records in ([\d.]+) s, the head was held for ([\d.]+) s")


def measure_revisions(server: Server) -> list[Measure]:
    """`amend.30k` and `close.1200`: seconds beside those that posting the same records took; the time for which the
    head was locked; the 99th percentile of appends that went on beside, against that of appends alone."""
    beside = [workshop(server, f"beside-{i}", pot="1000000") for i in range(_BESIDE)]
    measures = _amend(server, beside)
    measures += _close(server, beside)
    return measures


def _amend(server: Server, beside: list[Workshop]) -> list[Measure]:
    shop = workshop(server, "amended", pot="1000000000")
    root = server.post([shop.make({"root": "1000000"}, {"pot": "1000000"})])[0]
    seconds = _post_all(server, list(_descendants(shop)))
    amendment = shop.signed(Amendment(
        issuer=shop.id, nonce=shop.nonce(), reason="another reading",
        changes=[Change(record=root.digest, fields={"activity": Raw(msgspec.json.encode(Make(co2="5000")))})],
    ))
    return _revise(server, "amend.30k", amendment, DESCENDANTS + 1, seconds, beside)


def _close(server: Server, beside: list[Workshop]) -> list[Measure]:
    shop = workshop(server, "closed", pot="1000000000")
    heats = [shop.make({f"heat-{i}": "100"}, {"pot": "100"}, basis="provisional") for i in range(CLOSED)]
    seconds = _post_all(server, heats)
    gas = Supply(material="gas", quantity=kilograms("60000"), factor=Factor(
        value="2.75", unit="KGM", source="measured", year=2025, boundary="cradleToGate"))
    closing = shop.signed(Closing(
        issuer=shop.id, nonce=shop.nonce(), facility=shop.name("site"), start=START, end=END, measured=[gas],
    ))
    return _revise(server, "close.1200", closing, CLOSED, seconds, beside)


def _descendants(shop: Workshop) -> Iterator[Posted]:
    """All descend from `root`: hubs, and records that take from a hub and from a recent one; two lots each."""
    for i in range(_HUBS):
        yield shop.make({f"hub-{i}": "5000", f"side-{i}": "5000"}, {"root": "10000"})
    for i in range(DESCENDANTS - _HUBS):
        inputs = {f"hub-{i % _HUBS}": "2"}
        if i >= _HUBS:
            inputs[f"part-{i - _HUBS}"] = "1"
        yield shop.make({f"part-{i}": "1", f"rest-{i}": "1"}, inputs)


def _post_all(server: Server, posted: list[Posted]) -> float:
    envelopes = server.envelopes(posted)
    began = time.perf_counter()
    for start in range(0, len(envelopes), _BATCH):
        for answer in server.submit(envelopes[start : start + _BATCH]):
            if isinstance(answer, dict):
                raise SystemExit(f"refused: {answer}")
    return time.perf_counter() - began


def _revise(
    server: Server, name: str, record: Posted, expected: int, posting: float, beside: list[Workshop]
) -> list[Measure]:
    envelope = server.envelopes([record])[0]
    alone = asyncio.run(_appends(server, beside, None))
    under = asyncio.run(_appends(server, beside, envelope))
    found = _TIMING.findall(server.log())
    if not found or int(found[-1][0]) != expected:
        raise SystemExit(f"{name}: {expected} records were to be revised, the server says {found[-1:]}")
    whole, locked = float(found[-1][1]), float(found[-1][2])
    return [
        Measure(name=name, value=round(whole, 3), unit="s", memory_mi_b=peak_memory(server.process.pid),
                peer="posting the same records", peer_value=round(posting, 3), ratio=round(posting / whole, 3)),
        Measure(name=f"{name}.locked", value=round(locked, 3), unit="s"),
        Measure(name=f"{name}.append.p99", value=_p99(under), unit="ms", peer="appends alone", peer_value=_p99(alone),
                ratio=round(_p99(alone) / _p99(under), 3)),
    ]


def _p99(seconds: list[float]) -> float:
    return round(sorted(seconds)[int(len(seconds) * 0.99)] * 1000, 1)


async def _appends(server: Server, beside: list[Workshop], revising: bytes | None) -> list[float]:
    """Seconds that each append took, while the revision runs, or for a while."""
    done = asyncio.Event()
    took: list[float] = []

    async def lane(shop: Workshop) -> None:
        connection = await Connection.open(server.url)
        while not done.is_set():
            amount = shop.nonce()
            envelope = server.envelopes([shop.make({f"beside-{amount}": "1"}, {"pot": "1"})])[0]
            began = time.perf_counter()
            status, body = await connection.request(post(envelope, "application/json"))
            took.append(time.perf_counter() - began)
            if status != 201:
                raise SystemExit(f"append refused: {status} {body[:300]!r}")
        connection.close()

    async def revise() -> None:
        if revising is None:
            await asyncio.sleep(_ALONE_SECONDS)
        else:
            async with httpx.AsyncClient(timeout=600) as client:
                answer = await client.post(server.url + "/v1/records", content=revising,
                                           headers={"Content-Type": "application/json"})
            if answer.status_code != 201:
                raise SystemExit(f"revision refused: {answer.text[:500]}")
        done.set()

    await asyncio.gather(revise(), *[lane(shop) for shop in beside])
    return took

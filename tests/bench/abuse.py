"""Revisions as abuse, measured: one supplier amends the root of its chain again and again; how long another supplier's
amendment waits, what memory the server has before, at the most and afterwards, and how long an audit takes.

`python tests/bench/abuse.py [RECORDS [AMENDMENTS]]`, 3,000 records below the root and 400 amendments unless told: some
ten minutes. It asserts nothing. Loopback only.
"""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
import msgspec
from msgspec import Raw
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.process_memory import peak_memory, present_memory
from support.sectors import Make
from support.server import Posted, Server, temporary_home
from support.workshop import Workshop, workshop

from ledger.core.record.kinds import Amendment
from ledger.core.record.revisions import Change

_HUBS: Final = 20
_BATCH: Final = 1_000
_HONEST: Final = 5
_PAUSE_SECONDS: Final = 0.5
_REST_SECONDS: Final = 5.0
_TIMEOUT: Final = 1_800
_JSON: Final = {"Content-Type": "application/json"}
Row = tuple[str, str]


def main(records: int, amendments: int) -> int:
    with temporary_home() as home, Server(home) as server:
        rows = _run(server, records, amendments)
    table = Table("measure", "value", title=f"{amendments} amendments of a root with {records:,} records below it")
    for name, value in rows:
        table.add_row(name, value)
    Console(width=110).print(table)
    return 0


def _run(server: Server, records: int, amendments: int) -> list[Row]:
    attacker, root = _chain(server, records)
    victim = workshop(server, "honest", pot="1000")
    pid = server.process.pid
    before = present_memory(pid)
    envelopes = server.envelopes([_amendment(attacker, root, str(5_000 + i)) for i in range(amendments)])
    alone = _measured(server, victim, "alone")
    began = time.perf_counter()
    answers, delays, appends = asyncio.run(_attack(server, victim, envelopes))
    attacked = time.perf_counter() - began
    time.sleep(_REST_SECONDS)
    after = present_memory(pid)
    usual, worst = alone[len(alone) // 2], max(delays)
    found: list[Row] = [
        ("bytes of an amendment", f"{len(envelopes[0])}"),
        ("honest amendment alone, median", f"{usual:.3f} s"),
        ("honest amendments under attack", f"{len(delays)}"),
        ("  median", f"{median(delays):.3f} s ({median(delays) / usual:.1f}x)"),
        ("  longest", f"{worst:.3f} s ({worst / usual:.1f}x)"),
        ("honest append under attack, longest", f"{max(appends):.3f} s"),
        ("all amendments answered after", f"{attacked:.1f} s: " + ", ".join(
            f"{count} {answer}" for answer, count in sorted(answers.items()))),
        ("memory before, most", f"{before:.0f}, {peak_memory(pid):.0f} MiB"),
        ("memory afterwards", f"{after:.0f} MiB ({after / before:.2f}x)"),
    ]
    began = time.perf_counter()
    audit = server.audit()
    found.append((f"audit ({'holds' if not audit.returncode else 'FAILS'})", f"{time.perf_counter() - began:.1f} s"))
    return found


def _chain(server: Server, records: int) -> tuple[Workshop, str]:
    """A root, and all that descends from it; the digest of the root."""
    shop = workshop(server, "attacker", pot="1000000")
    root = server.post([shop.make({"root": "1000000"}, {"pot": "1000000"})])[0]
    posted: list[Posted] = [shop.make({f"hub-{i}": "5000", f"side-{i}": "5000"}, {"root": "10000"})
                            for i in range(_HUBS)]
    for i in range(records - _HUBS):
        earlier = {f"part-{i - _HUBS}": "1"} if i >= _HUBS else {}
        posted.append(shop.make({f"part-{i}": "1", f"rest-{i}": "1"}, {f"hub-{i % _HUBS}": "2"} | earlier))
    for start in range(0, len(posted), _BATCH):
        server.post(posted[start : start + _BATCH])
    return shop, root.digest


def _amendment(shop: Workshop, record: str, co2: str) -> Posted:
    return shop.signed(Amendment(
        issuer=shop.id, nonce=shop.nonce(), reason="another reading",
        changes=[Change(record=record, fields={"activity": Raw(msgspec.json.encode(Make(co2=co2)))})],
    ))


def _measured(server: Server, shop: Workshop, name: str) -> list[float]:
    return sorted(asyncio.run(_honest(server, shop, name, _HONEST, lambda: True)))


async def _honest(
    server: Server, shop: Workshop, name: str, count: int, goes_on: Callable[[], bool]
) -> list[float]:
    """Seconds that each amendment of a record of its own took, one after the other, with pauses."""
    took: list[float] = []
    async with httpx.AsyncClient(base_url=server.url, timeout=_TIMEOUT) as client:
        for i in range(count):
            if took and not goes_on():
                break
            made = shop.make({f"{name}-{i}": "1"}, {"pot": "1"})
            digest = (await _post(client, server, made)).json()["digest"]
            began = time.perf_counter()
            answer = await _post(client, server, _amendment(shop, digest, "7"))
            took.append(time.perf_counter() - began)
            if answer.status_code != 201:
                raise SystemExit(f"an honest amendment was refused: {answer.text[:300]}")
            await asyncio.sleep(_PAUSE_SECONDS)
    return took


async def _post(client: httpx.AsyncClient, server: Server, posted: Posted) -> httpx.Response:
    return await client.post("/v1/records", content=server.envelopes([posted])[0], headers=_JSON)


async def _attack(
    server: Server, victim: Workshop, envelopes: list[bytes]
) -> tuple[Counter[str], list[float], list[float]]:
    """How the amendments were answered; how long the honest supplier's amendments and appends took meanwhile."""
    answers: Counter[str] = Counter()
    limits = httpx.Limits(max_connections=len(envelopes))
    async with httpx.AsyncClient(base_url=server.url, timeout=_TIMEOUT, limits=limits) as client:
        async def amend(envelope: bytes) -> None:
            answer = await client.post("/v1/records", content=envelope, headers=_JSON)
            answers["admitted" if answer.status_code == 201 else f"{answer.status_code} {_code(answer)}"] += 1

        attack = asyncio.gather(*[amend(envelope) for envelope in envelopes])
        await asyncio.sleep(_PAUSE_SECONDS)
        appends = asyncio.create_task(_appends(server, victim, attack))
        delays = await _honest(server, victim, "attacked", 1_000, lambda: not attack.done())
        await attack
        return answers, delays, await appends


async def _appends(server: Server, shop: Workshop, attack: Awaitable[Any]) -> list[float]:
    took: list[float] = []
    async with httpx.AsyncClient(base_url=server.url, timeout=_TIMEOUT) as client:
        while not took or (isinstance(attack, asyncio.Future) and not attack.done()):
            made = shop.make({f"beside-{shop.nonce()}": "0.001"}, {"pot": "0.001"})
            began = time.perf_counter()
            answer = await _post(client, server, made)
            took.append(time.perf_counter() - began)
            if answer.status_code != 201:
                raise SystemExit(f"an honest append was refused: {answer.text[:300]}")
            await asyncio.sleep(_PAUSE_SECONDS)
    return took


def _code(answer: httpx.Response) -> str:
    return str(answer.json().get("code", ""))


if __name__ == "__main__":
    told = [int(text) for text in sys.argv[1:3]]
    raise SystemExit(main(*told, *(3_000, 400)[len(told) :]))

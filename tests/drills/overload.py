"""A server at five times its capacity: memory, refusals by code, latency of what is served, and the time to recover.

`python tests/drills/overload.py [SECONDS]`: 60 seconds of load unless told. Exit code 1 if a refusal is no problem with
`Retry-After`, if an acknowledged record is missing, if memory grows beyond the bound, or if the audit does not hold.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table
from support.overload import TIMES, Flood, Memory, Stream, exit_code
from support.prefork import FRESH
from support.server import Server, temporary_home
from support.witness import Witness, audited
from support.workshop import workshop

SHOPS: Final = 8
PROBE_SECONDS: Final = 5.0
MOST_MIB: Final = 512
"""By so much the server's memory may grow under overload."""


def _part(values: Sequence[float], part: float) -> str:
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, int(part * len(ordered)))] * 1_000:.0f} ms" if ordered else "-"


async def _recovered(flood: Flood, usual: float) -> float:
    """Seconds until a post is as fast as twice its median before, five times in a row."""
    began, quick = time.monotonic(), 0
    while quick < 5 and time.monotonic() - began < 60:
        stream = await flood.closed(1, 0.001)
        quick = quick + 1 if stream.latencies and stream.latencies[0] <= max(2 * usual, 0.05) else 0
    return time.monotonic() - began


async def _run(flood: Flood, memory: Memory, seconds: float) -> tuple[Stream, Stream, float, float]:
    watching = asyncio.create_task(memory.watch())
    probe = await flood.closed(16, PROBE_SECONDS)
    before = memory.now()
    single = await flood.closed(1, 1.0)
    usual = sorted(single.latencies)[len(single.latencies) // 2]
    capacity = len(probe.latencies) / probe.seconds
    probe.acknowledged += single.acknowledged
    stream = await flood.even(TIMES * capacity, seconds)
    recovery = await _recovered(flood, usual)
    watching.cancel()
    await flood.close()
    return probe, stream, before, recovery


def _print(probe: Stream, stream: Stream, memory: Memory, before: float, recovery: float) -> None:
    table = Table("what", "value", title="Overload")
    rows = {
        "capacity, records/s": f"{len(probe.latencies) / probe.seconds:.0f}",
        "sent, requests/s": f"{stream.sent / stream.seconds:.0f}",
        "not sent, for want of connections": str(stream.unsent),
        "without an answer": str(dict(stream.lost)),
        **{f"answered {code}": str(count) for code, count in sorted(stream.codes.items())},
        "served, records/s": f"{len(stream.latencies) / stream.seconds:.0f}",
        "latency of served: median, 95 %, 99 %": ", ".join(_part(stream.latencies, part) for part in (0.5, 0.95, 0.99)),
        "latency before: median, 95 %": ", ".join(_part(probe.latencies, part) for part in (0.5, 0.95)),
        "memory before, most, after": f"{before:.0f}, {memory.most:.0f}, {memory.now():.0f} MiB",
        "recovered after": f"{recovery:.1f} s",
    }
    for name, value in rows.items():
        table.add_row(name, value)
    Console().print(table)


def main(seconds: float) -> int:
    with temporary_home() as home, Server(home, program=FRESH, CARBON_LEDGER_QUOTA_RECORDS="1000000") as server:
        shops = [workshop(server, f"shop-{i}", pot="1000000") for i in range(SHOPS)]
        flood, memory = Flood(server, shops, int(20_000 + 500 * seconds)), Memory(server)
        probe, stream, before, recovery = asyncio.run(_run(flood, memory, seconds))
        _print(probe, stream, memory, before, recovery)
        entries = {entry[2:34].hex() for entry in Witness(server.vkey).check(server.url)}
        faults = {
            "refusals without a problem or Retry-After": stream.faults[:3],
            "acknowledged records that are missing": sorted({*probe.acknowledged, *stream.acknowledged} - entries)[:3],
            "memory beyond the bound": [memory.most] if memory.most - before > MOST_MIB else [],
            "not ready afterwards": [] if httpx.get(f"{server.url}/health/ready").status_code == 200 else ["503"],
            "findings of the audit": [] if audited(server).ok else ["see `carbon-ledger audit`"],
        }
    return exit_code(faults)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))

"""A server under an even load for long: `python tests/drills/soak.py [SECONDS [SHARE]]`, by default 900 s and 0.7.

Suppliers post single records at this share of what the server can append here, buyers ask for footprints and receipts,
and witnesses look at checkpoints. Memory and descriptors of each process of the server are read all the while. The
exit code is 1 if one of them grows in the last three fifths of the time, if a request fails, if an acknowledged record
is missing, or if the audit does not hold.
"""

import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import httpx
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rich.console import Console
from rich.table import Table
from support.overload import Flood, Stream, exit_code
from support.prefork import FRESH
from support.server import Server, temporary_home
from support.witness import Witness, audited
from support.workshop import Workshop, workshop

SHOPS: Final = 8
PROBE_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 2.0
QUESTION_SECONDS: Final = 0.25
GROWTH_MIB: Final = 8.0
"""By so much the processes of one kind may grow from the second fifth of the time to the last: allocators return
memory late. In 15 minutes at 500 records a second it would be 30 bytes a record."""
GROWTH_FILES: Final = 16
"""Sessions with the database come and go."""
_AHEAD: Final = 1_000
"""Signed records that wait to be sent."""


class Look(NamedTuple):
    """What the processes of one kind hold: memory of their own in MiB, and open files, without the connections of
    clients."""

    memory: float
    files: int


class Watch:
    """Looks at the processes of a server, by kind: the server, its workers, the database."""

    def __init__(self, server: Server) -> None:
        self._process = psutil.Process(server.process.pid)
        self.looks: list[dict[str, Look]] = []

    async def run(self) -> None:
        """Looks until it is cancelled."""
        while True:
            self.looks.append(await asyncio.to_thread(self._look))
            await asyncio.sleep(LOOK_SECONDS)

    def _look(self) -> dict[str, Look]:
        held: dict[str, Look] = {}
        for process in (self._process, *self._process.children(recursive=True)):
            try:
                with process.oneshot():
                    kind = "server" if process == self._process else "workers" if "python" in process.name() else (
                        "database")
                    memory = process.memory_full_info().uss / (1 << 20)
                    files = process.num_fds() - len(process.net_connections("tcp"))
            except psutil.NoSuchProcess:
                continue
            before = held.get(kind, Look(0.0, 0))
            held[kind] = Look(before.memory + memory, before.files + files)
        return held

    def part(self, kind: str, fifth: int) -> Look:
        """The median memory and the median number of files in a fifth of the time, the first being 0."""
        size = len(self.looks) / 5
        looks = [look[kind] for look in self.looks[round(fifth * size) : round((fifth + 1) * size)] if kind in look]
        return Look(median([look.memory for look in looks]), round(median([look.files for look in looks])))

    @property
    def kinds(self) -> Sequence[str]:
        return sorted(self.looks[-1])


async def _refill(flood: Flood) -> None:
    """Signs records ahead until it is cancelled."""
    while True:
        if len(flood.waiting) < _AHEAD:
            await asyncio.to_thread(flood.add, _AHEAD // 4)
        else:
            await asyncio.sleep(0.05)


async def _ask(server: Server, shops: Sequence[Workshop], stream: Stream, failed: list[str]) -> None:
    """Asks for what buyers and witnesses ask for, until it is cancelled. A checkpoint must never be older than one
    before it; `Witness.check` compares their roots at the end."""
    asked = 0
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        while True:
            digest = stream.acknowledged[asked * 7919 % len(stream.acknowledged)] if stream.acknowledged else None
            for path, parameters in (
                ("/log/checkpoint", {}),
                ("/v1/footprint", {"lot": shops[asked % len(shops)].name("pot")}),
                *([] if digest is None else [(f"/v1/records/{digest}/proof", {})]),
            ):
                answer = await client.get(path, params=parameters)
                if answer.status_code != 200:
                    failed.append(f"{path}: {answer.status_code} {answer.text[:200]}")
            asked += 1
            await asyncio.sleep(QUESTION_SECONDS)


async def _soak(
    server: Server, shops: Sequence[Workshop], seconds: float, share: float
) -> tuple[Stream, Watch, float, list[str]]:
    flood, watch, failed = Flood(server, shops, 8_000), Watch(server), list[str]()
    probe = await flood.closed(16, PROBE_SECONDS)
    rate = share * len(probe.latencies) / probe.seconds
    stream = Stream(acknowledged=probe.acknowledged)
    beside = [asyncio.create_task(one) for one in (
        watch.run(), _refill(flood), _ask(server, shops, stream, failed), _report(stream, watch))]
    soaked = await flood.even(rate, seconds, stream)
    for task in beside:
        task.cancel()
    for ended in await asyncio.gather(*beside, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended
    await flood.close()
    return soaked, watch, rate, failed


async def _report(stream: Stream, watch: Watch) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(60)
        held = ", ".join(f"{kind} {look.memory:.0f} MiB {look.files} files" for kind, look in watch.looks[-1].items())
        print(f"{time.monotonic() - began:.0f} s: {len(stream.latencies)} records; {held}", flush=True)


def _growth(watch: Watch) -> list[str]:
    grown = []
    for kind in watch.kinds:
        early, late = watch.part(kind, 1), watch.part(kind, 4)
        if late.memory - early.memory > GROWTH_MIB:
            grown.append(f"{kind}: {early.memory:.1f} to {late.memory:.1f} MiB")
        # PostgreSQL keeps the files of tables open, up to a limit of its own.
        if kind != "database" and late.files - early.files > GROWTH_FILES:
            grown.append(f"{kind}: {early.files} to {late.files} open files")
    return grown


def _print(stream: Stream, watch: Watch, rate: float) -> None:
    table = Table("what", "1st fifth", "2nd", "3rd", "4th", "5th", title=f"Soak of {stream.seconds:.0f} s")
    for kind in watch.kinds:
        parts = [watch.part(kind, fifth) for fifth in range(5)]
        table.add_row(f"{kind}, MiB", *[f"{part.memory:.1f}" for part in parts])
        table.add_row(f"{kind}, open files", *[str(part.files) for part in parts])
    Console().print(table)
    ordered = sorted(stream.latencies)
    spelled = ", ".join(f"{ordered[int(part * len(ordered))] * 1_000:.0f}" for part in (0.5, 0.95, 0.99))
    print(f"{rate:.0f} records/s sent; answers {dict(stream.codes)}, none {dict(stream.lost)}; "
          f"latency in ms (median, 95 %, 99 %) {spelled}")


def main(seconds: float = 900.0, share: float = 0.7) -> int:
    with temporary_home() as home, Server(home, program=FRESH, CARBON_LEDGER_QUOTA_RECORDS="10000000") as server:
        witness = Witness(server.vkey)
        shops = [workshop(server, f"shop-{i}", pot="1000000") for i in range(SHOPS)]
        stream, watch, rate, failed = asyncio.run(_soak(server, shops, seconds, share))
        _print(stream, watch, rate)
        entries = {entry[2:34].hex() for entry in witness.check(server.url)}
        faults = {
            "growth": _growth(watch),
            "requests without an answer": [f"{count} {name}" for name, count in stream.lost.items()],
            "posts that were not admitted at once": [
                f"{count} {code}" for code, count in stream.codes.items() if code != "201"],
            "questions that failed": failed[:3],
            "acknowledged records that are missing": sorted({*stream.acknowledged} - entries)[:3],
            "findings of the audit": [] if audited(server).ok else ["see `carbon-ledger audit`"],
        }
    return exit_code(faults)


if __name__ == "__main__":
    sys.exit(main(*[float(argument) for argument in sys.argv[1:]]))

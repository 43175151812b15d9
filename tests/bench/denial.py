"""Attacks of one host on a server, measured: how long another supplier's post takes alone and meanwhile, and what
memory the server has before, at the most, and afterwards.

`python tests/bench/denial.py [RECORDS [ATTACK ...]]`: a chain of 10,000 records unless told; some ten minutes. It
asserts nothing. Loopback only; every attack ends by itself.
"""

import multiprocessing
import resource
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple
from urllib.parse import quote

import httpx
import psutil
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.generator import parties, transformations
from support.parties import enrolment, nonces
from support.server import Posted, Server, temporary_home
from support.workshop import Workshop, workshop

RECORDS: Final = 10_000
QUOTA: Final = 12_000
"""Records of one supplier a day, here."""
SECONDS: Final = 20.0
REST_SECONDS: Final = 15.0
_PATIENCE: Final = 60.0
_HEAD: Final = "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{fields}\r\n"


class Target(NamedTuple):
    """What an attack is told."""

    port: int
    lot: str
    floods: Mapping[str, Sequence[bytes]] = {}
    """NDJSON of 1,000 signed records each, by attack."""

    def request(self, method: str, path: str, fields: str = "") -> bytes:
        return _HEAD.format(method=method, path=path, fields=fields).encode()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)


def idle(target: Target) -> None:
    """1,100 connections that say nothing."""
    _hold(target, b"", 1_100)


def half_bodies(target: Target) -> None:
    """1,100 bodies of which a half is sent."""
    _hold(target, target.request("POST", "/v1/records", "Content-Length: 100\r\n") + b"x" * 50, 1_100)


def gone(target: Target) -> None:
    """300 questions whose sockets are closed at once."""
    request = target.request("GET", f"/v1/contributions?lot={target.lot}")
    for _ in range(300):
        with suppress(OSError), target.connect() as connection:
            connection.sendall(request)


def pipelined(target: Target) -> None:
    """50 connections with 20 questions each, which are closed at once."""
    for _ in range(50):
        with suppress(OSError), target.connect() as connection:
            connection.sendall(target.request("GET", f"/v1/contributions?lot={target.lot}") * 20)


def chains(target: Target) -> None:
    """40 at a time ask for a chain, again and again."""
    _ask(target, f"/v1/chain?lot={target.lot}", 40)


def rows(target: Target) -> None:
    """400 at a time ask for a footprint, again and again."""
    _ask(target, f"/v1/footprint?lot={target.lot}", 400)


def unread(target: Target) -> None:
    """40 chains are asked for, and nothing is read of them."""
    _hold(target, target.request("GET", f"/v1/chain?lot={target.lot}"), 40)


def bodies(target: Target) -> None:
    """Ten bodies of 63 MB at a time."""
    line = b'{"body":"' + b"A" * 3_300 + b'"}\n'
    content = line * (63_000_000 // len(line))

    def send(_: int) -> None:
        with suppress(httpx.HTTPError):
            httpx.post(f"http://127.0.0.1:{target.port}/v1/records", content=content, timeout=60,
                       headers={"Content-Type": "application/x-ndjson"})

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(send, range(10)))


def flood(target: Target) -> None:
    """One supplier posts twice its quota, four requests at a time."""
    _post(target, target.floods["flood"])


def unasked(target: Target) -> None:
    """One supplier sends 5,000 tiny lots to another that never asked."""
    _post(target, target.floods["unasked"])


ATTACKS: Final[dict[str, Callable[[Target], None]]] = {
    "idle": idle, "half-bodies": half_bodies, "gone": gone, "pipelined": pipelined, "chains": chains, "rows": rows,
    "unread": unread, "bodies": bodies, "flood": flood, "unasked": unasked,
}


def _post(target: Target, bodies: Sequence[bytes]) -> None:
    def send(body: bytes) -> None:
        with suppress(httpx.HTTPError):
            httpx.post(f"http://127.0.0.1:{target.port}/v1/records", content=body, timeout=_PATIENCE,
                       headers={"Content-Type": "application/x-ndjson"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, bodies))


def _hold(target: Target, first: bytes, count: int) -> None:
    """So many connections that send this, and stay."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with ExitStack() as stack:
        for _ in range(count):
            with suppress(OSError):
                connection = stack.enter_context(target.connect())
                connection.sendall(first)
        time.sleep(SECONDS)


def _ask(target: Target, path: str, at_a_time: int) -> None:
    give_up = time.monotonic() + SECONDS

    def run(_: int) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{target.port}", timeout=60) as client:
            while time.monotonic() < give_up:
                with suppress(httpx.HTTPError):
                    if client.get(path).status_code != 200:
                        time.sleep(0.2)

    with ThreadPoolExecutor(at_a_time) as pool:
        list(pool.map(run, range(at_a_time)))


class Row(NamedTuple):
    """What came of an attack: how many of its records went in, seconds of another's posts, MiB of the server."""

    attack: str
    entered: int
    alone: Sequence[float]
    during: Sequence[float]
    start: float
    peak: float
    after: float


class Memory:
    """The most that the server and its workers have, looked at now and then."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.peak = 0.0

    def now(self) -> float:
        """MiB of the serving process."""
        return float(self._process.memory_info().rss) / 2**20

    @contextmanager
    def watched(self) -> Iterator[None]:
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                self.peak = max(self.peak, self.now())

        self.peak = self.now()
        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def posts(server: Server, shop: Workshop, names: Iterator[str], going: Callable[[int], bool]) -> list[float]:
    """Seconds that single posts take, one after the other, each on a connection of its own, for as long as it goes on.
    One that fails is tried again, and took until it went through."""
    taken: list[float] = []
    while going(len(taken)):
        (envelope,) = server.envelopes([shop.mine(next(names), "1")])
        began = time.monotonic()
        while True:
            try:
                answer = httpx.post(f"{server.url}/v1/records", content=envelope, timeout=_PATIENCE)
                if answer.status_code == 201:
                    break
            except httpx.HTTPError:
                pass
            if time.monotonic() - began > _PATIENCE:
                break
            time.sleep(0.1)
        taken.append(time.monotonic() - began)
    return taken


def floods(server: Server) -> Mapping[str, Sequence[bytes]]:
    """Signed ahead, so that an attack is only sent."""
    many, sender = workshop(server, "many"), workshop(server, "sender", pot="10000")
    stranger = workshop(server, "stranger")
    posted = {
        "flood": [many.mine(f"lot-{number}", "1") for number in range(2 * QUOTA)],
        "unasked": [sender.send("pot", "1", stranger, f"tiny-{number}") for number in range(5_000)],
    }
    envelopes = {name: server.envelopes(records) for name, records in posted.items()}
    return {
        name: [b"\n".join(lines[start : start + 1_000]) for start in range(0, len(lines), 1_000)]
        for name, lines in envelopes.items()
    }


def entries(server: Server) -> int:
    """How many the log has."""
    return int(httpx.get(f"{server.url}/health/ready", timeout=_PATIENCE).json()["size"])


def attacked(name: str, server: Server, shop: Workshop, names: Iterator[str], target: Target) -> Row:
    """Runs one attack in a process of its own."""
    alone = posts(server, shop, names, lambda count: count < 40)
    memory = Memory(server.process.pid)
    start = memory.now()
    size = entries(server)
    with memory.watched():
        process = multiprocessing.get_context("spawn").Process(target=ATTACKS[name], args=(target,))
        process.start()
        time.sleep(1.5)
        during = posts(server, shop, names, lambda count: count < 3 or process.is_alive())
        process.join()
    time.sleep(REST_SECONDS)
    return Row(name, entries(server) - size - len(during), alone, during, start, memory.peak, memory.now())


def _put(server: Server, posted: Sequence[Posted]) -> None:
    """Enters records, also on a machine that is too busy at first: posting again is safe."""
    envelopes = server.envelopes(posted)
    for _ in range(20):
        if not any(isinstance(answer, dict) for answer in server.submit(envelopes)):
            return
        time.sleep(1)
    raise SystemExit("the chain is refused")


def main(records: int, wanted: Sequence[str]) -> int:
    console = Console(width=140)
    with temporary_home() as home, Server(home, CARBON_LEDGER_QUOTA_RECORDS=str(QUOTA)) as server:
        source, registrar = nonces(1, "denial"), server.registrar
        members = parties(1, records, 1)
        setup = [(registrar, enrolment(one, registrar, server.origin, next(source))) for one in members]
        posted = [*setup, *transformations(1, records, signers=1)]
        for start in range(0, len(posted), 1_000):
            _put(server, posted[start : start + 1_000])
        last = posted[-1][1]
        signed = floods(server) if {"flood", "unasked"} & set(wanted) else {}
        lot = quote(last.outputs[-1].lot, safe="")  # type: ignore[union-attr]
        target = Target(httpx.URL(server.url).port or 80, lot, signed)
        shop = workshop(server, "honest")
        names = iter(f"lot-{number}" for number in range(1_000_000))
        table = Table(title=f"attacks on a server with a chain of {records} records")
        for column in ("attack", "entered", "alone s", "longest", "meanwhile s", "longest", "posts", "times",
                       "MiB before", "at the most", "afterwards", "times"):
            table.add_column(column, justify="right")
        for name in wanted:
            row = attacked(name, server, shop, names, target)
            alone, during = median(row.alone), median(row.during)
            cells = [
                f"{row.entered}", f"{alone:.3f}", f"{max(row.alone):.3f}", f"{during:.3f}", f"{max(row.during):.3f}",
                f"{len(row.during)}", f"{during / alone:.1f}", f"{row.start:.0f}", f"{row.peak:.0f}",
                f"{row.after:.0f}", f"{row.after / row.start:.2f}",
            ]
            console.print(name, *cells)
            table.add_row(name, *cells)
        console.print(table)
    return 0


if __name__ == "__main__":
    arguments = sys.argv[1:]
    size = int(arguments.pop(0)) if arguments and arguments[0].isdigit() else RECORDS
    sys.exit(main(size, arguments or list(ATTACKS)))

"""The page of a lot beside the JSON answers that it is made of, and the page of a lot behind a chain of 50,000 lots."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from urllib.parse import urlencode

from bench.chains import posted_chain
from bench.load import Connection, drive, get
from bench.measures import Measure, rate
from support.exhibits import demo_exhibit
from support.process_memory import peak_memory
from support.server import Server

PAGES: Final = 400
RECORDS: Final = 25_000
"""Of the long chain: each makes two lots."""
CONNECTIONS: Final = 64
_TURNS: Final = 3
_LOOKS: Final = 5


def measure_page(name: str) -> Measure:
    """Pages of the lots of the demo's story, each whole chain behind it. The peer: for each page, the answers of the
    API that it shows, one after the other over as many connections."""
    # Four expensive queries at a time, and sixteen that wait for each: the door refuses none of the connections.
    with demo_exhibit(CARBON_LEDGER_QUESTIONS="4") as demo:
        pages = [f"/en/lot?{urlencode({'lot': lot})}" for lot in demo.lots]
        items = {lot: demo.ask("/v1/lots", lot=lot)[0].get("item") for lot in demo.lots}
        answers = [path for lot in demo.lots for path in answers_of(lot, items[lot])]
        turns = [(_rate(demo.server, pages, PAGES), _rate(demo.server, answers, PAGES * len(answers) // len(pages)))
                 for _ in range(_TURNS)]
        shown, asked = (max(column) for column in zip(*turns, strict=True))
        return rate(name, shown, "its JSON answers, one after the other", asked * len(pages) / len(answers),
                    peak_memory(demo.server.process.pid))


def answers_of(lot: str, item: str | None) -> Iterator[str]:
    """The answers that the page of a lot shows."""
    for path, more in (
        ("footprint", {"averages": "true"}), ("gaps", {}), ("contributions", {"by": "stage"}),
        ("chain", {"direction": "upstream"}), ("uncertainty", {"top": "0"}),
    ):
        yield f"/v1/{path}?{urlencode({'lot': lot} | more)}"
    if item is not None:
        yield f"/v1/lots?{urlencode({'item': item})}"


def _rate(server: Server, paths: Sequence[str], count: int) -> float:
    requests = list(itertools.islice(itertools.cycle([get(path) for path in paths]), count))

    def check(status: int, body: bytes) -> None:
        if status != 200:
            raise SystemExit(f"read failed: {status} {body[:400]!r}")

    lanes = [iter(requests[i::CONNECTIONS]) for i in range(CONNECTIONS)]
    done, seconds = asyncio.run(drive(server.url, lanes, check))
    return done / seconds


def measure_long_page(name: str) -> Measure:
    """Milliseconds of the page of a lot behind a chain of 50,000 lots, with nobody else asking. The peer: its JSON
    answers."""
    with posted_chain(RECORDS) as (server, lot):
        pages = [get(f"/en/lot?{urlencode({'lot': lot})}")]
        answers = [get(path) for path in answers_of(lot, None)]
        looks = [(asyncio.run(_took(server.url, pages)), asyncio.run(_took(server.url, answers)))
                 for _ in range(_LOOKS)]
        best, peer = (min(column) for column in zip(*looks, strict=True))
        return Measure(
            name=name, value=round(best * 1000, 3), unit="ms", memory_mi_b=peak_memory(server.process.pid),
            peer="its JSON answers, one after the other", peer_value=round(peer * 1000, 3), ratio=round(peer / best, 3))


async def _took(url: str, requests: Sequence[bytes]) -> float:
    connection = await Connection.open(url)
    began = time.perf_counter()
    for request in requests:
        status, body = await connection.request(request)
        if status != 200:
            raise SystemExit(f"read failed: {status} {body[:400]!r}")
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


MEASURES: Final[dict[str, Callable[[str], Measure]]] = {"page.lot": measure_page, "page.lot.50k": measure_long_page}
"""How each is made, by its name."""

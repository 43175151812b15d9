"""Reading with a token and the policy beside reading on an open ledger, and the tokens themselves."""

import asyncio
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

import httpx
from bench.load import drive, get, post_form
from bench.measures import Measure, ed25519_verifications, rate
from support.parties import Party
from support.process_memory import peak_memory
from support.server import Server

from ledger.client.login import ENDPOINT, KeyLogin

READS: Final = 9_000
TOKENS: Final = 1_000
CONNECTIONS: Final = 64
_TURNS: Final = 3
MEASURES: Final = ("footprint.authorized", "auth.token")


class Owned(NamedTuple):
    """A lot and its maker."""

    lot: str
    maker: Party


def measure_access(open_server: Server, lots: Sequence[Owned]) -> list[Measure]:
    """Footprints of random lots, each asked by its maker with a token, beside the same questions without tokens to an
    open server of the same ledger; and client credentials by a key. The servers take turns; the best turn counts."""
    with Server(open_server.home, CARBON_LEDGER_ACCESS="parties") as server:
        picked = random.Random(2).choices(lots, k=READS)
        tokens = {one.maker.id: _token(server.url, one.maker) for one in picked}
        questions = [(get(_path(one.lot)), get(_path(one.lot), f"Authorization: Bearer {tokens[one.maker.id]}"))
                     for one in picked]
        rates = [(_rate(open_server.url, [plain for plain, _ in questions], _is_figure),
                  _rate(server.url, [with_token for _, with_token in questions], _is_figure)) for _ in range(_TURNS)]
        opened, authorized = (max(turns) for turns in zip(*rates, strict=True))
        memory = peak_memory(server.process.pid)
        before = ed25519_verifications()
        issued = _rate(server.url, [_login(one.maker) for one in picked[:TOKENS]], _is_token)
        peer = (before + ed25519_verifications()) / 2
    return [
        rate("footprint.authorized", authorized, "the same questions on an open ledger", opened, memory),
        rate("auth.token", issued, "Ed25519 verifications on one core", peer, memory),
    ]


def _path(lot: str) -> str:
    return "/v1/footprint?lot=" + quote(lot, safe="")


def _token(url: str, party: Party) -> str:
    answer = httpx.post(url + ENDPOINT, data=_form(url, party))
    return str(answer.raise_for_status().json()["access_token"])


def _form(url: str, party: Party) -> dict[str, str]:
    return {"grant_type": "client_credentials", **KeyLogin(party.key, party.id).proof(url).form}


def _login(party: Party) -> bytes:
    # The requests of `load` name this host without a port, so the server is the audience under that name.
    return post_form(ENDPOINT, urlencode(_form("http://127.0.0.1", party)).encode())


def _rate(url: str, requests: Sequence[bytes], check: Callable[[int, bytes], None]) -> float:
    lanes: list[Iterator[bytes]] = [iter(requests[i::CONNECTIONS]) for i in range(CONNECTIONS)]
    done, seconds = asyncio.run(drive(url, lanes, check))
    return done / seconds


def _is_figure(status: int, body: bytes) -> None:
    if status != 200 or b'"footprint":' not in body:
        raise SystemExit(f"read failed: {status} {body[:400]!r}")


def _is_token(status: int, body: bytes) -> None:
    if status != 200 or b'"access_token":' not in body:
        raise SystemExit(f"no token: {status} {body[:400]!r}")

"""The door of a server, over sockets: names, bodies, places; and what ends when the client has gone."""

import select
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any

import httpx
import msgspec
import pytest
from support.databases import Database
from support.server import Server, prepared_home
from support.waiting import until
from support.workshop import Workshop, workshop

from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Acceptance
from ledger.store.embedded.addresses import attach
from ledger.web.door.questions import ROOM_A_PLACE

_names = count(1)
_PLACES = 2
_QUOTA, _UNASKED = 30, 6


@pytest.fixture(scope="module")
def door() -> Iterator[Server]:
    with prepared_home() as home, Server(
        home, CARBON_LEDGER_BODY_SECONDS="0.5", CARBON_LEDGER_QUESTIONS=str(_PLACES), CARBON_LEDGER_HOSTS="ledger.test",
        CARBON_LEDGER_QUOTA_RECORDS=str(_QUOTA), CARBON_LEDGER_QUOTA_UNASKED=str(_UNASKED),
    ) as server:
        yield server


@pytest.fixture
def shop(door: Server) -> Workshop:
    """An organisation that has entered three records: its site, its product and the lot `pot`."""
    return workshop(door, f"shop-{next(_names)}", pot="1000")


@pytest.fixture
def database(door: Server) -> Iterator[Database]:
    with Database(attach(door.home).owner_url) as found:
        yield found


class Wire:
    """One connection, byte by byte."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.create_connection(("127.0.0.1", httpx.URL(server.url).port or 80), timeout=60)

    def send(self, data: bytes) -> "Wire":
        self._socket.sendall(data)
        return self

    def answer(self) -> tuple[int, dict[str, str], Any]:
        """Status, fields and JSON of the next answer, which has its length in it."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, content = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(content) < int(fields["content-length"]):
            content += self._more()
        return int(first.split()[1]), fields, msgspec.json.decode(content) if content else None

    def ended(self) -> bool:
        """Whether the other side closes it, and says nothing more."""
        try:
            return self._socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _more(self) -> bytes:
        data = self._socket.recv(1 << 16)
        if not data:
            raise AssertionError("it was closed")
        return data


def head(method: str, path: str, *fields: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: localhost", *fields, "", ""]).encode()


POST = ("POST", "/v1/records")


def test_another_name_leads_nowhere(door: Server) -> None:
    for path in ("/v1/organizations", "/log/checkpoint", "/health/live", "/schema", "/nowhere"):
        answer = httpx.get(door.url + path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.json()["code"]) == (421, "unknown-host"), path
        assert answer.headers["content-type"] == "application/problem+json"
    for name in ("ledger.test", "localhost:1"):
        assert httpx.get(f"{door.url}/health/live", headers={"Host": name}).status_code == 200


def test_a_half_sent_body_is_answered_and_closed(door: Server) -> None:
    with Wire(door) as wire:
        status, fields, problem = wire.send(head(*POST, "Content-Length: 100") + b"x" * 50).answer()
        assert (status, problem["code"], fields["connection"]) == (408, "body-timeout", "close")
        assert wire.ended()


def test_sizes_by_type(door: Server) -> None:
    for size, kind, wanted in (
        ((2 << 20) + 1, "application/json", 413), ((64 << 20) + 1, "application/x-ndjson", 413),
        (2 << 20, "application/json", 400),
    ):
        with Wire(door) as wire:
            wire.send(head(*POST, f"Content-Length: {size}", f"Content-Type: {kind}"))
            if wanted == 400:
                wire.send(b" " * size)
            status, _, problem = wire.answer()
            assert (status, problem["code"]) == (wanted, "too-large" if wanted == 413 else "not-json")


def test_a_line_that_is_too_long_harms_no_neighbour(door: Server, shop: Workshop) -> None:
    (envelope,) = door.envelopes([shop.mine("neighbour", "1")])
    long, receipt = door.submit([b" " * ((2 << 20) + 1), envelope])
    assert long["code"] == "too-large"
    assert not isinstance(receipt, dict)


@pytest.mark.parametrize("chunks", [b"ZZ\r\nabc\r\n0\r\n\r\n", b"3\nabc\n0\n\n", b"3\r\nabcdef\r\n0\r\n\r\n"])
def test_broken_chunks(door: Server, chunks: bytes) -> None:
    with Wire(door) as wire:
        status, fields, problem = wire.send(head(*POST, "Transfer-Encoding: chunked") + chunks).answer()
        assert (status, problem["code"], fields["connection"]) == (400, "broken-body", "close")
        assert wire.ended()


def test_lines_that_end_in_lf_alone(door: Server) -> None:
    """A recipient may take them (RFC 9112, 2.2). One request has one answer, and the next is read where it begins."""
    request = b"GET /health/live HTTP/1.1\nHost: localhost\n\n"
    with Wire(door) as wire:
        assert wire.send(request).answer()[::2] == (200, {"status": "live"})
        assert wire.send(head("GET", "/health/live")).answer()[::2] == (200, {"status": "live"})
        assert wire.send(head("GET", "/health/live", "Connection: close")).answer()[0] == 200
        assert wire.ended()


def test_http2_without_tls_is_refused(door: Server) -> None:
    with Wire(door) as wire:
        assert wire.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").ended()
    with Wire(door) as wire:
        upgrade = head("GET", "/health/live", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: ")
        assert wire.send(upgrade).answer()[0] == 200


def answered(wires: Sequence[Wire]) -> list[Wire]:
    """Those on which something has come."""
    return select.select(wires, [], [], 0)[0]


def statements(database: Database) -> int:
    """How many statements of the server are running or waiting for a lock."""
    return int(database.one(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'carbon-ledger' AND state = 'active'"
    ))


@contextmanager
def locked(url: str) -> Iterator[None]:
    """While this is entered, questions over chains wait in the database."""
    with Database(url) as session:
        session.execute("BEGIN; LOCK TABLE flow IN ACCESS EXCLUSIVE MODE")
        yield


def test_places_are_few_and_free_when_clients_have_gone(door: Server, database: Database, shop: Workshop) -> None:
    question = head("GET", f"/v1/contributions?lot={shop.name('pot')}")
    beyond = 3
    with ExitStack() as stack:
        with locked(database.url):
            asking = [
                stack.enter_context(Wire(door)).send(question) for _ in range(_PLACES * (1 + ROOM_A_PLACE) + beyond)
            ]
            until(lambda: len(answered(asking)) == beyond)
            for wire in answered(asking):
                status, fields, problem = wire.answer()
                assert (status, problem["code"]) == (429, "too-many-questions")
                assert int(fields["retry-after"]) > 0
            until(lambda: statements(database) == _PLACES)
            # What is no such question is answered meanwhile.
            assert httpx.get(f"{door.url}/v1/organizations").status_code == 200
            for wire in asking:
                wire.close()
            until(lambda: statements(database) == 0)
            again = stack.enter_context(Wire(door)).send(question)
            until(lambda: statements(database) == 1)
        assert again.answer()[0] == 200


def test_the_chain_is_told_in_pieces(door: Server, shop: Workshop) -> None:
    answer = httpx.get(f"{door.url}/v1/chain", params={"lot": shop.name("pot")})
    assert "content-length" not in answer.headers
    assert {node["kind"] for node in answer.json()["nodes"]} == {"lot", "record"}


def test_a_quota_of_records(door: Server, shop: Workshop) -> None:
    envelopes = door.envelopes([shop.mine(f"lot-{number}", "1") for number in range(_QUOTA)])
    answers = door.submit(envelopes)
    refused = [answer for answer in answers if isinstance(answer, dict)]
    assert len(refused) == 3
    for problem in refused:
        assert (problem["code"], problem["status"], problem["field"]) == ("quota", 429, "issuer")
        assert f"{_QUOTA} a day" in str(problem["detail"])
        assert "T00:00:00Z" in str(problem["rule"])
    # By itself it is a status with the time until then, and what is on the log is answered as ever.
    one = httpx.post(f"{door.url}/v1/records", content=envelopes[-1])
    assert one.status_code == 429
    assert 0 < int(one.headers["retry-after"]) <= 86_400
    assert httpx.post(f"{door.url}/v1/records", content=envelopes[0]).status_code == 200
    # Others are none the worse.
    assert workshop(door, f"shop-{next(_names)}", pot="1").id != shop.id


def test_lots_that_nobody_asked_for(door: Server, shop: Workshop) -> None:
    stranger = workshop(door, f"stranger-{next(_names)}")
    sent = [shop.send("pot", "1", stranger, f"tiny-{number}") for number in range(_UNASKED + 2)]
    answers = door.submit(door.envelopes(sent))
    assert [isinstance(answer, dict) and answer["code"] for answer in answers] == [False] * _UNASKED + ["quota"] * 2
    assert stranger.id in str(answers[-1]["detail"])  # type: ignore[index]
    # Who accepts one of them asks for the others.
    first = answers[0]
    assert isinstance(first, Receipt)
    door.post([stranger.signed(Acceptance(issuer=stranger.id, nonce=stranger.nonce(), transfer=first.digest))])
    until(lambda: isinstance(door.submit(door.envelopes(sent[-1:]))[0], Receipt))

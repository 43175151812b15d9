"""Witnesses that fail or lie, each in its own way: real HTTP, wrong answers."""

import base64
import contextlib
import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.log.add_checkpoint import SIZE_TYPE, parse_request, stated
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.cosignature import CosignatureVerifier, Cosigner, cosignature_line
from ledger.core.log.note import parse_note
from support.served import served

MUCH_LARGER = 1_000_000_000


class Reply(NamedTuple):
    status: int
    content: bytes
    content_type: str = "text/plain"


class Liar:
    """A witness at `url` with `vkey`. `asked` counts the requests."""

    def __init__(self, name: str, answer: "Callable[[Liar, bytes], Reply | None]") -> None:
        self.name = name
        self.key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self.vkey = CosignatureVerifier(name, self.key.public_key()).vkey
        self.url = ""
        self.asked = 0
        self.ended = threading.Event()
        self.answer = answer

    def line(self, body: bytes, time_: float, text: str | None = None) -> str:
        """Its true cosignature of the request's checkpoint, or of another text."""
        own = parse_note(parse_request(body).note).text
        return cosignature_line(Cosigner(self.name, self.key, int(time_)), text or own)


def _signs(liar: Liar, body: bytes) -> Reply:
    return Reply(200, liar.line(body, time.time()).encode())


def _silent(liar: Liar, _: bytes) -> None:
    """Takes the request and never answers."""
    liar.ended.wait()


def _forged(liar: Liar, _: bytes) -> Reply:
    key_hash = CosignatureVerifier(liar.name, liar.key.public_key()).key_hash
    data = key_hash + int(time.time()).to_bytes(8, "big") + bytes(64)
    return Reply(200, f"— {liar.name} {base64.b64encode(data).decode()}\n".encode())


def _other_root(liar: Liar, body: bytes) -> Reply:
    said = stated(parse_request(body).note)
    other = Checkpoint(said.origin, max(said.size, 1), bytes(32))
    return Reply(200, liar.line(body, time.time(), other.text()).encode())


def _other_time(liar: Liar, body: bytes) -> Reply:
    return Reply(200, liar.line(body, time.time() - 3_600).encode())


def _future(liar: Liar, body: bytes) -> Reply:
    return Reply(200, liar.line(body, time.time() + 3_600).encode())


def _other_name(liar: Liar, body: bytes) -> Reply:
    """Signs, but as somebody whom the policy does not know."""
    text = parse_note(parse_request(body).note).text
    return Reply(200, cosignature_line(Cosigner("stranger", liar.key, int(time.time())), text).encode())


def _endless(_: Liar, __: bytes) -> Reply:
    return Reply(200, b"x" * (1 << 20))


def _ahead(_: Liar, __: bytes) -> Reply:
    return Reply(409, f"{MUCH_LARGER}\n".encode(), SIZE_TYPE)


def _behind(liar: Liar, _: bytes) -> Reply:
    """Says another, smaller size each time."""
    return Reply(409, f"{liar.asked % 2}\n".encode(), SIZE_TYPE)


def _garbage(_: Liar, __: bytes) -> Reply:
    return Reply(200, b"\xff\xfe\n")


def _status(status: int, content: bytes = b"no\n") -> "Callable[[Liar, bytes], Reply]":
    return lambda _, __: Reply(status, content)


LIES: "dict[str, Callable[[Liar, bytes], Reply | None]]" = {
    "silent": _silent, "forged": _forged, "other-root": _other_root, "other-time": _other_time, "future": _future,
    "other-name": _other_name, "endless": _endless, "ahead": _ahead, "behind": _behind, "garbage": _garbage,
    "empty": _status(200, b""), "conflict": _status(409), "unprocessable": _status(422), "bad-request": _status(400),
    "forbidden": _status(403), "unknown": _status(404), "broken": _status(500), "busy": _status(503),
    "redirect": _status(302),
}
HONEST = _signs


@contextlib.contextmanager
def lying(*names: str) -> Iterator[list[Liar]]:
    """These liars, each at its address."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(_served(Liar(name, LIES.get(name, HONEST)))) for name in names]


@contextlib.contextmanager
def _served(liar: Liar) -> Iterator[Liar]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            liar.asked += 1
            self._send(liar.answer(liar, self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            self._send(Reply(404, b"nothing\n"))

        def _send(self, reply: Reply | None) -> None:
            if reply is None:
                self.close_connection = True
                return
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content_type)
            self.send_header("Content-Length", str(len(reply.content)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(reply.content)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with served(Handler) as liar.url:
        try:
            yield liar
        finally:
            liar.ended.set()

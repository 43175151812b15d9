"""A server whose answers cost whoever reads them memory or time: real sockets, each lie in its own way.

It may stand before a real server: then it lies below some paths, and passes everything else on.
"""

import contextlib
import functools
import itertools
import socket
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import httpx
import msgspec

Send = Callable[[bytes], object]
Lie = Callable[[Send, threading.Event], object]
"""Sends an answer, until the event."""
BOMB_MIB: Final = 1_500
_MIB: Final = 1 << 20
_OK: Final = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
_CHUNKED: Final = _OK + b"Transfer-Encoding: chunked\r\n\r\n"
_DRIP_SECONDS: Final = 0.1


def _compressed(start: bytes, repeated: bytes, end: bytes) -> bytes:
    """gzip of `start`, `repeated` to 1 MiB and that 1,500 times, `end`: made of equal blocks, so it is made fast."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = repeated * (_MIB // len(repeated))
    first = squeeze.compress(start) + squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    same = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    again = same.compress(block) + same.flush(zlib.Z_FULL_FLUSH)
    last = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    tail = last.compress(end) + last.flush()
    crc = zlib.crc32(start)
    for _ in range(BOMB_MIB):
        crc = zlib.crc32(block, crc)
    crc = zlib.crc32(end, crc)
    size = len(start) + BOMB_MIB * len(block) + len(end)
    return first + again * (BOMB_MIB - 1) + tail + crc.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")


@functools.cache
def zeros() -> bytes:
    """1.5 MB that inflate to 1.5 GB."""
    return _compressed(b"", bytes(16), b"")


@functools.cache
def arrays() -> bytes:
    """The same of JSON, in which each value takes twenty times its length."""
    return _compressed(b"[0", b",[],[],[],[]" + b",[],0,0,0,0,0,0,", b"0]")


def _gzip(send: Send, data: bytes) -> None:
    send(_OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(data) + data)


def _whole(send: Send, data: bytes) -> None:
    send(_OK + b"Content-Length: %d\r\n\r\n" % len(data) + data)


def _endless(send: Send, _: threading.Event) -> None:
    send(_CHUNKED)
    part = b"%x\r\n" % _MIB + bytes(_MIB) + b"\r\n"
    while True:
        send(part)


def _drip(send: Send, ended: threading.Event) -> None:
    """A byte at a time: never idle for long."""
    send(_CHUNKED)
    while not ended.wait(_DRIP_SECONDS):
        send(b"1\r\n0\r\n")


def _drip_headers(send: Send, ended: threading.Event) -> None:
    send(_OK)
    while not ended.wait(_DRIP_SECONDS):
        send(b"X-A: b\r\n")


def _silent(_: Send, ended: threading.Event) -> None:
    ended.wait()


def _headers(send: Send, _: threading.Event) -> None:
    send(_OK)
    for number in itertools.count():
        send(b"".join(b"X-%d-%d: %s\r\n" % (number, i, b"x" * 1000) for i in range(100)))


def _interim(send: Send, _: threading.Event) -> None:
    """Endless answers of the kind that says: the answer comes."""
    while True:
        send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 1000)


def _redirect(send: Send, _: threading.Event) -> None:
    send(b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /log/checkpoint\r\nContent-Length: 0\r\n\r\n")


def _flows(send: Send, _: threading.Event) -> None:
    """A page of one row, with as many flows as fit below 4 MiB."""
    row = msgspec.msgpack.encode({"index": 0, "entry": bytes(170), "flows": []})[:-1]
    count = 1_000_000
    _whole(send, b"\x91" + row + b"\xdd" + count.to_bytes(4, "big") + b"\x92\x00\xa10" * count)


LIES: Final[Mapping[str, Lie]] = {
    "gzip of zeros": lambda send, _: _gzip(send, zeros()),
    "gzip of JSON": lambda send, _: _gzip(send, arrays()),
    "gzip of an error": lambda send, _: send(
        b"HTTP/1.1 500 Oops\r\nConnection: close\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(zeros())
        + zeros()),
    "gzip in gzip": lambda send, _: send(
        _OK + b"Content-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(zeros()) + zeros()),
    "another coding": lambda send, _: send(_OK + b"Content-Encoding: br\r\nContent-Length: 3\r\n\r\nabc"),
    "no gzip": lambda send, _: _gzip(send, b"abc"),
    "cut gzip": lambda send, _: _gzip(send, zlib.compress(b"[]", wbits=16 + zlib.MAX_WBITS)[:-3]),
    "more than gzip": lambda send, _: _gzip(send, zlib.compress(b"[]", wbits=16 + zlib.MAX_WBITS) + b"more"),
    "endless": _endless,
    "drip": _drip,
    "dripping headers": _drip_headers,
    "silent": _silent,
    "headers": _headers,
    "interim": _interim,
    "redirect": _redirect,
    "shorter than said": lambda send, _: send(_OK + b"Content-Length: 1000\r\n\r\n[]"),
    "length of 5000 digits": lambda send, _: send(_OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n[]"),
    "values": lambda send, _: _whole(send, b"[" + b"[]," * (20 << 20) + b"[]]"),
    "deep": lambda send, _: _whole(send, b"[" * 1_000_000 + b"]" * 1_000_000),
    "flows": _flows,
    "same page": lambda send, _: _whole(send, b'[{"size":1,"root":"","number":0,"lot":"","remaining":"1",'
                                              b'"quantity":"1"}]'),
    "same next": lambda send, _: _whole(send, b'{"changes":[],"next":{"since":0,"after":-1}}'),
    "same cursor": lambda send, _: _whole(send, b'{"organization":"urn:x","lots":[],"next":7}'),
    "lines": lambda send, _: _whole(send, b"{}\n" * (1 << 20)),
}
"""What a server may answer to any request."""


@contextlib.contextmanager
def flooding(lie: str | Lie, below: Sequence[str] = ("/",), upstream: str = "") -> Iterator[str]:
    """The address of a server that lies so below some paths."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    ended = threading.Event()

    def answer(connection: socket.socket) -> None:
        # Whoever has had enough closes the connection.
        with connection, contextlib.suppress(OSError):
            path, body = _request(connection)
            if path.startswith(tuple(below)):
                (LIES[lie] if isinstance(lie, str) else lie)(connection.sendall, ended)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(1 << 16):
                    pass
            else:
                connection.sendall(_passed_on(upstream + path, body))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _request(connection: socket.socket) -> tuple[str, bytes]:
    """Path and body."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(1 << 16)
        if not part:
            raise ConnectionError
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(1 << 16)
    return head.split(b" ", 2)[1].decode(), body


def _passed_on(url: str, body: bytes) -> bytes:
    accept = {"Accept": "application/vnd.msgpack" if "/audit/entries" in url else "*/*", "Accept-Encoding": "identity"}
    found = (httpx.post(url, content=body, timeout=60, headers={"Content-Type": "application/x-ndjson"}) if body
             else httpx.get(url, headers=accept, timeout=60))
    return (f"HTTP/1.1 {found.status_code} {found.reason_phrase}\r\nConnection: close\r\n"
            f"Content-Type: {found.headers['Content-Type']}\r\nContent-Length: {len(found.content)}\r\n\r\n"
            ).encode() + found.content

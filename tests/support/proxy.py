"""A proxy in front of PostgreSQL that reads the protocol, and cuts or holds a connection at one of its messages."""

import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

_WAIT_SECONDS: Final = 120


class Point(NamedTuple):
    """A message of the protocol: from the client or from the `server`, of one kind, that contains some bytes."""

    server: bool
    kind: bytes
    contains: bytes = b""

    def is_at(self, server: bool, message: bytes) -> bool:
        return server == self.server and message[:1] == self.kind and self.contains in message


_BEGIN: Final = Point(False, b"Q", b"BEGIN")
# What asyncpg sends around a COMMIT, and what is answered.
COMMIT: Final = Point(False, b"Q", b"COMMIT;")
COMMITTED: Final = Point(True, b"C", b"COMMIT\0")
COPYING: Final = Point(False, b"d")
BEGUN: Final = Point(True, b"C", b"BEGIN\0")
LOCKED: Final = Point(True, b"D")
UPDATED: Final = Point(True, b"C", b"UPDATE 1\0")


class Proxy:
    """Passes everything on, until it is told of a fault; `url` is where it listens, on a Unix socket of its own.

    Faults happen once, to the first connection that comes to the point in a transaction that writes.
    `timeouts` is what sessions ask of the database instead of 30 s, so that a test need not wait for so long.
    """

    def __init__(self, url: str, timeouts: bytes | None = None) -> None:
        self._timeouts = timeouts
        query = parse_qs(urlsplit(url).query)
        (self._folder,), (self._port,) = query["host"], query["port"]
        self._own = tempfile.TemporaryDirectory(prefix="proxy-")
        self.url = url.replace(quote(self._folder), quote(self._own.name)).replace(self._folder, self._own.name)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(Path(self._own.name) / f".s.PGSQL.{self._port}"))
        self._listener.listen(100)
        self._armed: tuple[Point, Callable[[Link, bytes], bytes]] | None = None
        self._lock = threading.Lock()
        self.fired = threading.Event()
        """Set once the fault has happened."""
        self._free = threading.Event()
        self._free.set()
        self._thawed = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def aim(self, url: str) -> None:
        """The database is at another socket from now on."""
        ((self._folder,),) = [parse_qs(urlsplit(url).query)["host"]]

    def cut(self, point: Point, passing: float = 0.0) -> None:
        """Both ends are closed at `point`; that part of the message is passed on before. New connections are held."""
        def fault(link: "Link", message: bytes) -> bytes:
            self._free.clear()
            link.last(message[: int(len(message) * passing)], point.server)
            return b""

        self._arm(point, fault)

    def freeze(self, point: Point) -> None:
        """The message at `point` still passes, then nothing more on that connection, either way, until `thaw`."""
        self._thawed.clear()

        def fault(link: "Link", message: bytes) -> bytes:
            link.frozen = self._thawed
            return message

        self._arm(point, fault)

    def when(self, point: Point, action: Callable[[], object]) -> None:
        """Does something right before the message at `point` passes."""
        def fault(_: "Link", message: bytes) -> bytes:
            action()
            return message

        self._arm(point, fault)

    def thaw(self) -> None:
        self._thawed.set()

    def release(self) -> None:
        """New connections pass again."""
        self._free.set()

    def wait(self) -> None:
        if not self.fired.wait(_WAIT_SECONDS):
            raise AssertionError("no connection came to the point")

    def _arm(self, point: Point, fault: Callable[["Link", bytes], bytes]) -> None:
        self.fired.clear()
        with self._lock:
            self._armed = (point, fault)

    def at(self, link: "Link", server: bool, message: bytes) -> bytes:
        """What of a message is passed on."""
        if _BEGIN.is_at(server, message):
            link.begun = b"READ ONLY" not in message
        with self._lock:
            armed = self._armed
            if armed is None or not link.begun or not armed[0].is_at(server, message):
                return message
            self._armed = None
        passed = armed[1](link, message)
        self.fired.set()
        return passed

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._free.wait()
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(str(Path(self._folder) / f".s.PGSQL.{self._port}"))
            link = Link(self, client, server)
            server.sendall(self._greeting(client))
        except OSError:
            client.close()
            server.close()
            return
        threading.Thread(target=link.pump, args=(True,), daemon=True).start()
        link.pump(False)

    def _greeting(self, client: socket.socket) -> bytes:
        """The first message has no kind. What it asks for may be changed; a request to cancel is passed on as it is."""
        found = _exactly(client, 4)
        found += _exactly(client, int.from_bytes(found, "big") - 4)
        if self._timeouts is not None:
            body = found[4:].replace(b"\x0030s\0", b"\0" + self._timeouts + b"\0")
            found = (len(body) + 4).to_bytes(4, "big") + body
        return found

    def close(self) -> None:
        self._listener.close()
        self._free.set()
        self._thawed.set()
        self._own.cleanup()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self.frozen: threading.Event | None = None
        self.begun = False

    def pump(self, from_server: bool) -> None:
        """Messages of one direction, one by one, until an end is closed."""
        source, target = (self._server, self._client) if from_server else (self._client, self._server)
        with suppress(OSError, EOFError):
            while True:
                head = _exactly(source, 5)
                message = head + _exactly(source, int.from_bytes(head[1:], "big") - 4)
                if self.frozen is not None:
                    self.frozen.wait()
                target.sendall(self._proxy.at(self, from_server, message))
        self.close()

    def last(self, part: bytes, to_client: bool) -> None:
        """Passes on a last part, and closes both ends."""
        with suppress(OSError):
            (self._client if to_client else self._server).sendall(part)
        self.close()

    def close(self) -> None:
        for end in (self._client, self._server):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def _exactly(source: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        part = source.recv(count - len(found))
        if not part:
            raise EOFError
        found += part
    return found

"""Serves an application over HTTP in this process: port, signals, readiness. `serve` and `witness` share it."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from litestar.types import ASGIApp

from ledger.cli.console import print_lines, say
from ledger.cli.operator.siblings import Siblings
from ledger.errors import ConfigurationError

BACKLOG = 1024
CONNECTIONS = 8192
"""Open connections at a time. The server closes an idle one after `_IDLE_MS`; until then it costs a few kB."""
_IDLE_MS = 15_000
_FILES_BESIDE = 512
"""Open files other than connections: of the database, of the workers, and of this program."""
_GRACE_SECONDS = 30.0
_LAST_SECONDS = 5.0
_START_SECONDS = 15.0
_SWITCH_SECONDS = 0.002
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


class Served(NamedTuple):
    """An application, and the lines to print after its address as soon as it takes requests."""

    app: ASGIApp
    lines: Sequence[str]
    path: str = ""
    """The end of the printed address."""


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises ConfigurationError if the port is not available: granian would share it
    with the process that has it, or stop with a panic."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            free: int = probe.getsockname()[1]
            return free
    except (OSError, UnicodeError) as error:
        # A host name that the domain name system cannot encode raises UnicodeError.
        why = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"cannot listen at {host} port {port}: {why}", code="port-in-use", field="port", value=port,
            rule="a free port; --port 0 chooses one",
        ) from None


def serve_until_stopped(
    host: str, port: int, opened: AbstractAsyncContextManager[Served],
    siblings: Callable[[int], Siblings] | None = None,
) -> int:
    """Opens the application, serves it until a signal, and closes it. Returns the exit code. `siblings` makes further
    processes that serve the given port together with this one."""
    free = free_port(host, port)
    return _run(_Serving(host, free).run(opened, None if siblings is None else siblings(free)))


def serve_as_sibling(host: str, port: int, opened: AbstractAsyncContextManager[Served]) -> int:
    """Serves at a port that another process serves too, until the standard input ends."""
    serving = _Serving(host, port)
    return _run(serving.run(opened, None, sys.stdin.fileno()))


def _run(serving: Coroutine[Any, Any, None]) -> int:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serving)
    except asyncio.CancelledError:
        return 1
    return 0


def _tune_interpreter() -> None:
    """Sets the garbage collector and the thread switch interval.

    Batches under way hold hundreds of thousands of live objects and hardly any cycle: repeated searches for garbage
    would take a tenth of the server's time, and a fifth with Python's default threshold.

    A thread that computes an answer yields the interpreter to another thread after the switch interval. The event loop
    needs the interpreter many times per request; with Python's default of 5 ms a post takes ten times longer while the
    server computes two chains.
    """
    gc.freeze()
    gc.set_threshold(1_000_000, 10, 10)
    sys.setswitchinterval(_SWITCH_SECONDS)


def _connections() -> int:
    """The number of connections that may be open, within the system's limit for this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = CONNECTIONS + _FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS if soft == resource.RLIM_INFINITY else max(1, min(CONNECTIONS, soft - _FILES_BESIDE))


class _Serving:
    """One run of the server."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._stop = asyncio.Event()
        self._signals = 0

    async def run(
        self, opened: AbstractAsyncContextManager[Served], siblings: Siblings | None, until: int | None = None
    ) -> None:
        """Serves until a signal, or until the pipe `until` ends."""
        with self._signals_handled(), self._end_watched(until):
            async with opened as served:
                server = Server(
                    served.app, address=self._address(), port=self._port, interface=Interfaces.ASGINL,
                    log_enabled=False, backlog=BACKLOG, backpressure=_connections(), websockets=False,
                    # Cleartext HTTP/2 would allow 200 requests on each connection, and no client needs it.
                    http=HTTPModes.http1, http1_settings=HTTP1Settings(header_read_timeout=_IDLE_MS),
                )
                serving = asyncio.create_task(server.serve())
                try:
                    await self._until_ready(serving)
                    _tune_interpreter()
                    async with siblings or contextlib.nullcontext():
                        if not self._stop.is_set():
                            print_lines("\n".join([self._url() + served.path, *served.lines]))
                        await self._until_stopped(serving)
                finally:
                    server.stop()  # type: ignore[no-untyped-call]
                    _, running = await asyncio.wait({serving}, timeout=_GRACE_SECONDS)
                    if running:
                        say(f"requests that took longer than {_GRACE_SECONDS:g} s are cut off")

    @contextlib.contextmanager
    def _signals_handled(self) -> Iterator[None]:
        """The first signal stops the server in good order, the second without waiting for requests, the third at once.

        After the second signal, a batch that waits for the database's lock gets `_LAST_SECONDS`, not the lock's own
        timeout. A forced end loses no acknowledged record, and the next start takes over an embedded database that is
        still running.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()

        def handle() -> None:
            self._signals += 1
            self._stop.set()
            if self._signals == 1:
                say("stopping")
            elif self._signals == 2 and task is not None:
                task.cancel()
                loop.call_later(_LAST_SECONDS, os._exit, 1)
            elif self._signals > 2:
                os._exit(1)

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, handle)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    @contextlib.contextmanager
    def _end_watched(self, pipe: int | None) -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def read(pipe: int) -> None:
            if not os.read(pipe, 1 << 10):
                loop.remove_reader(pipe)
                self._stop.set()

        if pipe is not None:
            loop.add_reader(pipe, read, pipe)
        yield

    async def _until_ready(self, serving: "asyncio.Task[None]") -> None:
        give_up = asyncio.get_running_loop().time() + _START_SECONDS
        while not self._stop.is_set():
            if serving.done():
                raise ConfigurationError(f"the server ended at once: {serving.exception()}")
            try:
                _, writer = await asyncio.open_connection(self._address(), self._port)
            except OSError as error:
                if asyncio.get_running_loop().time() > give_up:
                    raise ConfigurationError(f"cannot listen at {self._host} port {self._port}: {error}") from None
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return

    async def _until_stopped(self, serving: "asyncio.Task[None]") -> None:
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if serving.done() and not self._stop.is_set():
            raise ConfigurationError(f"the server ended by itself: {serving.exception()}")

    def _address(self) -> str:
        """The IP address of the host: granian takes no names."""
        return str(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)[0][4][0])

    def _url(self) -> str:
        return url_of(self._host, self._port)


def url_of(host: str, port: int) -> str:
    """The address of a server that listens there."""
    host = _ANYWHERE.get(host, host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"

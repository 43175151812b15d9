"""Serving an application over HTTP in this process: port, signals, readiness. What `serve` and `witness` share."""

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
"""Open at a time: an idle one is closed after `_IDLE_MS`, and until then takes only one of these and a few kB."""
_IDLE_MS = 15_000
_FILES_BESIDE = 512
"""Open files that are no connections: the database's, the workers', those of this program."""
_GRACE_SECONDS = 30.0
_LAST_SECONDS = 5.0
_START_SECONDS = 15.0
_SWITCH_SECONDS = 0.002
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


class Served(NamedTuple):
    """An application, and the lines that are printed once it takes requests, after its address."""

    app: ASGIApp
    lines: Sequence[str]
    path: str = ""
    """What the printed address ends in."""


def free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises ConfigurationError where it cannot be had: granian would share the port
    with whoever has it, or stop with a panic."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            found: int = probe.getsockname()[1]
            return found
    except (OSError, UnicodeError) as error:
        # A name that has no spelling in the domain name system is a UnicodeError.
        why = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            f"cannot listen at {host} port {port}: {why}", code="port-in-use", field="port", value=port,
            rule="a free port; --port 0 takes one",
        ) from None


def serve_until_stopped(
    host: str, port: int, opened: AbstractAsyncContextManager[Served],
    siblings: Callable[[int], Siblings] | None = None,
) -> int:
    """Opens what is served, serves it until a signal, and closes it. The exit code. `siblings` serve the port that they
    are given beside this process."""
    free = free_port(host, port)
    return _run(_Serving(host, free).run(opened, None if siblings is None else siblings(free)))


def serve_as_sibling(host: str, port: int, opened: AbstractAsyncContextManager[Served]) -> int:
    """The same at a port that another process serves too, until the standard input ends."""
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
    """Batches on their way hold hundreds of thousands of live objects and hardly a cycle: searching them for garbage
    again and again costs a tenth of the server's time, with Python's own threshold a fifth.

    A thread that computes an answer gives up the interpreter to another after this interval. The loop asks for it many
    times a request; Python's own 5 ms make a post ten times slower while two chains are computed.
    """
    gc.freeze()
    gc.set_threshold(1_000_000, 10, 10)
    sys.setswitchinterval(_SWITCH_SECONDS)


def _connections() -> int:
    """How many connections may be open: as many as the system lets this process have."""
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
        """`until`: a pipe whose end stops it."""
        with self._signals_handled(), self._end_watched(until):
            async with opened as served:
                server = Server(
                    served.app, address=self._address(), port=self._port, interface=Interfaces.ASGINL,
                    log_enabled=False, backlog=BACKLOG, backpressure=_connections(), websockets=False,
                    # Cleartext HTTP/2 would put 200 requests on each of these connections, and nobody asks for it.
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
                        say(f"requests that were not done within {_GRACE_SECONDS:g} s are cut off")

    @contextlib.contextmanager
    def _signals_handled(self) -> Iterator[None]:
        """The first signal ends it in good order, the second without waiting for requests, the third at once.

        After the second, a batch that waits for the database's lock gets a moment, not the lock's own patience. Ended
        by force, nothing acknowledged is lost, and the next start takes over an embedded database left running.
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
        """Granian wants a number."""
        return str(socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)[0][4][0])

    def _url(self) -> str:
        host = _ANYWHERE.get(self._host, self._host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._port}"

"""Serves an application over HTTP or HTTPS in this process: port, signals, readiness. `serve` and `witness` share
it."""

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, NamedTuple

import click
import uvloop
from litestar.types import ASGIApp

from ledger.cli.console import Command, print_lines, say
from ledger.cli.files import FILE
from ledger.cli.operator.listening.granian_server import bind
from ledger.cli.operator.listening.listener import CUT_SECONDS, DRAIN_SECONDS, REQUEST_SECONDS, Listener
from ledger.cli.operator.listening.reload import follow, spelled, usable
from ledger.cli.operator.siblings import Siblings
from ledger.errors import ConfigurationError
from ledger.host.files.tls_files import TlsFiles
from ledger.host.memory import give_back_regularly

CONNECTIONS = 8192
"""Open connections at a time. The server closes idle ones; until then one costs a few kB."""
_FILES_BESIDE = 512
"""Open files other than connections: of the database, of the workers, and of this program."""
_GRACE_SECONDS = 2 * DRAIN_SECONDS + REQUEST_SECONDS + CUT_SECONDS
END_SECONDS = 60.0
"""From the signal to the end of the process at the latest. An end by this limit loses no acknowledged record."""
_LAST_SECONDS = 5.0
_START_SECONDS = 15.0
_SWITCH_SECONDS = 0.002
_AGAIN = -1
"""In place of an exit code: the application is to be opened anew."""
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not bound


def _nothing() -> None:
    """Most applications do nothing at a signal."""


class Served(NamedTuple):
    """An application, and the lines to print after its address as soon as it takes requests."""

    app: ASGIApp
    lines: Sequence[str]
    path: str = ""
    """The end of the printed address."""
    url: str | None = None
    """The address to print instead of the one at which this process listens."""
    end: Callable[[], None] = _nothing
    """Is called at the signal, before the requests under way are awaited."""
    again: asyncio.Event | None = None
    """If it is set, the application is closed and opened anew."""


class Address(NamedTuple):
    """Where to listen, and the TLS files; None means HTTP."""

    host: str
    port: int
    tls: TlsFiles | None = None

    @property
    def url(self) -> str:
        """The address at which a client on this host reaches it."""
        host = _ANYWHERE.get(self.host, self.host)
        scheme = "http" if self.tls is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


Opening = Callable[[str], AbstractAsyncContextManager[Served]]
"""Opens an application that is going to be served at the given address."""


def tls_options(command: Command) -> Command:
    """`--tls-cert` and `--tls-key`, for commands that serve."""
    command = click.option(
        "--tls-key", type=FILE, envvar="CARBON_LEDGER_TLS_KEY", show_envvar=True,
        help="Private key of the certificate, PEM; an encrypted key has the passphrase of the other keys.",
    )(command)
    return click.option(
        "--tls-cert", type=FILE, envvar="CARBON_LEDGER_TLS_CERT", show_envvar=True,
        help="Serve HTTPS with this certificate, PEM, followed by its issuers'. New files are used without a restart.",
    )(command)


def serve_until_stopped(
    address: Address, opening: Opening, siblings: Callable[[int], Siblings] | None = None,
) -> int:
    """Opens the application, serves it until a signal, and closes it; opens it anew if it asks for that. Returns the
    exit code. `siblings` makes further processes that serve the given port together with this one. Raises
    ConfigurationError if the port is not available or the TLS files cannot be used."""
    while True:
        with _bound(address, shared=siblings is not None) as bound:
            port: int = bound.getsockname()[1]
            address = address._replace(port=port)
            serving = _Serving(address, bound)
            code = _run(serving.run(opening(address.url), None if siblings is None else siblings(port)))
        if code != _AGAIN:
            return code
        say("starting again")


def _bound(address: Address, *, shared: bool) -> socket.socket:
    bound = bind(address.host, address.port, shared=False)
    if not shared:
        return bound
    # A port that is free for one process alone is free for several: granian would share it with anyone's.
    port: int = bound.getsockname()[1]
    bound.close()
    return bind(address.host, port, shared=True)


def serve_as_sibling(address: Address, opening: Opening) -> int:
    """Serves at a port that another process serves too, until the standard input ends, or the application is to be
    opened anew: then the first process starts it again."""
    with bind(address.host, address.port, shared=True) as bound:
        return abs(_run(_Serving(address, bound).run(opening(address.url), None, sys.stdin.fileno())))


def _run(serving: Coroutine[Any, Any, bool]) -> int:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return _AGAIN if runner.run(serving) else 0
    except asyncio.CancelledError:
        return 1


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

    def __init__(self, address: Address, bound: socket.socket) -> None:
        self._address, self._bound = address, bound
        self._stop = asyncio.Event()
        self._signals = 0

    async def run(
        self, opened: AbstractAsyncContextManager[Served], siblings: Siblings | None, until: int | None = None
    ) -> bool:
        """Serves until a signal, or until the pipe `until` ends. Returns whether the application is to be opened
        anew."""
        files = self._address.tls
        seen = () if files is None else files.stamp()
        pair = None if files is None else await usable(files)
        with self._signals_handled(), self._end_watched(until):
            async with opened as served:
                if self._stop.is_set():
                    return False
                listener = Listener(served.app, self._bound, _connections())
                listener.begin(pair)
                stopping = None
                try:
                    await self._until_ready(listener)
                    _tune_interpreter()
                    async with siblings or contextlib.nullcontext(), contextlib.AsyncExitStack() as stack:
                        if not self._stop.is_set():
                            self._print(served)
                        stack.callback(asyncio.create_task(give_back_regularly()).cancel)
                        if files is not None and pair is not None:
                            say(f"the certificate for {', '.join(pair.names)} expires at {spelled(pair)}")
                            following = asyncio.create_task(follow(files, pair, seen, listener))
                            stack.callback(following.cancel)
                        again = await self._until_stopped(listener, served.again or asyncio.Event())
                        served.end()
                        stopping = asyncio.create_task(listener.stop())
                finally:
                    if await (stopping or listener.stop()):
                        say(f"requests that took longer than {_GRACE_SECONDS:g} s are cut off")
        return again and not self._stop.is_set()

    def _print(self, served: Served) -> None:
        own = self._address.url + served.path
        if served.url is not None and served.url != own:
            say(f"listening at {own}")
        print_lines("\n".join([served.url or own, *served.lines]))

    @contextlib.contextmanager
    def _signals_handled(self) -> Iterator[None]:
        """The first signal stops the server in good order, the second without waiting for requests, the third at once.

        After the second signal, a batch that waits for the database's lock gets `_LAST_SECONDS`, not the lock's own
        timeout. A forced end loses no acknowledged record, and the next start takes over an embedded database that is
        still running. `END_SECONDS` after the first signal the process ends in any case.
        """
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()

        def handle() -> None:
            self._signals += 1
            self._stop.set()
            if self._signals == 1:
                _end_in_time()
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

    async def _until_ready(self, listener: Listener) -> None:
        """Returns when the server answers over its socket, also after a signal: granian aborts the process if its
        socket changes while it starts."""
        give_up = asyncio.get_running_loop().time() + _START_SECONDS
        while True:
            if listener.serving.done():
                raise ConfigurationError(f"the server ended at once: {listener.serving.exception()}")
            try:
                if await self._answers():
                    return
            except (OSError, EOFError) as error:
                if asyncio.get_running_loop().time() > give_up:
                    raise ConfigurationError(
                        f"cannot listen at {self._address.host} port {self._address.port}: {error}") from None
            await asyncio.sleep(0.02)

    async def _answers(self) -> bool:
        """Whether a request to our own address gets an answer, whatever it is."""
        host = str(self._bound.getsockname()[0])
        context = None
        if self._address.tls is not None:
            # The pair was checked already; its names need not include the address.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        async with asyncio.timeout(_START_SECONDS):
            reader, writer = await asyncio.open_connection(
                _ANYWHERE.get(host, host), self._address.port, ssl=context)
            try:
                writer.write(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return (await reader.readline()).startswith(b"HTTP/")
            finally:
                writer.close()

    async def _until_stopped(self, listener: Listener, again: asyncio.Event) -> bool:
        """Whether the application is to be opened anew, and nobody stops it."""
        waits = [asyncio.create_task(event.wait()) for event in (self._stop, again)]
        try:
            while not (self._stop.is_set() or again.is_set()):
                serving = listener.serving
                await asyncio.wait({serving, *waits}, return_when=asyncio.FIRST_COMPLETED)
                # A server whose TLS pair was replaced ends in good order.
                if serving.done() and serving is listener.serving and not (self._stop.is_set() or again.is_set()):
                    raise ConfigurationError(f"the server ended by itself: {serving.exception()}")
            return again.is_set()
        finally:
            for task in waits:
                task.cancel()


def _end_in_time() -> None:
    """Ends the process after `END_SECONDS`, even if its event loop is busy."""
    def end() -> None:
        try:
            say(f"the server did not end within {END_SECONDS:g} s and is ended")
        finally:
            os._exit(1)

    timer = threading.Timer(END_SECONDS, end)
    timer.daemon = True
    timer.start()

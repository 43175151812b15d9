"""The server's view of one worker: starts its process, sends it calls, ends it and all processes that it started."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

import msgspec

from ledger.errors import ConfigurationError
from ledger.registry.installed import plugin_names
from ledger.registry.workers.channel import Channel
from ledger.registry.workers.messages import Answers, Hello, joined, read_answers, read_hello
from ledger.registry.workers.progress import WorkerProgress, make_page

START_SECONDS: Final = 60.0
_GRACE_SECONDS: Final = 1.0
"""Extra time for a worker after its own alarm should have ended it, and to end by itself."""
_LOOK_SECONDS: Final = 0.25


class Launch(NamedTuple):
    """How a worker is started: the module that runs in its process, with further arguments. `names`: the plugins that
    it loads, in order."""

    module: str
    arguments: tuple[str, ...]
    names: Callable[[], Sequence[str]]


INSTALLED: Final = Launch("ledger.registry.workers.child", (), plugin_names)
"""A worker with the installed sectors."""


class Ended(Exception):
    """A worker ended without an answer. `position`: its current call, as in `WorkerProgress`. `late`: it was ended
    because that call took too long."""

    def __init__(self, message: str, position: int, *, late: bool) -> None:
        super().__init__(message)
        self.position = position
        self.late = late


class Worker:
    """A worker; `start_worker` makes it. `hello`: its first message, with its sectors. `memory`: its peak memory use in
    bytes."""

    def __init__(
        self, process: subprocess.Popen[bytes], channel: Channel, progress: WorkerProgress, seconds: float,
        launch: Launch,
    ) -> None:
        self.hello = Hello({})
        self._launch = launch
        self.memory = 0
        self._process = process
        self._channel = channel
        self._progress = progress
        self._seconds = seconds
        self._late = False
        self._reaped: int | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def lost(self) -> bool:
        return self._channel.lost

    async def load(self) -> None:
        """Waits until it has loaded its sectors. Raises ConfigurationError, which names the plugin, if it cannot."""
        try:
            async with asyncio.timeout(START_SECONDS):
                hello = read_hello(await self._channel.receive())
        except TimeoutError:
            raise self._unloaded(f"it does not finish within {START_SECONDS:g} s") from None
        except (ConnectionError, msgspec.MsgspecError) as error:
            raise self._unloaded(str(await self._ended(error))) from None
        if hello.failed:
            raise ConfigurationError(hello.failed)
        self.hello = hello

    async def ask(self, calls: Sequence[bytes]) -> Answers:
        """One answer for each call. Raises Ended; then the worker cannot be used any more."""
        self._progress.position = 0
        self._channel.send(joined(list(calls)))
        watch = self._watch()
        try:
            reply = read_answers(await self._channel.receive())
        except (ConnectionError, msgspec.MsgspecError) as error:
            raise await self._ended(error) from None
        finally:
            watch.cancel()
        if len(reply.answers) != len(calls):
            raise await self._ended(ValueError(f"{len(reply.answers)} answers to {len(calls)} calls"))
        self.memory = reply.memory
        return reply

    async def end(self) -> None:
        """Ends it and all processes that it started, and frees its resources."""
        self._channel.close()
        await asyncio.shield(asyncio.to_thread(self._reap))
        self._progress.close()

    def _watch(self) -> "_ProcessWatch":
        return _ProcessWatch(self._seconds + _GRACE_SECONDS, self._process.poll, lambda: self._progress.position,
                             self._give_up)

    def _give_up(self, *, late: bool) -> None:
        """Ends a worker that has ended or makes no progress, with its connection: a process that a plugin has started
        may still hold the connection open. `late`: the process runs, although its own alarm should have ended it, so a
        plugin has switched the alarm off, or the process is stopped."""
        self._late = late
        self._kill()
        self._channel.close()

    def _unloaded(self, how: str) -> ConfigurationError:
        """The error for a worker that ended while it loaded a plugin, or before. `how` says in words how it ended."""
        names, number = self._launch.names(), self._progress.position
        if not 0 < number <= len(names):
            return ConfigurationError(f"a plugin worker does not start: {how}")
        name = names[number - 1]
        return ConfigurationError(
            f"plugin {name} cannot be loaded by a worker: {how}", code="plugin-crashed", field="plugin", value=name,
            rule=f"loading a plugin neither ends the process nor takes more than {START_SECONDS:g} s",
        )

    async def _ended(self, error: Exception) -> Ended:
        position = self._progress.position
        code = await asyncio.to_thread(self._reap)
        if self._late or code == -signal.SIGALRM:
            return Ended(f"no answer within {self._seconds:g} s", position, late=True)
        return Ended(_reason(code, error), position, late=False)

    def _reap(self) -> int:
        """Waits for the process to end, kills it after a grace period, and returns the exit code."""
        if self._reaped is None:
            try:
                code = self._process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                code = None
            self._kill()
            self._reaped = self._process.wait() if code is None else code
        return self._reaped

    def _kill(self) -> None:
        """Kills the whole session, because a plugin may have started other processes."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


class _ProcessWatch:
    """Looks at a process again and again, until it is cancelled, or calls `give_up`: if the process has ended, or its
    `position` has not changed for `seconds`."""

    def __init__(
        self, seconds: float, poll: Callable[[], int | None], position: Callable[[], int],
        give_up: Callable[..., None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._poll = poll
        self._position = position
        self._give_up = give_up
        self._before, self._limit = -1, self._loop.time() + seconds
        self._handle = self._again()

    def cancel(self) -> None:
        self._handle.cancel()

    def _again(self) -> asyncio.TimerHandle:
        return self._loop.call_later(_LOOK_SECONDS, self._look)

    def _look(self) -> None:
        now = self._position()
        if self._poll() is not None:
            self._give_up(late=False)
            return
        if now != self._before:
            self._before, self._limit = now, self._loop.time() + self._seconds
        elif self._loop.time() >= self._limit:
            self._give_up(late=True)
            return
        self._handle = self._again()


async def start_worker(seconds: float, on_lost: Callable[[], None], launch: Launch = INSTALLED) -> Worker:
    """A worker that has loaded its sectors. Raises ConfigurationError if it cannot load them."""
    worker = await _start(seconds, on_lost, launch)
    try:
        await worker.load()
    except BaseException:
        await worker.end()
        raise
    return worker


async def _start(seconds: float, on_lost: Callable[[], None], launch: Launch) -> Worker:
    ours, theirs = socket.socketpair()
    page = make_page()
    progress = WorkerProgress(page)
    try:
        process = _spawn(theirs.fileno(), page, seconds, launch)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
        os.close(page)
    try:
        _, channel = await asyncio.get_running_loop().create_connection(lambda: Channel(on_lost), sock=ours)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return Worker(process, channel, progress, seconds, launch)


def _spawn(channel: int, page: int, seconds: float, launch: Launch) -> "subprocess.Popen[bytes]":
    """Starts a fresh interpreter with the same import path as this one, but without the ledger's settings. Plugins
    print to the same stream as this server's messages."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARBON_LEDGER_")}
    environment["PYTHONPATH"] = import_path()
    return subprocess.Popen(
        [sys.executable, "-P", "-X", "faulthandler", "-m", launch.module, str(channel), str(page),
         str(seconds), *launch.arguments],
        stdin=subprocess.DEVNULL, stdout=2, pass_fds=(channel, page), env=environment, start_new_session=True,
    )


def import_path() -> str:
    """The PYTHONPATH with which a process started with `-P` imports exactly the modules of this one."""
    return os.pathsep.join([os.path.abspath(path) for path in sys.path if not path or os.path.exists(path)])


def _reason(code: int, error: Exception) -> str:
    if code > 0:
        return f"it ended itself with code {code}"
    if code == 0:
        return f"it ended itself ({error})"
    try:
        return f"it was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"

"""One worker as its server sees it: a process that is started, asked, and ended with all that it started itself."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import msgspec

from ledger.errors import ConfigurationError
from ledger.registry.installed import plugin_names
from ledger.registry.workers.channel import Channel
from ledger.registry.workers.messages import Answers, joined, read_answers, read_hello
from ledger.registry.workers.progress import WorkerProgress, make_page

START_SECONDS: Final = 60.0
_GRACE_SECONDS: Final = 1.0
"""What a worker gets beyond its own alarm, and to end by itself."""
_CHILD: Final = "ledger.registry.workers.child"


class Ended(Exception):
    """A worker ended without an answer. `position`: of the call that it was at, as in `Progress`. `late`: it was ended
    since that call took too long."""

    def __init__(self, message: str, position: int, *, late: bool) -> None:
        super().__init__(message)
        self.position = position
        self.late = late


class Worker:
    """Made by `start_worker`. `digests`: of the sectors that it has loaded, by name. `memory`: the most bytes that it
    has held."""

    def __init__(
        self, process: subprocess.Popen[bytes], channel: Channel, progress: WorkerProgress, seconds: float
    ) -> None:
        self.digests: Mapping[str, str] = {}
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
        """Waits until it has loaded its sectors. Raises ConfigurationError, which names the plugin, where it cannot."""
        try:
            async with asyncio.timeout(START_SECONDS):
                hello = read_hello(await self._channel.receive())
        except TimeoutError:
            raise self._unloaded(f"it is not done after {START_SECONDS:g} s") from None
        except (ConnectionError, msgspec.MsgspecError) as error:
            raise self._unloaded(str(await self._ended(error))) from None
        if hello.failed:
            raise ConfigurationError(hello.failed)
        self.digests = hello.digests

    async def ask(self, calls: Sequence[bytes]) -> Answers:
        """One answer a call. Raises Ended; then nothing more can be asked."""
        self._progress.position = 0
        self._channel.send(joined(list(calls)))
        watch = self._watch(-1)
        try:
            found = read_answers(await self._channel.receive())
        except (ConnectionError, msgspec.MsgspecError) as error:
            raise await self._ended(error) from None
        finally:
            watch.cancel()
        if len(found.answers) != len(calls):
            raise await self._ended(ValueError(f"{len(found.answers)} answers to {len(calls)} calls"))
        self.memory = found.memory
        return found

    async def end(self) -> None:
        """Ends it and whatever it has started, and gives back what it held."""
        self._channel.close()
        await asyncio.shield(asyncio.to_thread(self._reap))
        self._progress.close()

    def _watch(self, before: int) -> "_ProcessWatch":
        return _ProcessWatch(self._seconds + _GRACE_SECONDS, self._look, before)

    def _look(self, before: int) -> int | None:
        """The worker's own alarm should have gone off: a plugin has switched it off, or nothing runs at all."""
        now = self._progress.position
        if now != before:
            return now
        self._late = True
        self._kill()
        return None

    def _unloaded(self, how: str) -> ConfigurationError:
        """`how`: what became of the process while it was loading a plugin, or before."""
        names, number = plugin_names(), self._progress.position
        if not 0 < number <= len(names):
            return ConfigurationError(f"a worker for plugins does not start: {how}")
        name = names[number - 1]
        return ConfigurationError(
            f"plugin {name} cannot be loaded by a worker: {how}", code="plugin-crashed", field="plugin", value=name,
            rule="loading a plugin neither ends the process nor takes a minute",
        )

    async def _ended(self, error: Exception) -> Ended:
        position = self._progress.position
        code = await asyncio.to_thread(self._reap)
        if self._late or code == -signal.SIGALRM:
            return Ended(f"no answer within {self._seconds:g} s", position, late=True)
        return Ended(_told(code, error), position, late=False)

    def _reap(self) -> int:
        """Waits for its end, or makes it, and returns the exit code."""
        if self._reaped is None:
            try:
                code = self._process.wait(_GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                code = None
            self._kill()
            self._reaped = self._process.wait() if code is None else code
        return self._reaped

    def _kill(self) -> None:
        """Its whole session: a plugin may have started others."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


class _ProcessWatch:
    """Calls `look` every `seconds` with what it gave the last time, until it gives None."""

    def __init__(self, seconds: float, look: Callable[[int], int | None], before: int) -> None:
        self._seconds = seconds
        self._look = look
        self._before = before
        self._handle = self._again()

    def cancel(self) -> None:
        self._handle.cancel()

    def _again(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(self._seconds, self._due)

    def _due(self) -> None:
        found = self._look(self._before)
        if found is not None:
            self._before = found
            self._handle = self._again()


async def start_worker(seconds: float, on_lost: Callable[[], None]) -> Worker:
    """A worker that has loaded the installed sectors. Raises ConfigurationError for one that cannot."""
    worker = await _start(seconds, on_lost)
    try:
        await worker.load()
    except BaseException:
        await worker.end()
        raise
    return worker


async def _start(seconds: float, on_lost: Callable[[], None]) -> Worker:
    ours, theirs = socket.socketpair()
    page = make_page()
    progress = WorkerProgress(page)
    try:
        process = _spawn(theirs.fileno(), page, seconds)
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
    return Worker(process, channel, progress, seconds)


def _spawn(channel: int, page: int, seconds: float) -> "subprocess.Popen[bytes]":
    """A fresh interpreter that finds what this one finds, and knows nothing of where the ledger is. What plugins print
    goes where this server's own messages go."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CARBON_LEDGER_")}
    environment["PYTHONPATH"] = import_path()
    return subprocess.Popen(
        [sys.executable, "-P", "-X", "faulthandler", "-m", _CHILD, str(channel), str(page), str(seconds)],
        stdin=subprocess.DEVNULL, stdout=2, pass_fds=(channel, page), env=environment, start_new_session=True,
    )


def import_path() -> str:
    """The PYTHONPATH by which a process that is started with `-P` imports what this one does, and nothing else."""
    return os.pathsep.join([os.path.abspath(path) for path in sys.path if not path or os.path.exists(path)])


def _told(code: int, error: Exception) -> str:
    if code > 0:
        return f"it ended itself with code {code}"
    if code == 0:
        return f"it ended itself ({error})"
    try:
        return f"it was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"

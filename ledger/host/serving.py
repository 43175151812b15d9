"""The server processes of a home. Each announces itself by a file in the home, holds a lock on it while it runs, and
states its condition at a socket beside it.

The kernel releases the lock however the process ends, so that a file without a lock is of a process that was killed. No
password and no key is in such a file. Whoever can open the socket is the operator.
"""

import asyncio
import errno
import fcntl
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ledger.host.files.durable import give_to_owner, opened_folder

FOLDER: Final = "servers"
_SUFFIX: Final = ".json"
_SOCKET: Final = ".sock"
_LARGEST: Final = 1 << 16
_LOCK_SECONDS: Final = 1.0
"""How long a process waits for the lock of its own file. Whoever looks whether it runs holds it for microseconds."""
_LOOK_SECONDS: Final = 0.02
_log = logging.getLogger(__name__)


class ServerProcess(Struct, frozen=True, kw_only=True):
    """A process that serves a home. `pid` is its number on the host `host`; `started` in RFC 3339."""

    pid: int
    host: str
    url: str
    started: str
    program: str

    @property
    def name(self) -> str:
        """The name of its files, without their ends."""
        return f"{self.host.replace('/', '-')}-{self.pid}"


@asynccontextmanager
async def announced(home: Path, process: ServerProcess, state: Callable[[], Awaitable[bytes]]) -> AsyncIterator[None]:
    """Announces a process while this is open, and answers with its `state` whoever connects to its socket. If the home
    cannot be written, it logs a warning and does nothing."""
    folder = home / FOLDER
    try:
        path, handle = await _announce(folder, process)
    except OSError as error:
        _log.warning("`carbon-ledger status` will not list this process: cannot write to %s: %s", folder, error)
        yield
        return
    try:
        async with _answering(folder, process, state):
            yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        os.close(handle)


@asynccontextmanager
async def _answering(
    folder: Path, process: ServerProcess, state: Callable[[], Awaitable[bytes]]
) -> AsyncIterator[None]:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError):
                writer.write(await state())
                await writer.drain()
        finally:
            writer.close()

    with _short(folder) as short:
        try:
            server = await asyncio.start_unix_server(answer, str(short / _socket(process)))
            # Only this account can enter the folder, so nobody connects before.
            (folder / _socket(process)).chmod(0o600)
        except OSError as error:
            _log.warning("`carbon-ledger doctor` cannot ask this process: no socket in %s: %s", folder, error)
            yield
            return
        try:
            yield
        finally:
            server.close()
            with suppress(OSError):
                (folder / _socket(process)).unlink(missing_ok=True)


async def state_of(home: Path, process: ServerProcess) -> bytes:
    """The state of a process on this host. Raises OSError if it does not answer."""
    with _short(home / FOLDER) as short:
        reader, writer = await asyncio.open_unix_connection(str(short / _socket(process)))
        try:
            return await reader.read(-1)
        finally:
            writer.close()


def _socket(process: ServerProcess) -> str:
    return f"{process.name}{_SOCKET}"


@contextmanager
def _short(folder: Path) -> Iterator[Path]:
    """A short path of the folder, since the path of a socket has at most some 100 bytes; the folder itself on systems
    without such paths."""
    with opened_folder(folder) as handle:
        short = Path(f"/proc/self/fd/{handle}")
        yield short if short.is_dir() else folder


def serving(home: Path) -> list[ServerProcess]:
    """The processes that serve a home now, in order of their numbers. Raises OSError if the home cannot be read."""
    return [process for process, runs in _announcements(home) if runs]


def killed(home: Path) -> list[ServerProcess]:
    """The processes that have ended without a stop since a server of the home started last. Raises OSError."""
    return [process for process, runs in _announcements(home) if not runs]


def _announcements(home: Path) -> list[tuple[ServerProcess, bool]]:
    """The announced processes, each with whether it runs."""
    processes = []
    for path in _files(home / FOLDER):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            continue
        try:
            with suppress(msgspec.MsgspecError):
                process = msgspec.json.decode(os.pread(handle, _LARGEST, 0), type=ServerProcess)
                processes.append((process, not _is_free(handle)))
        finally:
            os.close(handle)
    return sorted(processes, key=lambda pair: pair[0].pid)


async def _announce(folder: Path, process: ServerProcess) -> tuple[Path, int]:
    path, handle = _opened(folder, process)
    try:
        await _lock(handle, path)
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(process), 0)
    except BaseException:
        os.close(handle)
        raise
    return path, handle


def _opened(folder: Path, process: ServerProcess) -> tuple[Path, int]:
    """The file of a process, with a handle. Removes the files of processes that have ended."""
    folder.mkdir(mode=0o700, exist_ok=True)
    with opened_folder(folder, follow=False) as handle:
        give_to_owner(handle, folder)
    _remove_stale(folder)
    path = folder / f"{process.name}{_SUFFIX}"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        give_to_owner(handle, path)
    except BaseException:
        os.close(handle)
        raise
    return path, handle


async def _lock(handle: int, path: Path) -> None:
    """Takes the lock of a file without stopping the process. Raises OSError if somebody keeps it."""
    deadline = asyncio.get_running_loop().time() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if asyncio.get_running_loop().time() > deadline:
                raise BlockingIOError(errno.EAGAIN, "another process holds the lock of this file", str(path)) from None
        await asyncio.sleep(_LOOK_SECONDS)


def _remove_stale(folder: Path) -> None:
    for path in _files(folder):
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                # A file that is still empty belongs to a process that is about to lock it.
                if os.fstat(handle).st_size and _is_free(handle):
                    path.unlink()
                    path.with_suffix(_SOCKET).unlink(missing_ok=True)
            finally:
                os.close(handle)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{_SUFFIX}"))


def _is_free(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(handle, fcntl.LOCK_UN)
    return True

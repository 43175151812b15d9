"""The server processes of a home. Each announces itself by a file in the home, and holds a lock on it while it runs.

The kernel releases the lock however the process ends, so that a file without a lock is stale. No password and no key is
in such a file.
"""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

FOLDER: Final = "servers"
_SUFFIX: Final = ".json"
_LARGEST: Final = 1 << 16
_log = logging.getLogger(__name__)


class ServerProcess(Struct, frozen=True, kw_only=True):
    """A process that serves a home. `pid` is its number on the host `host`; `started` in RFC 3339."""

    pid: int
    host: str
    url: str
    started: str
    program: str


@contextmanager
def announced(home: Path, process: ServerProcess) -> Iterator[None]:
    """Announces a process while this is open. If the home cannot be written, it logs a warning and does nothing."""
    try:
        path, handle = _announce(home / FOLDER, process)
    except OSError as error:
        _log.warning("`carbon-ledger status` will not list this process: cannot write to %s: %s", home / FOLDER, error)
        yield
        return
    try:
        yield
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        os.close(handle)


def serving(home: Path) -> list[ServerProcess]:
    """The processes that serve a home now, in order of their numbers. Raises OSError if the home cannot be read."""
    processes = []
    for path in _files(home / FOLDER):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            continue
        try:
            if not _is_free(handle):
                with suppress(msgspec.MsgspecError):
                    processes.append(msgspec.json.decode(os.read(handle, _LARGEST), type=ServerProcess))
        finally:
            os.close(handle)
    return sorted(processes, key=lambda process: process.pid)


def _announce(folder: Path, process: ServerProcess) -> tuple[Path, int]:
    folder.mkdir(mode=0o700, exist_ok=True)
    _remove_stale(folder)
    path = folder / f"{process.host.replace('/', '-')}-{process.pid}{_SUFFIX}"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        os.ftruncate(handle, 0)
        os.pwrite(handle, msgspec.json.encode(process), 0)
    except BaseException:
        os.close(handle)
        raise
    return path, handle


def _remove_stale(folder: Path) -> None:
    for path in _files(folder):
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                # A file that is still empty belongs to a process that is about to lock it.
                if os.fstat(handle).st_size and _is_free(handle):
                    path.unlink()
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

"""The locks of a data folder: the owner lock allows one process that runs PostgreSQL, and the user lock shows that
processes use it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import ConfigurationError, Unavailable
from ledger.host.files.durable import opened_lock
from ledger.store.embedded.layout import explained

HOME_IN_USE = "home-in-use"
_PATIENCE_SECONDS = 1.0
_STOP_SECONDS = 120.0
"""Longer than a process takes to stop PostgreSQL."""


class OwnerLock:
    """A lock with `flock` on a file. The kernel releases it however the owner ends. PostgreSQL's processes do not
    inherit it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Takes the lock. Raises `ConfigurationError` (code `home-in-use`) if another object, in this or another
        process, holds it."""
        with explained("cannot open the owner lock"):
            handle = opened_lock(self._path)
        give_up = time.monotonic() + _PATIENCE_SECONDS
        while not _try(handle, fcntl.LOCK_EX):
            # `is_owned` takes the lock for a moment, so a single failure does not prove that there is an owner.
            if time.monotonic() > give_up:
                owner = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
                os.close(handle)
                raise ConfigurationError(
                    f"process {owner or '?'} already runs the database in {self._path.parent}: stop it, attach to it, "
                    "or use another CARBON_LEDGER_HOME",
                    code=HOME_IN_USE,
                )
            time.sleep(0.05)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        self._handle = handle
        # A forked child shares the lock. If it kept the lock, the home would stay in use after its parent's death.
        os.register_at_fork(after_in_child=self.release)

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


class UserLock:
    """A shared lock with `flock` on a file: held by each process that uses PostgreSQL and does not run it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Takes the lock. Waits for a process that stops PostgreSQL just now; raises `Unavailable` if it does not end.
        """
        handle = self._opened()
        give_up = time.monotonic() + _STOP_SECONDS
        while not _try(handle, fcntl.LOCK_SH):
            if time.monotonic() > give_up:
                os.close(handle)
                raise Unavailable(f"the database in {self._path.parent} does not stop")
            time.sleep(0.05)
        self._handle = handle
        os.register_at_fork(after_in_child=self._forget)

    def release(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            # A child that was forked meanwhile has the file open too, and would keep the lock.
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Whether no process holds the lock; then no process gets it before the end of the context."""
        handle = self._opened()
        try:
            yield _try(handle, fcntl.LOCK_EX)
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
            os.close(handle)

    def _opened(self) -> int:
        with explained("cannot open the lock of the database's users"):
            return opened_lock(self._path)

    def _forget(self) -> None:
        # To unlock here would unlock it for the parent.
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


def is_owned(path: Path) -> bool:
    """Whether a process holds the lock now."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ConfigurationError(f"cannot open {path}: {error.strerror}") from error
    try:
        return not _try(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


def owner_of(path: Path) -> int | None:
    """The number of the process that holds the lock now; None if no process does."""
    if not is_owned(path):
        return None
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return int(text) if text.isdecimal() else None


def _try(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

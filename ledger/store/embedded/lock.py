"""The owner lock, which allows one supervising process per data folder."""

import fcntl
import os
import time
from pathlib import Path

from ledger.errors import ConfigurationError
from ledger.store.embedded.layout import explained

HOME_IN_USE = "home-in-use"
_PATIENCE_SECONDS = 1.0


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
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
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

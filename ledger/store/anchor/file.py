"""An anchor in a file, which the replicas on one host share. A write replaces the whole file durably, under a lock."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.host.files.durable import give_to_owner, opened_lock, replace, sync
from ledger.store.anchor.content import MAX_BYTES
from ledger.store.anchor.interface import Anchor, Change


class FileAnchor(Anchor):
    """The file at `path`, in an existing folder. If `path` is a link, the anchor is the target of the link, so that all
    users of the link share one anchor. When `update` returns, the new note survives a loss of power."""

    remote = False

    def __init__(self, path: Path) -> None:
        self._named = path
        self.location = str(path)

    @property
    def path(self) -> Path:
        """The file itself, after all links. Replacing a link would leave its target unchanged."""
        return Path(os.path.realpath(self._named))

    def raw(self) -> bytes | None:
        try:
            # Without O_NONBLOCK, opening a pipe would wait for ever.
            with open(self.path, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise self.unreadable("it is not a regular file")
                return file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self.unreadable(error.strerror) from error

    def update(self, change: Change) -> str:
        with self._locked():
            current = self.read()
            note = self.changed(current, change)
            if note is not None:
                replace(self.path, note.encode())
            return note or current or ""

    def replace(self, note: str, expected: bytes | None, stamp: str) -> str | None:
        path = self.path
        backup = None if expected is None else path.with_name(f"{path.name}.until-{stamp}")
        with self._locked():
            if self.raw() != expected:
                raise self.overtaken()
            if backup is not None and expected is not None:
                with backup.open("xb") as file:
                    give_to_owner(file.fileno(), path)
                    file.write(expected)
                    file.flush()
                    os.fsync(file.fileno())
                sync(backup.parent)
            replace(path, note.encode())
        return None if backup is None else str(backup)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Allows one writer at a time, over all processes. The lock is a separate file, because a write replaces the
        anchor's file. Only this account can open it: another one could hold the lock, and nobody would sign."""
        path = self.path
        try:
            with os.fdopen(opened_lock(path.with_name(f"{path.name}.lock")), "ab") as lock:
                if os.fstat(lock.fileno()).st_uid == os.geteuid():
                    os.fchmod(lock.fileno(), 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise self.unwritable(error.strerror or error) from error

"""An anchor in a file, which the replicas of one host share. It is replaced whole and durably, under a lock."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.host.files.durable import replace, sync
from ledger.store.anchor.content import MAX_BYTES
from ledger.store.anchor.interface import Anchor, Change


class FileAnchor(Anchor):
    """The file at `path`, in a folder that is there, or the one that a link there leads to: all who follow it share
    one anchor. When `update` returns, it survives a loss of power."""

    remote = False

    def __init__(self, path: Path) -> None:
        self._named = path
        self.location = str(path)

    @property
    def path(self) -> Path:
        """The file itself: putting another in its place would leave a link's target as it was."""
        return Path(os.path.realpath(self._named))

    def raw(self) -> bytes | None:
        try:
            # A pipe would be waited for without an end.
            with open(self.path, "rb", opener=lambda path, flags: os.open(path, flags | os.O_NONBLOCK)) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise self.unreadable("it is no file")
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
        kept = None if expected is None else path.with_name(f"{path.name}.until-{stamp}")
        with self._locked():
            if self.raw() != expected:
                raise self.overtaken()
            if kept is not None and expected is not None:
                with kept.open("xb") as file:
                    file.write(expected)
                    file.flush()
                    os.fsync(file.fileno())
                sync(kept.parent)
            replace(path, note.encode())
        return None if kept is None else str(kept)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, over all processes. The lock is a file of its own, since the anchor is replaced."""
        path = self.path
        try:
            with path.with_name(f"{path.name}.lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise self.unwritable(error.strerror or error) from error

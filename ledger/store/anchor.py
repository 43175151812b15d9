"""The anchor: a file outside the database that holds the highest head ever signed here, as a signed checkpoint.

All replicas of one host name the same file. It is replaced whole and durably, under a lock, and it never goes back:
when `advance` returns, the file holds that head or a higher one, and so it does after a loss of power.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.note import parse_note
from ledger.errors import InvalidNote, Unavailable
from ledger.store.durable import replace

UNWRITABLE: Final = "anchor-unwritable"
UNREADABLE: Final = "anchor-unreadable"
_MAX_BYTES = 1 << 20


class Anchor:
    """The file at `path`, in a folder that is there. It holds a checkpoint by form; who signed it, others ask."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str | None:
        """The note, or None where there is no file. Raises Unavailable where it cannot be read or holds no checkpoint.
        Never sees a half-written one."""
        try:
            with self.path.open("rb") as file:
                text = file.read(_MAX_BYTES).decode()
            stated(text)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"cannot read the anchor {self.path}: {error.strerror}", code=UNREADABLE, field="anchor",
                              value=self.path) from error
        except (UnicodeDecodeError, InvalidNote) as error:
            raise Unavailable(f"the anchor {self.path} holds no checkpoint: {error}", code=UNREADABLE, field="anchor",
                              value=self.path, rule="the signed checkpoint that was last written there") from error
        return text

    def advance(self, note: str) -> str:
        """What the file holds afterwards, durably: the note, or what was there where that is at least as high. Raises
        Unavailable where it cannot be written; then the file is as it was."""
        size = stated(note).size
        with self._locked():
            found = self.read()
            if found is not None and stated(found).size >= size:
                return found
            replace(self.path, note.encode())
            return note

    def replace(self, note: str, found: bytes | None, keep: Path) -> None:
        """Puts the note in place of `found`, whatever that is; `keep`, a new file, holds a copy of it before. Raises
        Unavailable where the file holds something else by now, or cannot be written."""
        with self._locked():
            if self.raw() != found:
                raise Unavailable(f"the anchor {self.path} has changed meanwhile", code="anchor-changed")
            if found is not None:
                with keep.open("xb") as file:
                    file.write(found)
                    file.flush()
                    os.fsync(file.fileno())
            replace(self.path, note.encode())

    def raw(self) -> bytes | None:
        """The file's bytes, unread; None where there is none. Raises OSError."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One writer at a time, over all processes. The lock is a file of its own, since the anchor is replaced."""
        try:
            with self.path.with_name(f"{self.path.name}.lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise Unavailable(f"cannot write the anchor {self.path}: {error.strerror or error}", code=UNWRITABLE,
                              field="anchor", value=self.path) from error


def stated(note: str) -> Checkpoint:
    """The checkpoint that a note states, by form alone. Raises InvalidNote."""
    return parse_checkpoint(parse_note(note).text)

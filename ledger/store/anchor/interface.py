"""The interface of all kinds of anchors."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from ledger.errors import InvalidNote, Unavailable
from ledger.store.anchor.content import read, stated

UNWRITABLE: Final = "anchor-unwritable"
UNREADABLE: Final = "anchor-unreadable"
CHANGED: Final = "anchor-changed"

Change = Callable[[str | None], str]
"""Takes the present note of an anchor (None: no note), and returns the new one. It may be called several times."""


class Anchor(ABC):
    """The anchor at `location`. All calls block. `remote`: it is not on this host, so restoring this host's disks
    cannot bring back an older anchor, and reading it takes time."""

    location: str
    remote: bool

    @abstractmethod
    def raw(self) -> bytes | None:
        """The unchecked bytes of the anchor; None if it does not exist. Raises Unavailable if it cannot be read."""

    @abstractmethod
    def update(self, change: Change) -> str:
        """Replaces the present note by the result of `change`, atomically over all processes and hosts. Returns the
        note that the anchor then holds durably. Writes nothing if `change` returns the present note.

        Raises the errors of `change`, and Unavailable if the anchor cannot be read or written, or would go back to a
        lower head. Then the anchor is unchanged; but after a lost connection it may hold the new note.
        """

    @abstractmethod
    def replace(self, note: str, expected: bytes | None, stamp: str) -> str | None:
        """Replaces the bytes `expected` by the note, even if its head is lower. First saves `expected` at another
        place, whose name contains `stamp`, and returns that place. Raises Unavailable if the anchor has other bytes by
        now, or cannot be written."""

    def read(self) -> str | None:
        """The note, or None if the anchor does not exist. Raises Unavailable if it cannot be read or holds no
        checkpoint. It never returns a half-written note."""
        data = self.raw()
        return None if data is None else self.checked(data)

    def checked(self, data: bytes) -> str:
        """The note in these bytes. Raises Unavailable if they are not an anchor."""
        try:
            return read(data)
        except InvalidNote as error:
            raise Unavailable(f"the anchor {self.location} holds no checkpoint: {error}", code=UNREADABLE,
                              field="anchor", value=self.location,
                              rule="the signed checkpoint that a server last wrote there") from error

    def changed(self, current: str | None, change: Change) -> str | None:
        """The note to write; None if the anchor has it already. Raises Unavailable if the new note has a lower head."""
        note = change(current)
        if current is None or note == current:
            return None if note == current else note
        if stated(note).size < stated(current).size:
            raise self.unwritable("it holds a higher head")
        return note

    def unreadable(self, reason: object) -> Unavailable:
        return Unavailable(f"cannot read the anchor {self.location}: {reason}", code=UNREADABLE, field="anchor",
                           value=self.location)

    def unwritable(self, reason: object) -> Unavailable:
        return Unavailable(f"cannot write the anchor {self.location}: {reason}", code=UNWRITABLE, field="anchor",
                           value=self.location)

    def overtaken(self) -> Unavailable:
        return Unavailable(f"the anchor {self.location} has changed in the meantime", code=CHANGED, field="anchor",
                           value=self.location)

"""What an anchor does, wherever it is."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final

from ledger.errors import InvalidNote, Unavailable
from ledger.store.anchor.content import read, stated

UNWRITABLE: Final = "anchor-unwritable"
UNREADABLE: Final = "anchor-unreadable"
CHANGED: Final = "anchor-changed"

Change = Callable[[str | None], str]
"""Given what an anchor holds (None: nothing), what it is to hold. It may be called several times."""


class Anchor(ABC):
    """One anchor by its `location`. All calls block. `remote`: it is not on this host, so that no copy of this host's
    disks brings back an older one, and asking it takes time."""

    location: str
    remote: bool

    @abstractmethod
    def raw(self) -> bytes | None:
        """The bytes that it holds, whatever they are; None where it does not exist. Raises Unavailable where it cannot
        be read."""

    @abstractmethod
    def update(self, change: Change) -> str:
        """Puts what `change` makes of the present note in its place, in one step over all processes and hosts, and
        returns what the anchor then holds, durably. What `change` returns unchanged is not written.

        Raises what `change` raises, and Unavailable where the anchor cannot be read or written or would go back: then
        it is as it was, or, after a lost connection, holds the new note.
        """

    @abstractmethod
    def replace(self, note: str, expected: bytes | None, stamp: str) -> str | None:
        """Puts the note in place of the bytes `expected`, lower or not. Those are kept first, at the place that is
        returned, which has `stamp` in its name. Raises Unavailable where the anchor holds something else by now, or
        cannot be written."""

    def read(self) -> str | None:
        """The note, or None where the anchor does not exist. Raises Unavailable where it cannot be read or holds no
        checkpoint. Never sees a half-written one."""
        data = self.raw()
        return None if data is None else self.checked(data)

    def checked(self, data: bytes) -> str:
        """The note in its bytes. Raises Unavailable where they are no anchor."""
        try:
            return read(data)
        except InvalidNote as error:
            raise Unavailable(f"the anchor {self.location} holds no checkpoint: {error}", code=UNREADABLE,
                              field="anchor", value=self.location,
                              rule="the signed checkpoint that was last written there") from error

    def changed(self, current: str | None, change: Change) -> str | None:
        """What is to be written: None where that is there already. Raises Unavailable for what would go back."""
        note = change(current)
        if current is None or note == current:
            return None if note == current else note
        if stated(note).size < stated(current).size:
            raise self.unwritable("it holds a higher head")
        return note

    def unreadable(self, why: object) -> Unavailable:
        return Unavailable(f"cannot read the anchor {self.location}: {why}", code=UNREADABLE, field="anchor",
                           value=self.location)

    def unwritable(self, why: object) -> Unavailable:
        return Unavailable(f"cannot write the anchor {self.location}: {why}", code=UNWRITABLE, field="anchor",
                           value=self.location)

    def overtaken(self) -> Unavailable:
        return Unavailable(f"the anchor {self.location} has changed meanwhile", code=CHANGED, field="anchor",
                           value=self.location)

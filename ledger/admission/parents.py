"""How organisations leave their parents: which ends are on a log, and until when rules still count a group as one.

The right to read and to name ends with the entry. Rules about goods go on: whoever sold its mill yesterday
knows the mill's scrap, and a group could split for a day. They count a former group as one by the stated times of
records and goods, which no later entry changes, so a revision and an audit come to the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

NO_END: Final = -1
"""Stands for the index of the newest end on a log without one."""
_DAY: Final = 24 * 3600 * 1000
NOTICE: Final = 30 * _DAY
"""Milliseconds between the registrar's announcement and its record that ends a parent, at least."""
EXPIRY: Final = 90 * _DAY
"""And at most: afterwards nobody expects the end any more."""
_SECOND: Final = 1000


class LeftParent(Struct, frozen=True, array_like=True):
    """The entry `index`, at `time` in ms, by which an organisation left its parent; or, if `announced`, by which the
    registrar announced that it will."""

    index: int
    organization: str
    time: int
    announced: bool = False

    @property
    def instant(self) -> str:
        """When the organisation left, or that was announced, as records spell it."""
        return _instant(self.time)

    @property
    def counted_until(self) -> str:
        """Rules about goods count organisation and parent as one group before this instant, twelve months later."""
        left = self.instant
        later = f"{int(left[:4]) + 1:04d}{left[4:]}"
        return later.replace("-02-29T", "-03-01T")


class LeftParents:
    """All ends and announcements of a log, in log order. Immutable."""

    __slots__ = ("_left", "entries")

    def __init__(self, entries: Iterable[LeftParent] = ()) -> None:
        self.entries = tuple(entries)
        self._left: Mapping[str, LeftParent] = {one.organization: one for one in self.entries if not one.announced}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LeftParents) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(self.entries)

    def after(self, entry: LeftParent) -> "LeftParents":
        """These with one more."""
        return LeftParents((*self.entries, entry))

    @property
    def newest(self) -> int:
        """The index of the newest end or announcement, or NO_END."""
        return self.entries[-1].index if self.entries else NO_END

    def left(self, organization: str) -> LeftParent | None:
        """The end of an organisation's parent; None if the parent has not ended."""
        return self._left.get(organization)

    def announced(self, organization: str) -> Sequence[LeftParent]:
        """All announcements that an organisation leaves its parent."""
        return [one for one in self.entries if one.announced and one.organization == organization]


def _instant(time: int) -> str:
    return datetime.fromtimestamp(time // _SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""The lives of an item as a drawing: when it was made, handed over, returned as a core, and remanufactured."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from ledger.answers.lists import ListedRecordAnswer
from ledger.answers.stored import LotAnswer
from ledger.drawings.numbers import day, when
from ledger.drawings.timeline import LifeEvent, LifeKind, LifePhase, draw_lives
from ledger.pages.names import ThingNames
from ledger.pages.words import PageWords

_EVENTS: Final[Mapping[LifeKind, str]] = {"made": "made new", "remanufactured": "remanufactured", "core": "a core"}


class ItemLife(NamedTuple):
    """A lot of an item, and the record that made it."""

    lot: LotAnswer
    record: ListedRecordAnswer

    @property
    def begins(self) -> str:
        """The time at which its record ended; empty if the record states no time."""
        return self.record.end or ""

    @property
    def kind(self) -> LifeKind:
        """A lot that was handed over is in use, if it is no core."""
        if self.lot.role == "core":
            return "core"
        if self.lot.sender is not None:
            return "use"
        return "remanufactured" if self.lot.previous_life else "made"


def draw_item(lives: Sequence[ItemLife], words: PageWords, names: ThingNames) -> str:
    """The drawing: each phase lasts until the next lot. Empty without lots, or if a record states no time."""
    if not lives or not all(life.begins for life in lives):
        return ""
    ends = [life.begins for life in (*lives[1:], lives[-1])]
    phases = [
        LifePhase(life.kind, life.begins, end, names.thing(life.lot.holder))
        for life, end in zip(lives, ends, strict=True)
    ]
    events = [
        LifeEvent(life.begins, words(_EVENTS[life.kind]),
                  (names.thing(life.lot.holder), day(life.begins, words.language)))
        for life in lives if life.kind in _EVENTS
    ]
    label = words("The lives as a drawing")
    return draw_lives(phases, events, label, words=lambda text: when(text, words.language))

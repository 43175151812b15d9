"""The release of a sector's year: the one set of sums that is shown to everybody who does not see all organisations.

It holds the cells that may be shown together (`suppression.py`), for a calendar year that has ended, in total and by
province, and is stored. Records of that year may still come, and be revised. Whoever has two releases sees the
difference, so a later one replaces it only if that difference may be shown too: in every cell whose sums have changed,
the changes of organisations are as mixed as amounts must be. Until then the release stays, as of its tree size.
"""

import time
from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from ledger.answers.indicators import GroupAnswer
from ledger.service.queries.indicators.atoms import QUESTIONED, Atoms, CellName
from ledger.service.queries.indicators.suppression import MIN_ORGANIZATIONS, may_show, shown
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SUPPRESSED: Final = (
    "Sums over organisations that you do not see are shown for a calendar year that has ended, for one sector, in "
    "total or by province, where at least three organisations contribute, and only together with figures from which no "
    "smaller sum follows. They are as of the tree size of the answer, and change when enough organisations have "
    "changed. All other figures are of your own organisations."
)
LOOK_SECONDS: Final = 3600.0
"""A release that shows something is compared with the log at most so often, as that reads the year's records twice."""


class Release(Struct, frozen=True):
    """`size`: the tree of which it is. `cells`: those that are shown. `total` is absent if fewer than three
    organisations have records; `provinces` has those with at least three."""

    size: int
    cells: list[CellName]
    total: GroupAnswer | None = None
    provinces: list[GroupAnswer] = []

    @property
    def is_empty(self) -> bool:
        """Whether it shows nothing."""
        return not (self.cells or self.total or self.provinces)


_decoder = msgspec.json.Decoder(Release)


def release_of(
    size: int, atoms: Atoms, groups: Mapping[CellName, GroupAnswer], before: Collection[CellName] = ()
) -> Release:
    """The release of these sums. `groups`: the full answers by place. Cells shown `before` are the first to be shown
    again."""
    table = atoms.table()
    cells = shown(table._replace(cells=sorted(table.cells, key=lambda cell: cell.name not in before)))
    shown_groups: dict[CellName, GroupAnswer] = {}
    for place, answer in groups.items():
        if atoms.organizations(place) >= MIN_ORGANIZATIONS:
            shown_groups[place] = masked(answer, {name.indicator for name in cells if name.beside(place)})
    return Release(size, sorted(cells, key=str), next((one for at, one in shown_groups.items() if at.is_total), None),
                   [one for at, one in shown_groups.items() if not at.is_total])


def masked(answer: GroupAnswer, cells: Collection[str]) -> GroupAnswer:
    """The answer with these indicators alone. A code of findings may be of one organisation alone."""
    return replace(
        answer, findings=[], questioned=answer.questioned if QUESTIONED in cells else None,
        indicators=[each if each.name in cells else
                    replace(each, value=None, facilities=0, records=0, findings_share=None)
                    for each in answer.indicators],
        targets=[each if each.indicator in cells else
                 replace(each, actual=None, gap=None, met=None, percent=None, missing="suppressed")
                 for each in answer.targets])


def may_replace(old: Release, old_atoms: Atoms, new: Release, new_atoms: Atoms) -> bool:
    """Whether somebody who has both releases learns from the difference no sum that may not be shown."""
    if not set(old.cells) <= set(new.cells):
        return False
    return all(may_show(changes) for cell in old.cells for changes in new_atoms.changes(old_atoms, cell))


async def read_release(pool: DatabasePool, sector: str, year: int) -> Release | None:
    """The newest stored release."""
    row = await pool.fetchrow(queries("indicators")["release"], sector, year)
    return None if row is None else _decoder.decode(row["answer"])


async def store_release(pool: DatabasePool, sector: str, year: int, release: Release, after: Release | None) -> None:
    """Stores a release after the one that it replaces, unless another server has stored one meanwhile."""
    await pool.fetch(queries("indicators")["add_release"], sector, year, release.size,
                     -1 if after is None else after.size, msgspec.json.encode(release))


class Looks:
    """When this process compared a release with the log."""

    def __init__(self, seconds: float = LOOK_SECONDS) -> None:
        self._seconds = seconds
        self._looked: dict[tuple[str, int], float] = {}

    def due(self, sector: str, year: int) -> bool:
        """Whether it is time to look again; the next look then counts from now."""
        now, looked = time.monotonic(), self._looked.get((sector, year))
        if looked is not None and now < looked + self._seconds:
            return False
        self._looked[sector, year] = now
        return True

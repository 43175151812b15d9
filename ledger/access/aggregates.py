"""Which sums over organisations a caller may see who does not see each of them.

A sum is shown if at least three other organisations contribute, and the largest part is at most half of their sum. The
caller's own part does not count, since the caller can subtract it. A table with a known total hides
more cells, smallest first, until the hidden cells together may be shown as one sum: that sum is the total minus the
shown cells. Periods are calendar years that have ended. They do not overlap, so no difference of two periods is a
smaller one.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, TypeVar

MIN_ORGANIZATIONS: Final = 3
LARGEST_PART: Final = 0.5
Parts = Mapping[str, float]
"""The amount of each organisation in a sum."""
Name = TypeVar("Name")
_NEW_YEAR: Final = re.compile(r"(\d{4})-01-01T00:00:00Z")


def may_show(sums: Iterable[Parts], own: Collection[str]) -> bool:
    """Whether a cell may be shown whose value follows from these sums. `own`: organisations that the caller sees."""
    return all(_is_mixed(parts, own) for parts in sums)


def _is_mixed(parts: Parts, own: Collection[str]) -> bool:
    others = [abs(amount) for organization, amount in parts.items() if organization not in own and amount]
    return not others or (len(others) >= MIN_ORGANIZATIONS and max(others) <= LARGEST_PART * sum(others))


def hidden_cells(cells: Mapping[Name, Sequence[Parts]], own: Collection[str]) -> frozenset[Name]:
    """The cells of a table that are not shown beside its total. `cells`: the sums behind each cell, in one order."""
    hidden = [name for name, sums in cells.items() if not may_show(sums, own)]
    others = sorted([name for name in cells if name not in hidden], key=lambda name: _size(cells[name], own))
    while hidden and others and not may_show(_together([cells[name] for name in hidden]), own):
        hidden.append(others.pop(0))
    return frozenset(hidden)


def _size(sums: Sequence[Parts], own: Collection[str]) -> float:
    return sum(abs(amount) for parts in sums[:1] for name, amount in parts.items() if name not in own)


def _together(cells: Sequence[Sequence[Parts]]) -> list[Parts]:
    together: list[dict[str, float]] = [{} for _ in cells[0]]
    for sums in cells:
        for whole, parts in zip(together, sums, strict=True):
            for organization, amount in parts.items():
                whole[organization] = whole.get(organization, 0.0) + abs(amount)
    return list(together)


def is_ended_year(since: str | None, until: str | None, now: str) -> bool:
    """Whether a period, from one instant to another, is a calendar year that has ended `now`."""
    first, last = _NEW_YEAR.fullmatch(since or ""), _NEW_YEAR.fullmatch(until or "")
    if first is None or last is None or until is None:
        return False
    return int(first[1]) + 1 == int(last[1]) and until <= now

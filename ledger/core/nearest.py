"""The members of a list that a message shows: all of a short list, else the nearest three."""

import re
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from functools import lru_cache
from heapq import heappush, heappushpop
from itertools import islice
from typing import Final

ALL: Final = 20
"""A list up to this length is shown as a whole."""
NEAREST: Final = 3
_LIKE: Final = 0.65
_LIKE_TAIL: Final = 0.5
"""Names of one namespace are alike in most characters: the parts after it have to be so much alike, too."""
_MOST: Final = 1_000
_COMPARED: Final = 64
"""Longer names are compared by their ends: names of an organisation differ there."""
_LONGEST: Final = 255
"""Names of the ledger have at most so many characters; longer words are not compared."""
_ODD: Final = re.compile(r"[^a-z0-9]")


def allowed(word: object, members: Collection[str]) -> tuple[str, ...]:
    """The members to show, the nearest first."""
    return nearest(word, members, len(members) if len(members) <= ALL else NEAREST)


def nearest(word: object, members: Iterable[str], most: int = NEAREST) -> tuple[str, ...]:
    """The members most like `word`, the most similar first; equal ones in their order."""
    if not isinstance(word, str) or len(word) > _LONGEST:
        return tuple(islice(members, most))
    best: list[tuple[float, int, str]] = []
    for i, member in zip(range(_MOST), members, strict=False):
        score = _likeness(word, member, best[0][0] if len(best) == most else 0.0)
        if len(best) < most:
            heappush(best, (score, -i, member))
        else:
            heappushpop(best, (score, -i, member))
    return tuple([member for _, _, member in sorted(best, reverse=True)])


def meant(word: object, members: Iterable[str]) -> str | None:
    """The member that `word` misspells, if only one is so near."""
    if not isinstance(word, str) or len(word) > _LONGEST:
        return None
    best, near = 0.0, None
    for member in members:
        score = _likeness(word, member, max(best, _LIKE))
        if score > best:
            best, near = score, member
        elif score == best:
            near = None
    if near is None or best < _LIKE or (best < 1 and not _is_tail_alike(word, near)):
        return None
    return near


def _is_tail_alike(word: str, member: str) -> bool:
    """Whether two names are alike without the namespace that both begin with."""
    parts, others = word.lower().split(":"), member.lower().split(":")
    while len(parts) > 1 and len(others) > 1 and parts[0] == others[0]:
        del parts[0], others[0]
    return SequenceMatcher(None, ":".join(parts), ":".join(others), autojunk=False).ratio() >= _LIKE_TAIL


def _likeness(word: str, member: str, bar: float) -> float:
    """From 0 to 2; above 1 if only case and punctuation differ, the namespace is missing, or the member is one of the
    words of several. Likenesses below `bar` may come out as 0: comparing names takes much longer than a bound of their
    likeness."""
    if _plain(word) == _plain(member):
        return 2.0
    if member.lower().endswith((f":{word.lower()}", f".{word.lower()}")):
        return 1.5
    if " " in word and member.lower() in word.lower().split():
        return 1.25
    matcher = SequenceMatcher(None, word[-_COMPARED:].lower(), member[-_COMPARED:].lower(), autojunk=False)
    if matcher.real_quick_ratio() < bar or matcher.quick_ratio() < bar:
        return 0.0
    return matcher.ratio()


@lru_cache(maxsize=4_096)
def _plain(word: str) -> str:
    return _ODD.sub("", word.lower()) or word

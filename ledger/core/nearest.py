"""The members of a list that a message shows: all of a short list, else the nearest three."""

import re
from collections.abc import Collection, Iterable
from difflib import SequenceMatcher
from heapq import nlargest
from typing import Final

ALL: Final = 20
"""A list up to this length is shown as a whole."""
NEAREST: Final = 3
_LIKE: Final = 0.65
_MOST: Final = 1_000
_LONGEST: Final = 255
_ODD: Final = re.compile(r"[^a-z0-9]")


def allowed(word: object, members: Collection[str]) -> tuple[str, ...]:
    """The members to show, the nearest first."""
    return nearest(word, members, len(members) if len(members) <= ALL else NEAREST)


def nearest(word: object, members: Iterable[str], most: int = NEAREST) -> tuple[str, ...]:
    """The members most like `word`, the most similar first; equal ones in their order."""
    if not isinstance(word, str):
        return tuple(members)[:most]
    scored = [(_likeness(word, member), -i, member) for i, member in zip(range(_MOST), members, strict=False)]
    return tuple([member for _, _, member in nlargest(most, scored)])


def meant(word: object, members: Iterable[str]) -> str | None:
    """The member that `word` misspells, if only one is so near."""
    if not isinstance(word, str):
        return None
    scored = sorted([(_likeness(word, member), member) for member in members], reverse=True)[:2]
    if not scored or scored[0][0] < _LIKE or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    return scored[0][1]


def _likeness(word: str, member: str) -> float:
    """From 0 to 2; above 1 if only case and punctuation differ, or the namespace is missing."""
    if _plain(word) == _plain(member):
        return 2.0
    if member.lower().endswith((f":{word.lower()}", f".{word.lower()}")):
        return 1.5
    return SequenceMatcher(None, word[:_LONGEST].lower(), member[:_LONGEST].lower(), autojunk=False).ratio()


def _plain(word: str) -> str:
    return _ODD.sub("", word.lower()) or word

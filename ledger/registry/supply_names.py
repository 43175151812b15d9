"""The supplies that a name may mean which no factor set knows."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from ledger.sdk.sets.factor_set import FactorSetVersion, SupplyEntry
from ledger.sdk.sets.lookup import nearest

_MISSPELT: Final = 0.88
"""Names that are at least so much alike differ by a slip of the pen."""
_WORD: Final = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
"""A word of a key such as `naturalGas`, or of a name such as `Natural gas`."""


def supplies_like(sets: Sequence[FactorSetVersion], material: str, limit: int = 3) -> list[str]:
    """The keys whose names are most like `material`, at most `limit`: first misspelt ones, then names that contain it
    as a word (`gas` means `naturalGas` rather than `flatGlass`), then the others."""
    like = nearest(sets, material, 4 * limit)
    wanted = material.lower()
    misspelt = [key for key in like if _likeness(sets, wanted, key) >= _MISSPELT]
    containing = sorted(_containing(sets, wanted), key=lambda found: found[0])
    return list(dict.fromkeys([*misspelt, *[key for _, key in containing], *like]))[:limit]


def _likeness(sets: Sequence[FactorSetVersion], wanted: str, key: str) -> float:
    """From 0 to 1, by the most similar name of a key."""
    names = [name for version in sets if key in version.supplies for name in _names(version.supplies[key])]
    return max([SequenceMatcher(None, wanted, name.lower()).ratio() for name in names])


def _containing(sets: Sequence[FactorSetVersion], wanted: str) -> Iterator[tuple[tuple[bool, bool, int], str]]:
    """The keys with a name of several words, one of which is wanted; each with its rank, the least first: keys that
    end with the word, fuels, short names."""
    for version in sets:
        for entry in version.supplies.values():
            for name in _names(entry):
                words = [word.lower() for word in _WORD.findall(name)]
                if len(words) > 1 and wanted in words:
                    is_end = name == entry.key and words[-1] == wanted
                    yield (not is_end, entry.kind != "fuel", len(words)), entry.key


def _names(entry: SupplyEntry) -> Iterator[str]:
    yield entry.key
    yield from entry.aliases
    yield entry.en
    yield from entry.synonyms

"""The supplies that a name may mean which no factor set knows, in English, Chinese and German."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher, get_close_matches
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.core import patch
from ledger.engine.pricing.keys_and_rows import UNKNOWN_KEY
from ledger.errors import LedgerError
from ledger.sdk.sets.factor_set import FactorSetVersion, SupplyEntry

_SHOWN: Final = 3
_MISSPELT: Final = 0.88
"""Names that are at least so much alike differ by a slip of the pen."""
_SIMILAR: Final = 0.6
_WITHIN: Final = 4
"""Letters of a name that another one contains."""
_SURE: Final = 5
"""Shorter words differ in one letter by chance: `gas`, `glas`."""
_LONGEST: Final = 64
_CACHED: Final = 1024
_WORD: Final = re.compile(r"[A-ZÄÖÜ]?[a-zäöüß0-9]+|[A-ZÄÖÜ]+(?![a-zäöüß])")
"""A word of a key such as `naturalGas`, or of a name such as `Natural gas`."""
_SHAPE: Final = "invalid-field"
_KEY_FIELD: Final = re.compile(r"(?:supplies|overheads|transport|packaging|measured)\[\d+\]\.material$")
_MARKS: Final = re.compile(r"[\W_]+")


class _Name(NamedTuple):
    """A name of a supply as it is compared, and its words if it has several. `own`: it is the key or an alias."""

    text: str
    key: str
    own: bool
    words: tuple[str, ...]
    is_fuel: bool


def supplies_like(sets: Sequence[FactorSetVersion], material: str, limit: int = _SHOWN) -> list[str]:
    """The keys whose names are most like `material`, at most `limit`: first keys with
    exactly this name in any language, then misspelt ones, then names that contain it as a word (`gas` means
    `naturalGas` rather than `flatGlass`) or that it contains (`chalkDust` means chalk), then similar ones."""
    return list(_like(tuple(sets), material[:_LONGEST], limit))


def nearest_supplies(sets: Sequence[FactorSetVersion], material: str) -> list[str]:
    """Three keys, the nearest first, however little they are alike."""
    return list(_nearest(tuple(sets), material[:_LONGEST]))


def propose(fault: LedgerError, sets: Sequence[FactorSetVersion]) -> None:
    """Adds the nearest keys to the fault of a key that the sets do not know, or that is not spelled as one, with their
    names in each language, and the mend if only one can be meant. Other faults stay as they are."""
    if not is_of_key(fault) or fault.allowed or fault.mend or fault.value is None or not sets:
        return
    keys = nearest_supplies(sets, fault.value)
    fault.allowed = tuple(keys)
    if fault.field and keys and _is_meant(sets, fault.value, keys):
        fault.mend = (patch.replace(patch.steps_of(fault.field), keys[0]),)
    fault.message += "; nearest: " + ", ".join([described(_entry(sets, key)) for key in keys])


def is_of_key(fault: LedgerError) -> bool:
    """Whether a fault is of the key of a supply."""
    return fault.code == UNKNOWN_KEY or (
        fault.code == _SHAPE and _KEY_FIELD.search(fault.field or "") is not None)


def described(entry: SupplyEntry) -> str:
    """The key of a supply with its names, as in `naturalGas (Natural gas / 天然气 / Erdgas)`."""
    return f"{entry.key} ({' / '.join([entry.en, entry.zh, *entry.de[:1]])})"


def _is_meant(sets: Sequence[FactorSetVersion], material: str, keys: Sequence[str]) -> bool:
    """Whether `material` is a slip of the pen for the first of the keys, or its name in a language, and for no other.
    """
    wanted = _plain(material)
    close = [key for key in keys if any(
        name.key == key and (name.text == wanted or _one_edit(wanted, name.text)) for name in _names(tuple(sets)))]
    return close == list(keys[:1])


def _entry(sets: Sequence[FactorSetVersion], key: str) -> SupplyEntry:
    return next(entry for version in sets if (entry := version.supplies.get(key)) is not None)


@lru_cache(_CACHED)
def _nearest(sets: tuple[FactorSetVersion, ...], material: str) -> tuple[str, ...]:
    like = _like(sets, material, _SHOWN)
    if len(like) == _SHOWN:
        return like
    compared = SequenceMatcher(None, "", _plain(material), autojunk=False)

    def likeness(name: _Name) -> float:
        compared.set_seq1(name.text)
        return compared.quick_ratio()

    others = sorted(_names(sets), key=likeness, reverse=True)
    return tuple(dict.fromkeys([*like, *[name.key for name in others]]))[:_SHOWN]


@lru_cache(_CACHED)
def _like(sets: tuple[FactorSetVersion, ...], material: str, limit: int) -> tuple[str, ...]:
    wanted, names = _plain(material), _names(sets)
    keys = {name.text: name.key for name in reversed(names)}
    same = [name.key for name in names if name.text == wanted]
    edited = [name for name in names if _one_edit(wanted, name.text) and (name.own or len(wanted) >= _SURE)]
    edited.sort(key=lambda name: not name.own)
    close = get_close_matches(wanted, keys, n=4 * limit, cutoff=_SIMILAR)
    misspelt = [text for text in close if SequenceMatcher(None, wanted, text).ratio() >= _MISSPELT]
    within = sorted([text for text in keys if len(text) >= _WITHIN and (text in wanted or wanted in text)], key=len,
                    reverse=True)
    return tuple(dict.fromkeys([
        *same, *[name.key for name in edited], *[keys[text] for text in misspelt],
        *[name.key for name in _containing(names, material.lower())],
        *[name.key for word in _several(material) for name in names if name.text == word],
        *[keys[text] for text in (*close, *within)],
    ]))[:limit]


def _containing(names: Sequence[_Name], wanted: str) -> list[_Name]:
    """The names of several words, one of which is wanted: first keys that end with the word, then fuels, then short
    names."""
    return sorted([name for name in names if wanted in name.words], key=lambda name: (
        name.words[-1] != wanted or name.text != _plain(name.key), not name.is_fuel, len(name.words)))


@lru_cache(_CACHED)
def _names(sets: tuple[FactorSetVersion, ...]) -> tuple[_Name, ...]:
    return tuple([
        _Name(text, entry.key, own, _several(name), entry.kind == "fuel")
        for version in sets for entry in version.supplies.values()
        for own, names in ((True, (entry.key, *entry.aliases)), (False, _words(entry)))
        for name in names if (text := _plain(name))
    ])


def _several(name: str) -> tuple[str, ...]:
    """The words of a name that has several."""
    words = tuple([word.lower() for word in _WORD.findall(name)])
    return words if len(words) > 1 else ()


def _words(entry: SupplyEntry) -> tuple[str, ...]:
    return (entry.en, entry.zh, *entry.de, *entry.synonyms)


def _plain(word: str) -> str:
    return _MARKS.sub("", word.lower())


def _one_edit(word: str, other: str) -> bool:
    """Whether one letter is missing, added or another one, or two neighbours are exchanged."""
    if word == other or abs(len(word) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    rest, others = word[start:], other[start:]
    exchanged = rest[:2][::-1] == others[:2] and rest[2:] == others[2:]
    return rest[1:] == others[1:] or rest[1:] == others or rest == others[1:] or exchanged

"""Searches the supplies of factor sets by words: English, Chinese, German, synonyms, aliases, and prefixes of HS
codes.

Every word must match. The best match of each word counts, and a query that is a whole name counts most, so that `steel
scrap` finds scrap before other things of steel.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ledger.sdk.sets.factor_set import FactorSetVersion, SupplyEntry

_WORD: Final = re.compile("[a-z0-9äöüß]+|[\u4e00-\u9fff]+")
_HUMP: Final = re.compile("(?<=[a-z0-9])(?=[A-Z])")
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_HS_DIGITS: Final = re.compile("[0-9]{2,10}")
_HS_MARKS: Final = re.compile("(?<=[0-9])[ .](?=[0-9])")
_WHOLE: Final = 100
_HS: Final = 60
_SYNONYM: Final = 0.8
"""A match in a synonym counts less than one in a name."""
_PART: Final = 3
"""Letters that a part of a word needs."""


class SearchHit(NamedTuple):
    """A supply that matches. `score`: higher is nearer. `matched`: the name, synonym or code that matches best."""

    version: FactorSetVersion
    entry: SupplyEntry
    score: float
    matched: str


def search(versions: Sequence[FactorSetVersion], words: str) -> list[SearchHit]:
    """The supplies that match all words, nearest first."""
    query = _HS_MARKS.sub("", words.strip().lower())
    tokens = _WORD.findall(query)
    hits = [hit for version in versions for entry in version.supplies.values()
            if tokens and (hit := _hit(version, entry, query, tokens)) is not None]
    return sorted(hits, key=lambda hit: (-hit.score, len(hit.entry.en), hit.entry.key))


def _hit(
    version: FactorSetVersion, entry: SupplyEntry, query: str, tokens: Sequence[str]
) -> SearchHit | None:
    names = list(_names(version, entry))
    total, matched, highest = 0.0, entry.key, 0.0
    for token in tokens:
        score, name = max(((_score(token, text) * weight, text) for text, weight in names), default=(0.0, ""))
        if _HS_DIGITS.fullmatch(token):
            score, name = max((score, name), *[(_score_of_code(token, code), f"HS {code}") for code in entry.hs],
                              (0.0, ""))
        if score <= 0:
            return None
        total += score
        if score > highest:
            matched, highest = name, score
    total /= len(tokens)
    for text, weight in names:
        if weight >= _SYNONYM and (query == text.lower() or _joined(query) == _joined(text)):
            return SearchHit(version, entry, total + _WHOLE * weight, text)
    return SearchHit(version, entry, total, matched)


def _joined(text: str) -> str:
    return "".join(_WORD.findall(text.lower()))


def _names(version: FactorSetVersion, entry: SupplyEntry) -> Iterator[tuple[str, float]]:
    """Names with their weights."""
    yield entry.en, 1.0
    yield entry.zh, 1.0
    yield entry.key, 1.0
    for name in entry.de[:1]:
        yield name, 1.0
    for alias in entry.aliases:
        yield alias, 1.0
    for synonym in (*entry.synonyms, *entry.de[1:]):
        yield synonym, _SYNONYM
    group = version.classes.get(entry.group)
    if group is not None:
        yield group.en, _SYNONYM / 2
        yield group.zh, _SYNONYM / 2


def _score(token: str, text: str) -> float:
    """0 to 60: how well a word matches a name. The first word of a name counts a little more."""
    if _CHINESE.search(token):
        return _score_of_chinese(token, text)
    words = [_stem(word) for word in _WORD.findall(_HUMP.sub(" ", text).lower())]
    stem, lowered = _stem(token), text.lower()
    if stem in words:
        return 55.0 + 5.0 / (1 + words.index(stem)) - min(len(words), 10) / 10
    if len(token) < _PART:
        return 0.0
    if any(word.startswith(stem) for word in words):
        return 40.0
    return 15.0 if stem in lowered or lowered.replace(" ", "") == token else 0.0


def _stem(word: str) -> str:
    """Without the ending of the plural."""
    if len(word) > _PART + 1 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > _PART and word.endswith("s") and not word.endswith("ss") else word


def _score_of_chinese(token: str, text: str) -> float:
    """By the part of the name that the word covers, more at its end: a Chinese name ends with the thing, and begins
    with its kind. Else by the pairs of characters that both have."""
    if token in text:
        return 35.0 + 15.0 * len(token) / len(text) + (10.0 if text.endswith(token) else 0.0)
    if len(text) > 1 and text in token:
        return 30.0 * len(text) / len(token)
    pairs = {token[i:i + 2] for i in range(len(token) - 1)}
    share = sum(pair in text for pair in pairs) / len(pairs) if pairs else 0.0
    return 20.0 * share if share >= 0.5 else 0.0


def _score_of_code(token: str, code: str) -> float:
    """A code that begins with the digits, or a prefix of them: the longer the common part, the better, and the same
    code best."""
    if not (code.startswith(token) or token.startswith(code)):
        return 0.0
    return _HS - 10 + min(len(token), len(code)) - abs(len(token) - len(code)) / 20

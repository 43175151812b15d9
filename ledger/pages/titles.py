"""The title of a figure in words: *questioned and provisional footprint*."""

from typing import Final

from ledger.footprint.derived.completeness import WITHDRAWN
from ledger.pages.words import PageWords

_NOUN: Final = "footprint"
_AND: Final = " and "


def title_in(words: PageWords, title: str) -> str:
    """A title as the page says it, in its language."""
    if title == WITHDRAWN:
        return words(WITHDRAWN).capitalize()
    adjectives = title.removesuffix(_NOUN).strip()
    named = words(_AND).join([words(one) for one in adjectives.split(_AND) if one])
    between = " " if words.language == "en" and named else ""
    return f"{named}{between}{words(_NOUN)}".capitalize()

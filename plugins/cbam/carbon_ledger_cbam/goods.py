"""Goods that count: annexes I and II of Regulation (EU) 2023/956 by CN code, mark-ups, exempt origins."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from ledger.sdk import rows

_PACKAGE: Final = "carbon_ledger_cbam"
_SHORTEST, _LONGEST = 4, 10


class Good(NamedTuple):
    """A row of annex I: the CN code or its beginning, the aggregated goods category, and whether only direct emissions
    count (annex II). `gases` are CO2, N2O and PFC."""

    cn: str
    category: str
    sector: str
    direct_only: bool
    gases: frozenset[str]
    source: str
    recalled: bool


class Mark(NamedTuple):
    """The mark-up of default values, per cent."""

    percent: Decimal
    source: str


def digits(cn: str | None) -> str | None:
    """The digits of a CN code, written with or without spaces and dots; None if it is no CN code."""
    bare = "" if cn is None else cn.replace(" ", "").replace(".", "")
    return bare if bare.isascii() and bare.isdecimal() and _SHORTEST <= len(bare) <= _LONGEST else None


def good_of(cn: str | None) -> Good | None:
    """The row of annex I for a code: the longest row that the code begins with; None if it is outside annex I."""
    code = digits(cn)
    if code is None:
        return None
    for length in range(len(code), _SHORTEST - 1, -1):
        good = _goods().get(code[:length])
        if good is not None:
            return good if good.category else None
    return None


def is_unclear(cn: str | None) -> bool:
    """Whether a code does not decide if the goods are of annex I: it is absent, malformed, or too short."""
    code = digits(cn)
    if code is None:
        return True
    return good_of(code) is None and any(row.category and row.cn.startswith(code) for row in _goods().values())


@cache
def _goods() -> Mapping[str, Good]:
    return {
        row["cn"]: Good(row["cn"], row["category"], row["sector"], row["direct_only"] == "yes",
                        frozenset(row["gases"].split()), row["source"], row["status"] == "recalled")
        for row in rows(_PACKAGE, "goods.csv")
    }


@cache
def category_names() -> Mapping[str, tuple[str, str]]:
    """English and Chinese names of the aggregated goods categories."""
    return {row["category"]: (row["en"], row["zh"]) for row in rows(_PACKAGE, "categories.csv")}


def mark_up(sector: str, year: int) -> Mark:
    """The mark-up by sector and year; 0 before the definitive period."""
    mark = Mark(Decimal(0), "no mark-up before the definitive period")
    for row in rows(_PACKAGE, "markups.csv"):
        if row["sector"] == sector and int(row["from"]) <= year:
            mark = Mark(Decimal(row["percent"]), row["source"])
    return mark


def exemption(country: str | None) -> str | None:
    """The source by which precursors of a country count as zero; None if they count."""
    return next((row["source"] for row in rows(_PACKAGE, "exempt.csv") if row["country"] == country), None)

"""Numbers, days and units as templates write them. Each number keeps its exact value in a `data` element."""

from collections.abc import Callable, Mapping
from functools import cache
from shlex import quote
from typing import Final

from markupsafe import Markup

from ledger.drawings import numbers
from ledger.drawings.numbers import Amount, FigureInterval
from ledger.pages.words import Language
from ledger.registry.reference.texts import unit_in_language
from ledger.sdk.tables import rows


def data(value: Amount | None, text: str) -> Markup:
    """A number as it is shown, with its exact value for machines."""
    if value is None:
        return Markup("<span>{}</span>").format(text)
    return Markup('<data value="{}">{}</data>').format(numbers.exact(value), text)


def figure(value: Amount | None, low: Amount | None = None, high: Amount | None = None) -> Markup:
    """A figure that stands alone."""
    interval = None if low is None or high is None else FigureInterval(low, high)
    return data(value, numbers.figure(value, interval))


def amount(value: Amount | None, decimals: int = 0) -> Markup:
    """A cell of a column."""
    return data(value, numbers.cell(value, decimals))


def share(value: Amount | None) -> Markup:
    """A part of 1 in percent."""
    return data(value, numbers.percent(value))


def limit(value: float) -> Markup:
    """A limit that somebody has set, such as 3 %: whole if it is whole."""
    text = numbers.percent(value)
    return data(value, text.replace(".0", ""))


def percent(value: Amount | None) -> Markup:
    """A part of 100 in percent."""
    return data(value, numbers.percent(None if value is None else float(value) / 100))


def difference(value: Amount | None, decimals: int = 0) -> Markup:
    """A cell of a column of differences, with its sign."""
    return data(value, numbers.cell(value, decimals, signed=True))


def change(value: Amount | None) -> Markup:
    """A relative change in percent, with its sign."""
    return data(value, numbers.percent(value, signed=True))


def unit(code: str, language: Language) -> str:
    """The symbol of a unit in English where it has one, such as `kg`; else its name."""
    symbol = _symbols().get(code) if language == "en" else None
    return symbol or unit_in_language(code, language)


@cache
def _symbols() -> Mapping[str, str]:
    return {row["code"]: row["symbol"] for row in rows("ledger.pages", "symbols.csv")}


def day(text: str | None, language: Language) -> str:
    """A day; `–` without one."""
    return numbers.ABSENT if not text else numbers.day(text, language)


def month(text: str, language: Language) -> str:
    """A month, from `YYYY-MM`."""
    return numbers.month(text, language)


def tail(name: str) -> str:
    """The last part of an identifier, by which people call a thing without a name."""
    last = name.rstrip("/:#").replace("/", ":").replace("#", ":").rsplit(":", 1)[-1]
    return last or name


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "figure": figure, "amount": amount, "difference": difference, "share": share, "change": change, "limit": limit,
    "percent": percent, "unit": unit, "day": day, "month": month, "tail": tail, "svg": Markup, "quoted": quote,
}

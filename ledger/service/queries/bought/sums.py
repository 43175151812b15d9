"""Sums over bought lots: quantities by product and unit, burdens, titles, and the age of the data.

Sums are rounded once for each chunk of lots, so the memory for them is bounded.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from decimal import Context, Decimal
from typing import Any, Final, NamedTuple

from ledger.answers.purchases import BoughtGoodsAnswer, TitleShareAnswer
from ledger.core.outcome.assessment import BURDENS, QUESTIONED
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.footprint.derived.completeness import doubtful_of
from ledger.footprint.stored.burdens import SLOT, Vector, footprint

_ABSOLUTE: Final = SLOT["absGhg"]
_EXACT: Final = Context(prec=60)
_YEAR: Final = 365.25 * 86_400
_CHUNK: Final = 1_000


class BoughtLot(NamedTuple):
    """The received quantity of a lot with its burdens. `made`: the earliest time at which it can have been made."""

    product: str
    unit: str
    quantity: Decimal
    burdens: Vector
    title: str
    made: str | None


class BurdenSums:
    """The burdens of some lots, with their number."""

    def __init__(self) -> None:
        self.lots = 0
        self._parts: list[list[float]] = [[] for _ in BURDENS]

    def add(self, burdens: Vector) -> None:
        self.lots += 1
        for parts, amount in zip(self._parts, burdens, strict=True):
            if amount:
                parts.append(amount)
            if len(parts) > _CHUNK:
                parts[:] = [math.fsum(parts)]

    def total(self) -> Vector:
        return tuple([math.fsum(parts) for parts in self._parts])


class GoodsAmounts(BurdenSums):
    """The same of goods in one unit, with their quantity."""

    def __init__(self) -> None:
        super().__init__()
        self.quantity = Decimal(0)

    def take(self, lot: BoughtLot) -> None:
        self.add(lot.burdens)
        self.quantity = _EXACT.add(self.quantity, lot.quantity)

    def answer(self, product: str, unit: str) -> BoughtGoodsAnswer:
        burdens = self.total()
        total, quantity = footprint(burdens), float(self.quantity)
        return BoughtGoodsAnswer(
            product=product, quantity=Quantity(value=plain(self.quantity), unit=unit), lots=self.lots,
            footprint=total, footprint_per_unit=total / quantity, questioned=burdens[SLOT[QUESTIONED]],
            primary_share=part_of(burdens, "primaryAbs"),
        )


class BoughtSums:
    """Takes the lots of a purchase one by one."""

    def __init__(self) -> None:
        self._all = BurdenSums()
        self._goods: dict[tuple[str, str], GoodsAmounts] = {}
        self._units: dict[str, GoodsAmounts] = {}
        self._titles: dict[str, BurdenSums] = {}
        self._made: dict[str, BurdenSums] = {}
        self.undated = 0

    @property
    def lots(self) -> int:
        return self._all.lots

    def take(self, lot: BoughtLot) -> None:
        self._all.add(lot.burdens)
        self._goods.setdefault((lot.product, lot.unit), GoodsAmounts()).take(lot)
        self._units.setdefault(lot.unit, GoodsAmounts()).take(lot)
        self._titles.setdefault(lot.title, BurdenSums()).add(lot.burdens)
        if lot.made is None:
            self.undated += 1
        else:
            self._made.setdefault(lot.made, BurdenSums()).add(lot.burdens)

    def burdens(self) -> Vector:
        return self._all.total()

    def goods(self) -> list[BoughtGoodsAnswer]:
        """By product and unit, the largest amount of kg CO2e first."""
        answers = [amounts.answer(product, unit) for (product, unit), amounts in self._goods.items()]
        return sorted(answers, key=lambda one: (-abs(one.footprint), one.product, one.quantity.unit))

    def quantities(self) -> list[BoughtGoodsAnswer]:
        """By unit; `product` is empty if there are several products in the unit."""
        products: dict[str, set[str]] = {}
        for product, unit in self._goods:
            products.setdefault(unit, set()).add(product)
        return [
            amounts.answer(next(iter(products[unit])) if len(products[unit]) == 1 else "", unit)
            for unit, amounts in sorted(self._units.items())
        ]

    def titles(self) -> list[TitleShareAnswer]:
        """By title, the largest share first."""
        whole = self.burdens()[_ABSOLUTE]
        answers = []
        for title, amounts in self._titles.items():
            burdens = amounts.total()
            answers.append(TitleShareAnswer(
                title=title, lots=amounts.lots, footprint=footprint(burdens),
                share=burdens[_ABSOLUTE] / whole if whole else amounts.lots / self.lots))
        return sorted(answers, key=lambda one: (-one.share, one.title))

    @property
    def oldest(self) -> str | None:
        return min(self._made, default=None)

    def age(self, now: str) -> float | None:
        """The mean age in years of the lots with a time, by absolute amounts; by number if there is no amount. None
        without such lots. `now`: the time until which ages count."""
        ages = list(self._ages(now))
        weight = math.fsum([amount for _, amount, _ in ages])
        if not ages:
            return None
        if weight:
            return math.fsum([age * amount for age, amount, _ in ages]) / weight
        return math.fsum([age * count for age, _, count in ages]) / sum(count for _, _, count in ages)

    def _ages(self, now: str) -> Iterator[tuple[float, float, int]]:
        """The age in years, absGhg and number of lots of each time."""
        end = datetime.fromisoformat(now)
        for made, amounts in self._made.items():
            age = max(0.0, (end - datetime.fromisoformat(made)).total_seconds() / _YEAR)
            yield age, amounts.total()[_ABSOLUTE], amounts.lots


def part_of(burdens: Vector, burden: str) -> float | None:
    """A quality burden over absGhg; None if there is no amount."""
    return burdens[SLOT[burden]] / burdens[_ABSOLUTE] if burdens[_ABSOLUTE] else None


def figures_of(sums: BoughtSums, now: str) -> dict[str, Any]:
    """The fields of `BoughtFiguresAnswer`."""
    burdens = sums.burdens()
    primary = part_of(burdens, "primaryAbs")
    doubtful = doubtful_of(burdens, 0.0)
    return {
        "lots": sums.lots, "footprint": footprint(burdens), "questioned": doubtful.questioned,
        "questioned_share": doubtful.shares.get("questioned", 0.0), "omitted": doubtful.omitted,
        "provisional": doubtful.provisional, "unestimated": burdens[SLOT["unestimated"]], "titles": sums.titles(),
        "undated": sums.undated, "primary_share": primary,
        "secondary_share": None if primary is None else 1.0 - primary, "oldest_data": sums.oldest,
        "data_age": sums.age(now),
    }

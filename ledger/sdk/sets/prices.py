"""Usual prices of goods, by which allocation shares are compared, and the allocation keys that sector rules prescribe.

Prices are in US dollars before tax: of good and bad years of the markets, and a usual one. They serve to compare goods
with each other and convert nothing. Both tables belong to version 4 of the ledger's rules: a change needs a new rule,
since figures of earlier records rest on the rows.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import POWER_UNITS, UNITS
from ledger.sdk.sets.factor_set import FactorSetVersion
from ledger.sdk.sets.lookup import entry_of
from ledger.sdk.tables import rows

_NOTHING: Final = Decimal(0)
_ONE: Final = Decimal(1)
_PACKAGE: Final = "ledger.sdk.data"
_ANY: Final = "*"
_WATER: Final = ("water", "deionisedWater", "softenedWater", "coolingWater")
_LYE: Final = ("causticSoda", "sodiumHydroxide")
_WEAKEST_LYE: Final = Decimal("0.3")
"""Membrane cells give lye of 0.30 to 0.33, and evaporators of 0.5 (reference document on chlor-alkali, 2014)."""
_KNOWN_PART: Final = Decimal("0.9")
"""So much of a product must be of materials with a price. The rest, such as the water in an acid, is worth nothing."""


class UsualPrice(NamedTuple):
    """Of a kg, or of a kWh or MJ."""

    low: Decimal
    usual: Decimal
    high: Decimal

    def times(self, amount: Decimal) -> "UsualPrice":
        """The price of an amount."""
        return UsualPrice(*[CONTEXT.multiply(price, amount) for price in self])

    def plus(self, other: "UsualPrice") -> "UsualPrice":
        """The price of both together."""
        return UsualPrice(*[CONTEXT.add(own, more) for own, more in zip(self, other, strict=True)])


FREE: Final = UsualPrice(_NOTHING, _NOTHING, _NOTHING)


def usual_price(sets: Sequence[FactorSetVersion], material: str) -> UsualPrice | None:
    """Of a kg of a material, by its name or by the key under which a factor set knows it, or by its class: stone, ash
    and slag without a row of their own are worth little."""
    price = _prices().get(material)
    if price is None:
        known = entry_of(sets, material)
        names = () if known is None else (known[1].key, f"class:{known[1].group}")
        price = next((_prices()[name] for name in names if name in _prices()), None)
    return price


def price_of_mixture(sets: Sequence[FactorSetVersion], materials: Mapping[str, Decimal]) -> UsualPrice | None:
    """Of a kg of a product that consists of these materials, by mass fractions. None if too much of it is unknown."""
    total, priced = FREE, _NOTHING
    for material, share in materials.items():
        price = usual_price(sets, material)
        if price is None:
            return None
        total, priced = total.plus(price.times(share)), CONTEXT.add(priced, share)
    return total if priced >= _KNOWN_PART else None


def price_of_energy(amount: Decimal, unit: str) -> UsualPrice | None:
    """Of an amount of power (by units of watt hours) or heat. None for another dimension."""
    if UNITS[unit].dimension != "energy":
        return None
    name, per = ("electricity", "KWH") if unit in POWER_UNITS else ("heat", "3B")
    base = CONTEXT.divide(CONTEXT.multiply(amount, UNITS[unit].scale), UNITS[per].scale)
    return _prices()[name].times(base)


def is_prescribed(process: str, key: str, goods: Iterable[Collection[str]] = ()) -> bool:
    """Whether a sector rule prescribes this allocation key for a process (`sector.route`) among `goods`: for each
    output, the keys of its materials. The rule names its goods, `*` for any; mere water never carries."""
    prescribed = _prescribed().get((process, key))
    if prescribed is None:
        return False
    for materials in goods:
        dry = [name for name in materials if name not in _WATER]
        if not dry and materials:
            return False
        if prescribed != [_ANY] and not (dry and set(dry).issubset(prescribed)):
            return False
    return True


def dry_part(materials: Mapping[str, str | Decimal]) -> Decimal:
    """The part of a good that counts where mass is dry mass: of lye that names nothing but its caustic soda, and water
    perhaps, the caustic soda; of every other good, all. So neither a trace of lye nor a claim of water makes goods
    lighter."""
    shares = {name: Decimal(share) for name, share in materials.items() if name not in _WATER}
    if not shares or not shares.keys() <= set(_LYE):
        return _ONE
    lye = sum(shares.values(), _NOTHING)
    return lye if lye >= _WEAKEST_LYE else _ONE


@cache
def _prescribed() -> Mapping[tuple[str, str], Sequence[str]]:
    """The goods of each rule, by its process and key."""
    goods: dict[tuple[str, str], Sequence[str]] = {}
    for row in rows(_PACKAGE, "prescribed-keys.csv"):
        goods.setdefault((row["process"], row["key"]), row["goods"].split(";"))
    return goods


@cache
def _prices() -> Mapping[str, UsualPrice]:
    return {
        row["material"]: UsualPrice(*[Decimal(row[column]) for column in UsualPrice._fields])
        for row in rows(_PACKAGE, "usual-prices.csv")
    }

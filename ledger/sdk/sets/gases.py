"""Greenhouse gases that are bought and filled, under all their names.

`ledger/sdk/data/gases.csv` has a row for each gas: the names beside its own key, in small letters without signs, and
for a blend its mass fractions by ASHRAE 34 (ISO 817), without the parts that hardly warm.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final

from ledger.footprint.stored.gwp import AR6
from ledger.sdk.tables import rows

_CACHED: Final = 4096
_MOST: Final = Decimal("0.5")
_CARRIERS: Final = ("nitrogen", "argon", "helium", "oxygen", "air", "carbonDioxide", "hydrogen")


@cache
def _table() -> tuple[Mapping[str, str], Mapping[str, Decimal]]:
    """The gas by its plain name, and its potential by AR6."""
    names, potentials = dict[str, str](), dict[str, Decimal]()
    for row in rows("ledger.sdk.data", "gases.csv"):
        gas = row["gas"]
        names |= dict.fromkeys((_plain(gas), *filter(None, row["names"].split(";"))), gas)
        parts = [part.split() for part in filter(None, row["parts"].split(";"))]
        potentials[gas] = sum((AR6[part] * Decimal(share) for part, share in parts), Decimal(0)) if parts else AR6[gas]
    return names, potentials


@lru_cache(_CACHED)
def gas_of(name: str) -> str | None:
    """The greenhouse gas that a material is: `HFC32` of `HFC32`, `R32` and `difluoromethane`. None for all other
    materials, also for carbon dioxide and methane."""
    return _table()[0].get(_plain(name))


def potential_of(gas: str) -> Decimal:
    """Kg CO2e per kg of a gas that `gas_of` returns, by AR6 over 100 years."""
    return _table()[1][gas]


def gases_in(materials: Mapping[str, Decimal], mass: Decimal | None) -> Mapping[str, Decimal]:
    """Kg of each greenhouse gas in a lot that consists of gas for at least half, with the gases that dilute it.
    `materials`: mass fractions of the lot. An article that is filled with a gas, such as a switchgear, holds it."""
    masses: dict[str, Decimal] = {}
    whole = Decimal(0)
    for material, share in materials.items():
        gas = gas_of(material)
        if gas is not None or material in _CARRIERS:
            whole += share
        if gas is not None and mass:
            masses[gas] = masses.get(gas, Decimal(0)) + share * mass
    return masses if whole >= _MOST else {}


def _plain(name: str) -> str:
    return "".join([letter for letter in name.lower() if letter.isalnum()])

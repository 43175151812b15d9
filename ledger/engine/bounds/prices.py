"""Defaults of the factor sets for the outputs of a record: they measure a question."""

from decimal import Decimal
from functools import lru_cache
from typing import Final

from ledger.admission.facts import LotFacts
from ledger.core.record.units import UNITS
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, is_power, megajoules
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk import FactorSetVersion
from ledger.sdk.sets.factor_set import SetBoundary
from ledger.sdk.sets.lookup import choose, conservative, entry_of, entry_of_code
from ledger.sdk.sets.reading import co2e_of

_HEAT: Final = ("heat", "steam")
_POWER: Final = ("electricity",)
_CACHED: Final = 4096


@lru_cache(_CACHED)
def _price(
    sets: tuple[FactorSetVersion, ...], material: str, boundary: SetBoundary, places: tuple[str, ...], year: int
) -> tuple[Decimal, str, str] | None:
    """Kg CO2e per base unit (kg, MJ, Nm3), its dimension, and the row."""
    choice = choose(sets, material, boundary, places, year)
    if choice is None:
        return None
    unit = UNITS[choice.entry.unit]
    return co2e_of(choice.factor.gases) / unit.scale, unit.dimension, choice.name


def default_of(
    sets: tuple[FactorSetVersion, ...], around: Surroundings, material: str, dimension: str = "mass"
) -> tuple[Decimal, str] | None:
    """Kg CO2e per kg (MJ for energy) of a material, and its row; of a fuel, its upstream. None if no set has it."""
    entry = entry_of(sets, material)
    boundary: SetBoundary = "wellToTank" if entry is not None and entry[1].kind == "fuel" else "cradleToGate"
    price = _price(sets, material, boundary, around.places, around.year)
    return None if price is None or price[1] != dimension else (price[0], price[2])


def burning_of(sets: tuple[FactorSetVersion, ...], around: Surroundings, material: str) -> Decimal | None:
    """Kg CO2e per kg of a fuel that burns. None if no set has it by mass."""
    price = _price(sets, material, "combustion", around.places, around.year)
    return None if price is None or price[1] != "mass" else price[0]


def price_of_energy(process: Process, unit: str) -> tuple[Decimal, str] | None:
    """Kg CO2e per MJ of bought power, or of bought heat, and its row."""
    for carrier in _POWER if is_power(unit) else _HEAT:
        price = default_of(process.sets, process.around, carrier, "energy")
        if price is not None:
            return price
    return None


def default_of_lot(process: Process, lot: LotFacts) -> tuple[Decimal, str | None]:
    """Kg CO2e of a whole output by default, and a row behind it: by its carrier, by its code, by its materials. Matter
    that no set knows has the 90th percentile of its class, as a supply of it has."""
    if is_energy(lot.unit):
        price = price_of_energy(process, lot.unit)
        return (ZERO, None) if price is None else (price[0] * megajoules(lot.quantity, lot.unit), price[1])
    mass = lot.mass or ZERO
    product = process.facts.product_of(lot)
    entry = entry_of_code(process.sets, product.codes if product is not None else ())
    known = None if entry is None else default_of(process.sets, process.around, entry.key)
    if known is not None:
        return known[0] * mass, known[1]
    total, rest, row = ZERO, ONE, None
    for name, share in process.facts.composition(lot).materials.items():
        price = default_of(process.sets, process.around, name)
        if price is not None:
            total, rest, row = total + price[0] * mass * Decimal(share), rest - Decimal(share), row or price[1]
    if rest == ONE:
        return mass * (conservative(process.sets, lot.product, "KGM") or ZERO), None
    return total, row

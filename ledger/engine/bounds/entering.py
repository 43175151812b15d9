"""The most carbon and energy that the lots and supplies of a record can bring."""

from decimal import Decimal
from typing import Final, NamedTuple

from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, is_power, megajoules
from ledger.engine.bounds.substances import (
    NOTHING,
    MostHeld,
    amount_of_supply,
    most_of,
    most_of_lot,
    substance_of,
)
from ledger.engine.pricing.analyses import analyses_of
from ledger.engine.pricing.material_amount import MaterialAmount
from ledger.sdk import FuelAnalysis

MOST_HEAT: Final = Decimal("1.5")
"""A site's heating value counts up to this multiple of the row of its fuel."""


class Entering(NamedTuple):
    """`held`: by matter and carriers together. Of its heat, `power` MJ are electricity, and `fuel` MJ come with matter
    that can burn or react."""

    held: MostHeld
    power: Decimal
    fuel: Decimal


def entering(process: Process) -> Entering:
    """The most that the record's lots, supplies and overheads bring."""
    held, power, fuel = NOTHING, ZERO, ZERO
    for part, unit, amount in [*_of_lots(process), *_of_supplies(process)]:
        held = held.plus(part)
        if is_power(unit):
            power += megajoules(amount, unit)
        elif not is_energy(unit):
            fuel += part.heat
    return Entering(held, power, fuel)


def _of_lots(process: Process) -> list[tuple[MostHeld, str, Decimal]]:
    return [
        (most_of_lot(process.sets, process.facts.composition(lot), MaterialAmount(quantity, lot.unit, mass)), lot.unit,
         quantity)
        for lot, quantity, mass in process.lots
    ]


def _of_supplies(process: Process) -> list[tuple[MostHeld, str, Decimal]]:
    analyses = analyses_of(process.record)
    parts = []
    for place, supplied in enumerate(process.supplied):
        supply = supplied.supply
        # Overheads are not analysed.
        analysis = analyses.get(supply.material) if place < len(process.plan.supplied) else None
        amount = amount_of_supply(process.sets, supplied, analysis)
        product = process.facts.product_named(supply.product)
        if product is not None and (product.composition.materials or product.composition.fossil_carbon is not None
                                    or product.composition.biogenic_carbon is not None):
            held = most_of_lot(process.sets, product.composition, amount)
        else:
            held = most_of(process.sets, supply.material, amount)
        if analysis is not None:
            held = _analysed(process, supply.material, amount, held, analysis)
        parts.append((held, amount.unit, amount.value))
    return parts


def _analysed(
    process: Process, material: str, amount: MaterialAmount, held: MostHeld, analysis: FuelAnalysis
) -> MostHeld:
    """A fuel with the site's own values where they are higher: its heating value within reason, its carbon within its
    mass. `analyses` questions values that are too low."""
    if not analysis.heating_value or is_energy(amount.unit):
        return held
    row = substance_of(process.sets, material)
    if row.entry is None or not row.heat or not held.heat:
        return held
    stated = min(Decimal(analysis.heating_value), row.heat * MOST_HEAT)
    carbon = Decimal(analysis.carbon or 0) or Decimal(analysis.carbon_content or 0) * stated
    units = held.heat / row.heat
    whole = max(held.carbon, min(carbon * units, amount.mass or carbon * units))
    return MostHeld(whole, whole, whole if held.grown or Decimal(analysis.biogenic_share) else ZERO,
                max(held.heat, stated * units) if stated > ONE else held.heat)

"""The coal, oil and gas in lots, by the factor sets: they burn where the lot burns."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import Composition
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS
from ledger.engine.pricing.fuel_kinds import kind_of
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk import FactorSetVersion, SetChoice
from ledger.sdk.sets.lookup import amount_of, choose, entry_of

CARBON_DIOXIDE: Final = "CO2"
_FUEL: Final = "fuel"
_WHOLE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)


class LotAmount(NamedTuple):
    """A quantity of a lot in its unit, and its mass in kg if it has one."""

    quantity: Decimal
    unit: str
    mass: Decimal | None


class LotFuel(NamedTuple):
    """A fuel in a lot under the name that the lot gives it: `amount` in the unit of the row of its combustion. Biomass
    has no fossil CO2."""

    material: str
    amount: Decimal
    choice: SetChoice

    @property
    def carbon_dioxide(self) -> Decimal:
        """Kg of fossil CO2 if all of it burns."""
        return CONTEXT.multiply(self.amount, dict(self.choice.factor.gases).get(CARBON_DIOXIDE, _NOTHING))


def fuels_in(
    sets: Sequence[FactorSetVersion], around: Surroundings, composition: Composition, lot: LotAmount
) -> list[LotFuel]:
    """The fuels in a lot of matter by its materials, without waste, which is recycled as often as burnt. Of a mixture,
    each fuel counts by its mass."""
    fuels = list[LotFuel]()
    for material, share in composition.materials.items():
        fuel = fuel_of_lot(sets, around, material, _part(lot, Decimal(share)))
        fuels += [] if fuel is None else [fuel]
    return fuels


def fuel_of_lot(
    sets: Sequence[FactorSetVersion], around: Surroundings, material: str, lot: LotAmount
) -> LotFuel | None:
    """An amount of a material that burns; None for other materials, for waste, and for amounts that do not convert."""
    known = entry_of(sets, material)
    if known is None or known[1].kind != _FUEL:
        return None
    choice = choose(sets, material, "combustion", around.places, around.year)
    if choice is None or choice.entry.heating_value is None:
        return None
    is_fossil = bool(dict(choice.factor.gases).get(CARBON_DIOXIDE))
    if is_fossil and not kind_of(choice.entry.key).is_mineral:
        return None
    amount = amount_of(choice.entry, lot.quantity, lot.unit, lot.mass)
    return None if amount is None else LotFuel(material, amount, choice)


def _part(lot: LotAmount, share: Decimal) -> LotAmount:
    """That share of it. A volume of a mixture is no volume of its parts."""
    if share == _WHOLE:
        return lot
    if UNITS[lot.unit].dimension == "energy":
        return LotAmount(CONTEXT.multiply(lot.quantity, share), lot.unit, None)
    mass = CONTEXT.multiply(lot.mass or _NOTHING, share)
    return LotAmount(mass, "KGM", mass)

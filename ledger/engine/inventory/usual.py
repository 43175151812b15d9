"""The usual amount of a need for the products of a record, its energy, and its price by the factor sets."""

from decimal import Decimal
from typing import Final, NamedTuple

from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS
from ledger.engine.inventory.stated import CARRIERS, FUEL
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk import PRODUCT_ROLES, ZERO, Context, FactorSetVersion, Need
from ledger.sdk.sets.factor_set import SetBoundary
from ledger.sdk.sets.lookup import amount_of, choose, entry_of
from ledger.sdk.sets.reading import co2e_of

_BURNT: Final[tuple[SetBoundary, ...]] = ("wellToTank", "combustion")
_BOUGHT: Final[tuple[SetBoundary, ...]] = ("cradleToGate",)


class Price(NamedTuple):
    """Kg CO2e of an amount, and the row behind it."""

    co2e: Decimal
    factor: str


class SetPricer(NamedTuple):
    """Prices by the sets in force, as a record at that place buys."""

    around: Surroundings
    sets: tuple[FactorSetVersion, ...]

    def price(self, material: str, amount: Decimal, unit: str) -> Price | None:
        """A fuel is priced with its combustion. None for a material or a unit that the sets do not know, and for no
        amount."""
        entry = entry_of(self.sets, material)
        own = None if entry is None else amount_of(entry[1], amount, unit, None)
        if entry is None or not own:
            return None
        boundaries = _BURNT if entry[1].kind == FUEL else _BOUGHT
        choices = [choose(self.sets, material, one, self.around.places, self.around.year) for one in boundaries]
        values = [choice for choice in choices if choice is not None]
        if not values:
            return None
        each = sum([co2e_of(choice.factor.gases) for choice in values], ZERO)
        return Price(CONTEXT.multiply(own, each), values[0].name)

    def megajoules(self, material: str, amount: Decimal, unit: str) -> Decimal | None:
        """The energy of an amount of power, heat or fuel; None for everything else."""
        entry = entry_of(self.sets, material)
        own = None if entry is None else amount_of(entry[1], amount, unit, None)
        if entry is None or own is None or entry[1].kind not in CARRIERS:
            return None
        if entry[1].kind != FUEL:
            return CONTEXT.multiply(own, UNITS[entry[1].unit].scale)
        return None if entry[1].heating_value is None else CONTEXT.multiply(own, entry[1].heating_value)


def usual_amount(need: Need, context: Context) -> Decimal | None:
    """The usual amount of a need for the record's products, in the need's unit; None if no amount is usual."""
    return None if need.usual is None else CONTEXT.multiply(need.usual, made(context, need.per))


def made(context: Context, per: str) -> Decimal:
    """The record's products in the unit `per`: 0 if no product has its dimension, so that no amount is usual."""
    want = UNITS[per]
    total = ZERO
    for output in context.outputs:
        if output.role not in PRODUCT_ROLES:
            continue
        have = UNITS[output.quantity.unit]
        if want.dimension == UNITS["KGM"].dimension:
            base = output.mass or ZERO
        elif have.dimension == want.dimension:
            base = CONTEXT.multiply(output.quantity.amount, have.scale)
        else:
            continue
        total = CONTEXT.add(total, CONTEXT.divide(base, want.scale))
    return total

"""An amount of a material or of a mixture, and its parts."""

from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import LotFacts
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS

_ENERGY: Final = "energy"
_WHOLE: Final = Decimal(1)
_NOTHING: Final = Decimal(0)


class MaterialAmount(NamedTuple):
    """A quantity in its unit, and its mass in kg if it has one."""

    value: Decimal
    unit: str
    mass: Decimal | None

    def part(self, share: Decimal) -> "MaterialAmount":
        """That share of it: of its energy if that is its quantity, else of its mass. A volume of a mixture is no volume
        of its parts."""
        if share == _WHOLE:
            return self
        if UNITS[self.unit].dimension == _ENERGY:
            return MaterialAmount(CONTEXT.multiply(self.value, share), self.unit, None)
        mass = CONTEXT.multiply(self.mass or _NOTHING, share)
        return MaterialAmount(mass, "KGM", mass)


def amount_of_lot(lot: LotFacts) -> MaterialAmount:
    """The whole lot."""
    return MaterialAmount(lot.quantity, lot.unit, lot.mass)

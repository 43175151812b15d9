"""The view of a record that all bounds share."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Created, Plan, Supplied, Taken
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import POWER_UNITS, UNITS, convert
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk import FactorSetVersion, NaturalInput, SupplyEntry
from ledger.sdk.sets.lookup import entry_of_code

ZERO: Final = Decimal(0)
ONE: Final = Decimal(1)
_ENERGY: Final = "energy"
_MATTERLESS: Final = ("credit", "attribute")
_SHORT: Final = 12
"""Significant digits of the numbers of findings."""


class Process(NamedTuple):
    """A transformation with its plan, its complete assessment, and `own`, the sector's part of it. `nature`: the
    natural inputs of its route, beside some water and air. `tolerance`: the fraction by which its outputs may outweigh
    its inputs. `sets`: the factor sets in force, by precedence."""

    record: Transformation
    plan: Plan
    facts: Facts
    assessment: Assessment
    own: Assessment
    nature: Sequence[NaturalInput]
    tolerance: Decimal
    around: Surroundings
    sets: tuple[FactorSetVersion, ...]

    @property
    def supplied(self) -> Sequence[Supplied]:
        """The supplies, then the overheads: their places are the indexes in lines and findings."""
        return (*self.plan.supplied, *self.plan.overheads)

    @property
    def lots(self) -> Iterator[Taken]:
        """The lots taken that are matter or energy."""
        return (taken for taken in self.plan.taken if taken.lot.role not in _MATTERLESS)

    @property
    def outputs(self) -> Iterator[tuple[int, Created]]:
        """The outputs that are matter or energy, with their places."""
        return ((i, made) for i, made in enumerate(self.plan.created) if made.facts.role not in _MATTERLESS)

    def coded(self, lot: LotFacts) -> SupplyEntry | None:
        """The entry that the code of a lot's product denotes."""
        product = self.facts.product_of(lot)
        return None if product is None else entry_of_code(self.sets, product.codes)

    def natural(self, group: str) -> NaturalInput | None:
        """The route's own row for a group of natural inputs."""
        return next((taken for taken in self.nature if taken.group == group), None)


def is_energy(unit: str) -> bool:
    return UNITS[unit].dimension == _ENERGY


def is_power(unit: str) -> bool:
    """Electricity is counted in watt hours, and nothing else is."""
    return unit in POWER_UNITS


def megajoules(amount: Decimal, unit: str) -> Decimal:
    """MJ of an amount of energy."""
    return amount * UNITS[unit].scale


def heat_stated(made: Created) -> Decimal | None:
    """MJ of the whole lot by the heating value that its record states."""
    stated = None if made.output is None else made.output.heating_value
    return None if stated is None else convert(stated.amount, stated.unit, "3B")


def short(value: Decimal) -> Decimal:
    """A number of a finding: at most twelve significant digits, in one spelling."""
    if not value:
        return ZERO
    exponent = value.adjusted() - _SHORT + 1
    rounded = value.quantize(Decimal(1).scaleb(exponent)).normalize() if exponent < ZERO else value.normalize()
    return rounded if rounded.as_tuple().exponent <= 0 else rounded.quantize(ONE)  # type: ignore[operator]

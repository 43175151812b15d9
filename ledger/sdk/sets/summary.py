"""The most important row of a supply, for lists."""

from decimal import Context, Decimal
from typing import Final

from ledger.core.record.units import plain
from ledger.sdk.places import ANYWHERE
from ledger.sdk.sets.factor_set import FactorSetVersion, SetBoundary, SetFactor, SupplyEntry

_BOUNDARIES: Final[tuple[SetBoundary, ...]] = ("cradleToGate", "wellToTank", "combustion")
_SHORT: Final = Context(prec=6)


def default_of(version: FactorSetVersion, entry: SupplyEntry) -> SetFactor | None:
    """The newest row for the world, with the boundary by which the ledger prices the supply; None without one."""
    for boundary in _BOUNDARIES:
        years = version.years(entry.key, boundary, ANYWHERE)
        if years:
            return years[max(years)]
    return None


def short(value: Decimal) -> str:
    """At most six digits, without an exponent."""
    return plain(_SHORT.plus(value))

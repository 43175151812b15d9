"""What of a record's emissions belongs to each thing that it makes.

Implementing Regulation (EU) 2025/2547, annex III, point A: emissions are attributed to goods of annex I; by-products
and waste get none; heat, waste gas and electricity that leave take their own emissions with them. So, with the shares s
of the ledger's allocation and the amounts A that its records assign,

    energy e:   s(e) * (total - sum of A over energy) + A(e)
    goods g:    s(g) / sum of s over goods * (1 - sum of s over energy) * (total - sum of A over energy)

Where a record makes no goods of annex I, what else it makes stands in their place: other processes use it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_cbam.goods import Good, good_of
from ledger.sdk import CARRYING_ROLES, HEAT_UNITS, POWER_UNITS, MadeLot, Production, convert, invalid_field

_ONE: Final = Decimal(1)


class Attributed(NamedTuple):
    """A lot with its part of the record, and kg CO2e of its own beside it. `relieved`: kg CO2e that energy took off the
    record before it is shared. `good`: its row of annex I; energy and other things have none."""

    made: MadeLot
    good: Good | None
    share: float
    own: float
    relieved: float


def is_power(unit: str) -> bool:
    return unit in POWER_UNITS


def is_heat(unit: str) -> bool:
    """Heat, or a gas that is counted by its energy."""
    return unit in HEAT_UNITS


def megawatt_hours(quantity: float, unit: str) -> float:
    """MWh of a quantity in watt hours."""
    return quantity * float(convert(_ONE, unit, "KWH")) / 1000


def attribute(production: Production) -> list[Attributed]:
    """The lots that carry something, in order. Raises InvalidInput for goods of annex I whose mass is not known."""
    burdened = [one for one in production.made if one.role in CARRYING_ROLES]
    energy = [one for one in burdened if _is_energy(one)]
    others = [one for one in burdened if not _is_energy(one)]
    relieved = sum((one.assigned for one in energy), 0.0)
    found = [Attributed(one, None, one.share, one.assigned, relieved) for one in energy]
    goods = [one for one in others if good_of(one.cn) is not None and one.share > 0.0]
    left = 1.0 - sum((one.share for one in energy), 0.0)
    found += _shared(goods or others, left, relieved)
    return found


def _shared(lots: Sequence[MadeLot], left: float, relieved: float) -> list[Attributed]:
    whole = sum((one.share for one in lots), 0.0)
    if not whole:
        return []
    return [
        Attributed(_weighed(one), good_of(one.cn), one.share / whole * left, 0.0, relieved)
        for one in lots if one.share > 0.0
    ]


def _weighed(lot: MadeLot) -> MadeLot:
    if lot.tonnes is None and good_of(lot.cn) is not None:
        raise invalid_field(f"lot {lot.lot}", "without a mass", "goods of annex I are counted in tonnes",
                            code="missing-mass")
    return lot


def _is_energy(lot: MadeLot) -> bool:
    return is_power(lot.unit) or is_heat(lot.unit)

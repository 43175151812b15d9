"""Attribution of a record's emissions to its outputs.

Implementing Regulation (EU) 2025/2547, annex III, point A: emissions are attributed to goods of annex I, not to
by-products and waste; heat, waste gas and electricity that leave carry their own emissions. So, with the shares s of
the ledger's allocation and the amounts A that its records assign,

    energy e:   s(e) * (total - sum of A over energy) + A(e)
    goods g:    s(g) / sum of s over goods * (1 - sum of s over energy) * (total - sum of A over energy)

If a record makes no goods of annex I, its other products take their place: other processes use them.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_cbam.goods import Good, good_of
from ledger.sdk import CARRYING_ROLES, HEAT_UNITS, POWER_UNITS, MadeLot, Production, convert, invalid_field

_ONE: Final = Decimal(1)


class Attributed(NamedTuple):
    """A lot with its `share` of the record, and `own` kg CO2e besides. `relieved`: kg CO2e that energy carries away
    before the rest is shared. `good`: its row of annex I; None for energy and other products."""

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
    """The lots that carry burden, in order. Raises InvalidInput for goods of annex I without a mass."""
    burdened = [one for one in production.made if one.role in CARRYING_ROLES]
    energy = [one for one in burdened if _is_energy(one)]
    others = [one for one in burdened if not _is_energy(one)]
    relieved = sum((one.assigned for one in energy), 0.0)
    attributed = [Attributed(one, None, one.share, one.assigned, relieved) for one in energy]
    goods = [one for one in others if good_of(one.cn) is not None and one.share > 0.0]
    left = 1.0 - sum((one.share for one in energy), 0.0)
    attributed += _shared(goods or others, left, relieved)
    return attributed


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

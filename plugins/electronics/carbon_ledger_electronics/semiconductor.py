"""Semiconductors and displays: layers are deposited, exposed and etched on wafers or glass."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_electronics.common import Work, begin, check_pieces
from carbon_ledger_electronics.fluorinated import GasUse, emit_gases
from ledger.sdk import ZERO, Assessment, Context, Quantity, Shortfall, amount_in, follow_composition, warn_outside

# Nine of ten leading-edge wafers are good; below half, the line is being started.
LEAST_YIELD: Final = Decimal("0.5")
# 28 companies together used 1.15 kWh per cm2 in 2021; old nodes take a third, the newest four times as much. A thousand
# times that is a wrong unit.
USUAL_POWER: Final = (Decimal("0.3"), Decimal(6))
POSSIBLE_POWER: Final = Decimal(1000)


class Semiconductor(Work, frozen=True, kw_only=True):
    """How a fab ran; every field may be left out.

    Supplies: `electricity`, `heat`, `steam`, standard fuels; `CF4`, `C2F6`, `C3F8`, `CHF3`, `NF3`, `SF6`, `N2O`,
    `HFC134a` (topped up in cooling circuits) as supplied; other fluorinated gases are named as omissions; wafers,
    chemicals, targets and others are left to the core.
    `substrate`: selects the defaults of utilisation and by-products: 150 and 200 mm wafers, 300 and 450 mm wafers,
    displays; `semiconductor` selects the IPCC's for any wafer. `gases`: how they were used. `area`: of wafers or glass
    that went through the line.
    """

    substrate: Literal["semiconductor", "wafer200", "wafer300", "display"] = "semiconductor"
    gases: tuple[GasUse, ...] = ()
    area: Quantity | None = None


def assess(context: Context, activity: Semiconductor) -> Assessment:
    """Energy and gases of one fab; raises PluginError for an impossible activity."""
    draft, power = begin(context, activity)
    emit_gases(draft, context, activity.gases, activity.substrate)
    check_pieces(draft, context, activity, LEAST_YIELD)
    follow_composition(draft, context)
    if activity.area is not None:
        area = amount_in(activity.area, "CMK", "area")
        per_area = power / area
        draft.indicate("electricityPerArea", per_area)
        draft.indicate("areaProcessed", area / 10000)
        if per_area > POSSIBLE_POWER:
            draft.find(
                "electricity-impossible", f"{per_area:.1f} kWh per cm2: possible is up to {POSSIBLE_POWER}",
                refuses=True,
            )
        elif activity.substrate != "display":
            warn_outside(
                draft, "electricity-unusual", f"{per_area:.3f} kWh per cm2", per_area, USUAL_POWER, with_range=False,
                unit="kWh/cm2", lacks=Shortfall("electricity", "KWH", area),
            )
    draft.indicate("fluorinatedGasUsed", sum((one.amount("KGM") for one in context.supplied(
        "CF4", "C2F6", "C3F8", "CHF3", "NF3", "SF6")), ZERO))
    return draft.assessment()

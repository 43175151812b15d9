"""Semiconductors and displays: layers are deposited, exposed and etched on wafers or glass."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_electronics.common import Work, begin, check_pieces
from carbon_ledger_electronics.fluorinated import GASES, NEWER_GASES, OTHERS, GasUse, emit_gases
from ledger.sdk import (
    ZERO,
    Assessment,
    Context,
    Draft,
    InputFacts,
    OutputFacts,
    Quantity,
    Reading,
    Shortfall,
    amount_in,
    follow_composition,
    warn_outside,
)

# Nine of ten leading-edge wafers are good; below half, the line is being started.
LEAST_YIELD: Final = Decimal("0.5")
# 28 companies together used 1.15 kWh per cm2 in 2021; old nodes take a third, the newest four times as much. A thousand
# times that is a wrong unit.
USUAL_POWER: Final = (Decimal("0.3"), Decimal(6))
POSSIBLE_POWER: Final = Decimal(1000)
MEAN_POWER: Final = Decimal("1.15")
LEAST_POWER: Final = Decimal("0.1")
"""KWh per cm2 of wafers by their mass, own judgement: test wafers and wafers of few layers weigh as much."""
WAFERS: Final = ("siliconWafer", "wafer")
WAFER_MASS: Final = Decimal("0.00018")
"""Kg per cm2: 775 micrometres of silicon (SEMI M1, 300 mm)."""
LEAST_AREA: Final = Decimal("0.5")
"""Of the area by mass: more wafers than these are no test wafers."""
CM2_PER_M2: Final = Decimal(10000)
USUAL_GASES: Final = {
    "CF4": Decimal("0.45"), "C2F6": Decimal("0.5"), "CHF3": Decimal("0.02"), "C3F8": Decimal("0.025"),
    "NF3": Decimal("0.02"), "SF6": Decimal("0.1"),
}
"""Kg emitted per m2 of silicon: half of IPCC 2006 Guidelines, volume 3, table 6.2 (Tier 1, recalled), since few fabs
run without abatement; own judgement."""


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
    stated = ZERO if activity.area is None else amount_in(activity.area, "CMK", "area")
    if stated:
        _check_power(draft, power, stated, activity.substrate)
    if context.questions and activity.substrate != "display":
        area = _area_of_wafers(context)
        if area and stated < area * LEAST_AREA:
            _check_wafers(draft, power, area)
        _check_gases(draft, context, max(stated, area))
    draft.indicate("fluorinatedGasUsed", sum((one.amount("KGM") for one in context.supplied(
        "CF4", "C2F6", "C3F8", "CHF3", "NF3", "SF6")), ZERO))
    return draft.assessment()


def _check_power(draft: Draft, power: Decimal, area: Decimal, substrate: str) -> None:
    per_area = power / area
    draft.indicate("electricityPerArea", per_area)
    draft.indicate("areaProcessed", area / CM2_PER_M2)
    if per_area > POSSIBLE_POWER:
        draft.find(
            "electricity-impossible", f"{per_area:.1f} kWh per cm2: possible is up to {POSSIBLE_POWER}", refuses=True,
        )
    elif substrate != "display":
        warn_outside(
            draft, "electricity-unusual", f"{per_area:.3f} kWh per cm2", per_area, USUAL_POWER, with_range=False,
            unit="kWh/cm2", lacks=Shortfall("electricity", "KWH", area, MEAN_POWER),
        )


def _area_of_wafers(context: Context) -> Decimal:
    """Cm2 of the wafers that came in, or that left if they are heavier."""
    came = sum((one.mass or ZERO for one in context.supplied(*WAFERS)), ZERO)
    came += sum(((one.mass or ZERO) * _wafer_part(one) for one in context.inputs), ZERO)
    made = sum(((one.mass or ZERO) * _wafer_part(one) for one in context.outputs), ZERO)
    return max(came, made) / WAFER_MASS


def _wafer_part(lot: InputFacts | OutputFacts) -> Decimal:
    return sum((lot.materials.get(name, ZERO) for name in WAFERS), ZERO)


def _check_wafers(draft: Draft, power: Decimal, area: Decimal) -> None:
    per_area = power / area
    if per_area < LEAST_POWER:
        draft.warn(
            "electricity-unusual", f"{per_area:.3f} kWh per cm2 by the mass of the wafers",
            Reading(per_area, "kWh/cm2", (LEAST_POWER, USUAL_POWER[1])),
            lacks=Shortfall("electricity", "KWH", area, MEAN_POWER).below(LEAST_POWER, per_area),
        )


def _check_gases(draft: Draft, context: Context, area: Decimal) -> None:
    """No wafer is etched without fluorinated gases."""
    if context.supplied(*GASES, *NEWER_GASES, *OTHERS) or context.shows("gasBalance"):
        return
    if not area:
        draft.omit("fluorinated gases of etching and cleaning")
        return
    square_metres = area / CM2_PER_M2
    draft.warn(
        "gases-missing", "fluorinated gases of etching and cleaning are not stated",
        emits={gas: amount * square_metres for gas, amount in USUAL_GASES.items()},
    )

"""Semiconductors and displays: layers are deposited, exposed and etched on wafers or glass."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_electronics.common import COUNTED, Work, begin, check_pieces
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
    convert,
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
"""KWh per cm2 of wafers by their mass or number, own judgement: test wafers and wafers of few layers weigh as much."""
SILICON: Final = ("silicon", "polysilicon", "monocrystallinesilicon")
"""Names of the material of wafers, beside all names that have `wafer` in them."""
WAFER_MASS: Final = Decimal("0.00018")
"""Kg per cm2: 775 micrometres of silicon (SEMI M1, 300 mm)."""
WAFER_AREA: Final[Mapping[str, Decimal]] = {
    "wafer200": Decimal(314), "wafer300": Decimal(707), "semiconductor": Decimal(707), "display": Decimal(707),
}
"""Cm2 of a wafer: of its diameter. Without a substrate, and beside displays, it is the usual one."""
LEAST_GASES: Final = Decimal("0.1")
"""Kg of fluorinated gases per m2 of silicon: wafers of few layers take more, leading ones above 2; own judgement."""
MOSTLY: Final = Decimal("0.5")
LEAST_AREA: Final = Decimal("0.5")
"""Of the area by mass or number: more wafers than these are no test wafers."""
CM2_PER_M2: Final = Decimal(10000)
USUAL_GASES: Final = {
    "CF4": Decimal("0.45"), "C2F6": Decimal("0.5"), "CHF3": Decimal("0.02"), "C3F8": Decimal("0.025"),
    "NF3": Decimal("0.02"), "SF6": Decimal("0.1"),
}
"""Kg emitted per m2 of silicon: half of IPCC 2006 Guidelines, volume 3, table 6.2 (Tier 1, recalled), since few fabs
run without abatement; own judgement."""


ETCHING: Final = tuple([gas for gas in (*GASES, *NEWER_GASES, *OTHERS) if gas not in ("HFC134a", "N2O")])


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
    area = _area_of_wafers(context, activity.substrate) if context.questions else ZERO
    # A display is a sheet of glass: a record with wafers makes something else.
    if context.questions and (area or activity.substrate != "display"):
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


def _area_of_wafers(context: Context, substrate: str) -> Decimal:
    """Cm2 of the wafers that came in, or that left if they are heavier. Wafers that are counted have the area of their
    substrate if they are said to weigh less than half of it."""
    came = sum((one.mass or ZERO for one in context.supplies if _is_wafer(one.material)), ZERO)
    came += sum(((one.mass or ZERO) * _wafer_part(one) for one in context.inputs), ZERO)
    made = sum(((one.mass or ZERO) * _wafer_part(one) for one in context.outputs), ZERO)
    counted = sum((_pieces(one) * WAFER_AREA[substrate] for one in context.outputs if _wafer_part(one) >= MOSTLY), ZERO)
    weighed = max(came, made) / WAFER_MASS
    return counted if weighed < counted * LEAST_AREA else weighed


def _pieces(output: OutputFacts) -> Decimal:
    """Waste is broken wafers."""
    quantity = output.quantity
    if output.role == "waste" or quantity.unit not in COUNTED:
        return ZERO
    return convert(quantity.amount, quantity.unit, "H87")


def _wafer_part(lot: InputFacts | OutputFacts) -> Decimal:
    return sum((share for name, share in lot.materials.items() if _is_wafer(name)), ZERO)


def _is_wafer(name: str) -> bool:
    plain = name.lower()
    return "wafer" in plain or plain in SILICON


def _check_wafers(draft: Draft, power: Decimal, area: Decimal) -> None:
    per_area = power / area
    if per_area < LEAST_POWER:
        draft.warn(
            "electricity-unusual", f"{per_area:.3f} kWh per cm2 of wafers by their mass or number",
            Reading(per_area, "kWh/cm2", (LEAST_POWER, USUAL_POWER[1])),
            lacks=Shortfall("electricity", "KWH", area, MEAN_POWER).below(LEAST_POWER, per_area),
        )


def _check_gases(draft: Draft, context: Context, area: Decimal) -> None:
    """No wafer is etched without fluorinated gases. A few grams of them are no process."""
    square_metres = area / CM2_PER_M2
    used = sum((one.mass or ZERO for one in context.supplied(*ETCHING)), ZERO)
    if context.shows("gasBalance") or (not square_metres and context.supplied(*GASES, *NEWER_GASES, *OTHERS)):
        return
    if not area:
        draft.omit("fluorinated gases of etching and cleaning")
    elif used < square_metres * LEAST_GASES:
        missing = max(square_metres - used / sum(USUAL_GASES.values()), ZERO)
        draft.warn(
            "gases-missing", f"{used:.6g} kg of fluorinated gases of etching and cleaning for {square_metres:.6g} m2",
            emits={gas: amount * missing for gas, amount in USUAL_GASES.items()},
        )

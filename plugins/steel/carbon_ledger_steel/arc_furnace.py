"""Electric arc furnace steel."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_steel.carbon import check_balance, follow_carbon, price_process, subtract_fixed
from carbon_ledger_steel.charge import Charged, charge_of
from carbon_ledger_steel.furnace import Furnace, check_furnace
from carbon_ledger_steel.indicators import indicate_steel
from carbon_ledger_steel.metal import check_yield, follow_metal, steel_made
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Positive,
    Quantity,
    Shortfall,
    book_energy,
    invalid_activity,
    kilograms,
    warn_outside,
)

# Melting cold scrap and heating it to 1600 C takes about 380 kWh/t; gas, oxygen and carbon give up to half of it.
# Below 150 or above 2000 the unit is wrong, or the meter does not cover the furnace. Pig iron in the charge, mostly
# liquid, brings its own heat and carbon, so it lowers the lower limits in proportion.
USUAL: Final = (Decimal(250), Decimal(900))
POSSIBLE: Final = (Decimal(150), Decimal(2000))


class ElectricArcFurnace(Furnace, frozen=True, kw_only=True):
    """How an arc furnace ran; every field may be left out.

    Supplies: `electricity`, `heat`, `steam`, standard fuels (`naturalGas`, `coke`, `anthracite`, ...), `electrode`,
    `carburiser`, `limestone`, `dolomite`; metals `scrap`, `pigIron`, `directReducedIron`, `crudeSteel`, `ferrochrome`,
    `ferronickel`, `ferromolybdenum`; others (`lime`, `oxygen`, `refractory`, other ferro-alloys) are left to the core.
    `tapped`: liquid steel, a mass. `tap_to_tap`: minutes from tap to tap. `scrap_preheated`: by off-gas.
    """

    tapped: Quantity | None = None
    tap_to_tap: Positive | None = None
    scrap_preheated: bool = False


def assess(context: Context, activity: ElectricArcFurnace) -> Assessment:
    """GB/T 32151.5 for one furnace; raises PluginError for an impossible activity."""
    check_furnace(activity, context)
    made = steel_made(context)
    _check_tapped(activity, made)
    draft = Draft(context)
    charged = charge_of(context, activity)
    power = book_energy(draft, context, renewable_share=Decimal(activity.renewable_share))
    price_process(draft, context, charged)
    subtract_fixed(draft, context)
    emitted = check_balance(draft, context)
    draft.indicate("metallicYield", check_yield(draft, context, charged))
    follow_metal(draft, context, charged)
    follow_carbon(draft, context)
    if made > 0:
        per_tonne = power / made * 1000
        _check_power(draft, made, per_tonne, charged)
        draft.indicate("electricityPerTonne", per_tonne)
        indicate_steel(draft, made, emitted, charged)
    if activity.heats is not None:
        draft.indicate("steelPerHeat", made / 1000 / activity.heats)
        _check_time(draft, context, activity, activity.heats)
    return draft.assessment()


def _check_tapped(activity: ElectricArcFurnace, made: Decimal) -> None:
    if activity.tapped is not None:
        tapped = kilograms(activity.tapped, "tapped")
        if tapped < made:
            raise invalid_activity("tapped", activity.tapped, f"at least {made:f} kg, the steel that came out")


def _check_power(draft: Draft, made: Decimal, per_tonne: Decimal, charged: Sequence[Charged]) -> None:
    metal = sum((part.metal for part in charged), ZERO)
    iron = sum((part.metal for part in charged if part.kind == "pigIron"), ZERO)
    rest = 1 - iron / metal if metal else Decimal(1)
    message = f"{per_tonne:.1f} kWh per t of crude steel"
    if per_tonne == 0 or per_tonne < POSSIBLE[0] * rest or per_tonne > POSSIBLE[1]:
        draft.find("electricity-impossible", message, refuses=True)
    else:
        usual = USUAL[0] * rest, USUAL[1]
        warn_outside(draft, "electricity-unusual", message, per_tonne, usual, with_range=False, unit="kWh/t",
                     lacks=Shortfall("electricity", "KWH", made / KG_PER_T))


def _check_time(draft: Draft, context: Context, activity: ElectricArcFurnace, heats: int) -> None:
    if activity.tap_to_tap is not None and heats * Decimal(activity.tap_to_tap) > context.hours * 60:
        # Only a warning: the facility may run several furnaces.
        draft.find("furnace-hours", f"{heats} heats of {activity.tap_to_tap} minutes in {context.hours:f} hours")

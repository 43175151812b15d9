"""Sintering and pelletising: ore fines become lumps that a furnace can take."""

from decimal import Decimal
from typing import Final

from carbon_ledger_steel.balance import Balanced, balance
from carbon_ledger_steel.carbon import STANDARD, all_factors
from carbon_ledger_steel.metal import follow_element
from carbon_ledger_steel.process import Process
from ledger.sdk import (
    KG_PER_T,
    PRODUCT_ROLES,
    ZERO,
    Assessment,
    Context,
    Draft,
    Shortfall,
    is_energy,
    is_fuel,
    warn_outside,
)

SOLID_FUELS: Final = ("coke", "anthracite", "bituminous", "washedCoal", "otherWashedCoal", "lignite", "petroleumCoke")

_HELPERS: Final = STANDARD | {"lime", "water", "bentonite", "air", "oxygen"}
"""Supplies that do not become sinter or pellets."""

# Coke breeze and anthracite of a sinter strand: less fuel does not sinter the bed, more fuel melts it.
USUAL_SOLID_FUEL: Final = (Decimal(40), Decimal(80))
POSSIBLE_SOLID_FUEL: Final = Decimal(200)
# Magnetite gives heat as it oxidises: from 0.2 GJ per t for its pellets, to 1.5 for hematite with fluxes.
USUAL_PELLET_HEAT: Final = (Decimal(200), Decimal(1500))


class Agglomeration(Process, frozen=True, kw_only=True):
    """How a strand or a kiln ran; every field may be left out.

    Supplies or lots: ore fines (`ironOre`), returns, dust and scale; `coke` (breeze), `anthracite`, gases;
    `limestone`, `dolomite`, `lime`; `electricity`, `heat`, `steam`. Output: `sinter` or `pellet`.
    """


def sinter(context: Context, activity: Agglomeration) -> Assessment:
    """Carbon balance of a sinter strand (IPCC 2006, volume 3, equation 4.10), methane (table 4.2)."""
    draft, balanced, made = _agglomerate(context, activity, "sinter")
    if made > 0:
        draft.price("sinter", made / KG_PER_T, all_factors().find("sinterMethane"), kind="onSite")
        rate = balanced.mass(*SOLID_FUELS) / made * KG_PER_T
        if rate > POSSIBLE_SOLID_FUEL or balanced.megajoules() == 0:
            draft.find("solid-fuel-rate", f"{rate:.1f} kg of solid fuel per t of sinter: possible are above 0 "
                       f"to {POSSIBLE_SOLID_FUEL}", refuses=True)
        else:
            message = f"{rate:.4g} kg of solid fuel per t of sinter"
            warn_outside(draft, "solid-fuel-rate", message, rate, USUAL_SOLID_FUEL, unit="kg/t",
                         lacks=Shortfall("coke", "KGM", made / KG_PER_T))
        draft.indicate("sinterProduced", made / KG_PER_T)
        draft.indicate("solidFuelRate", rate)
    return draft.assessment()


def pelletise(context: Context, activity: Agglomeration) -> Assessment:
    """Carbon balance of a pelletising plant (IPCC 2006, volume 3, equation 4.10)."""
    draft, balanced, made = _agglomerate(context, activity, "pellet")
    if made > 0:
        heat = balanced.megajoules() / made * KG_PER_T
        warn_outside(draft, "heat-unusual", f"{heat:.4g} MJ of fuel per t of pellets", heat, USUAL_PELLET_HEAT,
                     unit="MJ/t", lacks=Shortfall("naturalGas", "3B", made / KG_PER_T))
        draft.indicate("pelletsProduced", made / KG_PER_T)
    return draft.assessment()


def _agglomerate(context: Context, activity: Agglomeration, usual: str) -> tuple[Draft, Balanced, Decimal]:
    draft = Draft(context)
    balanced = balance(draft, context, activity, usual=usual)
    made = context.mass_out(*PRODUCT_ROLES)
    came = _burden(context, activity)
    if made == 0:
        draft.find("no-product", f"no output is {usual}", refuses=True)
    if came == 0:
        draft.find("no-ore-in", "no ore, dust or scale came in", refuses=True)
    out = context.mass_out()
    for element in sorted({name for taken in context.inputs for name in taken.elements} - {"C"}):
        follow_element(draft, context, element, [(output.mass or ZERO) / out for output in context.outputs])
    if made > 0:
        draft.indicate("electricityPerTonne", balanced.power / made * KG_PER_T)
    return draft, balanced, made


def _burden(context: Context, activity: Agglomeration) -> Decimal:
    """Kg of ores and residues that can become sinter: everything but fuel and flux."""
    lots = [
        lot.mass or ZERO for lot in context.inputs
        if not is_energy(lot.quantity) and not set(lot.materials) & set(SOLID_FUELS)
    ]
    supplies = [
        supply.mass or ZERO for supply in context.supplies
        if not is_fuel(supply, activity.analyses) and supply.material not in _HELPERS
    ]
    return sum((*lots, *supplies), ZERO)

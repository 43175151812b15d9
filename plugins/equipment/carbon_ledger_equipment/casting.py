"""Casting: metal is melted, treated, and poured into moulds. Returns of an earlier heat (gates, risers, rejects) come
as lots of waste that this route made: they are no recycled content."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_equipment.common import SCRAP, WEIGHING, Work, begin, check_temperature, indicate_energy
from ledger.sdk import (
    CARRYING_ROLES,
    ZERO,
    Assessment,
    Context,
    Draft,
    Positive,
    Quantity,
    Reading,
    Shortfall,
    follow_composition,
    gas_of,
    invalid_activity,
    is_energy,
    kilograms,
    standard_fuels,
    warn_outside,
    warn_unaccounted,
)

MAGNESIUM: Final = ("magnesium", "magnesiumIngot", "magnesiumAlloy", "magnesiumScrap")
COVERS: Final = ("sulphurDioxide", "carbonDioxide", "dryIce", "argon", "nitrogen", "fluoroketone", "novec612",
                 "coverGas", "saltFlux", "flux", "sulphur", "boricAcid")
"""Supplies that cover liquid magnesium, beside sulphur hexafluoride and fluorinated gases."""
COVER_PROOFS: Final = ("emissionMeasurement", "gasBalance", "permit")
COVER: Final = Decimal("0.001")
"""Kg of SF6 per kg of magnesium (IPCC 2006, volume 3, table 4.20, all of which escapes)."""
ONE: Final = Decimal(1)

# Iron at 1500 C holds 380 kWh per t, aluminium at 750 C 310, and every furnace has losses; small furnaces that are kept
# hot overnight take three times as much.
MELTING_KWH: Final = (Decimal(300), Decimal(2000))
# The best induction furnaces with their losses (reference document on smitheries and foundries, 2005: 520 to 800).
FURNACE_KWH: Final = Decimal(520)
# Kg of coke per kg of charge: hot blast with oxygen, and cold blast with much steel.
CUPOLA_COKE: Final = (Decimal("0.09"), Decimal("0.18"))
# Castings are half to nine tenths of the poured metal, investment castings a quarter.
LEAST_YIELD: Final = Decimal("0.2")
# Slag, fume and chips of the melt take 2 to 8 %; a higher loss means that something was not weighed.
LOSS: Final = Decimal("0.1")
HOTTEST: Final = Decimal(1750)

Moulding = Literal[
    "greenSand", "resinSand", "shell", "lostFoam", "investment", "permanentMould", "pressureDie", "centrifugal",
]


class Casting(Work, frozen=True, kw_only=True):
    """How metal was melted and cast; every field may be left out.

    Inputs: scrap, pig iron, ingots, and the foundry's own returns. Outputs: castings; returns (gates, risers, rejects)
    and slag as waste with the origin preConsumer. Supplies: `electricity`, `coke`, `naturalGas` and other standard
    fuels, `heat`, `steam`, `carbonDioxide` (hardening of sand), `acetylene`; `pigIron`, `scrap`, `ferrosilicon` and
    other metals go into the melt, and are left to the core as are `mouldingSand`, `binder`, `limestone` and others.
    `furnace`, `moulding`: their kinds. `tapped`: liquid metal, a mass. `temperature`: of
    pouring, degrees Celsius.
    """

    furnace: Literal["induction", "cupola", "arc", "rotary", "crucible", "reverberatory"] | None = None
    moulding: Moulding | None = None
    tapped: Quantity | None = None
    temperature: Positive | None = None


def assess(context: Context, activity: Casting) -> Assessment:
    """Power, fuels and shop gases; each material goes to outputs by their compositions."""
    check_temperature(activity.temperature, HOTTEST)
    draft, power = begin(context, activity)
    charged, made = charge_mass(context), context.mass_out(*CARRYING_ROLES)
    _check_tapped(activity.tapped, charged, context.mass_out())
    _check_melting(draft, context, activity, power, charged)
    follow_composition(draft, context)
    if context.questions:
        _check_cover(draft, context)
    _indicate_yield(draft, context, charged, made)
    indicate_energy(draft, made, power)
    return draft.assessment()


def charge_mass(context: Context) -> Decimal:
    """Kg of the charge: lots that are no energy, and supplies of metal."""
    lots = sum((taken.mass or ZERO for taken in context.inputs if not is_energy(taken.quantity)), ZERO)
    return lots + sum((supply.mass or ZERO for supply in context.raw_materials), ZERO)


def _check_cover(draft: Draft, context: Context) -> None:
    """Liquid magnesium burns in air, so a gas or a flux covers it. A melt without one is in question with the usual
    gas."""
    melt = sum(((taken.mass or ZERO) * share for taken in context.inputs
                for name, share in taken.materials.items() if name in MAGNESIUM), ZERO)
    melt += sum((supply.mass or ZERO for supply in context.supplied(*MAGNESIUM)), ZERO)
    if melt * 2 <= charge_mass(context) or context.shows(*COVER_PROOFS):
        return
    names = [*[supply.name_in(COVERS) or supply.material for supply in context.supplies],
             *[name for taken in context.inputs for name in taken.materials]]
    if any(name in COVERS or gas_of(name) is not None for name in names):
        return
    draft.warn("cover-gas-missing", f"nothing covers {melt:.6g} kg of liquid magnesium, which burns in air",
               Reading(ZERO, "kg/kg", (COVER, ONE)), emits={"SF6": melt * COVER})


def _check_tapped(tapped: Quantity | None, charged: Decimal, out: Decimal) -> None:
    if tapped is None:
        return
    mass = kilograms(tapped, "tapped")
    if mass * (1 + WEIGHING) < out or mass > charged * (1 + WEIGHING):
        raise invalid_activity("tapped", tapped, f"between {out:f} kg, the outputs, and {charged:f} kg, the charge")


def _check_melting(draft: Draft, context: Context, activity: Casting, power: Decimal, charged: Decimal) -> None:
    """Warns only: the meter reading of a provisional heat may still be missing."""
    if activity.furnace == "cupola" and not context.supplied(*standard_fuels()):
        draft.warn("melting-missing", "a cupola melts with fuel, but none is supplied",
                   Reading(ZERO, "kg/kg", CUPOLA_COKE),
                   lacks=Shortfall("coke", "KGM", charged).below(CUPOLA_COKE[0], ZERO))
    if activity.furnace not in ("induction", "arc") or charged == 0:
        return
    per_tonne = power / charged * 1000
    lacks = Shortfall("electricity", "KWH", charged / 1000, FURNACE_KWH)
    if power == 0:
        draft.warn("melting-missing", "the furnace melts with electricity, but none is supplied",
                   Reading(ZERO, "kWh/t", MELTING_KWH), lacks=lacks.below(MELTING_KWH[0], ZERO))
    else:
        warn_outside(
            draft, "melting-unusual", f"{per_tonne:.1f} kWh per t of metal charged", per_tonne, MELTING_KWH,
            with_range=False, unit="kWh/t", lacks=lacks,
        )


def _indicate_yield(draft: Draft, context: Context, charged: Decimal, made: Decimal) -> None:
    """Material yield = castings / charge; return rate = waste (gates, risers, rejects, slag) / charge."""
    if charged == 0:
        draft.find("no-charge", "no lot and no supply of metal has a mass", refuses=True)
        return
    if made > charged * (1 + WEIGHING):
        draft.find("material-yield", f"{made:f} kg of castings out of {charged:f} kg of metal", refuses=True)
    elif made < charged * LEAST_YIELD:
        draft.find("material-yield", f"only {made:f} kg of castings out of {charged:f} kg of metal")
    if context.mass_out() < charged * (1 - LOSS):
        warn_unaccounted(
            draft, charged - context.mass_out(), f"{charged - context.mass_out():f} kg of the charge are in no output",
            SCRAP,
        )
    draft.indicate("materialYield", made / charged)
    draft.indicate("returnRate", context.mass_out("waste") / charged)

"""Casting of aluminium: ingots, billets, slabs, rod. Liquid metal from the cells may be alloyed directly, which saves
remelting it."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_nonferrous.balance import check_recovery, entering, held_by, made_of, total
from carbon_ledger_nonferrous.common import Work, begin, burn_charge, indicate_energy
from carbon_ledger_nonferrous.matter import Melt, follow_melt
from carbon_ledger_nonferrous.metals import MELT
from ledger.sdk import KG_PER_T, ZERO, Assessment, Context, Draft, Name, Reading, Shortfall, invalid_activity

# Dross takes 0.5 to 3 % of the melt; butts, chips and scalpings, a quarter at most, come back as returns.
LEAST_YIELD: Final = Decimal("0.7")
# Aluminium at 720 C holds 1.1 MJ per kg more than a cold ingot.
MELTING_MJ: Final = Decimal("1.0")
# Furnaces that melt everything need 2 to 5 GJ per t, homogenising another 1.
LEAST_MELTING_MJ: Final = Decimal(2)
USUAL_ENERGY: Final = Decimal(8000)


class AluminiumCasting(Work, frozen=True, kw_only=True):
    """How a casthouse ran; every field may be left out.

    Inputs: liquid aluminium, ingots, scrap, own returns. Outputs: castings of any form; returns and dross as waste.
    Supplies: `moltenAluminium`, `aluminiumIngot`, `aluminiumScrap`, `masterAlloy`, `silicon`, `magnesium`, `manganese`,
    `copper`, `zinc`, `iron`, `titanium`, `aluminiumTitaniumBoron` go into the melt; `electricity`, `heat`, standard
    fuels; `argon`, `chlorine`, `flux` and others are left to the core.
    `molten`: input lots that came liquid. `direct_alloying`: whether that liquid metal was alloyed without having been
    an ingot. `form`: of the castings.
    """

    molten: tuple[Name, ...] = ()
    direct_alloying: bool = False
    form: Literal["ingot", "billet", "slab", "rod", "strip", "casting"] | None = None


def assess(context: Context, activity: AluminiumCasting) -> Assessment:
    """Power and fuels (GB/T 32151.4); the melt goes to the castings. Raises PluginError for liquid lots that are no
    input."""
    liquid = _liquid(context, activity)
    draft, power = begin(context, activity)
    entered = entering(context, MELT, activity.contents)
    held = [held_by(output, MELT) for output in context.outputs]
    made, came = made_of(context, held), total(entered)
    draft.indicate("metalRecovery", check_recovery(draft, context, entered, held, LEAST_YIELD))
    follow_melt(draft, context, Melt(MELT, came, held, stays=True))
    burn_charge(draft, context)
    _check_melting(draft, came - liquid, made)
    if liquid > 0:
        draft.indicate("moltenAluminium", liquid / KG_PER_T)
        draft.indicate("directAlloyedAluminium", liquid / KG_PER_T if activity.direct_alloying else ZERO)
    indicate_energy(draft, made, power)
    return draft.assessment()


def _liquid(context: Context, activity: AluminiumCasting) -> Decimal:
    """Kg of liquid aluminium that the record takes."""
    lots = {taken.lot: taken.mass or ZERO for taken in context.inputs}
    for i, lot in enumerate(activity.molten):
        if lot not in lots or lot in activity.molten[:i]:
            raise invalid_activity(f"molten[{i}]", lot, "an input lot of this record, named once")
    supplied = sum((one.amount("KGM") for one in context.supplied("moltenAluminium")), ZERO)
    liquid = sum((lots[lot] for lot in activity.molten), ZERO) + supplied
    if activity.direct_alloying and liquid == 0:
        raise invalid_activity("directAlloying", True, "false, since no liquid aluminium is taken")
    return liquid


def _check_melting(draft: Draft, solid: Decimal, made: Decimal) -> None:
    """Warns only: the meter reading of a provisional record may still be missing."""
    if draft.megajoules < solid * MELTING_MJ:
        each = draft.megajoules / solid
        draft.warn("melting-missing", f"{draft.megajoules:f} MJ cannot melt {solid:f} kg of cold metal",
                   Reading(each, "MJ/kg", possible=(MELTING_MJ, USUAL_ENERGY / KG_PER_T)),
                   lacks=Shortfall("naturalGas", "3B", solid, LEAST_MELTING_MJ).below(MELTING_MJ, each))
    elif made > 0 and draft.megajoules / made * KG_PER_T > USUAL_ENERGY:
        per_tonne = draft.megajoules / made * KG_PER_T
        draft.warn("energy-unusual", f"{per_tonne:.0f} MJ per t of castings",
                   Reading(per_tonne, "MJ/t", (MELTING_MJ * KG_PER_T, USUAL_ENERGY)))

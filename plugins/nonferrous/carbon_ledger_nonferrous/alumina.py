"""Alumina: bauxite is digested in caustic soda (Bayer) or sintered with soda and lime; the hydrate is calcined."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_nonferrous.balance import check_recovery, entering, held_by, made_of, total
from carbon_ledger_nonferrous.common import Work, begin, indicate_energy
from carbon_ledger_nonferrous.matter import Melt, follow_melt
from carbon_ledger_nonferrous.metals import ALUMINIUM
from ledger.sdk import KG_PER_T, ZERO, Assessment, Context, Draft, Reading, Shortfall, warn_outside

# Silica binds alumina in the residue, so digestion takes 80 to 95 % of it; below 60 % a weight is missing.
LEAST_RECOVERY: Final = Decimal("0.6")
# Refineries need 7 to 22 GJ per t of alumina by the Bayer process, up to 43 by sintering (published IAI surveys).
USUAL_ENERGY: Final = {"bayer": (Decimal(6000), Decimal(22000)), "sinter": (Decimal(15000), Decimal(45000)),
                       "combined": (Decimal(8000), Decimal(45000))}
# Bauxite in use gives 1 t of alumina from 1.9 to 3.5 t; the world's average is 3 t (IAI).
USUAL_BAUXITE: Final = (Decimal(1800), Decimal(4000))
# Losses with the residue: 100 kg of caustic soda per t as the world's average (IAI), twice that for much silica.
USUAL_CAUSTIC: Final = Decimal(250)


class Alumina(Work, frozen=True, kw_only=True):
    """How a refinery ran; every field may be left out.

    Inputs: bauxite. Outputs: alumina, hydrate; bauxite residue as waste. Supplies: `bauxite` (if it is no lot),
    `steam`, `heat`, `electricity`, every standard fuel (calcining, boilers); `limestone` and `sodaAsh` that are burnt
    or sintered here give off CO2; `causticSoda`, `lime`, `flocculant` and others are left to the core.
    `process`: how the ore is opened up. `contents`: aluminium, not its oxide, in `bauxite`: Al2O3 * 0.52925.
    """

    process: Literal["bayer", "sinter", "combined"] = "bayer"


def assess(context: Context, activity: Alumina) -> Assessment:
    """Energy, and CO2 of carbonates (GB/T 32151.4: combustion, limestone and soda, power, heat)."""
    draft, power = begin(context, activity)
    entered = entering(context, ALUMINIUM, activity.contents)
    purity = ALUMINIUM.carriers["alumina"].typical
    held = [held_by(output, ALUMINIUM, purity) for output in context.outputs]
    draft.indicate("metalRecovery", check_recovery(draft, context, entered, held, LEAST_RECOVERY))
    follow_melt(draft, context, Melt(ALUMINIUM, total(entered), held, stays=False))
    # Hydrate and alumina together, as alumina with the same aluminium.
    made = made_of(context, held) / purity
    _check_use(draft, context, activity, made)
    draft.indicate("aluminaProduced", made / KG_PER_T)
    indicate_energy(draft, made, power)
    return draft.assessment()


def _check_use(draft: Draft, context: Context, activity: Alumina, made: Decimal) -> None:
    if made == 0:
        return
    lots = (taken.mass or ZERO for taken in context.inputs if "bauxite" in taken.materials)
    supplied = (supply.amount("KGM") for supply in context.supplied("bauxite"))
    bauxite = (sum(lots, ZERO) + sum(supplied, ZERO)) / made * KG_PER_T
    if bauxite > 0:
        draft.indicate("bauxitePerTonne", bauxite)
        warn_outside(
            draft, "bauxite-unusual", f"{bauxite:.0f} kg of bauxite per t of alumina", bauxite, USUAL_BAUXITE,
            with_range=False, unit="kg/t", lacks=Shortfall("bauxite", "KGM", made / KG_PER_T),
        )
    caustic = sum((one.amount("KGM") for one in context.supplied("causticSoda")), ZERO) / made * KG_PER_T
    if caustic > USUAL_CAUSTIC:
        draft.warn("caustic-unusual", f"{caustic:.0f} kg of caustic soda per t of alumina",
                   Reading(caustic, "kg/t", (ZERO, USUAL_CAUSTIC)))
    energy, usual = draft.megajoules / made * KG_PER_T, USUAL_ENERGY[activity.process]
    warn_outside(draft, "energy-unusual", f"{energy:.0f} MJ per t of alumina", energy, usual, with_range=False,
                 unit="MJ/t", lacks=Shortfall("naturalGas", "3B", made / KG_PER_T))

"""Secondary aluminium: scrap is melted, refined under salt or without, alloyed and cast or handed on liquid."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_nonferrous.balance import check_recovery, entering, held_by, indicate_metal, made_of, total
from carbon_ledger_nonferrous.common import Work, begin, burn_charge, indicate_energy
from carbon_ledger_nonferrous.matter import Melt, follow_melt
from carbon_ledger_nonferrous.metals import MELT
from ledger.sdk import KG_PER_T, ZERO, Assessment, Context, Draft, Reading, Shortfall, warn_outside

# Clean scrap loses 1 to 5 %, cans and turnings 8 to 15 %, dross half; a higher loss means that something was not
# weighed.
LEAST_YIELD: Final = Decimal("0.7")
# Cold scrap needs 1.1 GJ per t to become liquid; furnaces use 2.5 to 8 with holding, drying and decoating.
USUAL_ENERGY: Final = (Decimal(1100), Decimal(9000))
LEAST_FURNACE: Final = Decimal(2500)
# Rotary furnaces make 200 to 500 kg of salt slag per t; the salt itself leaves with it.
USUAL_SALT_SLAG: Final = Decimal(600)
SALT_KEPT: Final = Decimal("0.9")


class SecondaryAluminium(Work, frozen=True, kw_only=True):
    """How a remelter or refiner ran; every field may be left out.

    Inputs: scrap, dross, own returns, primary metal for dilution. Outputs: ingots or liquid alloy; salt slag (which
    names the material `saltSlag`), dross as waste. Supplies: `aluminiumScrap`, `aluminiumDross`, `aluminiumIngot`,
    `silicon`, `magnesium`, `manganese`, `copper`, `zinc`, `iron`, `titanium`, `masterAlloy` go into the melt;
    `electricity`, `heat`, standard fuels; `salt`, `oxygen`, `chlorine`, `lime` and others are left to the core. Scrap
    counts as recycled only if it comes as a lot. `contents`: metal in `aluminiumScrap`, `aluminiumDross`.
    `furnace`: its kind.
    """

    furnace: Literal["rotary", "reverberatory", "sidewell", "induction", "multiChamber"] | None = None


def assess(context: Context, activity: SecondaryAluminium) -> Assessment:
    """Fuels, power (GB/T 32151.4) and the carbon that burns off the scrap; the melt goes to the alloy."""
    draft, power = begin(context, activity)
    entered = entering(context, MELT, activity.contents)
    held = [held_by(output, MELT) for output in context.outputs]
    made, came = made_of(context, held), total(entered)
    draft.indicate("metalRecovery", check_recovery(draft, context, entered, held, LEAST_YIELD))
    if came > 0:
        draft.indicate("meltLoss", max(ZERO, 1 - sum(held, ZERO) / came))
    follow_melt(draft, context, Melt(MELT, came, held, stays=True))
    burn_charge(draft, context)
    if not any(one.source == "scrap" for one in entered):
        draft.find("no-scrap", "no input is waste, or from a recycler: nothing here is recycled")
    if made > 0:
        _check_salt(draft, context, made)
        _check_energy(draft, made)
        indicate_metal(draft, entered, made, "recycledAluminiumProduced")
        indicate_energy(draft, made, power)
    return draft.assessment()


def _check_salt(draft: Draft, context: Context, made: Decimal) -> None:
    salt = sum((one.amount("KGM") for one in context.supplied("salt")), ZERO)
    slag = sum((output.mass or ZERO for output in context.outputs if "saltSlag" in output.materials), ZERO)
    if slag < salt * SALT_KEPT:
        draft.find("salt-slag-missing", f"{salt:f} kg of salt went in, {slag:f} kg of salt slag came out")
    if slag > 0:
        draft.indicate("saltSlagPerTonne", slag / made * KG_PER_T)
        if slag / made * KG_PER_T > USUAL_SALT_SLAG:
            draft.warn("salt-slag-unusual", f"{slag / made * KG_PER_T:.0f} kg of salt slag per t",
                       Reading(slag / made * KG_PER_T, "kg/t", (ZERO, USUAL_SALT_SLAG)))


def _check_energy(draft: Draft, made: Decimal) -> None:
    """Warns only: oil and lacquer on the scrap give heat too, and a provisional record may still lack its meter
    reading."""
    per_tonne = draft.megajoules / made * KG_PER_T
    warn_outside(
        draft, "energy-unusual", f"{per_tonne:.0f} MJ per t of metal", per_tonne, USUAL_ENERGY, with_range=False,
        unit="MJ/t", lacks=Shortfall("naturalGas", "3B", made / KG_PER_T, LEAST_FURNACE),
    )

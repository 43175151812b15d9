"""Processing of iron and steel scrap: shearing, shredding, baling."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_steel.charge import ferrous_share
from carbon_ledger_steel.metal import metal_held
from ledger.sdk import (
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    Reading,
    draft_with_energy,
    follow_composition,
)

# Shredders, the largest users, draw 20 to 80 kWh per t; three machines in a row stay below this.
USUAL_POWER: Final = Decimal(150)
# Weighbridges and samples of mixed scrap agree to a few per cent.
METAL_TOLERANCE: Final = Decimal("0.02")

Operation = Literal["sorting", "shearing", "shredding", "baling", "flameCutting", "briquetting"]


class ScrapProcessing(Activity, frozen=True, kw_only=True):
    """How scrap was processed; every field may be left out.

    Supplies: `electricity`, `diesel` and other standard fuels, `heat`, `steam`; others are left to the core.
    `operations`: in the order in which they were done. `renewable_share`: of the electricity that comes as lots.
    """

    operations: tuple[Operation, ...] = ()
    renewable_share: Fraction = "0"


def assess(context: Context, activity: ScrapProcessing) -> Assessment:
    """Power and fuels; metal goes to the outputs by their compositions."""
    draft, power = draft_with_energy(context, activity)
    follow_composition(draft, context)
    taken = [lot for lot in context.inputs if lot.mass]
    mass = context.mass_taken()
    if mass == 0:
        draft.find("no-scrap", "no input lot has a mass: there is no scrap", refuses=True)
        return draft.assessment()
    # A product of a collector or sorter has become recycled content there.
    if all(lot.role not in ("waste", "core") and lot.sector != "circular" for lot in taken):
        draft.warn("no-waste", "no input is waste: nothing becomes recycled content here", severity="note")
    if context.outputs and all(output.role in ("waste", "core") for output in context.outputs):
        draft.find(
            "burden-retained", "all outputs are waste, which carries no burden: processed scrap is a product",
        )
    _check_metal(draft, context)
    per_tonne = power / mass * 1000
    if per_tonne > USUAL_POWER:
        draft.warn("electricity-unusual", f"{per_tonne:.1f} kWh per t of scrap",
                   Reading(per_tonne, "kWh/t", (ZERO, USUAL_POWER)))
    draft.indicate("electricityPerTonne", per_tonne)
    draft.indicate("scrapProcessed", mass / 1000)
    return draft.assessment()


def _check_metal(draft: Draft, context: Context) -> None:
    # A lot without materials may be metal throughout.
    came = sum(
        ((lot.mass or ZERO) * (ferrous_share(lot) if lot.materials else 1) for lot in context.inputs), ZERO
    )
    held = sum((metal_held(output) for output in context.outputs), ZERO)
    if held > came * (1 + METAL_TOLERANCE):
        draft.find("metallic-yield", f"{held:f} kg of metal out of {came:f} kg of metal", refuses=True)
    if came > 0:
        draft.indicate("metallicYield", held / came)

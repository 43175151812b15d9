"""Sorting of waste into materials; dismantling uses the same balance."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_circular.common import RECOVERED, check_accounted, check_carried
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
    invalid_activity,
    matter_in,
)

# The composition of a mixed lot comes from a sample: two samples differ by a few per cent, not by a tenth.
USUAL_EXCESS: Final = Decimal("0.02")
POSSIBLE_EXCESS: Final = Decimal("0.1")
# Dust and spills; the activity states the water that dries off.
LOSS: Final = Decimal("0.1")
# Shredding and separating vehicles or electronics takes 50 to 200 kWh per t.
USUAL_POWER: Final = Decimal(400)

Method = Literal[
    "manual", "screening", "magnetic", "eddyCurrent", "airClassification", "opticalSorting", "sinkFloat", "shredding",
    "depollution", "dismantling",
]


class Sorting(Activity, frozen=True, kw_only=True):
    """How waste was sorted or products were dismantled; every field may be left out.

    Supplies: `electricity`, `diesel` and other standard fuels, `heat`, `steam`; others are left to the core.
    `methods`: in the order in which they were used. `moisture_loss`: share of the input mass that dried off, below 1.
    `units`: products dismantled, a number above zero. `residue_to`: where the residue goes. `renewable_share`: of the
    electricity that comes as lots.
    """

    methods: tuple[Method, ...] = ()
    moisture_loss: Fraction = "0"
    units: int | None = None
    residue_to: Literal["landfill", "incineration", "furtherTreatment"] | None = None
    renewable_share: Fraction = "0"


def assess(context: Context, activity: Sorting) -> Assessment:
    """Power and fuels; each material goes to outputs by their compositions."""
    return sort(context, activity).assessment()


def sort(context: Context, activity: Sorting) -> Draft:
    """The draft of sorting or dismantling: energy, matter, findings, rates.

    Recovery rate = mass of products, co-products, by-products and cores / mass of input lots (as ISO 22628 for
    vehicles, without energy recovery).
    """
    if activity.units is not None and activity.units < 1:
        raise invalid_activity("units", activity.units, "a number above zero")
    if activity.moisture_loss == "1":
        raise invalid_activity("moistureLoss", activity.moisture_loss, "below 1")
    draft, power = draft_with_energy(context, activity)
    came = context.mass_taken()
    if came == 0:
        draft.find("nothing-sorted", "no input lot has a mass", refuses=True)
        return draft
    follow_composition(draft, context)
    _check_materials(draft, context)
    check_accounted(draft, context, Decimal(activity.moisture_loss), LOSS)
    check_carried(draft, context)
    per_tonne = power / came * 1000
    if per_tonne > USUAL_POWER:
        draft.warn("electricity-unusual", f"{per_tonne:.1f} kWh per t sorted",
                   Reading(per_tonne, "kWh/t", (ZERO, USUAL_POWER)))
    draft.indicate("massSorted", came / 1000)
    draft.indicate("recoveryRate", context.mass_out(*RECOVERED) / came)
    draft.indicate("residueRate", context.mass_out("waste") / came)
    draft.indicate("electricityPerTonne", per_tonne)
    return draft


def _check_materials(draft: Draft, context: Context) -> None:
    """Finds materials with more mass out than in. Lots without a composition and supplies may hold any material."""
    unknown = matter_in(context) - sum((taken.mass or ZERO for taken in context.inputs if taken.materials), ZERO)
    for material in sorted({name for output in context.outputs for name in output.materials}):
        came = unknown + sum(
            ((taken.mass or ZERO) * taken.materials.get(material, ZERO) for taken in context.inputs), ZERO
        )
        held = sum(
            ((output.mass or ZERO) * output.materials.get(material, ZERO) for output in context.outputs), ZERO
        )
        if held > came * (1 + USUAL_EXCESS):
            draft.find(
                "material-from-nothing", f"{held:f} kg of {material} out of {came:f} kg",
                refuses=held > came * (1 + POSSIBLE_EXCESS),
            )

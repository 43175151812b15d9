"""Carbon capture: purifying and compressing CO2 of a neighbouring plant into a product for urea, food or storage."""

from decimal import Decimal
from typing import Final

from carbon_ledger_petrochemicals.carbon import Process, balance, begin
from carbon_ledger_petrochemicals.sharing import share_out
from carbon_ledger_petrochemicals.substances import came, made
from ledger.sdk import ZERO, Assessment, Context, Reading

# Compression to 100 bar takes 100 kWh per t, capture from flue gas 250 and 3 GJ of steam.
USUAL_POWER: Final = Decimal(500)
WEIGHING: Final = Decimal("0.01")


class CarbonCapture(Process, frozen=True, kw_only=True):
    """How CO2 was captured; every field may be left out.

    Inputs: lots of gas that name `carbonDioxide` among their materials (raw CO2 of an ammonia plant, flue gas), or a
    supply of it; `electricity`, `heat`, `steam`, standard fuels; others (`amine`) are left to the core. Outputs:
    `carbonDioxide` as a product. CO2 that its maker deducted and this plant does not capture is emitted here.
    """


def assess(context: Context, activity: CarbonCapture) -> Assessment:
    """Capture rate = CO2 out / CO2 in, at most 1; (carbon in - carbon out) * 44/12 is emitted (GB/T 32151.10).

    A lot of CO2 has no burden of its own and carries its fossil carbon: a record that stores it emits nothing, a record
    that releases it counts it. So nothing is negative here, and nothing is counted twice.
    """
    plant = begin(context, activity, ("carbonDioxide",))
    balance(plant, "uncapturedCarbonDioxide")
    share_out(plant.draft, context)
    entered, captured = came(context, "carbonDioxide"), made(context, "carbonDioxide")
    if entered == 0 or captured == 0:
        plant.draft.find("no-carbon-dioxide", "no input or supply is carbonDioxide, or no output is", refuses=True)
        return plant.draft.assessment()
    if captured > entered * (1 + WEIGHING):
        plant.draft.find("capture-rate", f"{captured:f} kg of CO2 captured out of {entered:f} kg", refuses=True)
    per_tonne = plant.power / captured * 1000
    if per_tonne > USUAL_POWER:
        plant.draft.warn("electricity-unusual", f"{per_tonne:.0f} kWh per t of CO2",
                         Reading(per_tonne, "kWh/t", (ZERO, USUAL_POWER)))
    plant.draft.indicate("captureRate", captured / entered)
    plant.draft.indicate("carbonDioxideCaptured", captured / 1000)
    return plant.draft.assessment()

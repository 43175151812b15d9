"""Carbon capture at the site: off-gas is washed, CO2 goes to a store, and uncaptured CO2 stays emitted."""

import re
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_steel.burning import burn_lots
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    FuelAnalysis,
    Line,
    Name,
    Part,
    Quantity,
    Shortfall,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    kilograms,
    warn_outside,
)

# No plant in operation captures more than 99 %.
HIGHEST_RATE: Final = Decimal("0.99")
# By thermodynamics, separating CO2 from the leanest off-gas of a works takes at least 0.12 GJ per t.
LEAST_ENERGY: Final = Decimal(100)
# Amines take 2.5 to 4 GJ of heat and 0.4 to 0.6 GJ of power per t with compression, pressure swing 1 to 2 in all.
USUAL_ENERGY: Final = (Decimal(600), Decimal(6000))

_DIGEST: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Storage(Part, frozen=True, kw_only=True):
    """CO2 in permanent storage: `amount` injected or bound, net of losses on the way; `site` and its permit by name.

    `kind`: underground with a storage permit, or bound as carbonate. CO2 for use or for oil recovery is no storage.
    `evidence`: SHA-256 (64 lower-case hexadecimal digits) of the document of the storage operator that the record names
    among its evidence.
    """

    amount: Quantity
    kind: Literal["geological", "mineralised"]
    site: Name
    evidence: Name


class CarbonCapture(Activity, frozen=True, kw_only=True):
    """How a capture plant ran.

    Lots: off-gas by mass, of material `offGas`, with its fossil carbon (of a process that names it `carbonOut`), and
    the steel or iron that the capture is for, which passes through. Supplies: fuels, `electricity`, `heat`, `steam`;
    others (amine) are left to the core. Outputs: the same steel or iron; CO2 that is handed on.
    `captured`: CO2, a mass. `storage`: the parts of it that were stored, with proof; CO2 without proof counts as
    emitted.
    `analyses`: of fuels, by the site. `renewable_share`: of the electricity that comes as lots.
    """

    captured: Quantity
    storage: tuple[Storage, ...] = ()
    analyses: tuple[FuelAnalysis, ...] = ()
    renewable_share: Fraction = "0"


def assess(context: Context, activity: CarbonCapture) -> Assessment:
    """All carbon of off-gas and fuels as CO2; stored CO2 is deducted as a separate burden (ISO 14067, 6.4; PACT 3,
    `ccsTechnologicalCO2Capture`). Raises PluginError for storage without proof."""
    captured = kilograms(activity.captured, "captured")
    stored = sum((_stored(one, i) for i, one in enumerate(activity.storage)), ZERO)
    draft, _ = draft_with_energy(context, activity)
    energy = draft.megajoules
    _, grown = burn_lots(draft, context)
    follow_composition(draft, context)
    _keep_carbon(draft, context)
    fossil = draft.emitted("onSite") + sum((supply.combustion or ZERO for supply in context.supplies), ZERO)
    # The draft counts the lots' biogenic carbon only if factor sets are in force.
    treated = fossil + draft.biogenic if context.sets else fossil + grown + draft.biogenic
    _check(draft, captured, stored, treated)
    if treated > 0 and stored <= captured <= treated:
        # Biogenic carbon was never counted as emitted, so storing it deducts nothing from the fossil part.
        draft.line(Line(
            gas="CO2", amount=-stored * fossil / treated, source="storedCarbonDioxide", kind="onSite",
            basis="metered", primary=True, ratings=(1, 1, 1), burden="ccsTechnologicalCO2Capture",
        ))
    _check_energy(draft, energy, captured)
    draft.indicate("carbonDioxideCaptured", captured / KG_PER_T)
    draft.indicate("carbonDioxideStored", stored / KG_PER_T)
    if treated > 0:
        draft.indicate("captureRate", captured / treated)
    draft.indicate("captureEnergyPerTonne", energy / captured * KG_PER_T)
    return draft.assessment()


def _stored(storage: Storage, index: int) -> Decimal:
    if not _DIGEST.fullmatch(storage.evidence):
        raise invalid_activity(
            f"storage[{index}].evidence", storage.evidence,
            "the SHA-256 of the storage operator's document, 64 lower-case hexadecimal digits",
        )
    return kilograms(storage.amount, f"storage[{index}].amount")


def _keep_carbon(draft: Draft, context: Context) -> None:
    """The metal keeps its own carbon; the carbon of the off-gas goes into no metal."""
    lots = sum(((lot.mass or ZERO) * lot.fossil_carbon for lot in context.inputs), ZERO)
    held = [(output.mass or ZERO) * output.fossil_carbon for output in context.outputs]
    whole = max(lots, sum(held, ZERO))
    if lots > 0:
        draft.follow("fossilCarbon", [carbon / whole for carbon in held])


def _check(draft: Draft, captured: Decimal, stored: Decimal, treated: Decimal) -> None:
    if captured > treated:
        draft.find(
            "capture-above-emissions", f"{captured:f} kg captured of {treated:f} kg of CO2 that entered", refuses=True,
        )
    elif captured > treated * HIGHEST_RATE:
        draft.find("capture-rate", f"{captured:f} kg captured of {treated:f} kg: no plant takes so much")
    if stored > captured:
        draft.find("storage-above-capture", f"{stored:f} kg stored of {captured:f} kg captured", refuses=True)
    elif stored == 0:
        draft.find("permanence-unproven", "no storage is proved: all that was captured counts as emitted")


def _check_energy(draft: Draft, energy: Decimal, captured: Decimal) -> None:
    per_tonne = energy / captured * KG_PER_T
    message = f"{per_tonne:.0f} MJ of power, heat and fuel per t of CO2"
    if per_tonne < LEAST_ENERGY:
        draft.find("capture-energy", message, refuses=True)
    else:
        warn_outside(draft, "capture-energy", message, per_tonne, USUAL_ENERGY, with_range=False, unit="MJ/t",
                     lacks=Shortfall("heat", "3B", captured / KG_PER_T))

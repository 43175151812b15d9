"""Capture of CO2 from kiln gas: clinker passes unchanged, and carries the deduction for storage and the energy used.

The kiln's record has booked all of its CO2. CO2 that is stored permanently is deducted here, as fossil capture or, for
biogenic carbon, as a removal. CO2 sold for use is not deducted: it stays with the clinker (Regulation (EU) 2025/2547
demands permanent binding), and a buyer of the CO2 gets it without burden.
"""

from decimal import Decimal
from typing import Final

from carbon_ledger_building_materials.common import Plant, is_material, made, weigh_materials
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    Limits,
    Line,
    Name,
    Quantity,
    Reading,
    Shortfall,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    is_energy,
    judge,
    kilograms,
)

KILN_GAS: Final = "kilnGas"
# Limestone gives 0.5 t per t of clinker, fuel 0.25 to 0.6 more; a wet kiln on lignite reaches 1.3.
USUAL_GAS: Final[Limits] = (Decimal("0.5"), Decimal("1.3"))
POSSIBLE_GAS: Final[Limits] = (Decimal("0.01"), Decimal(2))
# Amines and oxyfuel catch 90 to 98 %.
MOST_CAUGHT: Final = Decimal("0.99")
# Separating CO2 from gas with 20 % of CO2 takes at least 0.14 GJ/t (free energy of mixing at 40 C), without
# compression; oxyfuel takes 1 to 1.5, amines 3 to 4.5.
USUAL_ENERGY: Final[Limits] = (Decimal(700), Decimal(6000))
POSSIBLE_ENERGY: Final[Limits] = (Decimal(140), Decimal(20000))
WEIGHING: Final = Decimal("0.01")
_DIGITS: Final = frozenset("0123456789abcdef")
_DIGEST: Final = 64


class CarbonCapture(Plant, frozen=True, kw_only=True):
    """How CO2 was captured.

    Lots: the clinker of the kiln; it comes out with the same mass. Supplies: `kilnGas`, the mass of CO2 in the treated
    gas (the clinker carries its burden); `electricity`, `heat`, `steam`, standard fuels; `amine`,
    `carbonDioxideTransport`, `carbonDioxideStorage` and others are left to the core. CO2 sold is an output whose
    material is `carbonDioxide`.
    `captured`: mass of CO2. `stored`: the mass of it in permanent underground storage, net of losses on the way.
    `biogenic_share`: of the carbon in kiln gas. `storage_evidence`: SHA-256 of documents that prove storage, among the
    record's evidence.
    """

    captured: Quantity
    stored: Quantity | None = None
    biogenic_share: Fraction = "0"
    storage_evidence: tuple[Name, ...] = ()


def assess(context: Context, activity: CarbonCapture) -> Assessment:
    """Energy of capture, -stored * (1 - biogenic share) as fossil capture, and -stored * biogenic share as removal.

    Raises PluginError for more CO2 stored than captured, and for storage without evidence.
    """
    draft, _ = draft_with_energy(context, activity)
    emitted = sum((supply.amount("KGM") for supply in context.supplied(KILN_GAS)), ZERO)
    captured = kilograms(activity.captured, "captured")
    stored = _stored(activity, captured)
    _check_clinker(draft, context)
    if emitted == 0 or made(context) == 0:
        draft.find(
            "no-kiln-gas", "capture needs an output of clinker, and a supply `kilnGas` with the mass of its CO2",
            refuses=True,
        )
        return draft.assessment()
    _check_capture(draft, context, emitted, captured, stored)
    _book_storage(draft, context, stored, Decimal(activity.biogenic_share))
    weigh_materials(draft, context)
    follow_composition(draft, context)
    energy = draft.megajoules / captured * KG_PER_T
    judge(draft, "capture-energy", "MJ per t of CO2 captured", energy, usual=USUAL_ENERGY, possible=POSSIBLE_ENERGY,
          lacks=Shortfall("heat", "3B", captured / KG_PER_T))
    draft.indicate("captureRate", captured / emitted)
    draft.indicate("carbonDioxideStored", stored / KG_PER_T)
    draft.indicate("energyPerTonneCaptured", energy)
    return draft.assessment()


def _stored(activity: CarbonCapture, captured: Decimal) -> Decimal:
    for digest in activity.storage_evidence:
        if len(digest) != _DIGEST or not _DIGITS.issuperset(digest):
            raise invalid_activity("storageEvidence", digest, "SHA-256 in 64 lower-case hexadecimal digits")
    if activity.stored is None:
        return ZERO
    stored = kilograms(activity.stored, "stored")
    if stored > captured:
        raise invalid_activity("stored", activity.stored, f"at most {captured:f} kg, the CO2 captured")
    if not activity.storage_evidence:
        raise invalid_activity("storageEvidence", "empty", "the digest of at least one document that proves storage")
    return stored


def _check_clinker(draft: Draft, context: Context) -> None:
    """Clinker passes through: its mass does not grow, and clinker that has passed does not come again."""
    came = sum((taken.mass or ZERO for taken in context.inputs if not is_energy(taken.quantity)), ZERO)
    if made(context) > came:
        draft.find("clinker-added", f"{made(context):.6g} kg of clinker out, {came:.6g} kg in", refuses=True)
    if any(taken.same_maker for taken in context.inputs):
        draft.find("captured-twice", "an input lot of clinker has already passed this capture plant", refuses=True)


def _check_capture(draft: Draft, context: Context, emitted: Decimal, captured: Decimal, stored: Decimal) -> None:
    judge(draft, "kiln-gas", "kg of CO2 in kiln gas per kg of clinker", emitted / made(context), usual=USUAL_GAS,
          possible=POSSIBLE_GAS)
    beyond = captured - made(context) * USUAL_GAS[1] * MOST_CAUGHT
    if beyond > 0 and context.questions:
        draft.warn("captured-above-kiln", f"{beyond:.6g} kg of the captured CO2 exceed the gas of any usual kiln "
                   "for this clinker", Reading(captured / made(context), "kg/kg", (ZERO, USUAL_GAS[1] * MOST_CAUGHT)),
                   emits={"CO2": beyond})
    if captured > emitted:
        draft.find("captured-above-emitted", f"{captured:.6g} kg captured of {emitted:.6g} kg in gas", refuses=True)
    elif captured > emitted * MOST_CAUGHT:
        draft.warn("capture-unusual", f"{captured / emitted:.4g} of the CO2 captured: usual is up to {MOST_CAUGHT}",
                   Reading(captured / emitted, "kg/kg", (ZERO, MOST_CAUGHT)))
    sold = sum((output.mass or ZERO for output in context.outputs
                if not is_material(output) and not is_energy(output.quantity)), ZERO)
    if sold + stored > captured * (1 + WEIGHING):
        draft.find("captured-twice", f"{stored:.6g} kg stored, {sold:.6g} kg sold, of {captured:.6g} kg", refuses=True)


def _book_storage(draft: Draft, context: Context, stored: Decimal, biogenic: Decimal) -> None:
    for burden, share in (("ccsTechnologicalCO2Capture", 1 - biogenic), ("technologicalCO2Removals", biogenic)):
        draft.line(Line(
            gas="CO2", amount=-stored * share, source=KILN_GAS, kind="onSite", burden=burden, basis="metered",
            primary=True, ratings=(1, 1, 1),
        ))
    if stored == 0:
        # Kiln gas needs no omission: its burden came with the clinker.
        return
    for service in ("carbonDioxideTransport", "carbonDioxideStorage"):
        if not context.supplied(service):
            draft.omit(service)

"""Fibres: fibre in lots and supplies, its recovered share, and the flow of its carbon."""

from decimal import Decimal
from typing import Final

from carbon_ledger_consumer_goods.common import WEIGHING
from ledger.sdk import ZERO, Context, Draft, FuelAnalysis, InputFacts, SupplyFacts, is_energy, is_fuel

FIBROUS: Final = ("fibre", "pulp", "cellulose", "paper", "board", "wood", "bamboo", "straw", "reed", "bagasse")
"""Materials of lots that are fibre or hold it. Name recovered paper and its products alike (`fibre`), so that recycled
content is traced."""

RAW: Final = (
    "wood", "woodChips", "pulpwood", "bamboo", "straw", "reed", "bagasse", "cottonLinters", "recoveredPaper",
    "wastePaper", "pulp", "mechanicalPulp", "chemicalPulp", "recoveredPulp",
)
"""Supplies that are fibre. Factor sets price `wastePaper` as `recoveredPaper`."""

GROWN: Final = ("wood", "woodChips", "pulpwood", "bamboo", "straw", "reed", "bagasse")
"""Lots and supplies of plants, which become liquor and bark in part."""

RECOVERED: Final = ("recoveredPaper", "wastePaper", "recoveredPulp")

NO_FIBRE: Final = f"no lot and no supply is fibre; supplies of fibre are {', '.join(RAW)}"
"""The refusal of a record without fibre."""

# Dry wood, fibres and paper are half carbon: cellulose 0.44, lignin 0.63.
CARBON_OF_FIBRE: Final = Decimal("0.5")
CARBON_TOLERANCE: Final = Decimal("0.05")


def fibre_of(taken: InputFacts) -> Decimal:
    """Kg of fibre in an input; all of it if the lot has no composition."""
    if is_energy(taken.quantity) or taken.mass is None:
        return ZERO
    if not taken.materials:
        return taken.mass
    return taken.mass * sum((taken.materials.get(name, ZERO) for name in FIBROUS), ZERO)


def fibre_supplies(context: Context, analyses: tuple[FuelAnalysis, ...]) -> tuple[SupplyFacts, ...]:
    """Supplies of fibre, without wood that is analysed as a fuel."""
    return tuple(supply for supply in context.supplies
                 if (supply.raw or supply.name_in(RAW)) and not is_fuel(supply, analyses))


def furnish(context: Context, analyses: tuple[FuelAnalysis, ...]) -> Decimal:
    """Kg of fibre that came in, as weighed."""
    lots = sum((fibre_of(taken) for taken in context.inputs), ZERO)
    return lots + sum((supply.mass or ZERO for supply in fibre_supplies(context, analyses)), ZERO)


def wood_of(context: Context, analyses: tuple[FuelAnalysis, ...]) -> Decimal:
    """Kg of wood and other plants that came in as they grew."""
    lots = sum((
        (taken.mass or ZERO) * (sum((taken.materials.get(name, ZERO) for name in GROWN), ZERO) if taken.materials
                                else Decimal(1))
        for taken in context.inputs if not is_energy(taken.quantity)
    ), ZERO)
    return lots + sum((one.mass or ZERO for one in fibre_supplies(context, analyses) if one.name_in(GROWN)), ZERO)


def indicate_recycled(
    draft: Draft, context: Context, analyses: tuple[FuelAnalysis, ...], recycled_lots: tuple[str, ...] = (),
) -> None:
    """recycledFibreShare = recovered fibre / all fibre, as weighed (utilisation rate of recovered paper).

    Recovered fibre: lots of waste except the line's own broke (ISO 14021), the named lots, and supplies by name.
    """
    whole = furnish(context, analyses)
    if whole == 0:
        return
    lots = sum((fibre_of(taken) for taken in context.inputs
                if taken.lot in recycled_lots or (taken.role == "waste" and not taken.same_maker)), ZERO)
    supplies = [one for one in fibre_supplies(context, analyses) if one.name_in(RECOVERED)]
    if supplies:
        draft.find(
            "recovered-without-lot", "recovered fibre that is no lot of waste gives no recycled content",
        )
    if any(taken.role == "waste" and taken.mass and not taken.materials for taken in context.inputs):
        draft.find("waste-without-composition", "recycled content cannot be traced from a lot without materials")
    draft.indicate("recycledFibreShare", (lots + sum((one.mass or ZERO for one in supplies), ZERO)) / whole)


def follow_grown_carbon(draft: Draft, context: Context, burnt: Decimal) -> None:
    """Shares biogenic carbon, less `burnt` kg, and warns if more of it is declared and burnt than came in."""
    came = sum(((taken.mass or ZERO) * taken.biogenic_carbon for taken in context.inputs), ZERO)
    declared = sum(((one.mass or ZERO) * one.biogenic_carbon for one in context.outputs), ZERO)
    if came > 0 and declared + burnt > came * (1 + CARBON_TOLERANCE) and not context.supplied(*RAW):
        draft.find("biogenic-carbon-balance",
                   f"{declared + burnt:.6g} kg of biogenic carbon are declared and burnt, of {came:.6g} kg")
    share_grown_carbon(draft, context, burnt)


def share_grown_carbon(draft: Draft, context: Context, lost: Decimal) -> None:
    """Biogenic carbon goes to outputs as they declare it; outputs without a declaration share the rest, less `lost`
    kg.

    They share it by mass, at most half of their mass.
    """
    came = sum(((taken.mass or ZERO) * taken.biogenic_carbon for taken in context.inputs), ZERO)
    if came == 0:
        return
    held = [(one.mass or ZERO) * one.biogenic_carbon for one in context.outputs]
    silent = [(one.mass or ZERO) if amount == 0 else ZERO for one, amount in zip(context.outputs, held, strict=True)]
    declared, rest = sum(held, ZERO), sum(silent, ZERO)
    whole = max(came, declared)
    left = min(max(came - declared - lost, ZERO), rest * CARBON_OF_FIBRE)
    draft.follow("biogenicCarbon", [
        (amount + (left * mass / rest if rest else ZERO)) / whole for amount, mass in zip(held, silent, strict=True)
    ])


def check_closure(draft: Draft, code: str, out: Decimal, came: Decimal) -> None:
    """Refuses products that weigh more than their materials."""
    if out > came * (1 + WEIGHING):
        draft.find(code, f"{out:.6g} kg of products out of {came:.6g} kg of materials", refuses=True)

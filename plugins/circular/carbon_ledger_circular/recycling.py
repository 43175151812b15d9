"""Recycling of one material: scrap and waste become steel, metal, pulp, resin, crumb, cullet or battery metals again.

A lot of waste turns into recycled content by the core's rule (ISO 14021); this route follows its matter and computes
emissions and yield.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_circular.common import RECOVERED, check_accounted, check_carried
from carbon_ledger_circular.recycled import MATERIALS, METALS, Material, Recyclable
from carbon_ledger_circular.wastes import Component, Kind, carbon_of, factors, wastes
from ledger.sdk import (
    CO2_PER_C,
    PRODUCT_ROLES,
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    InputFacts,
    Lack,
    Line,
    OutputFacts,
    Part,
    Quantity,
    Reading,
    Shortfall,
    carbonate,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    kilograms,
    matter_in,
    omit_upstream,
)

CARBONATES: Final = {"limestone": "calcite", "dolomite": "dolomite", "sodaAsh": "sodaAsh"}
"""Fluxes, and the pure mineral that each is counted as."""
# Samples of scrap and of its products agree to a few per cent.
SAMPLING: Final = Decimal("0.02")
# Off-gas, spills and washing water, beyond moisture and the burnt-off waste that the activity names.
LOSS: Final = Decimal("0.15")
MELTED: Final = ("remelting", "smelting")
UNMELTED: Final = ("mechanical", "grinding", "preparation")
DISSOLVED: Final[Mapping[str, tuple[str, ...]]] = dict.fromkeys(
    ("copper", "lead", "zinc"), ("hydrometallurgy", "electrolyticRefining"))
"""Ways of metals past the furnace. Aluminium and steel only become powders and salts without one."""
USUAL_POWER: Final = Decimal("0.6")
"""KWh per kg beside the heat, as in `needs.csv`."""
MJ_PER_KWH: Final = Decimal("3.6")
SPECIFIED: Final = "scrapSpecification"
"""A kind of document by which a product is scrap of a grade (EN 13920, ISRI), and no metal."""
FURNACE: Final = Decimal(2)
"""Good furnaces take twice the heat of the molten material, with holding and losses of the stack."""
_INDICATORS: Final[Mapping[str, str]] = {
    "steel": "recycledSteel", "copper": "recycledCopper", "aluminium": "recycledAluminium", "lead": "recycledLead",
    "zinc": "recycledZinc", "paper": "recycledPaper", "plastics": "recycledPlastics", "rubber": "recycledRubber",
    "glass": "recycledGlass",
}
"""Tonnes by material. All other materials are of batteries."""

Method = Literal[
    "remelting", "smelting", "electrolyticRefining", "hydrometallurgy", "pulping", "mechanical", "extrusion",
    "chemical", "pyrolysis", "devulcanisation", "grinding", "preparation",
]


class BurntOff(Part, frozen=True, kw_only=True):
    """`mass` of waste of this `kind` (paint, insulation, plastics, paper) that burnt in the furnace with the scrap."""

    kind: Kind
    mass: Quantity


class Recycling(Activity, frozen=True, kw_only=True):
    """How a material was recycled; all but `material` may be left out.

    Inputs: lots of scrap and waste. Outputs: the recycled material as product; slag, dross, rejects as waste. Supplies:
    `electricity`, `coke`, `naturalGas` and other standard fuels (reductants too), `heat`, `steam`; `limestone`,
    `dolomite`, `sodaAsh` (CO2 given off, except in hydrometallurgy, where they precipitate), `electrode`; salt, acid,
    caustic soda, deinking agents, additives, virgin material to dilute and others are left to the core.
    `material`: its kind. `method`: of recycling. `content`: share of the material in lots without a composition.
    `moisture_loss`: share of the input mass that dried off, below 1. `burnt_off`: waste that burnt with the scrap.
    `renewable_share`: of the electricity that comes as lots. Metal that is only shredded, ground or prepared is scrap:
    evidence of kind `scrapSpecification` states its grade.
    """

    material: Material
    method: Method | None = None
    content: Fraction = "1"
    moisture_loss: Fraction = "0"
    burnt_off: tuple[BurntOff, ...] = ()
    renewable_share: Fraction = "0"


def assess(context: Context, activity: Recycling) -> Assessment:
    """Power, fuels, fluxes, and waste that burns off the scrap; each material goes to outputs by their compositions."""
    if activity.moisture_loss == "1":
        raise invalid_activity("moistureLoss", activity.moisture_loss, "below 1")
    draft, power = draft_with_energy(context, activity)
    _calcine(draft, context, activity.method)
    burnt = _burn_off(draft, activity.burnt_off)
    scrap = context.mass_taken()
    if scrap == 0:
        draft.find("nothing-recycled", "no input lot has a mass", refuses=True)
        return draft.assessment()
    if all(taken.role not in ("waste", "core") and taken.sector != "circular" for taken in context.inputs):
        draft.warn("no-waste", "no input is waste: nothing becomes recycled content here", severity="note")
    follow_composition(draft, context)
    check_accounted(draft, context, Decimal(activity.moisture_loss), LOSS + burnt / matter_in(context))
    check_carried(draft, context)
    made = _yield(draft, context, activity)
    if made > 0:
        _check_energy(draft, activity, made)
        _check_melted(draft, context, activity)
        draft.indicate("electricityPerTonne", power / made * 1000)
    if activity.material in METALS:
        draft.indicate("scrapProcessed", scrap / 1000)
    draft.indicate("residueRate", context.mass_out("waste") / scrap)
    return draft.assessment()


def _calcine(draft: Draft, context: Context, method: str | None) -> None:
    """CO2 of fluxes by stoichiometry (IPCC 2006 Guidelines, volume 3, equation 2.15), and of graphite electrodes."""
    for supply in context.supplied(*CARBONATES):
        if method == "hydrometallurgy":
            continue  # carbonate precipitates with the metal, and its carbon stays in the product
        ratio = carbonate(CARBONATES[supply.name_in(CARBONATES) or supply.material])
        draft.carbon(
            supply.material, supply.amount("KGM") * ratio, primary=False,
            ratings=(2, 2, 2), supply=supply,
        )
        omit_upstream(draft, supply)
    for supply in context.supplied("electrode"):
        draft.price("electrode", supply.amount("TNE"), factors().find("electrode"), kind="onSite", supply=supply)
        omit_upstream(draft, supply)


def _burn_off(draft: Draft, burnt: Sequence[BurntOff]) -> Decimal:
    """Fossil CO2 of waste that burnt with the scrap, as in incineration; returns the kg of waste."""
    total = ZERO
    for i, part in enumerate(burnt):
        mass = kilograms(part.mass, f"burntOff[{i}].mass")
        carbon, fossil = carbon_of(f"burntOff[{i}]", Component(kind=part.kind, share="1"))
        waste = wastes()[part.kind]
        draft.line(Line(
            gas="CO2", amount=mass * carbon * fossil * CO2_PER_C, source=part.kind, kind="onSite", factor=waste.name,
            recalled=waste.recalled, ratings=(2, 2, 2),
        ))
        total += mass
    return total


def _yield(draft: Draft, context: Context, activity: Recycling) -> Decimal:
    """Yield = kg of the material in goods and cores / kg of it that came in; above 1 refuses. Returns the kg gained."""
    material = MATERIALS[activity.material]
    came = sum((supply.mass or ZERO for supply in context.supplies
                if supply.group == material.group or supply.name_in(material.names)), ZERO)
    for taken in context.inputs:
        share = _share(material, taken) if taken.materials else Decimal(activity.content)
        came += (taken.mass or ZERO) * share
    made = sum((_held(material, output) for output in context.outputs if output.role in RECOVERED), ZERO)
    if came == 0:
        names = ", ".join(material.names)
        draft.find("material-missing", f"no input or supply holds one of {names}", refuses=True)
        return made
    if made == 0:
        draft.find(
            "nothing-gained", f"no product, co-product, by-product or core holds {activity.material}", refuses=True,
        )
        return made
    if made > came * (1 + SAMPLING):
        draft.find("yield-above-1", f"{made:f} kg of {activity.material} out of {came:f} kg", refuses=True)
    elif made < came * material.least:
        draft.find("yield-unusual", f"only {made:f} kg of {activity.material} out of {came:f} kg")
    draft.indicate("recyclingYield", min(made / came, Decimal(1)))
    draft.indicate("recycledResources", made / 1000)
    draft.indicate(_INDICATORS.get(activity.material, "recycledBatteryMaterials"), made / 1000)
    return made


def _share(material: Recyclable, lot: InputFacts | OutputFacts) -> Decimal:
    """The mass fraction that is the material: by name, or by the classes of the factor sets."""
    named = sum((share for name, share in lot.materials.items() if name in material.names), ZERO)
    return max(named, lot.known_classes.get(material.group or "", ZERO))


def _held(material: Recyclable, output: OutputFacts) -> Decimal:
    """Kg of the material in an output: by its composition; all of a product without one."""
    if output.materials:
        return (output.mass or ZERO) * _share(material, output)
    return (output.mass or ZERO) if output.role in PRODUCT_ROLES else ZERO


def _check_energy(draft: Draft, activity: Recycling, made: Decimal) -> None:
    """Warns only: the meter reading of a provisional record may still be missing."""
    material, per_kilogram = MATERIALS[activity.material], draft.megajoules / made
    least, lacks = ZERO, list[Lack]()
    if material.melting is not None and _melts(draft, activity):
        least = material.melting
        lacks = [*Shortfall("naturalGas", "3B", made, least * FURNACE).below(least, per_kilogram)]
        if draft.questions and per_kilogram < least:
            lacks.append(Lack("electricity", made * USUAL_POWER * (1 - per_kilogram / least), "KWH"))
    elif draft.questions and activity.method in material.worked:
        least = material.working
        power = Shortfall("electricity", "KWH", made / MJ_PER_KWH, USUAL_POWER * MJ_PER_KWH)
        lacks = [*power.below(least, per_kilogram)]
    draft.indicate("energyPerTonne", per_kilogram * 1000)
    if not least <= per_kilogram <= material.most:
        draft.warn("energy-unusual", f"{per_kilogram:.2f} MJ per kg of {activity.material} recycled",
                   Reading(per_kilogram, "MJ/kg", (least, material.most)), lacks=lacks)


def _check_melted(draft: Draft, context: Context, activity: Recycling) -> None:
    """Shredded and sorted metal is scrap: whoever shapes it takes it for metal, since its maker calls it recycled."""
    material = MATERIALS[activity.material]
    if activity.material not in METALS or activity.method not in UNMELTED or not draft.questions:
        return
    made = sum((_held(material, output) for output in context.outputs if output.role in PRODUCT_ROLES), ZERO)
    if made and material.melting is not None and not context.shows(SPECIFIED):
        heat = Lack("naturalGas", made * material.melting * FURNACE, "3B")
        draft.warn("metal-unmelted", f"{made:f} kg of {activity.material} by {activity.method} are scrap, and no "
                   f"document of kind {SPECIFIED} says so", Reading(ZERO, "MJ/kg", (material.melting, material.most)),
                   lacks=(heat, Lack("electricity", made * USUAL_POWER, "KWH")))


def _melts(draft: Draft, activity: Recycling) -> bool:
    """Scrap metal becomes metal in a furnace, unless the activity names another way that the metal can take."""
    if activity.method in MELTED or not draft.questions:
        return activity.method in MELTED
    return activity.material in METALS and activity.method not in (*UNMELTED, *DISSOLVED.get(activity.material, ()))

"""Incineration of waste, with or without recovery of power and heat."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from carbon_ledger_circular.charging import Charged, charge
from carbon_ledger_circular.wastes import Component, Kind, carbon_of, check_shares, factors, wastes
from ledger.sdk import (
    CO2_PER_C,
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    InputFacts,
    Line,
    Quantity,
    Reading,
    amount_in,
    convert,
    draft_with_energy,
    follow_composition,
    is_energy,
)

# MJ of power and heat per kg of waste: a boiler delivers four fifths of the heating value, and no mixed waste has more
# than 20 MJ per kg; a higher recovery needs a stated heating value.
MOST_RECOVERED: Final = Decimal(16)
LEAST_OXIDATION: Final = Decimal("0.95")
"""Slag and ash keep at most 3 % of carbon (Directive 2010/75/EU, article 50, recalled)."""
FOSSIL: Final[Mapping[str, Kind]] = {"polymer": "plastic", "rubber": "rubber", "textile": "textile"}
"""Kinds of waste by the class of materials with fossil carbon."""
LEAST_BY_KIND: Final = Decimal("0.9")
"""Of the fossil carbon by the materials: bales hold some water and dirt."""
LEAST_STATED: Final = Decimal("0.5")
"""Of it, in an own statement: PVC has half the carbon of other plastics."""
MOST_GROWN: Final = Decimal("0.6")
"""Kg of biogenic carbon per kg of everything else."""
PROOFS: Final = ("analysis", "fuelAnalysis", "emissionMeasurement", "monitoringReport")
"""Kinds of evidence for the carbon of waste and for the part that does not burn."""
_ROUNDING: Final = Decimal("0.000001")
_TABLE: Final = (2, 2, 2)

Technology = Literal[
    "continuousStoker", "continuousFluidisedBed", "semiContinuousStoker", "semiContinuousFluidisedBed", "batchStoker",
    "batchFluidisedBed",
]


class Incineration(Activity, frozen=True, kw_only=True):
    """How waste was burnt. Supplies: `electricity`, `diesel`, `naturalGas` and other standard fuels (support firing),
    `heat`, `steam`; lime, ammonia and others are left to the core.

    Inputs: lots of waste. Outputs: lots of service for the generators of the waste, power and heat as lots in units of
    energy, ash as waste, metal out of the ash as byProduct.
    `composition`: of the wet waste, together 1; not needed for lots that state fossil and biogenic carbon.
    `technology`: of the furnace. `oxidation`: share of the carbon that burns. `heating_value`: net energy of all
    burnt waste. `charged_to`: the carrier of the burden. `renewable_share`: of the electricity that comes as lots.
    """

    composition: tuple[Component, ...] = ()
    technology: Technology = "continuousStoker"
    oxidation: Fraction = "1"
    heating_value: Quantity | None = None
    charged_to: Charged = "generator"
    renewable_share: Fraction = "0"


class Burnt(NamedTuple):
    """Kg of CO2 of one kind of waste, and its factor."""

    source: str
    fossil: Decimal
    biogenic: Decimal
    factor: str | None
    recalled: bool


def assess(context: Context, activity: Incineration) -> Assessment:
    """CO2 of fossil carbon, CH4 and N2O of the furnace, fuels and power; the carrier is `charged_to`.

    CO2 = sum of wet mass * dry matter * carbon * fossil share * oxidised share * 44/12 (IPCC 2006 Guidelines, volume 5,
    equation 5.2). CO2 of biogenic carbon is no part of the footprint and travels apart from it. CH4 is biogenic in the
    share of the biogenic carbon.
    """
    check_shares("composition", activity.composition)
    draft, power = draft_with_energy(context, activity)
    charge(draft, context, activity.charged_to)
    treated = context.mass_taken("waste")
    if treated == 0:
        draft.find("no-waste", "no input lot is waste with a mass", refuses=True)
        return draft.assessment()
    burnt = _burnt(draft, context, activity)
    fossil = sum((one.fossil for one in burnt), ZERO)
    total = fossil + sum((one.biogenic for one in burnt), ZERO)
    for part in burnt:
        draft.line(Line(
            gas="CO2", amount=part.fossil, source=part.source, kind="treatment", factor=part.factor,
            recalled=part.recalled, ratings=_TABLE if part.factor else (1, 1, 1), primary=part.factor is None,
        ))
        draft.release_biogenic(
            part.source, part.biogenic, kind="treatment", factor=part.factor, recalled=part.recalled,
            ratings=_TABLE if part.factor else (1, 1, 1), primary=part.factor is None,
        )
    _book_furnace_gases(draft, context, activity.technology, treated, 1 - fossil / total if total else ZERO)
    _book_heating_value(draft, activity, fossil / total if total else ZERO)
    _check_recovered(draft, context, activity, treated)
    if context.questions and not context.shows(*PROOFS):
        _check_fossil(draft, context, activity, fossil)
    _follow(draft, context, Decimal(activity.oxidation))
    draft.indicate("wasteTreated", treated / 1000)
    draft.indicate("carbonDioxidePerTonne", total / treated * 1000)
    if total > 0:
        draft.indicate("fossilCarbonShare", fossil / total)
    draft.indicate("electricityPerTonne", power / treated * 1000)
    draft.indicate("residueRate", context.mass_out("waste") / treated)
    return draft.assessment()


def _burnt(draft: Draft, context: Context, activity: Incineration) -> Sequence[Burnt]:
    """CO2 of lots by the carbon that they state, of all others by the composition."""
    oxidised = Decimal(activity.oxidation) * CO2_PER_C
    burnt, unknown = [], ZERO
    for taken in context.inputs:
        mass = taken.mass or ZERO
        if taken.role != "waste":
            continue
        if taken.fossil_carbon + taken.biogenic_carbon > 0:
            burnt.append(Burnt(
                "waste", mass * taken.fossil_carbon * oxidised, mass * taken.biogenic_carbon * oxidised, None, False,
            ))
        else:
            unknown += mass
    if unknown > 0 and not activity.composition:
        draft.find("carbon-unknown", f"{unknown:f} kg of waste state no carbon: state a composition", refuses=True)
    for i, component in enumerate(activity.composition):
        carbon, fossil = carbon_of(f"composition[{i}]", component)
        emitted = unknown * Decimal(component.share) * carbon * oxidised
        waste = wastes()[component.kind]
        burnt.append(Burnt(component.kind, emitted * fossil, emitted * (1 - fossil), waste.name, waste.recalled))
    return burnt


def _check_fossil(draft: Draft, context: Context, activity: Incineration, emitted: Decimal) -> None:
    """The materials of lots count before a composition, and all of their carbon burns. `emitted`: kg of fossil CO2."""
    expected = _expected(context, activity)
    missing = expected - emitted
    if missing > expected * _ROUNDING:
        draft.warn(
            "fossil-carbon-missing", f"{missing:f} kg of fossil CO2 of the waste are not stated, by its materials and "
            "full combustion", Reading(emitted, "KGM", (expected, expected)), emits={"CO2": missing})


def _expected(context: Context, activity: Incineration) -> Decimal:
    """Kg of fossil CO2 that the waste gives off at least: as stated, unless its materials hold more."""
    carbon, unknown, by_materials = ZERO, ZERO, ZERO
    for taken in context.inputs:
        if taken.role != "waste":
            continue
        mass, held = taken.mass or ZERO, _fossil_of(taken)
        if taken.fossil_carbon + taken.biogenic_carbon > 0:
            carbon += mass * _believed(taken, held)
        else:
            unknown += mass
            by_materials += mass * held
    stated = ZERO
    for i, component in enumerate(activity.composition):
        each, fossil = carbon_of(f"composition[{i}]", component)
        stated += unknown * Decimal(component.share) * each * fossil
    carbon += by_materials if stated < by_materials * LEAST_BY_KIND else stated
    oxidised = Decimal(activity.oxidation)
    return carbon * CO2_PER_C * (1 if oxidised < LEAST_OXIDATION else oxidised)


def _fossil_of(taken: InputFacts) -> Decimal:
    """Kg of fossil carbon per kg by the classes of its materials."""
    held = ZERO
    for group, kind in FOSSIL.items():
        waste = wastes()[kind]
        each = (waste.dry_matter or ZERO) * (waste.carbon or ZERO) * (waste.fossil or ZERO)
        held += taken.classes.get(group, ZERO) * each
    return held


def _believed(taken: InputFacts, held: Decimal) -> Decimal:
    """Kg of fossil carbon per kg of a lot that states its carbon: biogenic carbon needs matter that is no plastics."""
    fossil, plastics = taken.fossil_carbon, taken.classes.get("polymer", ZERO)
    grown = min(taken.biogenic_carbon, MOST_GROWN * (1 - plastics)) if plastics else taken.biogenic_carbon
    return max(held if fossil < held * LEAST_STATED else fossil, fossil + taken.biogenic_carbon - grown)


def _book_furnace_gases(
    draft: Draft, context: Context, technology: Technology, treated: Decimal, grown: Decimal
) -> None:
    """Methane and nitrous oxide of `treated` kg of waste. `grown`: biogenic share of its carbon, and so of methane."""
    share = grown if context.sets else ZERO
    for gas in ("CH4", "N2O"):
        key = technology + gas
        if key not in factors():
            continue
        factor, tonnes = factors().find(key), treated / 1000
        biogenic = share if gas == "CH4" else ZERO
        draft.price("waste", tonnes if biogenic == 0 else tonnes * (1 - biogenic), factor, kind="treatment")
        draft.line(Line(
            gas="CH4biogenic", amount=tonnes * biogenic * factor.value, source="waste", kind="treatment",
            burden="biogenicNonCO2Emissions", ratings=factor.ratings, factor=factor.name, recalled=factor.recalled,
            factor_deviation=factor.deviation,
        ))


def _book_heating_value(draft: Draft, activity: Incineration, fossil: Decimal) -> None:
    """Energy of the waste, renewable in the share of its biogenic carbon."""
    if activity.heating_value is not None:
        value = activity.heating_value
        megajoules = amount_in(value, "3B", "heatingValue")
        draft.energy("waste", megajoules * fossil)
        draft.energy("waste", megajoules * (1 - fossil), renewable=True)


def _check_recovered(draft: Draft, context: Context, activity: Incineration, treated: Decimal) -> None:
    recovered = [output.quantity for output in context.outputs if is_energy(output.quantity)]
    if not recovered:
        return
    out = sum((convert(one.amount, one.unit, "3B") for one in recovered), ZERO)
    if activity.heating_value is None:
        if out > treated * MOST_RECOVERED:
            draft.find("recovery-unusual", f"{out / treated:.1f} MJ recovered per kg of waste: state its heating value")
    elif out > draft.megajoules:
        message = f"{out:f} MJ of power and heat out of {draft.megajoules:f} MJ of waste and fuels"
        draft.find("energy-from-nothing", message, refuses=True)
    else:
        draft.indicate("energyEfficiency", out / draft.megajoules)
    draft.indicate("energyRecovered", out / treated * 1000)


def _follow(draft: Draft, context: Context, oxidation: Decimal) -> None:
    """Metal and minerals go by compositions; carbon leaves as gas, except unburnt carbon in ash."""
    follow_composition(draft, context)
    ash = context.mass_out("waste")
    left = [
        (1 - oxidation) * (output.mass or ZERO) / ash if ash and output.role == "waste" else ZERO
        for output in context.outputs
    ]
    if context.outputs:
        draft.follow("fossilCarbon", left)
        draft.follow("biogenicCarbon", left)

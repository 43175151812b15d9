"""Textiles: dyeing, printing and finishing, with spinning, weaving and knitting if the site does them too."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_consumer_goods.common import book_soda_ash, judge_energy, made
from carbon_ledger_consumer_goods.effluent import Effluent, book_effluents
from carbon_ledger_consumer_goods.fibre import check_closure
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    FuelAnalysis,
    Limits,
    Part,
    Quantity,
    Reading,
    Shortfall,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    judge,
    kilograms,
    matter_in,
)

Process = Literal["spinning", "weaving", "knitting", "pretreatment", "dyeing", "printing", "finishing"]
Technique = Literal[
    "exhaust", "padSteam", "lowLiquorRatio", "coldPadBatch", "foam", "waterless", "screenPrinting", "digitalPrinting",
]
LOW_ENERGY: Final = ("lowLiquorRatio", "coldPadBatch", "foam", "waterless", "digitalPrinting")
"""Techniques that this sector counts as low-energy dyeing: baths of at most 6 litres per kg (air flow), cold pad-batch,
foam, without water (supercritical CO2, reduced pressure), digital printing."""

# Steam of 5 to 40 GJ and 0.3 to 3 MWh per t, stenters another 5 to 15 GJ; spinning and weaving add 10 to 40.
USUAL_ENERGY: Final[Limits] = (Decimal(5000), Decimal(90000))
USUAL_WITH_YARN: Final[Limits] = (Decimal(8000), Decimal(160000))
# Ten times the energy to heat and dry the cloth means a wrong unit.
POSSIBLE_ENERGY: Final[Limits] = (Decimal(0), Decimal(500000))
# Cubic metres per t: waterless lines almost zero, printed cotton 200.
USUAL_WATER: Final[Limits] = (Decimal(2), Decimal(250))
POSSIBLE_WATER: Final[Limits] = (Decimal(0), Decimal(2000))
FIBRES: Final = (
    "cotton", "rawCotton", "cottonLint", "cottonFibre", "wool", "flax", "viscose", "viscoseFibre", "lyocell",
    "polyesterFibre", "recycledPolyesterFibre", "polyesterStapleFibre", "stapleFibre",
)
"""Supplies that become yarn on spindles or rotors; filaments such as nylon are yarn as they come."""
SPUN_PART: Final = Decimal("0.2")
"""Of the fabric: wadding and fibres for flocking are less."""
LEAST_SPINNING: Final = Decimal("1.6")
USUAL_SPINNING: Final = Decimal(6)
"""KWh per kg of all power, with weaving and dyeing: ring spinning takes 2.5 to 4, rotors 1 to 1.5, weaving 2 to 4,
knitting 0.1 to 0.3 (usual values, unverified); the least is own judgement."""
# Combing takes 0.2 of cotton, scouring half of greasy wool.
LEAST_YIELD: Final = Decimal("0.6")


class DyedFabric(Part, frozen=True, kw_only=True):
    """`mass` of fabric or yarn that was dyed or printed by a `technique`."""

    technique: Technique
    mass: Quantity


class TextileDyeing(Activity, frozen=True, kw_only=True):
    """How textiles were dyed.

    Lots: fibre, yarn, grey fabric, the customer's too. Supplies: `cotton`, `polyester`, `viscose`, `wool`, `yarn`,
    `greyFabric`, dyes and auxiliaries with a mass, left to the core; `water`, in volume or mass. Priced:
    `electricity`, `heat`, `steam`, standard and analysed fuels, `sodaAsh` (fixing of reactive dyes, scouring).
    `processes`: of the site. `dyed`: fabric by technique. `soda_ash_purity`: Na2CO3 in soda ash. `effluents`:
    waste water. `analyses`: of fuels, by the site. `renewable_share`: of electricity that comes as lots.
    """

    processes: tuple[Process, ...] = ("dyeing",)
    dyed: tuple[DyedFabric, ...] = ()
    soda_ash_purity: Fraction = "1"
    effluents: tuple[Effluent, ...] = ()
    analyses: tuple[FuelAnalysis, ...] = ()
    renewable_share: Fraction = "0"


def assess(context: Context, activity: TextileDyeing) -> Assessment:
    """E = fuels + carbonates + CH4 of waste water + bought power and heat (GB/T 32151.12, textiles and garments).

    Raises PluginError for more fabric dyed than made."""
    draft, power = draft_with_energy(context, activity)
    carbonates = book_soda_ash(draft, context, activity.soda_ash_purity)
    book_effluents(draft, context, activity.effluents, grown=False)
    follow_composition(draft, context)
    fabric = made(context)
    if fabric == 0:
        draft.find("no-fabric", "no product or co-product has a mass", refuses=True)
        return draft.assessment()
    _check_yield(draft, context, activity, fabric)
    if context.questions:
        _check_spinning(draft, context, power, fabric)
    yarn = any(one in ("spinning", "weaving", "knitting") for one in activity.processes)
    judge_energy(draft, "textile-energy", fabric / KG_PER_T, usual=USUAL_WITH_YARN if yarn else USUAL_ENERGY,
                 possible=POSSIBLE_ENERGY)
    draft.indicate("fabricMade", fabric / KG_PER_T)
    draft.indicate("energyPerTonneFabric", draft.megajoules / fabric * KG_PER_T)
    draft.indicate("electricityPerTonne", power / fabric * KG_PER_T)
    draft.indicate("processEmissionsPerTonne", carbonates / fabric * KG_PER_T)
    _indicate_water(draft, context, fabric)
    _indicate_techniques(draft, activity, fabric)
    return draft.assessment()


def _check_yield(draft: Draft, context: Context, activity: TextileDyeing, fabric: Decimal) -> None:
    """Fabric / (fibres, dyes and auxiliaries), without water, which leaves again."""
    dissolved = sum((supply.mass or ZERO for supply in context.supplied("water", "sodaAsh")), ZERO)
    came = matter_in(context, activity.analyses) - dissolved
    if came == 0:
        draft.find("no-textile", "no lot and no supply has a mass, so there is no textile to dye", refuses=True)
        return
    check_closure(draft, "textile-yield", fabric, came)
    if fabric < came * LEAST_YIELD:
        draft.find("textile-yield-unusual", f"only {fabric:.6g} kg of fabric out of {came:.6g} kg")
    draft.indicate("fabricYield", fabric / came)


def _check_spinning(draft: Draft, context: Context, power: Decimal, fabric: Decimal) -> None:
    """Fibre becomes fabric by spinning and weaving or knitting, whatever the record says about its processes."""
    spun = min(sum((one.mass or ZERO for one in context.supplied(*FIBRES)), ZERO), fabric)
    if spun > fabric * SPUN_PART and power < spun * LEAST_SPINNING:
        per_kilogram = power / spun
        draft.warn(
            "spinning-missing", f"{spun:.6g} kg of fibre become fabric with {per_kilogram:.3g} kWh per kg",
            Reading(per_kilogram, "kWh/kg", (LEAST_SPINNING, Decimal(20))),
            lacks=Shortfall("electricity", "KWH", spun, USUAL_SPINNING).below(LEAST_SPINNING, per_kilogram),
        )


def _indicate_water(draft: Draft, context: Context, fabric: Decimal) -> None:
    """Fresh water per tonne; a kg of it is a litre."""
    supplies = context.supplied("water")
    if not supplies:
        return
    volume = sum((one.amount("MTQ") if one.mass is None else one.mass / KG_PER_T for one in supplies), ZERO)
    per_tonne = volume / fabric * KG_PER_T
    judge(draft, "water", "m3 of water per t", per_tonne, usual=USUAL_WATER, possible=POSSIBLE_WATER)
    draft.indicate("waterPerTonneFabric", per_tonne)


def _indicate_techniques(draft: Draft, activity: TextileDyeing, fabric: Decimal) -> None:
    """The share of low-energy dyeing over records is the sum of `lowEnergyDyed` over the sum of `fabricDyed`."""
    if not activity.dyed:
        return
    dyed = low = ZERO
    for i, part in enumerate(activity.dyed):
        mass = kilograms(part.mass, f"dyed[{i}].mass")
        dyed += mass
        low += mass if part.technique in LOW_ENERGY else ZERO
    if dyed > fabric / LEAST_YIELD:
        raise invalid_activity(
            "dyed", dyed, f"at most {fabric / LEAST_YIELD:.6g} kg, for {fabric:.6g} kg of fabric made",
        )
    draft.indicate("fabricDyed", dyed / KG_PER_T)
    draft.indicate("lowEnergyDyed", low / KG_PER_T)
    draft.indicate("lowEnergyDyeingShare", low / dyed)

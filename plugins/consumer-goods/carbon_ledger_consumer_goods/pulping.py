"""Chemical and mechanical pulp of wood, straw, bamboo and recovered paper."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple

from carbon_ledger_consumer_goods.common import judge_energy, made
from carbon_ledger_consumer_goods.fibre import (
    CARBON_OF_FIBRE,
    NO_FIBRE,
    follow_grown_carbon,
    furnish,
    indicate_recycled,
)
from carbon_ledger_consumer_goods.mill import Mill, Run, indicate_mill, run_mill
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Fraction,
    Lack,
    Limits,
    Reading,
    amount_in,
    follow_composition,
    invalid_activity,
    judge,
)

Method = Literal["kraft", "soda", "sulphite", "semichemical", "chemimechanical", "mechanical", "recovered"]


class _Process(NamedTuple):
    """Default `dryness` of the raw material; dry yields; MJ per t of air-dry pulp."""

    dryness: Decimal
    usual: Limits
    possible: Limits
    energy: Limits


def _process(dryness: str, usual: tuple[str, str], possible: tuple[str, str], energy: tuple[int, int]) -> _Process:
    return _Process(Decimal(dryness), (Decimal(usual[0]), Decimal(usual[1])),
                    (Decimal(possible[0]), Decimal(possible[1])), (Decimal(energy[0]), Decimal(energy[1])))


PROCESSES: Final[Mapping[str, _Process]] = {
    # Wood is 40 to 50 % cellulose. Cooking dissolves lignin and half of the hemicellulose; bleaching takes 5 % more.
    # Black liquor gives 20 GJ, more than a modern mill needs.
    "kraft": _process("0.5", ("0.38", "0.56"), ("0.25", "0.70"), (8000, 40000)),
    # Straw, bagasse and bamboo, air-dry: less lignin, more ash and pith.
    "soda": _process("0.85", ("0.35", "0.58"), ("0.25", "0.70"), (6000, 40000)),
    "sulphite": _process("0.5", ("0.40", "0.62"), ("0.25", "0.75"), (6000, 40000)),
    "semichemical": _process("0.5", ("0.60", "0.85"), ("0.45", "0.95"), (4000, 25000)),
    # Refiners and grinders keep the lignin; 1.2 to 4 MWh per t tear the wood apart.
    "chemimechanical": _process("0.5", ("0.80", "0.95"), ("0.60", "1"), (3000, 25000)),
    "mechanical": _process("0.5", ("0.90", "0.985"), ("0.70", "1"), (3000, 25000)),
    # Brown stock loses a tenth, pulp for tissue four tenths with ink and filler. Slushing takes 0.1 to 0.5 MWh.
    "recovered": _process("0.92", ("0.58", "0.97"), ("0.35", "1"), (300, 10000)),
}
CHEMICAL: Final = ("kraft", "soda", "sulphite", "semichemical")

GRINDING: Final = ("chemimechanical", "mechanical")
# Refiners and grinders are turned by power, which no heat replaces (reference document on pulp, paper and board, 2015:
# groundwood 1.1 to 2.3 MWh per t, refined pulp 1.6 to 4, with chemicals 1 to 2.5; unverified).
LEAST_POWER: Final = Decimal(900)
# In kWh per t, as in the factor of mechanical pulp; the most is a wrong unit.
USUAL_POWER, MOST_POWER = Decimal(2200), Decimal(4500)
MJ_PER_KWH: Final = Decimal("3.6")

# Ten times the heat of the wood itself means a wrong unit.
POSSIBLE_ENERGY: Final[Limits] = (Decimal(0), Decimal(200000))
# Kraft cooking dissolves, with the salts, 1.3 to 1.9 t of dry solids per t of pulp.
USUAL_LIQUOR: Final[Limits] = (Decimal("0.7"), Decimal("2.3"))
POSSIBLE_LIQUOR: Final[Limits] = (Decimal(0), Decimal(4))


class Pulping(Mill, frozen=True, kw_only=True):
    """How pulp was made.

    Lots and supplies of fibre: `wood`, `woodChips`, `pulpwood`, `bamboo`, `straw`, `reed`, `bagasse`, `cottonLinters`,
    `recoveredPaper` or `wastePaper`; recovered paper as lots of waste. Priced supplies: `electricity`, `heat`,
    `steam`, standard and analysed fuels, `limestone` that is burnt, `sodaAsh`. `sodiumHydroxide`, `sodiumSulphate`,
    `hydrogenPeroxide`, `chlorate` and others are left to the core.
    `method`: kraft (sulphate), soda, sulphite, semichemical, chemimechanical, mechanical (ground, refined,
    thermomechanical), recovered. `raw_dryness`, `pulp_dryness`: dry parts of raw material and pulp as weighed; green
    wood 0.5, straw 0.85, recovered paper 0.92 and air-dry pulp 0.9 if absent.
    """

    method: Method
    raw_dryness: Fraction | None = None
    pulp_dryness: Fraction = "0.9"


def assess(context: Context, activity: Pulping) -> Assessment:
    """The mill's lines; dry yield = pulp * dryness / (raw material * dryness). Raises PluginError for black liquor of a
    process without it."""
    draft = Draft(context)
    run = run_mill(draft, context, activity)
    pulp, raw = made(context), furnish(context, activity.analyses)
    follow_composition(draft, context)
    follow_grown_carbon(draft, context, run.own.carbon)
    indicate_recycled(draft, context, activity.analyses)
    if pulp == 0:
        draft.find("no-pulp", "no product or co-product has a mass", refuses=True)
    elif raw == 0:
        draft.find("no-fibre", NO_FIBRE, refuses=True)
    else:
        _check(draft, activity, raw, pulp, run)
        if context.questions and activity.method in GRINDING:
            _check_power(draft, activity, run, pulp)
        draft.indicate("pulpMade", pulp / KG_PER_T)
        indicate_mill(draft, run, pulp, "energyPerTonnePulp")
    return draft.assessment()


def _check_power(draft: Draft, activity: Pulping, run: Run, pulp: Decimal) -> None:
    """Power of the grid and of the site's own plant, less the power that is sold."""
    own = ZERO if activity.chp is None else amount_in(activity.chp.power, "KWH", "chp.power")
    per_tonne = (run.power + own - run.sold.power / MJ_PER_KWH) / pulp * KG_PER_T
    if per_tonne < LEAST_POWER:
        draft.warn(
            "grinding-power", f"{per_tonne:.4g} kWh of power per t of pulp: refiners and grinders take at least "
            f"{LEAST_POWER}", Reading(per_tonne, "kWh/t", (LEAST_POWER, MOST_POWER)),
            lacks=(Lack("electricity", (USUAL_POWER - per_tonne) * pulp / KG_PER_T, "KWH"),),
        )


def _check(draft: Draft, activity: Pulping, raw: Decimal, pulp: Decimal, run: Run) -> None:
    process, own = PROCESSES[activity.method], run.own
    dryness = process.dryness if activity.raw_dryness is None else Decimal(activity.raw_dryness)
    if dryness == 0:
        raise invalid_activity("rawDryness", activity.raw_dryness, "above 0")
    dry = raw * dryness
    share = pulp * Decimal(activity.pulp_dryness) / dry
    draft.indicate("pulpYield", share)
    judge(draft, "pulp-yield", "of dry raw material became pulp", share, usual=process.usual, possible=process.possible)
    judge_energy(draft, "pulp-energy", pulp / KG_PER_T, usual=process.energy, possible=POSSIBLE_ENERGY)
    if own.carbon > dry * (CARBON_OF_FIBRE + Decimal("0.06")):
        draft.find("carbon-above-fibre", f"residues of {own.carbon:.6g} kg of carbon out of {dry:.6g} kg of dry fibre: "
                   "half of fibre is carbon", refuses=True)
    if own.liquor > 0:
        if activity.method not in CHEMICAL:
            raise invalid_activity(
                "ownFuels", "blackLiquor", f"absent: {activity.method} pulping makes no black liquor",
            )
        judge(draft, "black-liquor", "kg of dry solids per kg of pulp", own.liquor / pulp, usual=USUAL_LIQUOR,
              possible=POSSIBLE_LIQUOR)

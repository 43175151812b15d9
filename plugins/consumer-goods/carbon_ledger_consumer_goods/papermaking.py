"""Paper and board of virgin and recovered fibre."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_consumer_goods.common import judge_energy, made
from carbon_ledger_consumer_goods.fibre import (
    NO_FIBRE,
    check_closure,
    follow_grown_carbon,
    furnish,
    indicate_recycled,
    wood_of,
)
from carbon_ledger_consumer_goods.mill import Mill, indicate_mill, run_mill
from ledger.sdk import (
    CARRYING_ROLES,
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Lack,
    Limits,
    Name,
    Reading,
    follow_composition,
    invalid_activity,
    matter_in,
)

Grade = Literal["newsprint", "printing", "containerboard", "cartonboard", "tissue", "speciality"]

# A kg of paper leaves the press with a kg of water, which takes 2.3 MJ to dry without recovery of heat; with pulp from
# recovered paper 6 to 12, tissue 10 to 25. Above a hundred the unit is wrong.
USUAL_ENERGY: Final[Limits] = (Decimal(2500), Decimal(30000))
POSSIBLE_ENERGY: Final[Limits] = (Decimal(0), Decimal(100000))
# Of it, paper of bought pulp takes 8.7 on average (steam 6.5, power 2.2), which measures energy that nobody can see.
NEEDED_ENERGY: Final = Decimal(8700)
# A mill that sells energy keeps at least the needs of the best machines: 4.5 of steam, and 0.5 MWh of power.
LEAST_KEPT: Final = Decimal(6300)
# Dry wood and fibre have 19 MJ per kg; of pulp a twentieth is rejected, of recovered paper up to 0.15 in screens and
# cleaners, of which plastics burn too.
WOOD_MJ: Final = Decimal(19)
REJECTS: Final = Decimal("0.15")
# Deinking for tissue loses four tenths; a higher loss means that fibre is missing.
LEAST_YIELD: Final = Decimal("0.5")
# Filled and coated papers are at least six tenths fibre; an output with much less is no paper.
LEAST_FIBRE: Final = Decimal("0.3")
ONE: Final = Decimal(1)
LEAST_UNFILLED: Final = Decimal("0.4")
USUAL_FIBRE: Final = Decimal("0.8")
"""Kg of fibre per kg of paper: light coated paper has 0.44 beside pigments and latex, copying paper 0.8."""
FILLERS: Final = ("calciumCarbonate", "chalk", "kaolin", "talc", "filler", "gypsum", "titaniumDioxide")
"""Materials of outputs that are no fibre."""


class Papermaking(Mill, frozen=True, kw_only=True):
    """How paper or board was made.

    Lots and supplies of fibre: pulp as made by `pulping` (`pulp`, `chemicalPulp`, `mechanicalPulp`), recovered paper
    as lots of waste, broke of the same line; integrated mills take `wood` too. Fillers and chemicals: `filler`,
    `calciumCarbonate`, `kaolin`, `starch`, `latex`, left to the core; `water` with a mass if it stays in the paper.
    Priced supplies: `electricity`, `heat`, `steam`, standard and analysed fuels, `limestone` that is burnt, `sodaAsh`.
    Weigh pulp and paper air-dry.
    `grade`: of the paper. `recycled_lots`: input lots that are no waste, but pulp of recovered paper.
    """

    grade: Grade | None = None
    recycled_lots: tuple[Name, ...] = ()


def assess(context: Context, activity: Papermaking) -> Assessment:
    """The mill's lines; yield = paper / (fibre, fillers and chemicals). Raises PluginError for a lot that is no
    input."""
    draft = Draft(context)
    taken = {one.lot for one in context.inputs}
    for name in activity.recycled_lots:
        if name not in taken:
            raise invalid_activity("recycledLots", name, "an input lot of this record")
    run = run_mill(draft, context, activity)
    follow_composition(draft, context)
    follow_grown_carbon(draft, context, run.own.carbon)
    indicate_recycled(draft, context, activity.analyses, activity.recycled_lots)
    paper = made(context)
    if paper == 0:
        draft.find("no-paper", "no product or co-product has a mass", refuses=True)
        return draft.assessment()
    _check_yield(draft, context, activity, paper)
    judge_energy(draft, "paper-energy", paper / KG_PER_T, usual=USUAL_ENERGY, possible=POSSIBLE_ENERGY)
    if context.questions:
        _check_residues(draft, context, activity, run.own.fibrous, paper)
        _check_fibre(draft, context, activity, paper)
        _check_sold(draft, run.sold.all, paper)
    draft.indicate("paperMade", paper / KG_PER_T)
    indicate_mill(draft, run, paper, "energyPerTonnePaper")
    return draft.assessment()


def _check_residues(
    draft: Draft, context: Context, activity: Papermaking, burnt: Decimal, paper: Decimal
) -> None:
    """Liquor and bark come of wood, which gives at most its own heat of combustion; pulp and recovered paper leave
    rejects alone. Residues burnt beyond that came from somewhere else. The amount that paper
    needs is in question."""
    fibre, wood = furnish(context, activity.analyses), wood_of(context, activity.analyses)
    most = wood * WOOD_MJ + (fibre - wood) * REJECTS * WOOD_MJ
    if burnt <= most:
        return
    needed = max(NEEDED_ENERGY * paper / KG_PER_T - (draft.megajoules - burnt + most), ZERO)
    draft.warn(
        "residues-without-wood", f"{burnt:.6g} MJ of liquor, bark and rejects are burnt: {wood:.6g} kg of wood and "
        f"{fibre - wood:.6g} kg of other fibre leave at most {most:.6g} MJ",
        Reading(burnt, "MJ", possible=(ZERO, most)),
        lacks=(Lack(material="heat", amount=min(burnt - most, needed), unit="3B"),),
    )


def _check_fibre(draft: Draft, context: Context, activity: Papermaking, paper: Decimal) -> None:
    """Chalk is cheaper than fibre: paper that does not state its fillers among its materials has little of them."""
    fibre = furnish(context, activity.analyses)
    stated = sum(((output.mass or ZERO) * share for output in context.outputs if output.role in CARRYING_ROLES
                  for name, share in output.materials.items() if name in FILLERS), ZERO)
    if 0 < fibre < LEAST_UNFILLED * (paper - stated):
        draft.warn(
            "filler-unusual", f"{fibre:.6g} kg of fibre for {paper:.6g} kg of paper, of which the outputs state "
            f"{stated:.6g} kg of fillers", Reading(fibre / paper, "kg/kg", (LEAST_UNFILLED, ONE)),
            lacks=(Lack(material="pulp", amount=USUAL_FIBRE * (paper - stated) - fibre, unit="KGM"),),
        )


def _check_sold(draft: Draft, sold: Decimal, paper: Decimal) -> None:
    """Energy that leaves dries no paper, whoever takes it."""
    kept = (draft.megajoules - sold) / paper * KG_PER_T
    if sold and kept < LEAST_KEPT:
        draft.warn(
            "paper-energy-sold", f"{kept:.4g} MJ per t of paper are left beside the energy that is sold",
            Reading(kept, "MJ/t", (LEAST_KEPT, USUAL_ENERGY[1])),
            lacks=(Lack("heat", (NEEDED_ENERGY - kept) * paper / KG_PER_T, "3B"),),
        )


def _check_yield(draft: Draft, context: Context, activity: Papermaking, paper: Decimal) -> None:
    burnt_minerals = sum((supply.mass or ZERO for supply in context.supplied("limestone")), ZERO)
    came, fibre = matter_in(context, activity.analyses) - burnt_minerals, furnish(context, activity.analyses)
    check_closure(draft, "paper-yield", paper, came)
    if fibre == 0:
        draft.find("no-fibre", NO_FIBRE, refuses=True)
        return
    if paper < fibre * LEAST_YIELD:
        draft.find("paper-yield-unusual", f"only {paper:.6g} kg of paper out of {fibre:.6g} kg of fibre")
    if fibre < paper * LEAST_FIBRE:
        draft.find("fibre-unusual", f"only {fibre:.6g} kg of fibre for {paper:.6g} kg of paper")
    draft.indicate("paperYield", paper / came)

"""Shared code of pulp and paper mills: their activity, and all lines except the fibre's."""

from decimal import Decimal
from typing import NamedTuple

from carbon_ledger_consumer_goods.cogeneration import Cogeneration, Energy, book_cogeneration
from carbon_ledger_consumer_goods.common import book_limestone, book_soda_ash
from carbon_ledger_consumer_goods.effluent import Effluent, book_effluents
from carbon_ledger_consumer_goods.residues import Burnt, OwnFuel, burn_residues
from ledger.sdk import CO2_PER_C, KG_PER_T, Activity, Context, Draft, Fraction, FuelAnalysis, Quantity, book_energy


class Mill(Activity, frozen=True, kw_only=True):
    """Fields of every mill.

    `renewable_share`: of the electricity that comes as lots. `analyses`: of fuels, by the site; bought biomass needs an
    analysis. `own_fuels`: residues of its fibre that it burns. `chp`: its plant for heat and power; `boiler_heat`: heat
    of boilers without a turbine; `heat_from_chp`: share of bought heat and steam from cogeneration. `effluents`: waste
    water. `limestone_purity`: CaCO3 in bought limestone; `soda_ash_purity`: Na2CO3 in bought soda ash.
    """

    renewable_share: Fraction = "0"
    analyses: tuple[FuelAnalysis, ...] = ()
    own_fuels: tuple[OwnFuel, ...] = ()
    chp: Cogeneration | None = None
    boiler_heat: Quantity | None = None
    heat_from_chp: Fraction = "0"
    effluents: tuple[Effluent, ...] = ()
    limestone_purity: Fraction | None = None
    soda_ash_purity: Fraction = "1"


class Run(NamedTuple):
    """Figures of a mill's run: kWh of electricity, residues burnt, kg of CO2 of carbonates, energy sold, and kg
    of biogenic CO2."""

    power: Decimal
    own: Burnt
    carbonates: Decimal
    sold: Energy
    grown: Decimal


def run_mill(draft: Draft, context: Context, activity: Mill) -> Run:
    """E = fuels + carbonates + CH4 of waste water + bought power and heat - sold (NDRC accounting guideline for makers
    of paper and paper products; GB/T 32150)."""
    power = book_energy(draft, context, renewable_share=Decimal(activity.renewable_share), analyses=activity.analyses)
    own = burn_residues(draft, activity.own_fuels, sets=context.sets)
    carbonates = book_limestone(draft, context, activity.limestone_purity)
    carbonates += book_soda_ash(draft, context, activity.soda_ash_purity)
    book_effluents(draft, context, activity.effluents, grown=True)
    sold = book_cogeneration(draft, context, activity.chp, activity.boiler_heat, activity.heat_from_chp)
    # The draft counts the residues' carbon only if factor sets are in force.
    grown = draft.biogenic if context.sets else draft.biogenic + own.carbon * CO2_PER_C
    return Run(power, own, carbonates, sold, grown)


def indicate_mill(draft: Draft, run: Run, made: Decimal, energy: str) -> None:
    """Per tonne of `made` kg. Energy is all energy bought and burnt, less energy sold, at 3.6 MJ per kWh (GB/T
    2589 without its conversion to coal: 29.3076 MJ are 1 kgce)."""
    draft.indicate(energy, (draft.megajoules - run.sold.all) / made * KG_PER_T)
    draft.indicate("electricityPerTonne", run.power / made * KG_PER_T)
    draft.indicate("processEmissionsPerTonne", run.carbonates / made * KG_PER_T)
    draft.indicate("biogenicCarbonDioxide", run.grown / KG_PER_T)

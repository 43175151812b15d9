"""Photovoltaic modules of crystalline silicon: ingots are pulled, sawn to wafers, made to cells and laminated; one
record may cover one step or all. Thin films come from one line."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_electronics.common import COUNTED, Work, begin, check_mass, check_pieces, mass_named, says
from carbon_ledger_electronics.fluorinated import GasUse, emit_gases
from ledger.sdk import (
    ZERO,
    Assessment,
    Context,
    Draft,
    Lack,
    Positive,
    Quantity,
    Reading,
    Shortfall,
    amount_in,
    convert,
    follow_composition,
    invalid_activity,
    matter_in,
    warn_outside,
)

# 1 to 5 % of cells break or fail, fewer modules; below 85 % the wrong pieces were counted.
LEAST_YIELD: Final = Decimal("0.85")
STANDARD_IRRADIANCE: Final = Decimal(1)
"""kW per m2 at which peak power is measured (IEC 60904-3)."""
# Shockley and Queisser's limit of one junction under sunlight is 33.7 %, of two 46 %. Modules sold have 15 to 25 %.
MOST_EFFICIENT: Final = {"tandem": Decimal("0.46")}
ONE_JUNCTION: Final = Decimal("0.337")
USUAL_EFFICIENCY: Final = (Decimal("0.12"), Decimal("0.27"))
# Polysilicon: 3 kg per kW in 2020, with an aim of 2 for 2030; early modules took 10.
USUAL_SILICON: Final = (Decimal("1.2"), Decimal(10))
# Ingot, wafer, cell and module together take 150 to 900 kWh per kW, polysilicon as much again.
USUAL_POWER: Final = Decimal(2000)
CELL_WORDS: Final = ("cell", "wafer", "silicon", "module", "tellur", "selen", "indium", "perovskite", "silane")
OTHER_WORDS: Final = ("battery", "calcium", "carbide", "ferro", "fuelcell", "landfill", "lithium", "recycling", "steel")
"""Parts of names of things that share a word with solar cells, and are something else."""
USUAL_CELLS: Final = Decimal("2.3")
"""Cells of 182 mm per kg of module: 72 in 31.5 kg (data sheets of modules of 580 W; unverified)."""
USUAL_SHARE: Final = Decimal("0.023")
"""Kg of those cells per kg of module: 72 wafers of 10 g."""
LEAST_CELLS: Final = Decimal("0.015")
LEAST_FILM: Final = Decimal("0.002")
"""Kg of cells, or of their silicon, per kg of module: silicon has 0.02 to 0.04, between two panes less; thin films have
below 0.005; own judgement."""
PIECES: Final = ("solarcell", "wafer")
HEAVIEST_CELL: Final = Decimal("0.05")
"""Kg: cells of 210 mm with their wires have 20 g."""
PROOFS: Final = ("analysis", "billOfMaterials", "compositionAnalysis", "productDataSheet")
"""Kinds of evidence for modules with few cells, such as façades."""
FILMS: Final = ("thinFilm", "tandem")
# Process aids: they leave again and are in no module.
AIDS: Final = ("water", "nitrogen", "argon", "slurry", "hydrofluoricAcid", "nitricAcid", "hydrochloricAcid",
               "sodiumHydroxide", "potassiumHydroxide", "CF4", "C2F6", "C3F8", "CHF3", "NF3", "SF6", "N2O", "ammonia")


class PhotovoltaicModule(Work, frozen=True, kw_only=True):
    """How ingots, wafers, cells or modules were made; every field may be left out.

    Supplies: `electricity`, `heat`, `steam`, standard fuels; the gases `SF6`, `CF4`, `NF3`, `C2F6`, `C3F8`, `CHF3`,
    `N2O` of etching and of cleaning deposition chambers; `polysilicon`, `siliconWafer`, `solarCell`, `glass`,
    `encapsulant`, `backsheet`, `aluminiumFrame`, `silverPaste` and others are left to the core.
    `steps`: done in this record. `technology`: of the cell. `gases`: how they were used. `peak_kilowatts`: of all
    products together at standard conditions. `area`: of all modules together.
    """

    steps: tuple[Literal["ingot", "wafer", "cell", "module"], ...] = ("module",)
    technology: Literal["perc", "topcon", "heterojunction", "backContact", "multi", "thinFilm", "tandem"] | None = None
    gases: tuple[GasUse, ...] = ()
    peak_kilowatts: Positive | None = None
    area: Quantity | None = None


def assess(context: Context, activity: PhotovoltaicModule) -> Assessment:
    """Energy and gases of the steps; silicon and other materials go into the outputs that name them."""
    if not activity.steps or len(set(activity.steps)) < len(activity.steps):
        raise invalid_activity("steps", list(activity.steps), "one or more steps, each named once")
    draft, power = begin(context, activity)
    emit_gases(draft, context, activity.gases, "photovoltaic")
    check_pieces(draft, context, activity, LEAST_YIELD)
    aids = sum((supply.mass or ZERO for supply in context.supplied(*AIDS)), ZERO)
    check_mass(draft, context, matter_in(context, activity.analyses) - aids)
    follow_composition(draft, context)
    _check_silicon(draft, context)
    if context.questions and "module" in activity.steps:
        _check_cells(draft, context, activity)
    if activity.peak_kilowatts is not None:
        _check_power(draft, context, activity, power, Decimal(activity.peak_kilowatts))
    return draft.assessment()


def _check_silicon(draft: Draft, context: Context) -> None:
    """Refuses more silicon in outputs than came in; no check if a lot names no materials or solar cells are
    supplied."""
    lots = [(taken.mass or ZERO) * taken.materials.get("silicon", ZERO) for taken in context.inputs]
    unnamed = [taken for taken in context.inputs if not taken.materials]
    bought = [one.mass or ZERO for one in context.supplied("polysilicon", "siliconWafer", "silicon")]
    came = sum(lots, ZERO) + sum(bought, ZERO)
    held = sum(((output.mass or ZERO) * output.materials.get("silicon", ZERO) for output in context.outputs), ZERO)
    if came > 0 and not unnamed and not context.supplied("solarCell"):
        if held > came:
            draft.find("silicon-yield", f"{held:f} kg of silicon out of {came:f} kg", refuses=True)
        draft.indicate("siliconYield", held / came)


def _check_cells(draft: Draft, context: Context, activity: PhotovoltaicModule) -> None:
    """A module is laminated around cells."""
    made, came = context.mass_out("product"), mass_named(context, CELL_WORDS, OTHER_WORDS)
    if not made or came is None:
        return
    came -= _too_heavy(context)
    share, film = came / made, activity.technology in FILMS
    if share >= (LEAST_FILM if film else LEAST_CELLS) or (share >= LEAST_FILM and context.shows(*PROOFS)):
        return
    missing = 1 if film else max(1 - share / USUAL_SHARE, ZERO)
    draft.warn(
        "cells-missing", f"{came:.6g} kg of cells or silicon come into {made:.6g} kg of modules",
        Reading(share, "kg/kg", (LEAST_FILM if film else LEAST_CELLS, Decimal(1))),
        lacks=(Lack("solarCell", made * USUAL_CELLS * missing, "C62"),),
    )


def _too_heavy(context: Context) -> Decimal:
    """Kg by which bought cells and wafers in pieces exceed the mass of such pieces: they are priced by piece."""
    excess = ZERO
    for supply in context.supplies:
        if supply.quantity.unit in COUNTED and supply.mass and says(supply.material, PIECES):
            pieces = convert(supply.quantity.amount, supply.quantity.unit, "H87")
            excess += max(supply.mass - pieces * HEAVIEST_CELL, ZERO)
    return excess


def _check_power(
    draft: Draft, context: Context, activity: PhotovoltaicModule, power: Decimal, kilowatts: Decimal
) -> None:
    per_kilowatt = power / kilowatts
    draft.indicate("electricityPerPeakKilowatt", per_kilowatt)
    if per_kilowatt > USUAL_POWER:
        draft.warn("electricity-unusual", f"{per_kilowatt:.0f} kWh per kW of peak power",
                   Reading(per_kilowatt, "kWh/kW", (ZERO, USUAL_POWER)))
    silicon = sum((one.mass or ZERO for one in context.supplied("polysilicon")), ZERO) / kilowatts
    if silicon > 0:
        warn_outside(
            draft, "silicon-unusual", f"{silicon:.2f} kg of polysilicon per kW", silicon, USUAL_SILICON,
            with_range=False, unit="kg/kW", lacks=Shortfall("polysilicon", "KGM", kilowatts),
        )
    if activity.area is None:
        return
    area = amount_in(activity.area, "MTK", "area")
    efficiency = kilowatts / area / STANDARD_IRRADIANCE
    most = MOST_EFFICIENT.get(activity.technology or "", ONE_JUNCTION)
    if efficiency > most:
        draft.find(
            "efficiency-impossible", f"{efficiency:.1%} of sunlight: at most {most:.1%} is possible", refuses=True,
        )
    else:
        warn_outside(draft, "efficiency-unusual", f"{efficiency:.1%} of sunlight", efficiency, USUAL_EFFICIENCY,
                     with_range=False, unit="kW/kW")
    draft.indicate("moduleEfficiency", efficiency)
    draft.indicate("areaProcessed", area)

"""Battery cells and packs."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_electronics.common import (
    MJ_PER_KWH,
    Work,
    begin,
    check_mass,
    check_pieces,
    mass_named,
    own_emissions,
    says,
)
from carbon_ledger_electronics.service import ServiceLife, delivered
from ledger.sdk import (
    ZERO,
    Assessment,
    Context,
    Draft,
    Quantity,
    Reading,
    Shortfall,
    amount_in,
    follow_composition,
    invalid_activity,
    is_energy,
    matter_in,
    warn_outside,
)

Chemistry = Literal["lfp", "nmc", "nca", "lmo", "sodiumIon", "leadAcid"]

# KWh per kg of the active materials alone, which no cell exceeds: mAh per g of both electrodes together times volts.
# 1 / (1/170 + 1/3861) * 3.4 V for iron phosphate against lithium, 1 / (1/275 + 1/3861) * 3.8 V for layered oxides,
# 1 / (1/148 + 1/3861) * 4 V for spinel, 1 / (1/160 + 1/1166) * 3.2 V for sodium oxides against sodium, 167 Wh per kg
# for lead, lead dioxide and acid.
DENSEST: Final[Mapping[str, Decimal]] = {
    "lfp": Decimal("0.56"), "nmc": Decimal("0.98"), "nca": Decimal("0.98"), "lmo": Decimal("0.57"),
    "sodiumIon": Decimal("0.45"), "leadAcid": Decimal("0.167"),
}
# KWh per kg of cells on the market.
USUAL_DENSITY: Final[Mapping[str, tuple[Decimal, Decimal]]] = {
    "lfp": (Decimal("0.09"), Decimal("0.22")), "nmc": (Decimal("0.13"), Decimal("0.35")),
    "nca": (Decimal("0.15"), Decimal("0.35")), "lmo": (Decimal("0.08"), Decimal("0.2")),
    "sodiumIon": (Decimal("0.08"), Decimal("0.19")), "leadAcid": (Decimal("0.02"), Decimal("0.06")),
}
# Large lines use 50 to 65 kWh of electricity per kWh of cells, the best 20 to 40 with heat, pilot lines some hundreds.
# Above a thousand the unit is wrong.
USUAL_CELL_ENERGY: Final = (Decimal(15), Decimal(150))
POSSIBLE_ENERGY: Final = Decimal(1000)
# Joining and testing take 1 to 10 kWh per kWh.
USUAL_PACK_ENERGY: Final = Decimal(20)
# New lines lose a third of their cells, run-in ones a tenth and less; of packs one in a hundred.
LEAST_CELL_YIELD: Final = Decimal("0.6")
LEAST_PACK_YIELD: Final = Decimal("0.9")
# Kg per kg of cells, dry powder: layered oxides 0.35 to 0.45, phosphate 0.35 to 0.4 (usual compositions); lead and its
# oxide are 0.6 of a battery. Sodium oxides count as phosphate.
CATHODES: Final[Mapping[str, tuple[str, Decimal]]] = {
    "lfp": ("lfpCathode", Decimal("0.38")), "nmc": ("nmcCathode", Decimal("0.42")),
    "nca": ("nmcCathode", Decimal("0.42")), "lmo": ("nmcCathode", Decimal("0.42")),
    "sodiumIon": ("lfpCathode", Decimal("0.38")), "leadAcid": ("lead", Decimal("0.6")),
}
LEAST_CATHODE: Final = Decimal("0.3")
"""Of the usual share: cells for power with thin coatings, and electrodes with much carbon."""
CATHODE_WORDS: Final = (
    "cathode", "positiveelectrode", "electrodefoil", "electrodecoil", "activematerial", "blackmass", "lithiumiron",
    "lithiumnickel", "lithiumcobalt", "lithiummangan", "ironphosphate", "nickel", "cobalt", "manganeseoxide",
    "manganesedioxide", "manganate", "prussian", "sodiumion", "cell",
)
"""Parts of names of materials that may become a positive electrode: powders, precursors, foil, bought cells. Lithium,
sodium, manganese and phosphate alone are parts of cheap salts."""
CATHODE_NAMES: Final = ("lfp", "nmc", "ncm", "nca", "lmo", "lco", "nfm", "nfpp")
"""Whole words of names of such materials."""
LEAD_WORDS: Final = ("lead", "batterygrid", "batteryplate", "batterypaste", "positiveplate", "positivegrid")
CELL_WORDS: Final = ("cell", "module", "batter", "accumulator")
OTHER_WORDS: Final = (
    "alcohol", "cathodeblock", "catalyst", "cellular", "concentrate", "cooling", "coolant", "copper", "cover", "case",
    "electrodetab", "electrolyte", "ferro", "frame", "fuelcell", "graphite", "hexafluoro", "housing", "incineration",
    "label", "landfill", "management", "nickelore", "nickelstrip", "nickeltab", "photovoltaic", "recycling",
    "separator", "slag", "solar", "stainless", "steel", "treatment", "tray",
)
"""Parts of names of things that share a word with cells and their cathodes, and are something else."""
WORD: Final = re.compile("[A-Z]?[a-z]+|[A-Z]+")
USUAL_CELLS: Final = Decimal("0.65")
LEAST_CELLS: Final = Decimal("0.2")
"""Kg of cells per kg of packs. Packs of cars have 0.6 to 0.75, cabinets with cooling and fire fighting 0.4; own
judgement."""
# These leave the cell again: solvents are driven off and recovered.
AIDS: Final = ("nmp", "water", "nitrogen", "argon")


class Battery(Work, frozen=True, kw_only=True):
    """Fields of both routes.

    `capacity`: nominal energy of all good products together, for packs the usable energy, in watt hours. `chemistry`:
    of the cells. `service_life`: gives the energy that is delivered over the life, the unit for comparing footprints.
    """

    capacity: Quantity | None = None
    chemistry: Chemistry | None = None
    service_life: ServiceLife | None = None


class BatteryCell(Battery, frozen=True, kw_only=True):
    """How cells were made, from coating to forming; every field may be left out.

    Supplies: `electricity`, `heat`, `steam`, standard fuels; `cathodeMaterial`, `graphite`, `electrolyte`, `separator`,
    `copperFoil`, `aluminiumFoil`, `binder`, `nmp`, `housing` and others are left to the core. Outputs: cells by number
    or mass; scrap of electrodes and rejects as waste, with their composition.
    """


class BatteryPack(Battery, frozen=True, kw_only=True):
    """How packs were assembled; every field may be left out.

    Inputs: cells or modules. Supplies: `electricity`, `heat`, standard fuels; `housing`, `cables`, `coolingPlate`,
    `batteryManagementSystem` and others are left to the core. `cell_capacity`: nominal energy of the cells that went
    in.
    """

    cell_capacity: Quantity | None = None


def assess_cell(context: Context, activity: BatteryCell) -> Assessment:
    """Energy per kWh of cells, and the flow of their materials."""
    draft, _ = begin(context, activity)
    _make(draft, context, activity, LEAST_CELL_YIELD)
    if context.questions:
        _check_cathode(draft, context, activity.chemistry)
    if activity.capacity is not None:
        capacity = _capacity(activity.capacity, "capacity")
        _check_energy(draft, capacity, USUAL_CELL_ENERGY)
        _check_density(draft, context, activity.chemistry, capacity)
        _indicate(draft, context, activity, capacity)
    return draft.assessment()


def assess_pack(context: Context, activity: BatteryPack) -> Assessment:
    """Energy per kWh of packs, and the flow of their materials; a pack stores no more than its cells."""
    draft, _ = begin(context, activity)
    _make(draft, context, activity, LEAST_PACK_YIELD)
    if context.questions:
        _check_cells(draft, context, activity.chemistry)
    if activity.capacity is not None:
        capacity = _capacity(activity.capacity, "capacity")
        if activity.cell_capacity is not None:
            cells = _capacity(activity.cell_capacity, "cellCapacity")
            if capacity > cells:
                draft.find("capacity-yield", f"{capacity:f} kWh of packs out of {cells:f} kWh of cells", refuses=True)
            draft.indicate("capacityYield", capacity / cells)
        _check_energy(draft, capacity, (ZERO, USUAL_PACK_ENERGY))
        _check_density(draft, context, activity.chemistry, capacity, usual=False)
        _indicate(draft, context, activity, capacity)
    elif activity.cell_capacity is not None:
        raise invalid_activity("capacity", None, "stated together with cellCapacity")
    return draft.assessment()


def _make(draft: Draft, context: Context, activity: Battery, least: Decimal) -> None:
    if any(is_energy(output.quantity) for output in context.outputs):
        # A lot counted in watt hours is electricity.
        draft.find(
            "counted-as-energy", "an output is counted in watt hours: count batteries in pieces or by mass, and state "
            "their capacity", refuses=True,
        )
    check_pieces(draft, context, activity, least)
    aids = sum((supply.mass or ZERO for supply in context.supplied(*AIDS)), ZERO)
    check_mass(draft, context, matter_in(context, activity.analyses) - aids)
    follow_composition(draft, context)
    if activity.service_life is not None and activity.capacity is None:
        raise invalid_activity("capacity", None, "stated together with serviceLife")


def _check_cathode(draft: Draft, context: Context, chemistry: Chemistry | None) -> None:
    """The positive electrode is the dearest part of a cell, so a record without one left it out."""
    made = context.mass_out("product")
    if made == 0:
        return
    words = LEAD_WORDS if chemistry == "leadAcid" else CATHODE_WORDS
    came = sum((
        (taken.mass or ZERO) * (sum((share for name, share in taken.materials.items() if _is_called(name, words)), ZERO)
                                if taken.materials else Decimal(1)) for taken in context.inputs
    ), ZERO) + sum((supply.mass or ZERO for supply in context.supplies if _is_called(supply.material, words)), ZERO)
    material, usual = CATHODES.get(chemistry or "", CATHODES["nmc"])
    share = came / made
    if share < usual * LEAST_CATHODE:
        draft.warn(
            "cathode-missing", f"{came:.6g} kg of cathode materials come into {made:.6g} kg of cells: usual are "
            f"{usual} kg per kg", Reading(share, "kg/kg", (usual * LEAST_CATHODE, Decimal(1))),
            lacks=Shortfall(material, "KGM", made, usual).below(usual, share),
        )


def _is_called(name: str, words: Sequence[str]) -> bool:
    """Whether a name has one of these parts, or is one of the short names of cathodes."""
    if words is CATHODE_WORDS and any(word.lower() in CATHODE_NAMES for word in WORD.findall(name)):
        return True
    return says(name, words, OTHER_WORDS)


def _check_cells(draft: Draft, context: Context, chemistry: Chemistry | None) -> None:
    """A pack is made of cells, or of modules that hold them."""
    made, came = context.mass_out("product"), mass_named(
        context, CELL_WORDS, OTHER_WORDS, in_lots=(*CELL_WORDS, *CATHODE_WORDS))
    if made == 0 or came is None:
        return
    share = came / made
    if share < LEAST_CELLS:
        cell = "leadAcidBattery" if chemistry == "leadAcid" else "lithiumIonCell"
        draft.warn(
            "cells-missing", f"{came:.6g} kg of cells come into {made:.6g} kg of packs: usual are {USUAL_CELLS} kg per "
            "kg", Reading(share, "kg/kg", (LEAST_CELLS, Decimal(1))),
            lacks=Shortfall(cell, "KGM", made, USUAL_CELLS).below(LEAST_CELLS, share),
        )


def _capacity(quantity: Quantity, field: str) -> Decimal:
    """KWh; raises InvalidQuantity for a quantity that is no energy."""
    return amount_in(quantity, "KWH", field)


def _check_energy(draft: Draft, capacity: Decimal, usual: tuple[Decimal, Decimal]) -> None:
    per_unit = draft.megajoules / MJ_PER_KWH / capacity
    draft.indicate("energyPerCapacity", per_unit)
    message = f"{per_unit:.1f} kWh per kWh of capacity"
    if per_unit > POSSIBLE_ENERGY:
        draft.find("energy-impossible", message, refuses=True)
    else:
        warn_outside(draft, "energy-unusual", message, per_unit, usual, with_range=False, unit="kWh/kWh",
                     lacks=Shortfall("electricity", "KWH", capacity))


def _check_density(
    draft: Draft, context: Context, chemistry: Chemistry | None, capacity: Decimal, *, usual: bool = True
) -> None:
    mass = context.mass_out("product")
    if mass == 0:
        return
    density = capacity / mass
    draft.indicate("energyDensity", density)
    most = DENSEST[chemistry] if chemistry is not None else max(DENSEST.values())
    message = f"{density:.3f} kWh per kg"
    if density > most:
        draft.find("density-impossible", f"{message}: the active materials alone give at most {most}", refuses=True)
    elif usual and chemistry is not None:
        warn_outside(draft, "density-unusual", message, density, USUAL_DENSITY[chemistry], with_range=False,
                     unit="kWh/kg")


def _indicate(draft: Draft, context: Context, activity: Battery, capacity: Decimal) -> None:
    draft.indicate("batteryCapacity", capacity)
    emitted = own_emissions(draft, context)
    draft.indicate("co2PerCapacity", emitted / capacity)
    if activity.service_life is not None:
        energy = delivered(draft, activity.service_life, capacity)
        draft.indicate("kwhDelivered", energy)
        draft.indicate("co2PerKwhDelivered", emitted / energy)

"""Coal, oil and gas that come in and go nowhere.

Whoever takes fuel burns it, unless it leaves again or its carbon stays in the outputs. Most sectors burn fuel that a
record buys; a lot of fuel burns where the sector says so (`Sector.burns_lots`) or balances carbon. Elsewhere its CO2
would be nobody's:

    unburnt = CO2 of fuels in lots, and of unknown supplies that are priced as the upstream of a fuel
            - CO2 of the fossil carbon in outputs                   (up to the most of their materials)
            - CO2 that is emitted, without burnt supplies and without the carbonates that come in

A lot of energy is power or heat for every sector, and nobody burns it. So a lot of energy whose product consists of a
fossil fuel is questioned by the CO2 of that fuel, unless the energy leaves as such a lot again.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ledger.admission.facts import LotFacts
from ledger.core.outcome.assessment import Finding
from ledger.engine.bounds.process import ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import (
    MaterialAmount,
    amount_of_lot,
    in_unit,
    most_of,
    stated_carbon,
    substance_of,
)
from ledger.engine.pricing.lot_fuels import CARBON_DIOXIDE, LotAmount, fuel_of_lot, fuels_in
from ledger.engine.pricing.named_rows import named_row
from ledger.sdk import CO2_PER_C

IN_LOT: Final = "fuel-as-energy"
UNBURNT: Final = "fuel-unburnt"
_LEAST: Final = Decimal("0.1")
"""Of the fuels' CO2: analyses differ from the rows of the sets, and dust and slag keep some carbon."""
_POORER: Final = Decimal("0.7")
"""A lot's stated carbon counts in place of the row's down to this part of it: coals of one name differ by a fifth."""
_STACKS: Final = ("onSite", "treatment", "transport")
_HOLD_NONE: Final = (
    "food", "wood", "paper", "mineral", "cement", "ceramic", "glass", "water", "electronics", "machinery")
"""Classes of goods that bind no carbon of fuels: theirs is biogenic, of carbonates, or of plastics that come in."""
_BIND_LITTLE: Final = ("steel", "ferroalloy")
_CARBONATE: Final = Decimal("0.15")
"""Kg of carbon per kg: carbonates hold up to 0.1425 (stoichiometry of magnesite)."""
_CALCINED: Final = ("limestone", "dolomite", "magnesite", "calciumCarbonate", "marl", "rawMeal")
_LONGEST: Final = 255


def check_unburnt(process: Process) -> Iterator[Finding]:
    """The findings on fuel that nobody burns."""
    yield from _energy_lots(process)
    lots = {place: _of_lot(process, taken.lot, taken.quantity, taken.mass)
            for place, taken in enumerate(process.plan.taken)}
    supplies = {place: _of_supply(process, place) for place in range(len(process.plan.supplied))}
    came = sum(lots.values(), ZERO) + sum(supplies.values(), ZERO)
    if not came:
        return
    missing = came - _leaving(process) - _released(process)
    if missing <= came * _LEAST:
        return
    lot = next((place for place, amount in lots.items() if amount), None)
    supply = next((place for place, amount in supplies.items() if amount), None) if lot is None else None
    name = process.plan.taken[lot].lot.id if lot is not None else process.plan.supplied[supply or 0].supply.material
    yield Finding(
        code=UNBURNT, taken=lot, supply=supply, value=short(came), unit="KGM", amount=short(missing),
        message=f"{name} is a fuel: {short(missing):f} kg of its CO2 are neither emitted nor in an output"[:_LONGEST],
    )


def _energy_lots(process: Process) -> Iterator[Finding]:
    taken = {i: _of_energy(process, one.lot, one.quantity) for i, one in enumerate(process.plan.taken)}
    lots = [i for i, carbon_dioxide in taken.items() if carbon_dioxide]
    left = sum((_of_energy(process, made.facts, made.facts.quantity) for _, made in process.outputs), ZERO)
    amount = sum(taken.values(), ZERO) - left
    if lots and amount > ZERO:
        lot = process.plan.taken[lots[0]].lot
        yield Finding(
            code=IN_LOT, taken=lots[0], value=short(amount), unit="KGM", amount=short(amount),
            message=f"{lot.id} counts as energy, but its product is a fuel: nobody counts its CO2"[:_LONGEST],
        )


def _of_energy(process: Process, lot: LotFacts, quantity: Decimal) -> Decimal:
    """Kg of fossil CO2 of the fuels in a lot that is counted by its energy."""
    return _burnt(process, lot, LotAmount(quantity, lot.unit, None)) if is_energy(lot.unit) else ZERO


def _of_lot(process: Process, lot: LotFacts, quantity: Decimal, mass: Decimal | None) -> Decimal:
    """Kg of fossil CO2 of the fuels in a lot of matter, by its stated carbon if that is near the rows."""
    if is_energy(lot.unit) or lot.role in ("credit", "attribute"):
        return ZERO
    by_rows = _burnt(process, lot, LotAmount(quantity, lot.unit, mass))
    stated = stated_carbon(process.facts.composition(lot), mass or ZERO) if by_rows else None
    return by_rows if stated is None else min(by_rows, max(stated[0] * CO2_PER_C, by_rows * _POORER))


def _burnt(process: Process, lot: LotFacts, amount: LotAmount) -> Decimal:
    composition = process.facts.composition(lot)
    return sum((fuel.carbon_dioxide for fuel in fuels_in(process.sets, process.around, composition, amount)), ZERO)


def _of_supply(process: Process, place: int) -> Decimal:
    """Kg of fossil CO2 of matter under a name that no set knows, priced by the upstream of a fuel. Energy under
    such a name is an omission already."""
    supply, mass = process.plan.supplied[place]
    unknown = substance_of(process.sets, supply.material).entry is None
    if supply.factor_row is None or not unknown or is_energy(supply.quantity.unit):
        return ZERO
    named = named_row(process.sets, supply, f"supplies[{place}].factorRow", newer=True)
    fuel = fuel_of_lot(process.sets, process.around, named.entry.key,
                       LotAmount(supply.quantity.amount, supply.quantity.unit, mass))
    return ZERO if fuel is None else fuel.carbon_dioxide


def _leaving(process: Process) -> Decimal:
    """Kg of CO2 of the fossil carbon that the outputs can hold, waste too. Of materials that no set knows, the stated
    carbon counts."""
    carbon = ZERO
    for _, made in process.outputs:
        lot = made.facts
        composition, amount = process.facts.composition(lot), amount_of_lot(lot)
        stated = stated_carbon(composition, lot.mass or ZERO)
        room = sum((
            _room(process, name, amount.part(Decimal(share))) for name, share in composition.materials.items()
        ), ZERO)
        known = all(substance_of(process.sets, name).known for name in composition.materials)
        if stated is None:
            carbon += room
        else:
            carbon += min(stated[0], room) if composition.materials and known else stated[0]
    return carbon * CO2_PER_C


def _room(process: Process, material: str, amount: MaterialAmount) -> Decimal:
    """Kg of carbon of fuels that a known material can hold."""
    substance = substance_of(process.sets, material)
    is_biomass = substance.group in _HOLD_NONE or (substance.grown and _is_fuel(process, material))
    is_mineral = substance.carbon <= _CARBONATE and substance.group not in _BIND_LITTLE
    if not substance.known or not substance.is_matter or is_biomass or is_mineral or is_energy(amount.unit):
        return ZERO
    return most_of(process.sets, material, amount).carbon


def _is_fuel(process: Process, material: str) -> bool:
    entry = substance_of(process.sets, material).entry
    return entry is not None and entry.kind == "fuel"


def _released(process: Process) -> Decimal:
    """Kg of fossil CO2 that the sector books without a supply that burns: of the fuels of lots by their names, and of
    all other carbon, less the carbon that came in with other things."""
    own = [line for line in process.own.lines if line.gas == CARBON_DIOXIDE and line.kind in _STACKS
           and line.burden == "fossilGhgEmissions"]
    burnt = {line.supply for line in own if line.supply is not None}
    fuels = {name for taken in process.lots for name in process.facts.composition(taken.lot).materials
             if _is_fuel(process, name)}
    of_fuels = sum((line.amount for line in own if line.supply is None and line.source in fuels), ZERO)
    of_others = sum((line.amount for line in own if line.supply is None and line.source not in fuels), ZERO)
    came = ZERO
    for place, (supply, mass) in enumerate(process.plan.supplied if of_others else ()):
        quantity = supply.quantity
        if place not in burnt:
            came += _gas_of(process, supply.material, MaterialAmount(quantity.amount, quantity.unit, mass))
    for lot, taken, mass in process.lots if of_others else ():
        amount = MaterialAmount(taken, lot.unit, mass)
        for name, share in process.facts.composition(lot).materials.items():
            if not _is_fuel(process, name):
                came += _gas_of(process, name, amount.part(Decimal(share)))
    return of_fuels + max(of_others - came * CO2_PER_C, ZERO)


def _gas_of(process: Process, material: str, amount: MaterialAmount) -> Decimal:
    """Kg of carbon that a material may give off: carbonates all of it, others the least that they hold."""
    substance = substance_of(process.sets, material)
    if not substance.known or not substance.is_matter or is_energy(amount.unit):
        return ZERO
    own = in_unit(substance, amount)
    is_carbonate = (material if substance.entry is None else substance.entry.key) in _CALCINED
    return (own or ZERO) * (substance.carbon if is_carbonate else ZERO if substance.grown else substance.held)

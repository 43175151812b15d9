"""Fuel that comes in and goes nowhere.

Whoever takes fuel burns it, unless it leaves again or its carbon stays in the outputs. Most sectors burn fuel that a
record buys; a lot of fuel burns where the sector says so (`Sector.burns_lots`) or balances carbon. Elsewhere its CO2
would be nobody's:

    unburnt = CO2 of fuels in lots that do not leave, and of unknown supplies priced as the upstream of a fuel
            - CO2 of the fossil carbon in outputs          (the most of their materials, less other inputs)
            - CO2 that is emitted, without burnt supplies and without the carbonates that come in

Waste counts too, unless it comes in as waste: its carbon stays with it through recycling.

A lot of energy is power or heat for every sector, and nobody burns it. So a lot of energy whose product consists of a
fossil fuel is questioned by the CO2 of that fuel, unless a route burns such lots, or the energy leaves as such a lot
again.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.lots import Taken
from ledger.core.outcome.assessment import Finding, Line
from ledger.engine.bounds.process import ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import (
    SPREAD,
    MaterialAmount,
    amount_of_lot,
    in_unit,
    most_of,
    stated_carbon,
    substance_of,
)
from ledger.engine.pricing.burning import ANALYSIS
from ledger.engine.pricing.burnt_lots import burnt_parts
from ledger.engine.pricing.lot_fuels import CARBON_DIOXIDE, FuelMarket, LotAmount, LotFuel
from ledger.engine.pricing.named_rows import named_row
from ledger.footprint.stored.supplies import proves_factor
from ledger.sdk import CO2_PER_C
from ledger.sdk.sets.lookup import entry_of_code

IN_LOT: Final = "fuel-as-energy"
UNBURNT: Final = "fuel-unburnt"
_LEAST: Final = Decimal("0.1")
"""Of the fuels' CO2: analyses differ from the rows of the sets, and dust and slag keep some carbon."""
_LOST: Final = Decimal("0.02")
"""Of the CO2 of all fuel: so much is lost or used where fuel is filled, mixed and turned into gas."""
_UNPROVEN: Final = Decimal("0.95")
"""A lot's stated carbon counts down to this part of the row's, without a laboratory's report."""
_PROVEN: Final = Decimal("0.5")
"""With a report: coals of one name differ by a half."""
_STACKS: Final = ("onSite", "treatment", "transport")
_HOLD_NONE: Final = (
    "food", "wood", "paper", "mineral", "cement", "ceramic", "glass", "water", "electronics", "machinery")
"""Classes of goods that bind no carbon of fuels: theirs is biogenic, of carbonates, or of plastics that come in."""
_BIND_LITTLE: Final = ("steel", "ferroalloy")
_STEEL: Final = Decimal("0.005")
"""Kg of carbon per kg: few steels hold more. Pig iron holds 4 to 4.5 %, reduced iron 1 to 2.5 %."""
_IRON: Final = {
    "pigIron": Decimal("0.045"), "castIron": Decimal("0.04"), "hotMetal": Decimal("0.045"),
    "directReducedIron": Decimal("0.02"),
}
_CARBONATE: Final = Decimal("0.15")
"""Kg of carbon per kg: carbonates hold up to 0.1425 (stoichiometry of magnesite)."""
_CALCINED: Final = ("limestone", "dolomite", "magnesite", "calciumCarbonate", "marl", "rawMeal")
_GANGUE: Final = "coalGangue"
_COAL_OF_REFUSE: Final = Decimal("0.3")
"""Kg of carbon per kg of the refuse of washing: usual are 0.1 to 0.3; own judgement, unverified."""
_MATTERLESS: Final = ("credit", "attribute")
_LONGEST: Final = 255


class _EnteringFuel(NamedTuple):
    """Kg of fossil CO2 of the fuel of the lot or the supply at a place: of the part that does not leave, and of all of
    it. `is_energy`: it is counted by its energy."""

    carbon_dioxide: Decimal
    whole: Decimal
    lot: int | None = None
    supply: int | None = None
    is_energy: bool = False


def check_unburnt(process: Process) -> Iterator[Finding]:
    """The findings on fuel that nobody burns."""
    fuels = [*_of_lots(process), *_of_supplies(process)]
    came = sum((fuel.carbon_dioxide for fuel in fuels), ZERO)
    if not came:
        return
    released = _released(process)
    energy = sum((fuel.carbon_dioxide for fuel in fuels if fuel.is_energy), ZERO)
    matter = came - energy
    whole = sum((fuel.whole for fuel in fuels if not fuel.is_energy), ZERO)
    refuse = _refuse(process) if matter * 2 <= whole else ZERO
    missing = max(matter - _leaving(process) - refuse - released, ZERO) if matter else ZERO
    missing = missing if missing > max(matter * _LEAST, whole * _LOST) else ZERO
    asked = max(energy - max(released - matter, ZERO), ZERO)
    for code, amount, is_lot_of_energy in ((UNBURNT, missing, False), (IN_LOT, asked, True)):
        if amount > ZERO:
            first = next(fuel for fuel in fuels if fuel.is_energy == is_lot_of_energy)
            yield _finding(process, code, first, amount, energy if is_lot_of_energy else matter)


def _finding(process: Process, code: str, fuel: _EnteringFuel, amount: Decimal, came: Decimal) -> Finding:
    name = process.plan.taken[fuel.lot].lot.id if fuel.lot is not None else (
        process.plan.supplied[fuel.supply or 0].supply.material)
    words = (f"{name} counts as energy, but its product is a fuel: nobody counts its CO2" if code == IN_LOT else
             f"{name} is a fuel: {short(amount):f} kg of its CO2 are neither emitted nor in an output")
    return Finding(code=code, taken=fuel.lot, supply=fuel.supply, value=short(came), unit="KGM", amount=short(amount),
                   message=words[:_LONGEST])


def _of_lots(process: Process) -> Iterator[_EnteringFuel]:
    """The fossil fuels in lots that do not leave again, by their stated carbon if that is near the rows."""
    market = FuelMarket(process.sets, process.around, process.facts)
    fuels = {place: _fossil(market, taken) for place, taken in enumerate(process.plan.taken)}
    parts = burnt_parts([fuel for burning in fuels.values() for fuel in burning], process.plan, market)
    for place, burning in fuels.items():
        burnt = sum((fuel.carbon_dioxide * parts[fuel.origin] for fuel in burning), ZERO)
        if burnt:
            taken = process.plan.taken[place]
            whole = sum((fuel.carbon_dioxide for fuel in burning), ZERO)
            yield _EnteringFuel(
                _stated(process, taken, burning, burnt), whole, lot=place, is_energy=is_energy(taken.lot.unit))


def _fossil(market: FuelMarket, taken: Taken) -> list[LotFuel]:
    lot, quantity, mass = taken
    if lot.role in _MATTERLESS:
        return []
    return [fuel for fuel in market.fuels_taken(lot, LotAmount(quantity, lot.unit, mass))
            if fuel.origin == "mineral" or (fuel.origin == "waste" and lot.role != "waste")]


def _stated(process: Process, taken: Taken, burning: Sequence[LotFuel], burnt: Decimal) -> Decimal:
    """Kg of CO2 by the carbon that the lot states, for a lot that consists of fuel, within reason."""
    if taken.mass is None or sum((fuel.share for fuel in burning), ZERO) < 1:
        return burnt
    stated = stated_carbon(process.facts.composition(taken.lot), taken.mass)
    if stated is None:
        return burnt
    whole = sum((fuel.carbon_dioxide for fuel in burning), ZERO)
    evidence = process.record.evidence
    shown = any(proves_factor(evidence, fuel.material, (ANALYSIS,)) for fuel in burning)
    least = _PROVEN if shown else _UNPROVEN
    return min(burnt, burnt * max(stated[0] * CO2_PER_C / whole, least))


def _of_supplies(process: Process) -> Iterator[_EnteringFuel]:
    """Matter under a name that no set knows, priced by the upstream of a fuel, less the CO2 that its sector books for
    it. Energy under such a name is an omission already."""
    market = FuelMarket(process.sets, process.around, process.facts)
    for place, (supply, mass) in enumerate(process.plan.supplied):
        if supply.factor_row is None or is_energy(supply.quantity.unit):
            continue
        if substance_of(process.sets, supply.material).entry is not None:
            continue
        named = named_row(process.sets, supply, f"supplies[{place}].factorRow", newer=True)
        fuel = market.fuel(named.entry.key, LotAmount(supply.quantity.amount, supply.quantity.unit, mass))
        booked = sum((line.amount for line in _emitted(process) if line.supply == place), ZERO)
        if fuel is not None and fuel.carbon_dioxide > booked:
            yield _EnteringFuel(fuel.carbon_dioxide - booked, fuel.carbon_dioxide, supply=place)


def _emitted(process: Process) -> Iterator[Line]:
    """The lines of CO2 of the process, also of biogenic carbon if they follow a supply."""
    return (line for line in process.own.lines if line.gas == CARBON_DIOXIDE and line.kind in _STACKS
            and (line.burden == "fossilGhgEmissions" or line.supply is not None))


def _leaving(process: Process) -> Decimal:
    """Kg of CO2 of the carbon of fuels that the outputs can hold, waste too: the most of their materials, less the
    carbon that came with other matter. Of materials that no set knows, the stated carbon counts. Fuels in outputs
    are no part of it."""
    room = stated = ZERO
    for _, made in process.outputs:
        lot = made.facts
        composition, amount = process.facts.composition(lot), amount_of_lot(lot)
        coded = entry_of_code(process.sets, process.facts.products[lot.product].codes)
        materials: Mapping[str, str] = composition.materials or ({} if coded is None else {coded.key: "1"})
        own = sum((_room(process, name, amount.part(Decimal(share))) for name, share in materials.items()), ZERO)
        carbon = stated_carbon(composition, lot.mass or ZERO)
        known = bool(materials) and all(substance_of(process.sets, name).known for name in materials)
        if known or carbon is None:
            room += own if carbon is None else min(carbon[0], own)
        else:
            stated += carbon[0]
    if room:
        room = max(room - _brought(process), ZERO)
    return (room + stated) * CO2_PER_C


def _refuse(process: Process) -> Decimal:
    """Kg of CO2 of the coal that the refuse of washing holds: of a record most of whose fuel leaves again."""
    mass = ZERO
    for _, made in process.outputs:
        for name, share in process.facts.composition(made.facts).materials.items():
            entry = substance_of(process.sets, name).entry
            if entry is not None and entry.key == _GANGUE:
                mass += (made.facts.mass or ZERO) * Decimal(share)
    return mass * _COAL_OF_REFUSE * CO2_PER_C


def _brought(process: Process) -> Decimal:
    """Kg of carbon that supplies and lots other than fuel bring at most to goods that can hold carbon of fuels."""
    brought = ZERO
    for supply, mass in process.plan.supplied:
        amount = MaterialAmount(supply.quantity.amount, supply.quantity.unit, mass)
        brought += _room(process, supply.material, amount)
    for lot, quantity, mass in process.lots:
        amount = MaterialAmount(quantity, lot.unit, mass)
        for name, share in process.facts.composition(lot).materials.items():
            brought += _room(process, name, amount.part(Decimal(share)))
    return brought


def _room(process: Process, material: str, amount: MaterialAmount) -> Decimal:
    """Kg of carbon of fuels that a known material can hold."""
    substance = substance_of(process.sets, material)
    is_mineral = substance.carbon <= _CARBONATE and substance.group not in _BIND_LITTLE
    if not substance.known or not substance.is_matter or is_mineral or is_energy(amount.unit):
        return ZERO
    if substance.group in _HOLD_NONE or _is_fuel(process, material):
        return ZERO
    if substance.group == "steel":
        key = material if substance.entry is None else substance.entry.key
        return (amount.mass or ZERO) * _IRON.get(key, _STEEL)
    return most_of(process.sets, material, amount).carbon


def _is_fuel(process: Process, material: str) -> bool:
    entry = substance_of(process.sets, material).entry
    return entry is not None and entry.kind == "fuel"


def _released(process: Process) -> Decimal:
    """Kg of fossil CO2 that the sector books without a supply that burns: of fuels by their names, and of all other
    carbon, less the carbon that came in with other things."""
    emitted = list(_emitted(process))
    burnt = {line.supply for line in emitted if line.supply is not None}
    of_fuels = sum((line.amount for line in emitted if line.supply is None and _is_fuel(process, line.source)), ZERO)
    of_others = sum((line.amount for line in emitted if line.supply is None), ZERO) - of_fuels
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
    """Kg of carbon that a material may give off: fuels by their rows, carbonates all of it, others the least that they
    hold."""
    substance = substance_of(process.sets, material)
    if not substance.known or not substance.is_matter or is_energy(amount.unit):
        return ZERO
    own = in_unit(substance, amount)
    if _is_fuel(process, material) and not substance.grown:
        return (own or ZERO) * substance.carbon / SPREAD
    is_carbonate = (material if substance.entry is None else substance.entry.key) in _CALCINED
    return (own or ZERO) * (substance.carbon if is_carbonate else ZERO if substance.grown else substance.held)

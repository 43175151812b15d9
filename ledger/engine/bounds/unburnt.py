"""Fuel that comes in and goes nowhere.

Whoever takes fuel burns it, unless it leaves again or its carbon stays in the outputs. Most sectors burn fuel that a
record buys; a lot of fuel burns where the sector says so (`Sector.burns_lots`) or balances carbon. Elsewhere its CO2
would be nobody's:

    unburnt = CO2 of fuels in lots that do not leave, of fuels in supplies that the sector does not book, and of unknown
              supplies priced as the upstream of a fuel
            - CO2 of the fossil carbon in outputs          (the most of their materials, less other inputs)
            - CO2 that is emitted, without burnt supplies and without the carbonates that come in

Waste counts too, unless it comes in as waste: its carbon stays with it through recycling.

Materials that also serve as fuels (methanol, ethane, bitumen, ...) count in lots and in supplies. They are often raw
materials, and so are fuels in supplies that a sector does not book: the carbon of all fuels in outputs may be theirs,
and alone they are asked where their CO2 is a visible part of the record's emissions. Biomass counts with the carbon
that its lot states, if most of that is fossil.

A lot of energy is power or heat for every sector, and nobody burns it. So a lot of energy whose product consists of a
fossil fuel is questioned by the CO2 of that fuel, unless a route burns such lots, or the energy leaves as such a lot
again.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.lots import Taken
from ledger.core.outcome.assessment import ADDITIVE, Finding, Line
from ledger.core.record.values import Supply
from ledger.engine.bounds.nature import WATER
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import (
    SPREAD,
    in_unit,
    most_of,
    stated_carbon,
    substance_of,
)
from ledger.engine.pricing.analyses import analyses_of
from ledger.engine.pricing.burning import ANALYSIS
from ledger.engine.pricing.burnt_lots import burnt_parts
from ledger.engine.pricing.fuel_kinds import kind_of
from ledger.engine.pricing.keys_and_rows import named_row
from ledger.engine.pricing.lot_fuels import CARBON_DIOXIDE, SOLD, FuelMarket, LotFuel, is_feedstock
from ledger.engine.pricing.material_amount import MaterialAmount, amount_of_lot
from ledger.engine.pricing.priced import co2e_of_lines
from ledger.footprint.stored.supplies import burning_factor, proves_factor
from ledger.sdk import CO2_PER_C
from ledger.sdk.sets.lookup import same_supply

IN_LOT: Final = "fuel-as-energy"
UNBURNT: Final = "fuel-unburnt"
_LEAST: Final = Decimal("0.1")
"""Of the fuels' CO2: analyses differ from the rows of the sets, and dust and slag keep some carbon."""
_LOST: Final = Decimal("0.02")
"""Of the CO2 of all fuel: so much is lost or used where fuel is filled, mixed and turned into gas."""
_VISIBLE: Final = Decimal("0.01")
"""Of the record's emissions: less CO2 of raw materials is solvent that evaporates, or an error of analyses."""
_MOSTLY: Final = Decimal("0.5")
_UNPROVEN: Final = Decimal("0.95")
"""A lot's stated carbon counts down to this part of the row's, without a laboratory's report."""
_HALF: Final = Decimal("0.5")
"""Of the row's, with a report: coals of one name differ by a half. So do the values of sectors."""
_NONE_BOOKED: Final = Decimal("0.01")
_BURNT: Final = (CARBON_DIOXIDE, "CO2e")
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
_BINDERS: Final = ("bitumen", "coalTar", "otherPetroleum")
"""Keys of the sets: bitumen, tar and its oils, paraffin wax."""
_MOST_BINDER: Final = Decimal("0.15")
"""Kg per kg of wood, paper and stone: sleepers hold up to 0.15 of creosote, waxed paper less."""
_KEPT: Final = Decimal("0.95")
"""Of the other matter, at least so much stays in the outputs: the rest is water, dust and trimmings."""
_ASPHALT: Final = "asphalt"
_BITUMEN: Final = Decimal("0.08")
"""Kg per kg of asphalt, at most."""
_GANGUE: Final = "coalGangue"
_COAL_OF_REFUSE: Final = Decimal("0.3")
"""Kg of carbon per kg of the refuse of washing: usual are 0.1 to 0.3; own judgement, unverified."""
_MATTERLESS: Final = ("credit", "attribute")
_LONGEST: Final = 255


class _EnteringFuel(NamedTuple):
    """Kg of fossil CO2 of the fuel of the lot or the supply at a place: of the part that does not leave, and of all of
    it. `fuels`: its fossil fuels. `is_energy`: it is counted by its energy."""

    carbon_dioxide: Decimal
    whole: Decimal
    lot: int | None = None
    supply: int | None = None
    is_energy: bool = False
    fuels: Sequence[LotFuel] = ()

    @property
    def raw(self) -> Decimal:
        """The part of `carbon_dioxide` that may come with raw materials: all of a supply; of a lot the materials that
        also serve as fuels."""
        feedstock = sum((fuel.carbon_dioxide for fuel in self.fuels if fuel.origin == "feedstock"), ZERO)
        return self.carbon_dioxide if self.lot is None else min(feedstock, self.carbon_dioxide)

    @property
    def is_feedstock(self) -> bool:
        return any(fuel.origin == "feedstock" for fuel in self.fuels)


def check_unburnt(process: Process) -> Iterator[Finding]:
    """The findings on fuel that nobody burns."""
    fuels = [*_of_lots(process), *_of_supplies(process)]
    came = sum((fuel.carbon_dioxide for fuel in fuels), ZERO)
    if not came:
        return
    released = _released(process)
    energy = sum((fuel.carbon_dioxide for fuel in fuels if fuel.is_energy), ZERO)
    matter = came - energy
    missing = _missing(process, [fuel for fuel in fuels if not fuel.is_energy], released) if matter else ZERO
    asked = max(energy - max(released - matter, ZERO), ZERO)
    for code, amount, is_lot_of_energy in ((UNBURNT, missing, False), (IN_LOT, asked, True)):
        if amount > ZERO:
            asked_of = [fuel for fuel in fuels if fuel.is_energy == is_lot_of_energy]
            first = min(asked_of, key=lambda fuel: fuel.is_feedstock)
            yield _finding(process, code, first, amount, energy if is_lot_of_energy else matter)


def _missing(process: Process, fuels: Sequence[_EnteringFuel], released: Decimal) -> Decimal:
    """Kg of CO2 of matter that is neither emitted nor in an output; zero if it is too little to ask."""
    raw = sum((fuel.raw for fuel in fuels), ZERO)
    matter = sum((fuel.carbon_dioxide for fuel in fuels), ZERO)
    kept = min(raw, _fuels_made(process, fuels)) if raw else ZERO
    whole = sum((fuel.whole for fuel in fuels), ZERO)
    refuse = _refuse(process) if matter * 2 <= whole else ZERO
    missing = max(matter - kept - _bound(process, fuels) - _leaving(process) - refuse - released, ZERO)
    least = max(matter * _LEAST, whole * _LOST)
    if missing and raw == matter:
        emitted = co2e_of_lines(line for line in process.assessment.lines if line.burden in ADDITIVE)
        least = max(least, emitted * _VISIBLE)
    return missing if missing > least else ZERO


def _fuels_made(process: Process, fuels: Sequence[_EnteringFuel]) -> Decimal:
    """Kg of CO2 of the fossil fuels that are sold, and of waste such as spent solvents, without those that came in as
    fuels in lots."""
    market = FuelMarket(process.sets, process.around, process.facts)
    left = sum((fuel.carbon_dioxide for _, made in process.outputs for fuel in market.fuels_left(made.facts)
                if fuel.origin == "waste" or (fuel.origin == "mineral" and made.facts.role in SOLD)), ZERO)
    return max(left - sum((fuel.whole - fuel.carbon_dioxide for fuel in fuels), ZERO), ZERO)


def _bound(process: Process, fuels: Sequence[_EnteringFuel]) -> Decimal:
    """Kg of CO2 of tar, bitumen and wax in outputs whose materials do not name them, such as sleepers and waxed paper:
    up to a part of their mass, if they outweigh the other matter that came in."""
    binders = [fuel for one in fuels for fuel in one.fuels if fuel.key in _BINDERS]
    mass = sum((fuel.amount for fuel in binders), ZERO)
    if not mass:
        return ZERO
    goods = asphalt = whole = ZERO
    for _, made in process.outputs:
        amount = amount_of_lot(made.facts)
        whole += amount.mass or ZERO
        for name, share in process.facts.composition(made.facts).materials.items():
            held = amount.part(Decimal(share)).mass or ZERO
            if same_supply(process.sets, name, _ASPHALT):
                asphalt += held
            elif _binds_nothing(process, name):
                goods += held
    room = min(goods * _MOST_BINDER, max(whole - _mass_of_others(process) * _KEPT, ZERO))
    part = min((room + asphalt * _BITUMEN) / mass, ONE)
    return sum((fuel.carbon_dioxide for fuel in binders), ZERO) * part


def _mass_of_others(process: Process) -> Decimal:
    """Kg of matter that came in, without water and without materials that burn."""
    mass = ZERO
    for supply, own in process.plan.supplied:
        substance = substance_of(process.sets, supply.material)
        if substance.is_matter and substance.group != WATER and not _burns(process, supply.material):
            mass += own or ZERO
    for lot, _, own in process.lots:
        materials = process.facts.composition(lot).materials
        mass += (own or ZERO) * (ONE - sum((Decimal(share) for name, share in materials.items()
                                            if _burns(process, name)), ZERO))
    return mass


def _finding(process: Process, code: str, fuel: _EnteringFuel, amount: Decimal, came: Decimal) -> Finding:
    name = process.plan.taken[fuel.lot].lot.id if fuel.lot is not None else (
        process.supplied[fuel.supply or 0].supply.material)
    is_what = "can burn" if fuel.is_feedstock else "is a fuel"
    words = (f"{name} counts as energy, but its product is a fuel: nobody counts its CO2" if code == IN_LOT else
             f"{name} {is_what}: {short(amount):f} kg of its CO2 are neither emitted nor in an output")
    return Finding(code=code, taken=fuel.lot, supply=fuel.supply, value=short(came), unit="KGM", amount=short(amount),
                   message=words[:_LONGEST])


def _of_lots(process: Process) -> Iterator[_EnteringFuel]:
    """The fossil fuels in lots that do not leave again, by their stated carbon if that is near the rows."""
    market = FuelMarket(process.sets, process.around, process.facts)
    fuels = {place: _fossil(market, taken) for place, taken in enumerate(process.plan.taken)}
    parts = burnt_parts([fuel for burning in fuels.values() for fuel in burning], process.plan, market)
    for place, burning in fuels.items():
        whole = sum((fuel.carbon_dioxide for fuel in burning), ZERO)
        burnt = sum((fuel.carbon_dioxide * parts[fuel.origin] for fuel in burning), ZERO)
        taken = process.plan.taken[place]
        if burnt:
            yield _EnteringFuel(_stated(process, taken, burning, burnt), whole, lot=place,
                                is_energy=is_energy(taken.lot.unit), fuels=burning)
        elif burning and not whole and (fossil := _fossil_of_biomass(process, taken)):
            yield _EnteringFuel(fossil * parts["biomass"], fossil, lot=place)


def _fossil(market: FuelMarket, taken: Taken) -> list[LotFuel]:
    lot, quantity, mass = taken
    if lot.role in _MATTERLESS:
        return []
    return [fuel for fuel in market.fuels_taken(lot, MaterialAmount(quantity, lot.unit, mass))
            if fuel.origin != "waste" or lot.role != "waste"]


def _fossil_of_biomass(process: Process, taken: Taken) -> Decimal:
    """Kg of CO2 of the carbon of a lot whose composition says that it is mostly fossil, such as ethanol of gas. Its
    fuels are biomass by their names."""
    fossil, grown = stated_carbon(process.facts.composition(taken.lot), taken.mass or ZERO) or (ZERO, ZERO)
    return fossil * CO2_PER_C if fossil > (fossil + grown) * _MOSTLY else ZERO


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
    least = _HALF if shown else _UNPROVEN
    return min(burnt, burnt * max(stated[0] * CO2_PER_C / whole, least))


def _of_supplies(process: Process) -> Iterator[_EnteringFuel]:
    """Fossil fuels for which the record books little CO2, materials that also serve as fuels, and matter under a name
    that no set knows, priced by the upstream of a fuel: less the CO2 that the record books for them. Energy under an
    unknown name is an omission already."""
    market = FuelMarket(process.sets, process.around, process.facts)
    for place, (supply, mass) in enumerate(process.supplied):
        material = _burning_name(process, place, supply)
        if material is None or supply.origin == "nature":
            continue
        fuel = market.fuel(material, MaterialAmount(supply.quantity.amount, supply.quantity.unit, mass))
        if fuel is None or fuel.origin == "waste":
            continue
        booked = _booked(process, place)
        least = ONE
        if fuel.origin == "mineral" and material == supply.material:
            # Sectors know fuels by other tables, and an analysis has questions of its own.
            least = _NONE_BOOKED if material in analyses_of(process.record) else _HALF
        if booked < fuel.carbon_dioxide * least:
            yield _EnteringFuel(fuel.carbon_dioxide - booked, fuel.carbon_dioxide, supply=place, fuels=(fuel,))


def _burning_name(process: Process, place: int, supply: Supply) -> str | None:
    """The material by which a supply may burn; None if it does not. The core burns fuels among the overheads."""
    if is_feedstock(process.sets, supply.material):
        return supply.material
    is_overhead = place >= len(process.plan.supplied)
    if is_overhead or burning_factor(supply) is not None:
        return None
    if substance_of(process.sets, supply.material).entry is not None:
        return supply.material if _is_fuel(process, supply.material) else None
    if supply.factor_row is None or is_energy(supply.quantity.unit):
        return None
    return named_row(process.sets, supply, f"supplies[{place}].factorRow").entry.key


def _booked(process: Process, place: int) -> Decimal:
    """Kg of CO2 of a supply that burns: by the sector, or by the record's own factor for its combustion."""
    return sum((line.amount for line in process.assessment.lines
                if line.supply == place and line.gas in _BURNT and line.kind in _STACKS), ZERO)


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
        coded = process.coded(lot)
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
    return sum((_room(process, name, amount) for name, amount in _other_matter(process)), ZERO)


def _other_matter(process: Process) -> Iterator[tuple[str, MaterialAmount]]:
    """The materials of supplies and lots that do not count as burnt."""
    for supply, mass in process.plan.supplied:
        if not is_feedstock(process.sets, supply.material):
            yield supply.material, MaterialAmount(supply.quantity.amount, supply.quantity.unit, mass)
    for lot, quantity, mass in process.lots:
        amount = MaterialAmount(quantity, lot.unit, mass)
        for name, share in process.facts.composition(lot).materials.items():
            if not is_feedstock(process.sets, name):
                yield name, amount.part(Decimal(share))


def _room(process: Process, material: str, amount: MaterialAmount) -> Decimal:
    """Kg of carbon of fuels that a known material can hold."""
    substance = substance_of(process.sets, material)
    if not substance.known or not substance.is_matter or is_energy(amount.unit):
        return ZERO
    if _binds_nothing(process, material) or _is_fuel(process, material):
        return ZERO
    if substance.group == "steel":
        key = material if substance.entry is None else substance.entry.key
        return (amount.mass or ZERO) * _IRON.get(key, _STEEL)
    return most_of(process.sets, material, amount).carbon


def _binds_nothing(process: Process, material: str) -> bool:
    """Whether a known material binds no carbon of fuels."""
    substance = substance_of(process.sets, material)
    is_mineral = substance.carbon <= _CARBONATE and substance.group not in _BIND_LITTLE
    return substance.known and substance.is_matter and (is_mineral or substance.group in _HOLD_NONE)


def _is_fuel(process: Process, material: str) -> bool:
    entry = substance_of(process.sets, material).entry
    return entry is not None and entry.kind == "fuel"


def _burns(process: Process, material: str) -> bool:
    return _is_fuel(process, material) or is_feedstock(process.sets, material)


def _is_counted(process: Process, material: str) -> bool:
    """Whether a supply of the material counts as fuel that comes in."""
    entry = substance_of(process.sets, material).entry
    is_mineral = entry is not None and entry.kind == "fuel" and kind_of(entry.key).is_mineral
    return is_mineral or is_feedstock(process.sets, material)


def _released(process: Process) -> Decimal:
    """Kg of fossil CO2 that the sector books without a supply that burns: of fuels by their names, and of all other
    carbon, less the carbon that came in with other things."""
    emitted = list(_emitted(process))
    burnt = {line.supply for line in emitted if line.supply is not None}
    of_fuels = sum((line.amount for line in emitted if line.supply is None and _burns(process, line.source)), ZERO)
    of_others = sum((line.amount for line in emitted if line.supply is None), ZERO) - of_fuels
    came = ZERO
    for place, (supply, mass) in enumerate(process.plan.supplied if of_others else ()):
        quantity = supply.quantity
        if place not in burnt and not _is_counted(process, supply.material):
            came += _gas_of(process, supply.material, MaterialAmount(quantity.amount, quantity.unit, mass))
    for lot, taken, mass in process.lots if of_others else ():
        amount = MaterialAmount(taken, lot.unit, mass)
        for name, share in process.facts.composition(lot).materials.items():
            if not _burns(process, name):
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

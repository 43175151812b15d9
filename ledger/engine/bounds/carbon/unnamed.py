"""Matter without a name that comes in and does not leave.

A lot or a supply whose name no set has may be fuel: its supplier's paper shows its upstream, and nobody books its CO2.
Unnamed matter that becomes part of the goods, or leaves as waste, has not burnt. So it is compared by mass:

    explained = unnamed goods + named goods and waste - the named matter that comes in    (water, air and fuel apart)
    gone      = unnamed matter - explained

If more than a fifth of the unnamed matter is gone, it is questioned by the burning of a fuel: by the 90th percentile of
all fuels, and at most by the carbon that the class of its name can hold. The part of its figure, of its omissions and
of its questions that exceeds the upstream of fuels counts against it: dear chemicals hide no coal. Energy that the
sector misses counts once. A document of its identity answers it. Nothing is asked of names of a class that is no fuel,
of supplies cleaner than the upstream of all fuels, and of so little that it decides no title.

A little matter of no class, or of a gas by its name, may also be the gas of a refrigerator: up to a five-hundredth of
the mass of the goods, it is questioned as a refrigerant that escapes.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from ledger.core.outcome.assessment import ADDITIVE, Finding, Omission
from ledger.engine.bounds.prices import default_of_lot
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, short
from ledger.engine.bounds.profiles import Materials, materials_of, profile_of
from ledger.engine.bounds.substances import class_carbon, substance_of
from ledger.engine.pricing.claims import ORIGIN
from ledger.engine.pricing.keys_and_rows import named_row
from ledger.engine.pricing.lot_fuels import SOLD, FuelMarket
from ledger.engine.pricing.material_amount import MaterialAmount
from ledger.engine.pricing.priced import BURNING
from ledger.footprint.stored.burdens import line_kilograms
from ledger.sdk import CO2_PER_C, FactorSetVersion
from ledger.sdk.sets.gases import potential_of
from ledger.sdk.sets.lookup import conservative, entry_of_code

GONE: Final = "unnamed-matter-gone"
_LOST: Final = Decimal("0.2")
"""Of unnamed matter: so much is cut off, evaporates, or stays in filters, and packaging counts as named matter."""
_STATED: Final = Decimal("0.9")
"""Of a lot: compositions leave out coatings and minor parts."""
_LEAST: Final = Decimal("0.03")
"""Of the record's burdens: less decides no title (PACT)."""
_LEAST_UPSTREAM, _MOST_UPSTREAM = Decimal("0.005"), Decimal("1.2")
"""Kg CO2e per kg: open pits of lignite cause 0.01, refineries of residues 1.13 (DESNZ 2025)."""
_LITTLE, _LEAKED = Decimal("0.05"), Decimal("0.002")
"""Of the mass of the goods: more is no gas of a cooling plant, and so much of it leaks at most."""
_VOLATILE: Final = ("", "gas", "fluorinatedGas")
_COOLANT: Final = "R404A"
"""The usual blend of cold stores and of food works."""
_MAY_BURN: Final = (
    "", "fuel", "gas", "oil", "organicChemical", "polymer", "refractory", "rubber", "specialChemical",
)
"""Classes of names whose matter may be fossil fuel; without a class, nothing is known."""
_FUEL: Final = "fuel"
_WASTE: Final = "waste"
_LONGEST: Final = 255
_CACHED: Final = 4096


class _Unnamed(NamedTuple):
    """Kg of unnamed matter in the lot or the supply at a place. `burning`: kg CO2e of a kg that burns; `covered`: kg
    CO2e that are omitted, questioned or booked for it already. `asked`: whether no document shows its identity.
    `volatile`: whether it may be a refrigerant by its name."""

    name: str
    mass: Decimal
    burning: Decimal
    covered: Decimal = ZERO
    lot: int | None = None
    supply: int | None = None
    asked: bool = True
    volatile: bool = False

    def amount(self, part: Decimal) -> Decimal:
        """Kg CO2e of the burning of a part of it that nobody books."""
        return max(self.mass * part * self.burning - self.covered, ZERO) if self.asked else ZERO


def check_unnamed(process: Process) -> Iterator[Finding]:
    """The findings on unnamed matter that goes nowhere."""
    matters = [*_lots(process), *_supplies(process)]
    if not any(matter.asked and (matter.burning or matter.volatile) for matter in matters):
        return
    mass = sum((matter.mass for matter in matters), ZERO)
    goods, named = _leaving(process)
    gone = mass - goods - max(named - _named(process, matters), ZERO)
    if gone <= mass * _LOST:
        return
    part = gone / mass
    burnt = [matter.amount(part) for matter in matters]
    escaped = _escaped(process, matters, part)
    whole, burdens = sum(burnt, ZERO), _burdens(process)
    asked = whole - _missing_energy(process)
    if asked <= _LEAST * (burdens + asked):
        asked = ZERO
    if sum(escaped, ZERO) <= _LEAST * (burdens + sum(escaped, ZERO)):
        escaped = [ZERO for _ in matters]
    for matter, burning, escaping in zip(matters, burnt, escaped, strict=True):
        amount = max(burning * asked / whole if whole else ZERO, escaping)
        if amount:
            what = "gas that escapes" if escaping == amount else "fuel that burns"
            yield Finding(
                code=GONE, taken=matter.lot, supply=matter.supply, value=short(matter.mass * part), unit="KGM",
                amount=short(amount),
                message=f"{matter.name}: no factor set knows its name, and {short(matter.mass * part):f} kg of it "
                        f"leave in no output: it may be {what}"[:_LONGEST],
            )


def _escaped(process: Process, matters: Sequence[_Unnamed], part: Decimal) -> list[Decimal]:
    """Kg CO2e of each matter that may be a refrigerant. Together they are no more than leaks."""
    goods = sum((made.facts.mass or ZERO for _, made in process.outputs if made.facts.role in SOLD), ZERO)
    masses = [matter.mass if matter.asked and matter.volatile else ZERO for matter in matters]
    whole = sum(masses, ZERO)
    if not whole or whole > goods * _LITTLE:
        return [ZERO for _ in matters]
    leaked = min(part, goods * _LEAKED / whole) * potential_of(_COOLANT)
    return [max(mass * leaked - matter.covered, ZERO) for matter, mass in zip(matters, masses, strict=True)]


def _lots(process: Process) -> Iterator[_Unnamed]:
    """Goods whose materials no set has, and such waste, unless the sector books emissions of its own: wet waste of
    food has little CO2, and the sector knows how much."""
    books = any(line.supply is None and line.amount for line in process.own.lines)
    market = FuelMarket(process.sets, process.around, process.facts)
    for place, (lot, quantity, mass) in enumerate(process.plan.taken):
        if lot.role not in (*SOLD, "byProduct", _WASTE) or not mass or is_energy(lot.unit):
            continue
        materials = process.facts.composition(lot).materials
        if not materials and process.coded(lot) is not None:
            continue
        rest = ONE - _known_part(process.sets, tuple(materials.items()))
        if rest <= ZERO or market.fuels_taken(lot, MaterialAmount(quantity, lot.unit, mass)):
            continue
        names = [name for name in materials if not substance_of(process.sets, name).known]
        is_whole = names and sum(map(Decimal, materials.values()), ZERO) > _STATED
        burning = max([_burning(process.sets, name) for name in (names if is_whole else (*names, ""))])
        asked = not any(_is_shown(process, name) for name in (lot.id, lot.product, *names))
        asked = asked and not (lot.role == _WASTE and books)
        yield _Unnamed(lot.id, mass * rest, burning, lot=place, asked=asked)


def _supplies(process: Process) -> Iterator[_Unnamed]:
    """Supplies under names that no set knows, whose upstream the record states. Those without a price are omissions."""
    for place, (supply, mass) in enumerate(process.supplied):
        priced = supply.factor is not None or supply.declaration is not None or supply.factor_row is not None
        if not priced or not mass or is_energy(supply.quantity.unit):
            continue
        if substance_of(process.sets, supply.material).known:
            continue
        if supply.product is not None and _is_named(process, supply.product):
            continue
        upstream = _upstream(process, place)
        booked = sum((line_kilograms(line) for line in process.own.lines if line.supply == place), ZERO)
        booked += sum((one.estimate or ZERO for one in process.assessment.omissions if _is_burning(one, place)), ZERO)
        is_fuel = supply.factor_row is not None and named_row(
            process.sets, supply, f"supplies[{place}].factorRow").entry.kind == _FUEL
        asked = not is_fuel and upstream >= _LEAST_UPSTREAM * mass and not _is_shown(process, supply.material)
        covered = booked + max(upstream - _MOST_UPSTREAM * mass, ZERO)
        yield _Unnamed(supply.material, mass, _burning(process.sets, supply.material), covered, supply=place,
                       asked=asked, volatile=_class_of(process.sets, supply.material) in _VOLATILE)


def _is_named(process: Process, product: str) -> bool:
    """Whether the sets know a product by its materials or its code, and it is no fuel."""
    facts = process.facts.product_named(product)
    if facts is None:
        return False
    coded = entry_of_code(process.sets, facts.codes)
    names = [*facts.composition.materials, *([] if coded is None else [coded.key])]
    known = [name for name in names if substance_of(process.sets, name).known]
    return bool(known) and not any(_is_fuel(process.sets, name) for name in known)


@lru_cache(_CACHED)
def _burning(sets: tuple[FactorSetVersion, ...], name: str) -> Decimal:
    """Kg CO2e of a kg that burns; zero for a name of a class that is no fuel."""
    group = _class_of(sets, name)
    fuels = [known.words for one in sets if (known := one.classes.get(_FUEL)) is not None]
    if any(word in name.lower() for words in fuels for word in words):
        group = _FUEL
    if group not in _MAY_BURN:
        return ZERO
    most = class_carbon(group) * CO2_PER_C
    usual = conservative(sets, "", "KGM", "combustion")
    return most if usual is None else min(usual, most)


def _class_of(sets: Sequence[FactorSetVersion], name: str) -> str:
    """The class of a name by its parts; empty if they say nothing."""
    return next((known.id for one in sets if (known := one.class_of(name)) is not None), "")


def _upstream(process: Process, place: int) -> Decimal:
    """Kg CO2e of a supply beside the sector's own lines, with omissions and questions."""
    whole, own = process.assessment, process.own.lines
    upstream = sum((line_kilograms(line) for line in whole.lines if line.supply == place and line not in own), ZERO)
    upstream += sum((one.estimate or ZERO for one in whole.omissions
                     if one.supply == place and not _is_burning(one, place)), ZERO)
    return upstream + sum((one.amount or ZERO for one in whole.findings if one.supply == place), ZERO)


def _is_burning(omission: Omission, place: int) -> bool:
    return omission.supply == place and omission.what.endswith(BURNING)


def _is_shown(process: Process, name: str) -> bool:
    return any(document.kind.partition(":")[::2] == (kind, name) for document in process.record.evidence
               for kind in ORIGIN)


def _named(process: Process, unnamed: Sequence[_Unnamed]) -> Decimal:
    """Kg of named matter that comes in, without water, air, and fuel, which may burn."""
    lots, supplies = {one.lot: one.mass for one in unnamed}, {one.supply for one in unnamed}
    mass = ZERO
    for place, taken in enumerate(process.plan.taken):
        if taken.mass and taken.lot.role not in ("credit", "attribute"):
            materials = materials_of(process.facts.composition(taken.lot))
            mass += max(taken.mass * _solid(process.sets, materials) - lots.get(place, ZERO), ZERO)
    for place, (supply, kilograms) in enumerate(process.supplied):
        if kilograms and place not in supplies:
            mass += kilograms * _solid(process.sets, ((supply.material, "1"),))
    return mass


@lru_cache(_CACHED)
def _solid(sets: tuple[FactorSetVersion, ...], materials: Materials) -> Decimal:
    """The part of a thing that is matter, without water, air and fuel."""
    burning = sum((Decimal(share) for name, share in materials if _is_fuel(sets, name)), ZERO)
    return max(profile_of(sets, materials).matter - burning, ZERO)


@lru_cache(_CACHED)
def _known_part(sets: tuple[FactorSetVersion, ...], materials: Materials) -> Decimal:
    """The part of a thing whose names the sets or the tables of substances have."""
    return sum((Decimal(share) for name, share in materials if substance_of(sets, name).known), ZERO)


def _is_fuel(sets: tuple[FactorSetVersion, ...], name: str) -> bool:
    entry = substance_of(sets, name).entry
    return entry is not None and entry.kind == _FUEL


def _leaving(process: Process) -> tuple[Decimal, Decimal]:
    """Kg of goods whose names no set has, and of all that leaves beside: goods, and waste, also waste that
    somebody treats."""
    unnamed = named = ZERO
    for _, made in process.outputs:
        lot, materials = made.facts, process.facts.composition(made.facts).materials
        known = min(_known_part(process.sets, tuple(materials.items())), ONE)
        if lot.role == _WASTE or (not materials and process.coded(lot) is not None):
            known = ONE
        unnamed += (lot.mass or ZERO) * (ONE - known)
        named += (lot.mass or ZERO) * known
    for supply, kilograms in process.supplied:
        entry = substance_of(process.sets, supply.material).entry
        if entry is not None and entry.kind == "treatment":
            named += kilograms or ZERO
    return unnamed, named


def _missing_energy(process: Process) -> Decimal:
    """Kg CO2e of the energy that the sector misses already: fuel without a name would give it."""
    amount = ZERO
    for own, priced in zip(process.own.findings, process.assessment.findings, strict=False):
        entries = [substance_of(process.sets, lack.material).entry for lack in own.lacks]
        if any(entry is not None and entry.kind in ("electricity", "heat", "fuel") for entry in entries):
            amount += priced.amount or ZERO
    return amount


def _burdens(process: Process) -> Decimal:
    """Kg CO2e of the record: its lines and omissions, and its named lots by their defaults."""
    whole = process.assessment
    burdens = sum((abs(line_kilograms(line)) for line in whole.lines if line.burden in ADDITIVE), ZERO)
    burdens += sum((one.estimate or ZERO for one in whole.omissions), ZERO)
    for lot, quantity, _ in process.lots:
        default, row = default_of_lot(process, lot)
        if row is not None and lot.quantity:
            burdens += default * quantity / lot.quantity
    return burdens

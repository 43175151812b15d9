"""The reference range of each output: the usual burden of its material by the factor sets.

The material follows from the product's CN or HS code, else from the materials of which the lot consists. A code for
sand, or a lot of gravel, does not make steel look better: if code, lot and product differ in class, or if the low end
of one is more than twice another's, the highest counts. A fuel has the range of its upstream: whoever makes it does not
burn it. By-products have ranges as well, except residues, such as slag, and gases.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.checks.attributes import is_power
from ledger.admission.facts import Facts, LotFacts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Finding, Reference
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS, plain
from ledger.core.record.values import Evidence
from ledger.engine.bounds.nature import WATER
from ledger.engine.end_of_waste.recycled import CODE as BY_NAME
from ledger.engine.end_of_waste.recycled import primary_of, recycled_key, recycled_part, shows_content
from ledger.engine.pricing.surroundings import Surroundings
from ledger.footprint.derived.completeness import NO_REFERENCE
from ledger.footprint.derived.unusually_high import HighEnd
from ledger.footprint.stored.supplies import FACTOR_EVIDENCE, HEAT_CONTRACTS, proves_factor
from ledger.sdk import PRODUCT_ROLES, FactorSetVersion, SetChoice
from ledger.sdk.sets.factor_set import SetBoundary, SupplyEntry
from ledger.sdk.sets.lookup import amount_of, choose, entry_of, entry_of_code
from ledger.sdk.sets.reading import co2e_of

_KNOWN_PART, _UNKNOWN_PART = Decimal("0.5"), Decimal("0.1")
"""Of a product's mass, so much must be of materials with a range, and at most so much of names that no set knows. The
part that is not stated, or not known, counts as the rest."""
_FAR: Final = Decimal(2)
"""Between the low ends of two descriptions of one good."""
_FLUIDS: Final = ("water", "air", "oxygen")
_RESIDUES: Final = frozenset({"mineral", "cement", "gas", "fluorinatedGas", "water", "fuel", ""})
"""Classes of by-products to which their routes assign little burden or nothing."""
_MADE_NEW: Final = frozenset({
    "machinery", "electronics", "battery", "cement", "gas", "food", "inorganicChemical", "specialChemical",
})
"""Classes of goods of which no waste is made again: used parts are cores, and everything else needs a document of its
recycled content."""
_BY_PRODUCT: Final = "byProduct"
_SCRAP: Final = Decimal(10)
_SCRAPS: Final = ("Scrap", "scrap", "cullet", "recoveredPaper")
_RECYCLED: Final = "recycled"
"""Keys of scrap end or begin so."""
_POWER: Final = "electricity"
_FUEL: Final = "fuel"
_CACHED: Final = 4096
_FREIGHT: Final = "truckFreight"
_MASSLESS: Final[Mapping[str, str]] = {"energy": "heat", "freight": _FREIGHT}
_TONNE_KILOMETRE: Final = "TKM"
_BILLS: Final = ("billOfLading", "waybill")
"""Kinds of evidence that show by which mode freight went."""


class OutputReferences(NamedTuple):
    """The ranges of a record's outputs, and a finding for each output without one."""

    references: tuple[Reference, ...] = ()
    findings: tuple[Finding, ...] = ()


def references_of(
    plan: Plan, facts: Facts, around: Surroundings, sets: tuple[FactorSetVersion, ...], *, unproven: bool = False
) -> OutputReferences:
    """The reference ranges of the lots that carry burdens and have a mass. Energy and services need no range. A figure
    that is `unproven`, declared without evidence, is questioned below the default: its range begins there."""
    references: list[Reference] = []
    findings: list[Finding] = []
    purchase = Purchase(around, sets, plan, facts)
    for output, (lot, _) in enumerate(plan.created):
        if not lot.mass or not (lot.role in PRODUCT_ROLES or (lot.role == _BY_PRODUCT and _is_good(lot, purchase))):
            continue
        own = ranges_of_lot(output, lot, lot.mass, purchase)
        if unproven:
            own = [replace(reference, low=reference.default) for reference in own]
        references += own
        if not own:
            findings.append(Finding(
                code=NO_REFERENCE, severity="note", output=output,
                message="the product states neither a CN or HS code nor materials that a factor set knows",
            ))
    return OutputReferences(tuple(references), tuple(findings))


def massless_references(plan: Plan, around: Surroundings, sets: Sequence[FactorSetVersion]) -> OutputReferences:
    """The ranges of declared power, heat and freight. Without a document for the figure, power and heat begin at the
    default of the place. With one, heat begins at the low end of its row, or has no range if a contract names its
    source; power has no range either, since its figure is of the grid (see `pricing.power`). Freight begins at the best
    lorry, or at the best of all modes if a bill of lading shows that it was no lorry; its question is by the default of
    road freight. Other services have no range."""
    references: list[Reference] = []
    findings: list[Finding] = []
    for output, (lot, _) in enumerate(plan.created):
        if lot.role not in PRODUCT_ROLES or lot.mass:
            continue
        key = _POWER if is_power(lot) else _MASSLESS.get(UNITS[lot.unit].dimension)
        choice = None if key is None else choose(sets, key, "cradleToGate", around.places, around.year)
        amount = None if choice is None else amount_of(choice.entry, lot.quantity, lot.unit, None)
        if choice is None or amount is None:
            if not around.evidence:
                findings.append(Finding(
                    code=NO_REFERENCE, severity="note", output=output,
                    message=f"no factor set knows a figure for a service in {lot.unit}",
                ))
            continue
        low = _least_massless(choice, around, sets)
        if low is not None:
            references.append(Reference(output=output, mass=amount, unit=choice.entry.unit, low=low,
                                        default=co2e_of(choice.factor.gases), factor=choice.name))
    return OutputReferences(tuple(references), tuple(findings))


def _least_massless(choice: SetChoice, around: Surroundings, sets: Sequence[FactorSetVersion]) -> Decimal | None:
    """The low end of the range of declared power, heat or freight, kg CO2e per unit; None without a range."""
    key, default = choice.entry.key, co2e_of(choice.factor.gases)
    if key == _FREIGHT:
        shown = any(one.kind.partition(":")[0] in _BILLS for one in around.evidence)
        return _best_freight(sets, default) if shown or choice.factor.low is None else choice.factor.low
    if not proves_factor(around.evidence, key, (*FACTOR_EVIDENCE, *HEAT_CONTRACTS)):
        return default
    if key == _POWER or proves_factor(around.evidence, key, HEAT_CONTRACTS):
        return None
    return choice.factor.low


def _best_freight(sets: Sequence[FactorSetVersion], default: Decimal) -> Decimal:
    """Kg CO2e per tonne kilometre of the best mode of freight, at most `default`."""
    modes = [
        co2e_of(factor.gases) for version in sets for factor in version if factor.boundary == "cradleToGate"
        and version.supplies[factor.key].kind == "transport" and version.supplies[factor.key].unit == _TONNE_KILOMETRE
    ]
    return min([default, *modes])


class Purchase(NamedTuple):
    """Where and when a record buys, the sets in force, and its plan."""

    around: Surroundings
    sets: tuple[FactorSetVersion, ...]
    plan: Plan
    facts: Facts

    def choose(self, key: str) -> SetChoice | None:
        """The row of a material from cradle to gate, or of a fuel from well to tank."""
        return _choice(self.sets, key, self.around.places, self.around.year)

    def scrap(self, made: SetChoice) -> Decimal | None:
        """The part of the material that is used cores, or bought scrap for which the record has evidence. Scrap is of
        the class of the material that is `made`, by its name, and causes less than a tenth of its burden. It is no
        larger part of the goods than of the inputs of the class: ore, sand and oil are of other classes. A core is of
        the product that is made of it, or at least half as dear."""
        if not self.plan.supplied and all(taken.lot.role != "core" for taken in self.plan.taken):
            return None
        scrap, cores, whole = Decimal(0), Decimal(0), Decimal(0)
        for supply, mass in self.plan.supplied:
            entry = entry_of(self.sets, supply.material)
            if entry is None or entry[1].group != made.entry.group or entry[1].kind != "material" or mass is None:
                continue
            choice = self.choose(entry[1].key)
            whole = CONTEXT.add(whole, mass)
            if choice is not None and self._is_scrap(choice, made) and _shown(self.around.evidence, supply.material):
                scrap = CONTEXT.add(scrap, mass)
        for taken in self.plan.taken:
            whole = CONTEXT.add(whole, taken.mass or Decimal(0))
            if taken.lot.role == "core" and self._is_as_dear(taken.lot, made):
                cores = CONTEXT.add(cores, taken.mass or Decimal(0))
        if not scrap and not cores:
            return None
        of_goods = CONTEXT.add(_part(scrap, self.made(made.entry.group)), _part(cores, self.made()))
        return min(CONTEXT.divide(CONTEXT.add(scrap, cores), whole), of_goods)

    def made(self, group: str | None = None) -> Decimal:
        """Kg of the goods that the record makes, or of their materials of a class."""
        mass = Decimal(0)
        for lot, _ in self.plan.created:
            if lot.role in PRODUCT_ROLES and lot.mass:
                part = Decimal(1) if group is None else self._part_of_class(lot, group)
                mass = CONTEXT.add(mass, CONTEXT.multiply(lot.mass, part))
        return mass

    def _part_of_class(self, lot: LotFacts, group: str) -> Decimal:
        """Of a lot's mass, by its materials; by its code if no set knows its materials."""
        materials = self.facts.composition(lot).materials
        classed = [(known[1], share) for name, share in materials.items()
                   if (known := entry_of(self.sets, name)) is not None]
        if not classed:
            return Decimal(any(entry.group == group for entry in entries_of_lot(lot, self)))
        return sum([Decimal(share) for entry, share in classed if entry.group == group], Decimal(0))

    def recycled_names(self, lot: LotFacts, entry: SupplyEntry, material: str | None) -> tuple[str, ...]:
        """The materials whose recycled content counts in the range of `lot`: `material`, or without one the names that
        the record gives to materials of the class."""
        names = [material] if material is not None else [
            *[one.supply.material for one in self.plan.supplied],
            *[name for one in (lot, *[taken.lot for taken in self.plan.taken])
              for name in self.facts.composition(one).materials],
        ]
        if entry.group in _MADE_NEW and not shows_content(self.around.evidence, names):
            return ()
        return tuple(sorted({name for name in names if (known := entry_of(self.sets, name)) is not None
                             and known[1].group == entry.group}))

    def recycled(self, entry: SupplyEntry) -> Decimal:
        """The part of the material that is recycled, for a material that is recycled by its name."""
        made = self.made(entry.group)
        return recycled_part(self.plan, self.facts, self.sets, self.around.evidence, entry, made)

    def _is_as_dear(self, core: LotFacts, made: SetChoice) -> bool:
        """Old gears make no wafers. Of several materials the dearest counts."""
        if any(core.product == lot.product for lot, _ in self.plan.created):
            return True
        choices = [self.choose(entry.key) for entry in entries_of_lot(core, self)]
        dearest = max([co2e_of(choice.factor.gases) for choice in choices
                       if choice is not None and choice.entry.unit == made.entry.unit], default=Decimal(0))
        return CONTEXT.multiply(dearest, _FAR) >= co2e_of(made.factor.gases)

    def _is_scrap(self, choice: SetChoice, made: SetChoice) -> bool:
        """Zinc is as small beside magnets as scrap is beside steel, and no scrap of them."""
        if not (choice.entry.key.endswith(_SCRAPS) or choice.entry.key.startswith(_RECYCLED)):
            return False
        own = CONTEXT.multiply(co2e_of(choice.factor.gases), _SCRAP)
        return choice.entry.unit == made.entry.unit and own < co2e_of(made.factor.gases)


def _part(amount: Decimal, whole: Decimal) -> Decimal:
    """`amount` of `whole`, at most all of it; all of nothing is the whole, too."""
    return CONTEXT.divide(amount, whole) if whole > amount else Decimal(bool(amount))


def _shown(evidence: Sequence[Evidence], material: str) -> bool:
    """Whether a document of any kind is about the supplies, or about this material."""
    return any(kind.partition(":")[2] in ("", material) for kind in [one.kind for one in evidence])


def ranges_of_lot(output: int, lot: LotFacts, mass: Decimal, purchase: Purchase) -> list[Reference]:
    """The ranges of `mass` kg of the product of `lot`, for an output of a record; empty if the sets have no range."""
    product = purchase.facts.product_of(lot)
    ranges = _Ranges(output, lot, spelled(mass), purchase)
    if product is None:
        return ranges.of((), purchase.facts.composition(lot).materials, {})
    return ranges.of(product.codes, purchase.facts.composition(lot).materials, product.composition.materials)


def high_end(
    sets: tuple[FactorSetVersion, ...], places: tuple[str, ...], year: int, codes: Sequence[str],
    materials: Mapping[str, float], mass: float,
) -> HighEnd | None:
    """The high end of the range of `mass` kg of a good, by its codes or by its `materials` in kg, whichever is higher.
    None if no set has a range, or too little of the mass has one."""
    entry = entry_of_code(sets, codes)
    own = None if entry is None else _range_of(sets, places, year, entry)
    ends = [HighEnd(mass * float(own.high), own.choice.name)] if own is not None and own.high is not None else []
    ranged = [(_range_of(sets, places, year, known[1]), kilograms) for name, kilograms in materials.items()
              if (known := entry_of(sets, name)) is not None]
    high = [(row.choice.name, kilograms, float(row.high)) for row, kilograms in ranged
            if row is not None and row.high is not None]
    part = math.fsum(kilograms for _, kilograms, _ in high)
    if part and part >= float(_KNOWN_PART) * mass:
        each = math.fsum(kilograms * one for _, kilograms, one in high) / part
        ends.append(HighEnd(mass * each, max(high, key=lambda row: row[1] * row[2])[0]))
    return max(ends, key=lambda end: end.kilograms, default=None)


def _is_good(lot: LotFacts, purchase: Purchase) -> bool:
    """Whether a by-product is a good that a route may as well be run for. A plant that treats waste, such as an
    incinerator, has metal as a by-product of its service."""
    return not _treats_waste(purchase.plan) and any(
        entry.group not in _RESIDUES for entry in entries_of_lot(lot, purchase)
    )


def _treats_waste(plan: Plan) -> bool:
    if any(lot.mass for lot, _ in plan.created if lot.role in PRODUCT_ROLES):
        return False
    came = [taken.mass or Decimal(0) for taken in plan.taken if taken.lot.role == "waste"]
    others = [taken.mass or Decimal(0) for taken in plan.taken if taken.lot.role != "waste"]
    others += [mass or Decimal(0) for supply, mass in plan.supplied if supply.material not in _FLUIDS]
    return sum(came, Decimal(0)) > sum(others, Decimal(0))


def entries_of_lot(lot: LotFacts, purchase: Purchase) -> list[SupplyEntry]:
    """The entries of a lot's code and materials, without those that no set knows."""
    product = purchase.facts.product_of(lot)
    coded = entry_of_code(purchase.sets, product.codes if product else ())
    known = [entry_of(purchase.sets, name) for name in purchase.facts.composition(lot).materials]
    return [*([] if coded is None else [coded]), *[one[1] for one in known if one is not None]]


class _Ranges:
    """The ranges of `mass` kg of the product of `lot`, for one output."""

    def __init__(self, output: int, lot: LotFacts, mass: Decimal, market: Purchase) -> None:
        self._output = output
        self._lot = lot
        self._mass = mass
        self._market = market
        self._sets = market.sets

    def of(
        self, codes: Sequence[str], materials: Mapping[str, str], named: Mapping[str, str]
    ) -> list[Reference]:
        """`materials`: of the lot; `named`: of its product."""
        by_material = self._by_materials(materials)
        entry = entry_of_code(self._sets, codes)
        if entry is None and named == materials:
            return by_material if _least(by_material) >= 0 else []
        by_code = [] if entry is None else self._reference(entry, self._dry_mass(entry, materials), None)
        if by_code and entry is not None and (not by_material or entry.group in self._groups(materials)):
            chosen, other = by_code, by_material
        else:
            chosen, other = max(by_material, by_code, key=_least), []
        by_product = [] if named == materials else self._by_materials(named)
        highest = max(other, by_product, key=_least)
        return highest if _least(highest) > CONTEXT.multiply(_FAR, _least(chosen)) else chosen

    def _dry_mass(self, entry: SupplyEntry, materials: Mapping[str, str]) -> Decimal:
        """Without the water of a solution, since rows count the substance itself: the materials name the substance of
        the code, water, and nothing else."""
        known = [entry_of(self._sets, name) for name in materials]
        others = {one[1].key for one in known if one is not None and one[1].group != WATER}
        if entry.group == WATER or None in known or others != {entry.key}:
            return self._mass
        dry = sum([Decimal(share) for one, share in zip(known, materials.values(), strict=True)
                   if one is not None and one[1].key == entry.key], Decimal(0))
        return spelled(CONTEXT.multiply(self._mass, dry)) if len(others) < len(materials) else self._mass

    def _groups(self, materials: Iterable[str]) -> set[str]:
        known = [entry_of(self._sets, name) for name in materials]
        return {one[1].group for one in known if one is not None}

    def _by_materials(self, materials: Mapping[str, str]) -> list[Reference]:
        """Empty if too little of the mass has a range."""
        if not materials:
            return []
        around, ranged = self._market.around, list[tuple[SupplyEntry, str, Decimal]]()
        unknown = unranged = Decimal(0)
        for name, stated in materials.items():
            entry, share = entry_of(self._sets, name), Decimal(stated)
            if entry is None:
                unknown = CONTEXT.add(unknown, share)
            elif _range_of(self._sets, around.places, around.year, entry[1]) is not None:
                ranged.append((entry[1], name, share))
            else:
                unranged = CONTEXT.add(unranged, share)
        part = sum([share for _, _, share in ranged], Decimal(0))
        if part < _KNOWN_PART or unknown > _UNKNOWN_PART:
            return []
        scale = CONTEXT.divide(CONTEXT.multiply(self._mass, CONTEXT.subtract(Decimal(1), unranged)), part)
        return [one for entry, name, share in ranged
                for one in self._reference(entry, spelled(CONTEXT.multiply(scale, share)), name)]

    def _reference(self, entry: SupplyEntry, mass: Decimal, material: str | None) -> list[Reference]:
        """The range of `mass` kg of the entry; empty if no set has a range for its mass. A material that is recycled by
        its name has the range of the primary material, with the recycled part that the record shows."""
        around = self._market.around
        row = _range_of(self._sets, around.places, around.year, entry)
        if row is None:
            return []
        scrap = self._market.scrap(row.choice)
        if row.is_recycled:
            scrap = max(scrap or Decimal(0), self._market.recycled(entry))
        return [Reference(
            output=self._output, mass=mass, material=material, factor=row.choice.name,
            materials=self._market.recycled_names(self._lot, row.entry, material),
            low=row.low, default=row.default, high=row.high, recycled_low=row.recycled_low,
            recycled_default=row.recycled_default, scrap=None if scrap is None else spelled(scrap),
            code=BY_NAME if row.is_recycled and scrap != 1 else None,
        )]


class _Range(NamedTuple):
    """The range of a material, kg CO2e per kg, by the row of `choice`. If `is_recycled`, by its name, the range is of
    `entry`, its primary material."""

    choice: SetChoice
    entry: SupplyEntry
    low: Decimal
    default: Decimal
    high: Decimal | None
    recycled_low: Decimal | None
    recycled_default: Decimal | None
    is_recycled: bool


@lru_cache(_CACHED)
def _range_of(
    sets: tuple[FactorSetVersion, ...], places: tuple[str, ...], year: int, entry: SupplyEntry
) -> _Range | None:
    """The range of the entry; None if no set has one for its mass."""
    primary = primary_of(sets, entry)
    own = primary or entry
    choice = _choice(sets, own.key, places, year)
    scale = None if choice is None else _kilograms_of(choice.entry)
    if choice is None or choice.factor.low is None or scale is None:
        return None
    recycled = _choice(sets, recycled_key(own.key), places, year)
    if recycled is not None and recycled.entry.unit != choice.entry.unit:
        recycled = None
    factor, again = choice.factor, None if recycled is None else recycled.factor
    return _Range(
        choice, own,
        low=CONTEXT.divide(choice.factor.low, scale),
        default=CONTEXT.divide(co2e_of(factor.gases), scale),
        high=None if factor.high is None else CONTEXT.divide(factor.high, scale),
        recycled_low=None if again is None or again.low is None else CONTEXT.divide(again.low, scale),
        recycled_default=None if again is None else CONTEXT.divide(co2e_of(again.gases), scale),
        is_recycled=primary is not None,
    )


def _choice(
    sets: tuple[FactorSetVersion, ...], key: str, places: tuple[str, ...], year: int
) -> SetChoice | None:
    """The row of a material from cradle to gate, or of a fuel from well to tank."""
    known = entry_of(sets, key)
    boundary: SetBoundary = "wellToTank" if known is not None and known[1].kind == _FUEL else "cradleToGate"
    return choose(sets, key, boundary, places, year)


def _kilograms_of(entry: SupplyEntry) -> Decimal | None:
    """Kg of one unit of an entry: of fuels also by their density, since gas is priced by its volume."""
    unit = UNITS[entry.unit]
    if unit.dimension == "mass":
        return unit.scale
    if entry.kind != _FUEL or entry.density is None or unit.dimension not in ("volume", "normal volume"):
        return None
    return CONTEXT.multiply(entry.density, unit.scale)


def spelled(value: Decimal) -> Decimal:
    """A number in its only spelling: the mass of a lot has one exponent in a database and another in a replay."""
    return Decimal(plain(CONTEXT.plus(value)))


def _least(references: Sequence[Reference]) -> Decimal:
    total = Decimal(0)
    for reference in references:
        total = CONTEXT.add(total, CONTEXT.multiply(reference.mass, reference.low))
    return total

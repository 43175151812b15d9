"""The reference range of each output by rule `reference-ranges`: the usual burden of its material by the factor sets.

The material follows from the product's CN or HS code, else from the materials of which the lot consists. Where the two
are of different classes, or the code has less than half of the low end, the one with the higher low end counts: a code
for sand or scrap does not make steel look better. A
fuel has the range of its upstream: whoever makes it does not burn it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.checks.attributes import is_power
from ledger.admission.facts import Composition, Facts, LotFacts
from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Finding, Reference
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS, plain
from ledger.core.record.values import Evidence
from ledger.engine.end_of_waste.recycled import CODE as BY_NAME
from ledger.engine.end_of_waste.recycled import primary_of, recycled_key, recycled_part
from ledger.engine.pricing.surroundings import Surroundings
from ledger.footprint.derived.completeness import NO_REFERENCE
from ledger.footprint.stored.supplies import FACTOR_EVIDENCE, HEAT_CONTRACTS, proves_factor
from ledger.sdk import PRODUCT_ROLES, FactorSetVersion, SetChoice
from ledger.sdk.sets.factor_set import SetBoundary, SupplyEntry
from ledger.sdk.sets.lookup import amount_of, choose, entry_of, entry_of_code
from ledger.sdk.sets.reading import co2e_of

_KNOWN_PART: Final = Decimal("0.5")
"""Of a product's mass, so much must be of materials that the sets know."""
_SCRAP: Final = Decimal(10)
_BY_PRODUCT: Final = "byProduct"
_RESIDUES: Final = frozenset({"mineral", "water", "fuel", "gas"})
"""Classes of slag, ash, off-gas and other by-products of little burden."""
_POWER: Final = "electricity"
_FUEL: Final = "fuel"
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
    plan: Plan, facts: Facts, around: Surroundings, sets: Sequence[FactorSetVersion], *, unproven: bool = False
) -> OutputReferences:
    """The reference ranges of products and co-products that have a mass, and of by-products that are the main output by
    their usual burdens. Energy and services need no range. A figure
    that is `unproven`, declared without evidence, is questioned below the default: its range begins there."""
    references: list[Reference] = []
    findings: list[Finding] = []
    buying = Buying(around, sets, plan, facts)
    main = _main_by_products(buying)
    for output, (lot, _) in enumerate(plan.created):
        if not lot.mass or (lot.role not in PRODUCT_ROLES and output not in main):
            continue
        own = ranges_of_lot(output, lot, lot.mass, buying)
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


class Buying(NamedTuple):
    """Where and when a record buys, the sets in force, and its plan."""

    around: Surroundings
    sets: Sequence[FactorSetVersion]
    plan: Plan
    facts: Facts

    def choose(self, key: str) -> SetChoice | None:
        """The row of a material from cradle to gate, or of a fuel from well to tank."""
        known = entry_of(self.sets, key)
        boundary: SetBoundary = "wellToTank" if known is not None and known[1].kind == _FUEL else "cradleToGate"
        return choose(self.sets, key, boundary, self.around.places, self.around.year)

    def scrap(self, made: SetChoice) -> Decimal | None:
        """The part of the material that is used cores, or bought scrap for which the record has evidence. Scrap is of
        the class of the material that is `made`, and causes less than a tenth of its burden."""
        scrap, whole = Decimal(0), Decimal(0)
        for supply, mass in self.plan.supplied:
            entry = entry_of(self.sets, supply.material)
            if entry is None or entry[1].group != made.entry.group or entry[1].kind != "material" or mass is None:
                continue
            choice = self.choose(entry[1].key)
            whole = CONTEXT.add(whole, mass)
            if choice is not None and self._small(choice, made) and _shown(self.around.evidence, supply.material):
                scrap = CONTEXT.add(scrap, mass)
        for taken in self.plan.taken:
            whole = CONTEXT.add(whole, taken.mass or Decimal(0))
            if taken.lot.role == "core":
                scrap = CONTEXT.add(scrap, taken.mass or Decimal(0))
        return CONTEXT.divide(scrap, whole) if scrap else None

    def recycled(self, entry: SupplyEntry) -> Decimal:
        """The part of the material that is recycled, for a material that is recycled by its name."""
        return recycled_part(self.plan, self.facts, self.sets, self.around.evidence, entry)

    def _small(self, choice: SetChoice, made: SetChoice) -> bool:
        own = CONTEXT.multiply(co2e_of(choice.factor.gases), _SCRAP)
        return choice.entry.unit == made.entry.unit and own < co2e_of(made.factor.gases)


def _shown(evidence: Sequence[Evidence], material: str) -> bool:
    """Whether a document of any kind is about the supplies, or about this material."""
    return any(kind.partition(":")[2] in ("", material) for kind in [one.kind for one in evidence])


def ranges_of_lot(output: int, lot: LotFacts, mass: Decimal, buying: Buying) -> list[Reference]:
    """The ranges of `mass` kg of the product of `lot`, for an output of a record; empty if the sets have no range. If
    the low end of a lot's own materials is less than half of its product's, the product's range counts."""
    product = buying.facts.products.get(lot.product)
    ranges, codes = _Ranges(output, spelled(mass), buying), product.codes if product else ()
    own = ranges.of(codes, _fractions(buying.facts.composition(lot)))
    if product is None or lot.composition is None or not product.composition.materials:
        return own
    usual = ranges.of(codes, _fractions(product.composition))
    return usual if CONTEXT.multiply(_least(own), Decimal(2)) < _least(usual) else own


def _fractions(composition: Composition) -> dict[str, Decimal]:
    return {name: Decimal(share) for name, share in composition.materials.items()}


def entries_of_lot(lot: LotFacts, buying: Buying) -> list[SupplyEntry]:
    """The entries of a lot's code and materials, without those that no set knows."""
    product = buying.facts.products.get(lot.product)
    coded = entry_of_code(buying.sets, product.codes if product else ())
    known = [entry_of(buying.sets, name) for name in buying.facts.composition(lot).materials]
    return [*([] if coded is None else [coded]), *[one[1] for one in known if one is not None]]


def _main_by_products(buying: Buying) -> set[int]:
    """The by-products that are the main outputs by their usual burdens, such as metal beside a token of bath. A plant
    that treats as much waste may draw metal out of it."""
    if not any(lot.role == _BY_PRODUCT for lot, _ in buying.plan.created):
        return set()
    whole = by_products = mass = Decimal(0)
    main = set[int]()
    for output, (lot, _) in enumerate(buying.plan.created):
        if not lot.mass or lot.role not in (*PRODUCT_ROLES, _BY_PRODUCT):
            continue
        usual = Decimal(0)
        for reference in ranges_of_lot(output, lot, lot.mass, buying):
            usual = CONTEXT.add(usual, CONTEXT.multiply(reference.mass, reference.default))
        whole = CONTEXT.add(whole, usual)
        groups = {entry.group for entry in entries_of_lot(lot, buying)}
        if lot.role == _BY_PRODUCT and not groups <= _RESIDUES:
            by_products, mass = CONTEXT.add(by_products, usual), CONTEXT.add(mass, lot.mass)
            main.add(output)
    for lot, _, amount in buying.plan.taken:
        if lot.role == "waste" and not {entry.group for entry in entries_of_lot(lot, buying)} & _RESIDUES:
            mass = CONTEXT.subtract(mass, amount or Decimal(0))
    if mass <= 0:
        return set()
    return main if CONTEXT.multiply(by_products, Decimal(2)) > whole else set()


class _Ranges:
    """The ranges of one output of `mass` kg."""

    def __init__(self, output: int, mass: Decimal, market: Buying) -> None:
        self._output = output
        self._mass = mass
        self._market = market
        self._sets = market.sets

    def of(self, codes: Sequence[str], materials: Mapping[str, Decimal]) -> list[Reference]:
        by_material = self._by_materials(materials)
        entry = entry_of_code(self._sets, codes)
        by_code = [] if entry is None else self._reference(entry, self._mass, None)
        if not by_code or not by_material:
            return by_code or by_material
        groups = {known[1].group for name in materials if (known := entry_of(self._sets, name)) is not None}
        if entry is not None and entry.group in groups and CONTEXT.multiply(_least(by_code), Decimal(2)) >= _least(
                by_material):
            return by_code
        return max(by_code, by_material, key=_least)

    def _by_materials(self, materials: Mapping[str, Decimal]) -> list[Reference]:
        known: list[Reference] = []
        part = Decimal(0)
        for name, share in materials.items():
            entry = entry_of(self._sets, name)
            reference = [] if entry is None else self._reference(entry[1], CONTEXT.multiply(self._mass, share), name)
            if reference:
                known += reference
                part = CONTEXT.add(part, share)
        return known if part >= _KNOWN_PART else []

    def _reference(self, entry: SupplyEntry, mass: Decimal, material: str | None) -> list[Reference]:
        """The range of `mass` kg of the entry; empty if no set has a range for its mass. A material that is recycled by
        its name has the range of the primary material, with the recycled part that the record shows."""
        named, primary = entry, primary_of(self._sets, entry)
        entry = primary or entry
        choice = self._market.choose(entry.key)
        scale = None if choice is None else _kilograms_of(choice.entry)
        if choice is None or choice.factor.low is None or scale is None:
            return []
        recycled = self._market.choose(recycled_key(entry.key))
        if recycled is not None and recycled.entry.unit != choice.entry.unit:
            recycled = None
        factor, again = choice.factor, None if recycled is None else recycled.factor
        scrap = self._market.scrap(choice)
        if primary is not None:
            scrap = max(scrap or Decimal(0), self._market.recycled(named))
        return [Reference(
            output=self._output, mass=mass, material=material, factor=choice.name,
            low=CONTEXT.divide(factor.low or Decimal(0), scale),
            default=CONTEXT.divide(co2e_of(factor.gases), scale),
            high=None if factor.high is None else CONTEXT.divide(factor.high, scale),
            recycled_low=None if again is None or again.low is None else CONTEXT.divide(again.low, scale),
            recycled_default=None if again is None else CONTEXT.divide(co2e_of(again.gases), scale),
            scrap=None if scrap is None else spelled(scrap),
            code=BY_NAME if primary is not None and scrap != 1 else None,
        )]


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

"""Builds the sector plugin's view of a record from the record, its plan and immutable facts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Context as DecimalContext
from decimal import Decimal
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from ledger.admission.checks.attributes import generated, is_generated, kilowatt_hours
from ledger.admission.facts import Facts
from ledger.admission.lots import Created, Plan, Supplied, Taken
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transformation
from ledger.core.record.units import UNITS, convert, plain
from ledger.core.record.values import Output, Quantity, Supply
from ledger.engine.pricing.analyses import analyses_of
from ledger.engine.pricing.heating import heating_of
from ledger.engine.pricing.priced import PricedSupply
from ledger.errors import Refused
from ledger.footprint.stored.supplies import burning_factor
from ledger.sdk import (
    AttributeFacts,
    Context,
    FacilityFacts,
    FactorSetVersion,
    FuelAnalysis,
    InputFacts,
    OutputFacts,
    RawMaterials,
    Sector,
    SupplyFacts,
)
from ledger.sdk.sets.lookup import entry_of

_CACHED: Final = 1024
_HOURS: Final = DecimalContext(prec=28)
_SECONDS_AN_HOUR = Decimal(3600)
_ZERO = Decimal(0)
_EMPTY: Mapping[str, Decimal] = {}
_NO_MATERIALS: Final = RawMaterials(classes=frozenset())


def context_of(
    record: Transformation, plan: Plan, facts: Facts, priced: Sequence[PricedSupply] | None = None,
) -> Context:
    """`priced`: the upstream of the supplies by the factor sets in force, if any are. Raises Refused if the values of
    the outputs are in different currencies."""
    facility = facts.facilities[record.facility]
    _check_currency(record.outputs)
    analyses = analyses_of(record) if plan.supplied else {}
    return Context(
        process=record.process,
        route=record.process.partition(".")[2],
        year=int(record.end[:4]),
        hours=_hours_between(record.start, record.end),
        allocation=record.allocation,
        facility=FacilityFacts(
            id=facility.id, country=facility.country, subdivision=facility.subdivision, industry=facility.industry
        ),
        # Credits and attributes are not matter: the content of a credit follows the other inputs' content.
        inputs=tuple([
            _input(taken, (record.facility, record.process), facts) for taken in plan.taken
            if taken.lot.role not in ("credit", "attribute")
        ]),
        attributes=tuple([_attribute(taken) for taken in plan.taken if taken.lot.role == "attribute"]),
        supplies=tuple([
            _supply(i, supplied, None if priced is None else priced[i], analyses.get(supplied.supply.material))
            for i, supplied in enumerate(plan.supplied)
        ]),
        outputs=tuple([_output(created, facts) for created in plan.created]),
        sets=priced is not None,
        questions=priced is not None,
        evidence=tuple([document.kind for document in record.evidence]),
    )


@lru_cache(_CACHED)
def _hours_between(start: str, end: str) -> Decimal:
    """Records of a plant are often for the same days or shifts."""
    period = datetime.fromisoformat(end) - datetime.fromisoformat(start)
    return _HOURS.divide(Decimal(int(period.total_seconds())), _SECONDS_AN_HOUR)


def with_names(context: Context, sets: tuple[FactorSetVersion, ...], sector: Sector) -> Context:
    """The context with the classes of the materials of its lots, and with the words and classes by which the sector
    knows its supplies."""
    inputs = tuple([
        replace(
            one, classes=_classes(one.materials, sets, _class_of), known_classes=_classes(one.materials, sets, _known),
        ) if one.materials else one for one in context.inputs
    ])
    outputs = tuple([
        replace(one, known_classes=_classes(one.materials, sets, _known)) if one.materials else one
        for one in context.outputs
    ])
    raw = sector.raw_materials.get(context.route, _NO_MATERIALS)
    supplies = tuple([_named(one, sets, sector.words, raw) for one in context.supplies])
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    return Context(**(fields | {"inputs": inputs, "supplies": supplies, "outputs": outputs}))


def _named(
    supply: SupplyFacts, sets: tuple[FactorSetVersion, ...], words: Mapping[str, str], raw: RawMaterials,
) -> SupplyFacts:
    known = entry_of(sets, supply.material)
    own = words.get(supply.material)
    group = _class_of(supply.material, sets)
    # A word that is read as itself is not read as its key.
    names = [own] if own else [] if known is None else [known[1].key, words.get(known[1].key, known[1].key)]
    synonyms = tuple(dict.fromkeys([name for name in names if name != supply.material]))
    density = None if known is None or known[1].density is None else (
        "NM3" if UNITS[known[1].unit].dimension == "normal volume" else "MTQ", known[1].density)
    return replace(
        supply, synonyms=synonyms, group=group, raw=raw.take(group, (supply.material, *synonyms)), density=density)


@lru_cache(_CACHED)
def _class_of(material: str, sets: tuple[FactorSetVersion, ...]) -> str:
    """The class of a material by its entry, else by the words in its name; an empty string without one."""
    if entry_of(sets, material) is not None:
        return _known(material, sets)
    return next((group.id for version in sets if (group := version.class_of(material)) is not None), "")


@lru_cache(_CACHED)
def _known(material: str, sets: tuple[FactorSetVersion, ...]) -> str:
    """The class of a material by its entry; an empty string without one."""
    known = entry_of(sets, material)
    return "" if known is None else known[1].group


def _classes(
    materials: Mapping[str, Decimal], sets: tuple[FactorSetVersion, ...],
    class_of: Callable[[str, tuple[FactorSetVersion, ...]], str],
) -> Mapping[str, Decimal]:
    parts: dict[str, Decimal] = {}
    for material, share in materials.items():
        name = class_of(material, sets)
        if name:
            parts[name] = CONTEXT.add(parts.get(name, _ZERO), share)
    return parts


def _input(taken: Taken, maker: tuple[str, str], facts: Facts) -> InputFacts:
    lot = taken.lot
    composition = facts.composition(lot)
    product = facts.product_of(lot)
    return InputFacts(
        lot=lot.id, product=lot.product, sector=product.sector if product else "",
        quantity=Quantity(value=plain(taken.quantity), unit=lot.unit), role=lot.role, mass=_spelled(taken.mass),
        origin=lot.origin, item=lot.item, materials=_decimals(composition.materials),
        elements=_decimals(composition.elements), fossil_carbon=_fraction(composition.fossil_carbon),
        biogenic_carbon=_fraction(composition.biogenic_carbon), same_maker=lot.maker == maker,
        generated=is_generated(lot),
    )


def _attribute(taken: Taken) -> AttributeFacts:
    lot = taken.lot
    return AttributeFacts(
        lot=lot.id, technology=generated(lot).technology, amount=kilowatt_hours(taken.quantity, lot.unit),
    )


def _spelled(mass: Decimal | None) -> Decimal | None:
    """The mass in one spelling. 2E+4 as computed and 20000 as stored are equal, but a sector would write numbers
    derived from them in different ways."""
    return None if mass is None else Decimal(plain(mass))


def _supply(
    index: int, supplied: Supplied, priced: PricedSupply | None, analysis: FuelAnalysis | None
) -> SupplyFacts:
    supply = supplied.supply
    facts = SupplyFacts(
        index=index, material=supply.material, quantity=supply.quantity, mass=supplied.mass,
        nature=supply.origin == "nature", priced=supply.factor is not None or supply.declaration is not None,
        combustion=_combustion(supply), deviation=None if supply.deviation is None else Decimal(supply.deviation),
        pedigree=supply.pedigree,
        heating=heating_of(supply, analysis) if priced is None else priced.heating,
    )
    if priced is None:
        return facts
    if priced.power:
        # A sector finds power by one name, whatever the record calls it.
        facts = replace(facts, material="electricity")
    return replace(facts, priced=True, upstream=priced.co2e, fuel=priced.fuel)


def _combustion(supply: Supply) -> Decimal | None:
    """Kilograms of CO2 or CO2e. None for a combustion factor of another gas (methane slip): the plugin computes the
    carbon then."""
    factor = burning_factor(supply)
    if factor is None:
        return None
    return CONTEXT.multiply(convert(supply.quantity.amount, supply.quantity.unit, factor.unit), Decimal(factor.value))


def _output(created: Created, facts: Facts) -> OutputFacts:
    lot, output = created
    composition = facts.composition(lot)
    value, heat, moles = (output.value, output.heating_value, output.moles) if output else (None, None, None)
    return OutputFacts(
        lot=lot.id, product=lot.product, role=lot.role, quantity=Quantity(value=plain(lot.quantity), unit=lot.unit),
        mass=lot.mass, origin=lot.origin, item=lot.item, value=Decimal(value.value) if value else None,
        heating_value=convert(heat.amount, heat.unit, "3B") if heat else None,
        moles=Decimal(moles) if moles else None,
        materials=_decimals(composition.materials), elements=_decimals(composition.elements),
        fossil_carbon=_fraction(composition.fossil_carbon), biogenic_carbon=_fraction(composition.biogenic_carbon),
        technology=generated(lot).technology if lot.role == "attribute" else None,
    )


def _decimals(fractions: Mapping[str, str]) -> Mapping[str, Decimal]:
    return {name: Decimal(fraction) for name, fraction in fractions.items()} if fractions else _EMPTY


def _fraction(text: str | None) -> Decimal:
    return _ZERO if text is None else Decimal(text)


def _check_currency(outputs: list[Output]) -> None:
    currencies = {output.value.currency for output in outputs if output.value}
    if len(currencies) > 1:
        raise Refused(
            f"the values of the outputs are in different currencies: {' and '.join(sorted(currencies))}",
            code="currencies", field="outputs", value=sorted(currencies),
            rule="all outputs of a record are valued in one currency",
        )


def check_understood(refusal: Refused, context: Context, sector: Sector, sets: Sequence[FactorSetVersion]) -> None:
    """Names the heaviest supply in a sector's `refusal`, with the keys that the route takes, if the route read less
    than it as raw material: then its word, and not the mass, is the likely fault."""
    raw = sector.raw_materials.get(context.route)
    others = [one for one in context.supplies if not one.raw and one.fuel is None and not one.nature and one.mass]
    if raw is None or not others:
        return
    heaviest = max(others, key=lambda one: one.mass or _ZERO)
    read = context.mass_taken() + sum((one.mass or _ZERO for one in context.raw_materials), _ZERO)
    if (heaviest.mass or _ZERO) > read:
        _name(refusal, heaviest, context, _keys(raw, sets))


def _name(refusal: Refused, supply: SupplyFacts, context: Context, keys: Iterator[str]) -> None:
    refusal.field = f"supplies[{supply.index}].material"
    refusal.value = supply.material
    refusal.allowed = tuple(sorted(set(keys)))
    keys_taken = ", ".join(refusal.allowed)
    refusal.rule = f"{supply.material} is no raw material of {context.process}, which takes {keys_taken}"


def _keys(raw: RawMaterials, sets: Sequence[FactorSetVersion]) -> Iterator[str]:
    yield from raw.also
    for version in sets:
        for entry in version.supplies.values():
            if entry.kind == "material" and raw.take(entry.group, (entry.key,)):
                yield entry.key

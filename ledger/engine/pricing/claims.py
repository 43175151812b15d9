"""Claims about supplies beside figures of their own: rows, names, own combustion.

A named row says where a supply comes from, or which material an unknown thing resembles; a renewable name says that its
carbon is biogenic; an own factor of combustion says how a fuel burns. Each is believed down to the default, and below
it with a document. Without one, the difference is questioned:

    row of a supply that the sets know      default of the record's place and year
    row for a name that no set knows        default of the row's supply; unless the name is of the row's class, at least
                                            the estimate that the supply would get without a row
    renewable fuel or hydrogen              its fossil twin, by heat
    heat by the kilogram                    default of its heat, at least; with a document the low end of heat
    own factor of combustion                the row of the fuel

A row of heat is never shown by a document: heat does not travel, and its supplier has a figure.

Wood and straw are renewable by a simpler document than other fuels: a delivery note or an analysis is enough.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.lots import Supplied
from ledger.core.outcome.assessment import Finding, LineKind, Omission
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS
from ledger.core.record.values import Supply
from ledger.engine.pricing.burning import question_of_burning, unknown_burning
from ledger.engine.pricing.fuel_kinds import carbon_of, twin_of
from ledger.engine.pricing.keys_and_rows import named_row
from ledger.engine.pricing.lot_fuels import FuelMarket
from ledger.engine.pricing.material_amount import MaterialAmount
from ledger.engine.pricing.price_list import PriceList
from ledger.engine.pricing.priced import BURNING, PricedSupply, co2e_of_lines
from ledger.engine.pricing.unproven import UNPROVEN, StatedSupply, question_of
from ledger.footprint.stored.supplies import (
    CONTRACT_EVIDENCE,
    FACTOR_EVIDENCE,
    HEAT_CONTRACTS,
    burning_factor,
    proves_factor,
)
from ledger.sdk import ANYWHERE, CO2_PER_C, SetChoice, SupplyEntry
from ledger.sdk.sets.lookup import amount_of, choose, entry_of, kinds_of_class, same_class, same_supply
from ledger.sdk.sets.reading import co2e_of

ORIGIN: Final = ("deliveryNote", "certificateOfOrigin", "customsDeclaration", "safetyDataSheet", "compositionAnalysis")
"""Kinds of evidence that show identity and origin of a supply, as `kind:material`."""
RENEWABLE: Final = (
    "biomassCertificate", "proofOfSustainability", "sustainabilityCertificate", "guaranteeOfOrigin", *CONTRACT_EVIDENCE)
"""Kinds of evidence that a fuel is renewable, alone or with `:material`."""
_ROUNDED: Final = Decimal("0.99")
"""Of a default: rows of one supply differ by less when they are rounded."""
_NOTHING: Final = Decimal(0)
_COAL, _GAS, _HEAT, _ROAD = "bituminous", "naturalGas", "heat", "truckFreight"
_ENERGY, _FREIGHT = "energy", "freight"
_STEAM: Final = "steam"
SOLID_PROOFS: Final = (*RENEWABLE, *ORIGIN, "fuelAnalysis", "invoice", *FACTOR_EVIDENCE)
"""Kinds of evidence that a solid fuel is of biomass, alone or with `:material`."""
_ENTHALPY: Final = {True: Decimal("2.6"), False: Decimal("0.2")}
"""MJ per kg of steam, and of other heat: water that cools by 48 K (own judgement: 30 to 60 K are usual)."""
_MATTER: Final = ("mass", "volume", "normal volume")
_FREIGHTS: Final[tuple[LineKind, ...]] = ("transport", "airTransport")


def questioned(prices: PriceList, supplied: Supplied, priced: PricedSupply, kind: LineKind) -> PricedSupply:
    """The supply with the questions of its claims, and with the burning that an unknown name hides. `kind` of its
    lines. Power has rules of its own, and nature names no rows."""
    if priced.power or supplied.supply.origin == "nature":
        return priced
    priced = _with_burning(prices, supplied, priced, kind)
    return priced._replace(findings=(*priced.findings, *_findings(prices, supplied, priced)))


def _findings(prices: PriceList, supplied: Supplied, priced: PricedSupply) -> Iterator[Finding]:
    covered = _covered(priced)
    if supplied.supply.factor_row is not None:
        finding = _of_row(prices, supplied, covered)
        if finding is not None:
            covered = CONTEXT.add(covered, finding.amount or _NOTHING)
            yield finding
    by_mass = _of_heat_by_mass(prices, supplied, covered)
    if by_mass is not None:
        covered = CONTEXT.add(covered, by_mass.amount or _NOTHING)
        yield by_mass
    if priced.fuel is not None and priced.burnt is not None:
        finding = question_of_burning(prices, supplied, priced)
        if finding is not None:
            yield finding
    renewable = _of_renewable(prices, supplied, priced, covered)
    if renewable is not None:
        yield renewable


def _covered(priced: PricedSupply) -> Decimal:
    """Kg CO2e of the supply in the figure, in omissions and in questions."""
    covered = priced.co2e
    unknown = () if priced.unknown_burning is None else (priced.unknown_burning,)
    for omission in (*priced.omissions, *unknown):
        covered = CONTEXT.add(covered, omission.estimate or _NOTHING)
    for finding in priced.findings:
        covered = CONTEXT.add(covered, finding.amount or _NOTHING)
    return covered


def _of_row(prices: PriceList, supplied: Supplied, covered: Decimal) -> Finding | None:
    """The question of a named row. A row of another supply that the sets know has its omission."""
    supply = supplied.supply
    named = named_row(prices.sets, supply, "factorRow")
    known = entry_of(prices.sets, supply.material) is not None
    if known and not same_supply(prices.sets, supply.material, named.entry.key):
        return None
    if known and UNITS[supply.quantity.unit].dimension == _FREIGHT and prices.around.places == (ANYWHERE,):
        # A transfer has no place: its freight may go through any.
        return None
    choice = prices.choose(named.entry.key, "wellToTank" if named.entry.kind == "fuel" else "cradleToGate")
    amount = None if choice is None else prices.amount(choice, supplied)
    default = _NOTHING
    if choice is not None and amount is not None:
        default = CONTEXT.multiply(amount, co2e_of(choice.factor.gases))
    least = None if known else _least_of_unknown(prices, supplied, named)
    if amount is None or (least is not None and least > default):
        choice, amount, default = None, supply.quantity.amount, max(least or _NOTHING, default)
    if covered >= CONTEXT.multiply(default, _ROUNDED) or _is_shown(prices, supply, named):
        return None
    return question_of(StatedSupply(supply, covered, amount, default, proven=False), choice)


def _of_heat_by_mass(prices: PriceList, supplied: Supplied, covered: Decimal) -> Finding | None:
    """The question of water and steam that are bought by the kilogram for their heat."""
    supply = supplied.supply
    known = entry_of(prices.sets, supply.material)
    if known is None or known[1].kind != _HEAT or UNITS[supply.quantity.unit].dimension == _ENERGY:
        return None
    kilograms = supplied.mass
    choice, heat = prices.choose(known[1].key, "cradleToGate"), prices.choose(_HEAT, "cradleToGate")
    evidence = prices.around.evidence
    if not kilograms or choice is None or heat is None or proves_factor(evidence, supply.material, HEAT_CONTRACTS):
        return None
    energy = CONTEXT.multiply(kilograms, _ENTHALPY[known[1].key == _STEAM])
    default = CONTEXT.multiply(energy, co2e_of(choice.factor.gases))
    stated = StatedSupply(supply, covered, energy, default, proves_factor(evidence, supply.material))
    return question_of(stated, heat if stated.proven else choice)


def _is_renewable(prices: PriceList, supply: Supply, kinds: Sequence[str] = RENEWABLE) -> bool:
    """Whether a document says so: the declaration's own, or the record's."""
    evidence = prices.around.evidence
    if supply.declaration is not None:
        evidence = prices.facts.declarations[supply.declaration].evidence
    return proves_factor(evidence, supply.material, kinds)


def _is_shown(prices: PriceList, supply: Supply, named: SetChoice) -> bool:
    if named.entry.kind == _HEAT:
        return False
    evidence = prices.around.evidence
    return proves_factor(evidence, supply.material) or any(
        document.kind.partition(":")[::2] == (kind, supply.material) for document in evidence for kind in ORIGIN)


def _least_of_unknown(prices: PriceList, supplied: Supplied, named: SetChoice) -> Decimal | None:
    """Kg CO2e of a supply whose name says nothing: freight by road, energy of coal, and matter as without a row. None
    for matter of the row's class by its name, and by the row of coal, oil or gas, whose carbon must leave or burn."""
    supply = supplied.supply
    quantity, dimension = supply.quantity, UNITS[supply.quantity.unit].dimension
    if dimension == _FREIGHT:
        road = prices.choose(_ROAD, "cradleToGate")
        return (prices.omission(supplied).estimate if road is None
                else co2e_of_lines(prices.lines(supplied, road, "transport")))
    if any(one.tag == named.tag and same_class(one, supply.material, named.entry) for one in prices.sets):
        return None
    if dimension == _ENERGY:
        energy = CONTEXT.multiply(quantity.amount, UNITS[quantity.unit].scale)
        return max(_fossil(prices, name, energy) for name in (_COAL, _GAS))
    market = FuelMarket(prices.sets, prices.around, prices.facts)
    fuel = market.fuel(named.entry.key, MaterialAmount(quantity.amount, quantity.unit, supplied.mass))
    return None if fuel is not None and fuel.carbon_dioxide else prices.omission(supplied).estimate


def _with_burning(prices: PriceList, supplied: Supplied, priced: PricedSupply, kind: LineKind) -> PricedSupply:
    """Energy under a name that says nothing is at least natural gas that burns: a supplier's figure shows an upstream,
    never that nothing burns. Matter that moves goods burns under unknown names, and under known ones that burn."""
    supply = supplied.supply
    known = entry_of(prices.sets, supply.material)
    if priced.unknown_burning is None and known is not None and kind in _FREIGHTS:
        return priced._replace(unknown_burning=_burnt_substance(prices, supplied, known[1]))
    if priced.unknown_burning is not None or known is not None:
        return priced
    dimension = UNITS[supply.quantity.unit].dimension
    if dimension != _ENERGY:
        is_burnt = kind in _FREIGHTS and (supplied.mass is not None or dimension in _MATTER)
        return priced._replace(unknown_burning=_burnt_on_the_way(prices, supplied)) if is_burnt else priced
    is_heat = _HEAT in kinds_of_class(prices.sets, supply.material)
    if is_heat or _is_renewable(prices, supply):
        return priced
    energy = CONTEXT.multiply(supply.quantity.amount, UNITS[supply.quantity.unit].scale)
    rest = CONTEXT.subtract(_fossil(prices, _GAS, energy), _covered(priced))
    if rest <= _NOTHING:
        return priced
    return priced._replace(unknown_burning=Omission(what=f"{supply.material}{BURNING}", estimate=rest))


def _burnt_substance(prices: PriceList, supplied: Supplied, entry: SupplyEntry) -> Omission | None:
    """The burning of a substance that moves goods, such as methanol, though the sets have it as a material: its carbon.
    None for fuels, which have a row, and for supplies that do not burn."""
    amount = None
    if entry.kind != "fuel" and entry.heating_value is not None:
        amount = amount_of(entry, supplied.supply.quantity.amount, supplied.supply.quantity.unit, supplied.mass)
    if amount is None:
        return None
    emitted = CONTEXT.multiply(CONTEXT.multiply(amount, carbon_of(entry.key)), CO2_PER_C)
    what = f"{supplied.supply.material}{BURNING}"
    return Omission(what=what, estimate=emitted) if emitted and not _is_renewable(prices, supplied.supply) else None


def _burnt_on_the_way(prices: PriceList, supplied: Supplied) -> Omission | None:
    """The burning of matter of an unknown name that moves goods: by the fuel whose row it names, else as any fuel."""
    supply = supplied.supply
    unknown = unknown_burning(prices, supplied)
    if unknown is None or unknown.estimate is None or supply.factor_row is None:
        return unknown
    named = named_row(prices.sets, supply, "factorRow")
    choice = prices.choose(named.entry.key, "combustion")
    burnt = None if choice is None else prices.amount(choice, supplied)
    if choice is None or burnt is None:
        return unknown
    return Omission(what=unknown.what, estimate=CONTEXT.multiply(burnt, co2e_of(choice.factor.gases)))


def _of_renewable(
    prices: PriceList, supplied: Supplied, priced: PricedSupply, covered: Decimal
) -> Finding | None:
    """The question of a renewable name that no certificate shows: its fossil twin, less the supply with its burning."""
    supply = supplied.supply
    known = entry_of(prices.sets, supply.material)
    twin = None if known is None else twin_of(known[1].key)
    kinds = SOLID_PROOFS if twin == _COAL else RENEWABLE
    if known is None or twin is None or _is_renewable(prices, supply, kinds):
        return None
    if twin == _COAL and prices.is_raw(supply):
        # Wood of which pulp or pellets are made does not burn, and coal would make neither.
        return None
    if known[1].kind == "fuel":
        if priced.fuel is None or priced.burnt is None:
            return None
        whole = _fossil(prices, twin, CONTEXT.multiply(priced.burnt, priced.fuel.heating_value))
        if burning_factor(supply) is None:
            gases = tuple(priced.fuel.gases.items())
            covered = CONTEXT.add(covered, CONTEXT.multiply(priced.burnt, co2e_of(gases)))
        amount, unit = priced.burnt, priced.fuel.unit
    else:
        choice = prices.choose(twin, "cradleToGate")
        if choice is None:
            return None
        whole = co2e_of_lines(prices.lines(supplied, choice, "upstream"))
        amount, unit = supply.quantity.amount, supply.quantity.unit
    if covered >= CONTEXT.multiply(whole, _ROUNDED) or not amount:
        return None
    return Finding(
        code=UNPROVEN, value=CONTEXT.divide(covered, amount), unit=unit, amount=CONTEXT.subtract(whole, covered),
        message=f"{supply.material}: no certificate shows that it is renewable, so it may be {twin}",
    )


def _fossil(prices: PriceList, twin: str, heat: Decimal) -> Decimal:
    """Kg CO2e of a fossil fuel with that many MJ, with its upstream. Zero if no set has it."""
    whole = _NOTHING
    for boundary in ("combustion", "wellToTank"):
        choice = choose(prices.sets, twin, boundary, prices.around.places, prices.around.year)
        if choice is not None and choice.entry.heating_value is not None:
            amount = CONTEXT.divide(heat, choice.entry.heating_value)
            whole = CONTEXT.add(whole, CONTEXT.multiply(amount, co2e_of(choice.factor.gases)))
    return whole

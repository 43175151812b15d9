"""The price of power, by the rules of the grid, under any name.

The record's claim about its contract moves the market-based figure alone, and below the residual mix only with
evidence.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.admission.checks.attributes import is_power, kilowatt_hours, total_power
from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, Supplied
from ledger.core.outcome.assessment import ADDITIVE, Assessment, Line, LineKind
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.values import Supply
from ledger.engine.prepared import Pricing
from ledger.engine.pricing.lot_fuels import FuelMarket
from ledger.engine.pricing.price_list import PriceList
from ledger.engine.pricing.priced import PricedSupply, co2e_of_lines
from ledger.engine.pricing.surroundings import Surroundings, ratings_of
from ledger.footprint.stored.supplies import CONTRACT_EVIDENCE, FACTOR_EVIDENCE, priced_lines, proves_factor
from ledger.sdk import FactorSetVersion, SetChoice
from ledger.sdk.sets.lookup import choose
from ledger.sdk.sets.reading import co2e_of

_GRID: Final = "electricity"
_TRANSMISSION: Final = "electricityTransmission"
DIRECT_LINE: Final = "directLine"
_POWER_EVIDENCE: Final = (*FACTOR_EVIDENCE, *CONTRACT_EVIDENCE)
_NOTHING: Final = Decimal(0)


def price_power(prices: PriceList, supplied: Supplied, named: SetChoice | None, kind: LineKind) -> PricedSupply:
    """Power. The figure is location-based: the life cycle of the grid's power with losses, whatever the record
    claims. The market-based amount is the record's own figure or the `named` row, else the residual mix."""
    grid = prices.choose(_GRID, "cradleToGate")
    if grid is None or prices.amount(grid, supplied) is None:
        return _off_grid(prices, supplied, named, kind)
    lines = prices.lines(supplied, grid, kind)
    if kind != "electricity":
        # The power of a transport is freight, which has no market-based figure.
        return PricedSupply(tuple(lines))
    location = co2e_of_lines(lines)
    market = _market(prices, supplied, named, location, grid)
    if market != location:
        # One line carries the market-based amount of them all.
        lines = [replace(line, market=market if i == 0 else _NOTHING) for i, line in enumerate(lines)]
    return PricedSupply((replace(lines[0], generation=_generation(prices, supplied)), *lines[1:]), ())


def _off_grid(prices: PriceList, supplied: Supplied, named: SetChoice | None, kind: LineKind) -> PricedSupply:
    """Power where no set has a grid: the record's claim. Without proof, its difference to the 90th percentile of
    power is an omission."""
    supply = supplied.supply
    if named is not None:
        priced = PricedSupply(tuple(prices.lines(supplied, named, kind)))
    elif supply.factor is not None or supply.declaration is not None:
        priced = prices.own(supplied, kind, fuel=False)
    else:
        return PricedSupply((), (prices.omission(supplied),))
    if priced.omissions or _proved(prices, supply):
        return priced
    rest = prices.rest(supplied, None, priced.lines, kind)
    return priced if rest.estimate == 0 else priced._replace(omissions=(rest,))


def _generation(prices: PriceList, supplied: Supplied) -> Decimal | None:
    """Kg CO2e at the stacks of the power plants of the grid."""
    stacks = prices.choose(_GRID, "generation")
    if stacks is None:
        return None
    return co2e_of_lines(prices.lines(supplied, stacks, "electricity"))


def _market(
    prices: PriceList, supplied: Supplied, named: SetChoice | None, location: Decimal, grid: SetChoice
) -> Decimal:
    """Kg CO2e, market-based, of power from the `grid` whose location-based figure is `location`. Without proof, a
    claim is at least the residual mix: having no certificate never looks cleaner."""
    energy = kilowatt_hours(supplied.supply.quantity.amount, supplied.supply.quantity.unit)
    least = max(location, CONTEXT.multiply(energy, _residual_mix(grid, prices.around, prices.sets)[0]))
    claim = _claim(prices, supplied, named, energy, grid)
    if claim is None:
        return least
    return claim if _proved(prices, supplied.supply) else max(claim, least)


def _claim(
    prices: PriceList, supplied: Supplied, named: SetChoice | None, energy: Decimal, grid: SetChoice
) -> Decimal | None:
    """Kg CO2e of power by the record's own figure or the row that it names, with the upstream and the losses of
    the `grid`. None without a claim."""
    supply = supplied.supply
    if named is not None:
        # A row of a technology ends at the plant; the row of the grid has its lines and losses.
        to_site = None if named.entry.key == _GRID else prices.choose(_TRANSMISSION, "cradleToGate")
        return co2e_of_lines(
            line for choice in (named, to_site) if choice is not None
            for line in prices.lines(supplied, choice, "electricity")
        )
    if supply.factor is None and supply.declaration is None:
        return None
    own, boundary = priced_lines(supply, prices.facts, "electricity", None)
    if boundary == "none":
        return None
    stated = co2e_of_lines(line for line in own if line.burden in ADDITIVE)
    if boundary == "cradleToGate":
        return stated
    return CONTEXT.add(stated, CONTEXT.multiply(energy, _beyond_stacks(grid, prices.sets)))


def _proved(prices: PriceList, supply: Supply) -> bool:
    """Whether evidence shows where the power comes from: a supplier's figure, or a contract. A document about
    something else, such as a meter reading, shows nothing of the kind."""
    evidence = prices.around.evidence
    if supply.declaration is not None:
        evidence = prices.facts.declarations[supply.declaration].evidence
    return proves_factor(evidence, supply.material, _POWER_EVIDENCE)


def with_grid(assessment: Assessment, plan: Plan, facts: Facts, pricing: Pricing) -> Assessment:
    """The assessment of a declared lot of power whose figure a document shows: the figure is market-based, and the
    grid's rest makes the location-based one. A direct line brings the power of its plant, whose figure is both."""
    around, sets = pricing.around, pricing.sets
    market = FuelMarket(sets, around, facts)
    lots = [(one.facts, one.facts.quantity) for one in plan.created
            if is_power(one.facts) and not market.is_fuel(one.facts)]
    if not lots or not proves_factor(around.evidence, _GRID, _POWER_EVIDENCE) or (
        proves_factor(around.evidence, _GRID, (DIRECT_LINE,))
    ):
        return assessment
    grid = choose(sets, _GRID, "cradleToGate", around.places, around.year)
    if grid is None:
        return assessment
    whole = CONTEXT.multiply(total_power(lots), _per_kilowatt_hour(grid))
    rest = CONTEXT.subtract(whole, co2e_of_lines(line for line in assessment.lines if line.burden in ADDITIVE))
    if rest <= 0:
        return assessment
    line = Line(
        gas="CO2e", amount=rest, source="power of the grid", kind="electricity", factor=grid.name, market=_NOTHING,
        ratings=ratings_of(grid.factor, around), boundary=grid.factor.boundary,
    )
    return replace(assessment, lines=(*assessment.lines, line))


def residual_of(energy: Decimal, around: Surroundings, sets: Sequence[FactorSetVersion]) -> Line | None:
    """The market-based figure of `energy` kWh of power whose attributes are not with it: residual mix, at least the
    grid's. It adds nothing to the location-based figure. None if no set has a factor."""
    grid = choose(sets, _GRID, "cradleToGate", around.places, around.year)
    if grid is None:
        return None
    mix, chosen = _residual_mix(grid, around, sets)
    return Line(
        gas="CO2e", amount=_NOTHING, source="power without its attribute", kind="electricity", factor=chosen.name,
        ratings=ratings_of(chosen.factor, around), boundary=chosen.factor.boundary,
        market=CONTEXT.multiply(energy, mix),
    )


def _residual_mix(
    grid: SetChoice, around: Surroundings, sets: Sequence[FactorSetVersion]
) -> tuple[Decimal, SetChoice]:
    """Kg CO2e per kWh of power without attribute, and the row behind it: the residual mix of the facility's country,
    never of a wider area; at least the grid's."""
    country = tuple([place for place in around.places if len(place) == len("CN")])[:1]
    residual = choose(sets, _GRID, "residual", country, around.year)
    least = _per_kilowatt_hour(grid)
    if residual is None:
        return least, grid
    mix = CONTEXT.add(_per_kilowatt_hour(residual), _beyond_stacks(grid, sets))
    return (mix, residual) if mix > least else (least, grid)


def _beyond_stacks(grid: SetChoice, sets: Sequence[FactorSetVersion]) -> Decimal:
    """Kg CO2e per kWh by which the life cycle of the grid's power exceeds its generation: upstream and losses, which a
    figure of generation lacks. Both figures are of one place and, if there are such, of one year."""
    place = (grid.factor.place,)
    stacks = choose(sets, _GRID, "generation", place, grid.factor.year)
    if stacks is None:
        return _NOTHING
    same = choose(sets, _GRID, "cradleToGate", place, stacks.factor.year)
    return max(CONTEXT.subtract(_per_kilowatt_hour(same or grid), _per_kilowatt_hour(stacks)), _NOTHING)


def _per_kilowatt_hour(choice: SetChoice) -> Decimal:
    """Kg CO2e."""
    return CONTEXT.divide(co2e_of(choice.factor.gases), kilowatt_hours(Decimal(1), choice.entry.unit))

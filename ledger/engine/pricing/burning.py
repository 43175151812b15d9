"""The burning of fuels, which their sector books: how a fuel burns, and the part that its record leaves out."""

from decimal import Decimal
from typing import Final

from ledger.admission.lots import Supplied
from ledger.core.outcome.assessment import Finding, Omission
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS
from ledger.engine.pricing.fuel_kinds import kind_of
from ledger.engine.pricing.price_list import PriceList
from ledger.engine.pricing.priced import BURNING, PricedSupply, co2e_of_lines
from ledger.engine.pricing.surroundings import Surroundings, ratings_of
from ledger.engine.pricing.unproven import BELOW_RANGE, UNPROVEN
from ledger.footprint.stored.supplies import FACTOR_EVIDENCE, burning_factor, priced_lines, proves_factor
from ledger.sdk import FuelFacts, SetChoice
from ledger.sdk.sets.lookup import entry_of
from ledger.sdk.sets.reading import co2e_of

ANALYSIS: Final = "fuelAnalysis"
"""The kind of a laboratory's report, also about one fuel, as in `fuelAnalysis:naturalGas`."""
_TWO: Final = Decimal(2)
_NOTHING: Final = Decimal(0)
_CARBON_DIOXIDE: Final = "CO2"
_BURNT: Final = Decimal("0.98")
"""Of a row's CO2: national defaults leave up to 2 % of the carbon of liquids unburnt, and the rows nothing."""


def unburnt(prices: PriceList, supplied: Supplied, choice: SetChoice, burnt: Decimal) -> tuple[Omission, ...]:
    """The part of a fuel's combustion that the record's own factor leaves out. A site's fuel may differ from the
    set's row, but below half of it the factor needs proof, and a zero is impossible."""
    supply = supplied.supply
    if burning_factor(supply) is None:
        return ()
    own, _ = priced_lines(supply, prices.facts, "onSite", None)
    stated, whole = co2e_of_lines(own), CONTEXT.multiply(burnt, co2e_of(choice.factor.gases))
    plausible = CONTEXT.multiply(stated, _TWO) >= whole or proves_factor(prices.around.evidence, supply.material)
    if stated >= whole or (stated and plausible):
        return ()
    return (Omission(what=f"{supply.material}{BURNING}", estimate=CONTEXT.subtract(whole, stated)),)


def question_of_burning(prices: PriceList, supplied: Supplied, priced: PricedSupply) -> Finding | None:
    """The question of a fuel's combustion by the record's own factor, below the row. A supplier's figure or an analysis
    shows it, down to the least carbon of coal, oil and gas. `priced` with fuel and amount. An omission is not
    asked again."""
    supply, fuel, burnt = supplied.supply, priced.fuel, priced.burnt
    known = entry_of(prices.sets, supply.material)
    if burning_factor(supply) is None or fuel is None or not burnt or known is None:
        return None
    what = f"{supply.material}{BURNING}"
    own, _ = priced_lines(supply, prices.facts, "onSite", None)
    stated, whole = co2e_of_lines(own), CONTEXT.multiply(burnt, co2e_of(tuple(fuel.gases.items())))
    # Factors of chimneys count CO2 alone.
    enough = CONTEXT.multiply(CONTEXT.multiply(burnt, fuel.gases.get(_CARBON_DIOXIDE, _NOTHING)), _BURNT)
    if stated >= enough or any(omission.what == what for omission in priced.omissions):
        return None
    kind = kind_of(known[1].key)
    shown = proves_factor(prices.around.evidence, supply.material, (*FACTOR_EVIDENCE, ANALYSIS))
    least = CONTEXT.multiply(whole, kind.least_burning) if shown else whole
    if stated >= least:
        return None
    value = CONTEXT.divide(stated, burnt)
    reason = "is below all fuels of its kind" if shown else "no document shows, is below the row"
    return Finding(
        code=BELOW_RANGE if shown else UNPROVEN, value=value, unit=fuel.unit, factor=fuel.name,
        amount=CONTEXT.subtract(whole, stated),
        message=f"{supply.material}: its combustion of {value:.4g} kg CO2e per {fuel.unit}"
                f"{' ' if shown else ', which '}{reason}",
    )


def unknown_burning(prices: PriceList, supplied: Supplied) -> Omission | None:
    """The burning of a fuel of which the sets have the upstream alone: the 90th percentile of all fuels."""
    if burning_factor(supplied.supply) is not None:
        return None
    # A fuel's class says how it is made, not how it burns.
    return Omission(what=f"{supplied.supply.material}{BURNING}",
                    estimate=prices.estimate(supplied, "", "combustion"))


def burning_by_row(prices: PriceList, supplied: Supplied, named: SetChoice) -> Omission | None:
    """The burning of energy under a name that no set knows, for which its record names the upstream of a fuel. None
    for other rows, and for matter, which need not burn."""
    if named.entry.kind != "fuel" or UNITS[supplied.supply.quantity.unit].dimension != "energy":
        return None
    unknown = unknown_burning(prices, supplied)
    choice = prices.choose(named.entry.key, "combustion")
    burnt = None if choice is None else prices.amount(choice, supplied)
    if unknown is None or choice is None or burnt is None:
        return unknown
    return Omission(what=unknown.what, estimate=CONTEXT.multiply(burnt, co2e_of(choice.factor.gases)))


def fuel_of(choice: SetChoice, heating_value: Decimal, around: Surroundings) -> FuelFacts:
    """How a fuel burns, by a row for its combustion."""
    factor = choice.factor
    return FuelFacts(
        name=choice.name, unit=choice.entry.unit, heating_value=heating_value, gases=dict(factor.gases),
        recalled=factor.recalled, ratings=ratings_of(factor, around), deviation=factor.deviation,
        pedigree=factor.pedigree,
    )

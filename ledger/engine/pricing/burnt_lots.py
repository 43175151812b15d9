"""Lots of fuel where a route burns them: its sector sees them as supplies, so that they burn like bought fuel. Their
burdens come with the lots.

Materials that also serve as fuels, such as methanol, burn where a route burns anything, and where a record buys them by
their energy. Biomass whose lot is counted by its energy burns in every route: it is no power. Fossil fuel that a route
does not burn is questioned (see `bounds.unburnt`)."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_UP, Decimal
from typing import Final, NamedTuple

from msgspec.structs import replace

from ledger.admission.facts import LotFacts
from ledger.admission.lots import Plan
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS, plain
from ledger.core.record.values import Quantity
from ledger.engine.pricing.burning import fuel_of
from ledger.engine.pricing.lot_fuels import MOSTLY, SOLD, UNSOLD, FuelMarket, FuelOrigin, LotFuel
from ledger.engine.pricing.material_amount import MaterialAmount
from ledger.sdk import BurntFuels, Context, HeatingValue, SupplyFacts

_OF_A_LOT: Final = -1
_MATTERLESS: Final = ("credit", "attribute")
_FUEL: Final = "fuel"
_ENERGY: Final = "energy"
_LITTLE: Final = Decimal("0.02")
"""Of a fuel that leaves again: so much is lost when it is filled and mixed."""
_STEP: Final = Decimal("0.000001")
_NOTHING: Final = Decimal(0)
_WHOLE: Final = Decimal(1)


class _BurntLot(NamedTuple):
    """A lot of fuel, and its fuels."""

    lot: LotFacts
    fuels: list[LotFuel]


def with_burnt_lots(context: Context, plan: Plan, market: FuelMarket, burns: BurntFuels | None) -> Context:
    """The context with each lot of fuel as supplies of its fuels. `burns`: the fuels that count, None for biomass that
    is counted by its energy alone. Fuel that leaves in goods does not burn: the record mixes or fills it."""
    if burns is None and not any(UNITS[lot.unit].dimension == _ENERGY for lot, _, _ in plan.taken):
        return context
    taken = [_BurntLot(lot, market.fuels_taken(lot, MaterialAmount(quantity, lot.unit, mass)))
             for lot, quantity, mass in plan.taken if lot.role not in _MATTERLESS]
    burnt = [one for one in taken if _is_burnt(one, burns)]
    parts = burnt_parts([fuel for one in burnt for fuel in one.fuels], plan, market)
    supplies = [_supply(one.lot.id, fuel, parts[fuel.origin], market) for one in burnt for fuel in one.fuels
                if parts[fuel.origin] > _LITTLE]
    if not supplies:
        return context
    gone = {one.lot.id for one in burnt if min(parts[fuel.origin] for fuel in one.fuels) >= MOSTLY}
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    return Context(**(fields | {
        "inputs": tuple([one for one in context.inputs if one.lot not in gone]),
        "supplies": (*context.supplies, *supplies),
    }))


def with_burnt_materials(context: Context, market: FuelMarket, burns: BurntFuels | None) -> Context:
    """The context with the burning of supplies that are no fuels but burn: of all where the route burns anything,
    elsewhere of those that are bought by their energy."""
    supplies = tuple([_burning(one, market, burns) for one in context.supplies])
    if supplies == context.supplies:
        return context
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    return Context(**(fields | {"supplies": supplies}))


def _burning(supply: SupplyFacts, market: FuelMarket, burns: BurntFuels | None) -> SupplyFacts:
    is_bought_by_energy = UNITS[supply.quantity.unit].dimension == _ENERGY
    if supply.fuel is not None or supply.nature or not (burns == "any" or is_bought_by_energy):
        return supply
    choice = market.burning(supply.material)
    if choice is None or choice.entry.kind == _FUEL:
        return supply
    megajoules = choice.entry.heating_value or _NOTHING
    heating = HeatingValue(unit=choice.entry.unit, megajoules=megajoules) if is_bought_by_energy else None
    return replace(supply, fuel=fuel_of(choice, megajoules, market.around), heating=supply.heating or heating)


def _is_burnt(taken: _BurntLot, burns: BurntFuels | None) -> bool:
    origins = {fuel.origin for fuel in taken.fuels}
    by_energy = UNITS[taken.lot.unit].dimension == _ENERGY and origins == {"biomass"}
    is_counted = burns == "any" or (burns is not None and "mineral" in origins) or by_energy
    return is_counted and sum((fuel.share for fuel in taken.fuels), _NOTHING) >= MOSTLY


def burnt_parts(taken: Sequence[LotFuel], plan: Plan, market: FuelMarket) -> Mapping[FuelOrigin, Decimal]:
    """The part of fuels that come in and do not leave, by origin and heat: coal is washed, and liquid gas becomes gas.
    Goods that nobody pays for hold little fuel: whoever has coal to give away burns it. Heat says nothing of feedstock:
    reactions change it, and its carbon stays."""
    leaving = [(made.facts.role in SOLD, fuel) for made in plan.created if taken
               for fuel in market.fuels_left(made.facts) if fuel.origin != "feedstock"]
    return {origin: _part(
        _heat(fuel for fuel in taken if fuel.origin == origin),
        _heat(fuel for sold, fuel in leaving if sold and fuel.origin == origin),
        _heat(fuel for sold, fuel in leaving if not sold and fuel.origin == origin),
    ) for origin in dict.fromkeys([fuel.origin for fuel in taken])}


def _part(came: Decimal, sold: Decimal, unsold: Decimal) -> Decimal:
    if not came:
        return _NOTHING
    left = CONTEXT.add(sold, min(unsold, CONTEXT.multiply(came, UNSOLD)))
    return max(CONTEXT.subtract(_WHOLE, CONTEXT.divide(left, came)), _NOTHING)


def _heat(fuels: Iterable[LotFuel]) -> Decimal:
    """MJ."""
    return sum((fuel.heat for fuel in fuels), _NOTHING)


def _supply(lot: str, fuel: LotFuel, part: Decimal, market: FuelMarket) -> SupplyFacts:
    entry = fuel.choice.entry
    # A quantity has nine decimals, in tonnes as in kg.
    amount = CONTEXT.multiply(fuel.amount, part).quantize(_STEP, ROUND_UP)
    burning = fuel_of(fuel.choice, entry.heating_value or _NOTHING, market.around)
    return SupplyFacts(
        index=_OF_A_LOT, material=fuel.material, quantity=Quantity(value=plain(amount), unit=entry.unit),
        mass=amount if UNITS[entry.unit].dimension == "mass" else None, nature=False, priced=True, fuel=burning,
        upstream=_NOTHING, lot=lot,
    )

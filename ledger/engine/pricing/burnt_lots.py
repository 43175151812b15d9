"""Lots of coal, oil and gas where a route burns them: its sector sees them as supplies, so that they burn like bought
fuel. Their burdens come with the lots."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan, Taken
from ledger.core.record.units import UNITS, plain
from ledger.core.record.values import Quantity
from ledger.engine.pricing.burning import fuel_of
from ledger.engine.pricing.lot_fuels import LotAmount, LotFuel, fuels_in
from ledger.engine.pricing.surroundings import Surroundings
from ledger.sdk import Context, FactorSetVersion, SupplyFacts

_OF_A_LOT: Final = -1
_MATTERLESS: Final = ("credit", "attribute")


def with_burnt_lots(
    context: Context, plan: Plan, facts: Facts, around: Surroundings, sets: Sequence[FactorSetVersion]
) -> Context:
    """The context with each lot that burns as supplies of the fuels of which it consists. Fuel that is in an output as
    well does not burn: the record mixes or fills it."""
    kept = {name for output in context.outputs for name in output.materials}
    burnt = {}
    for taken in plan.taken:
        fuels = _fuels(taken, facts, around, sets)
        if fuels and kept.isdisjoint([fuel.material for fuel in fuels]):
            burnt[taken.lot.id] = fuels
    if not burnt:
        return context
    supplies = [_supply(lot, fuel, around) for lot, fuels in burnt.items() for fuel in fuels]
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    return Context(**(fields | {
        "inputs": tuple([one for one in context.inputs if one.lot not in burnt]),
        "supplies": (*context.supplies, *supplies),
    }))


def _fuels(
    taken: Taken, facts: Facts, around: Surroundings, sets: Sequence[FactorSetVersion]
) -> list[LotFuel]:
    """The fuels of a lot that consists of nothing else; empty for other lots, and for biomass, which may be fibre."""
    lot, quantity, mass = taken
    if lot.role in _MATTERLESS or UNITS[lot.unit].dimension == "energy":
        return []
    composition = facts.composition(lot)
    fuels = fuels_in(sets, around, composition, LotAmount(quantity, lot.unit, mass))
    whole = sum(Decimal(share) for share in composition.materials.values()) == 1
    is_fuel = whole and len(fuels) == len(composition.materials)
    return fuels if is_fuel and any(fuel.carbon_dioxide for fuel in fuels) else []


def _supply(lot: str, fuel: LotFuel, around: Surroundings) -> SupplyFacts:
    entry = fuel.choice.entry
    mass = fuel.amount if entry.unit == "KGM" else None
    burning = fuel_of(fuel.choice, entry.heating_value or Decimal(0), around)
    return SupplyFacts(
        index=_OF_A_LOT, material=fuel.material, quantity=Quantity(value=plain(fuel.amount), unit=entry.unit),
        mass=mass, nature=False, priced=True, fuel=burning, upstream=Decimal(0),
        lot=lot,
    )

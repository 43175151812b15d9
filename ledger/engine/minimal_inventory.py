"""The minimal inventory of a route: the inputs without which it cannot run.

A record that does not state such an input leaves something out. The omission gets the usual amount of the route, priced
as the factor sets price it, so that silence never makes a figure look better (ISO 14044, 4.2.3.3; PACT 3: a proxy
rather than zero).

A need is met generously: any amount, by any name of `any_of`, as a supply, as a lot or as energy that the sector books.
An amount that is too small is a question of plausibility, which findings answer.
"""

from collections.abc import Iterator, Sequence
from decimal import Context as DecimalContext
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final

from ledger.core.outcome.assessment import EnergyUse, Omission
from ledger.core.record.units import POWER_UNITS, UNITS
from ledger.engine.upstream import Surroundings
from ledger.sdk import HEAT_UNITS, PRODUCT_ROLES, ZERO, Context, FactorSetVersion, InputFacts, Need, SupplyFacts
from ledger.sdk.sets.factor_set import SetBoundary
from ledger.sdk.sets.lookup import amount_of, choose, entry_of, is_power
from ledger.sdk.sets.reading import co2e_of

_CONTEXT: Final = DecimalContext(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])
_FUEL: Final = "fuel"
_GASES: Final = ("NM3",)
_HALF: Final = Decimal("0.5")
_BURNT: Final[tuple[SetBoundary, ...]] = ("wellToTank", "combustion")
_BOUGHT: Final[tuple[SetBoundary, ...]] = ("cradleToGate",)


def missing_inputs(
    needs: Sequence[Need], context: Context, energy: Sequence[EnergyUse], around: Surroundings,
    sets: Sequence[FactorSetVersion],
) -> list[Omission]:
    """An omission for each need of the route that nothing in the record meets. `energy`: as the sector booked it."""
    unmet = list(needs)
    names = _names_of_record(context, energy, sets)
    while unmet and (name := next(names, None)) is not None:
        unmet = [need for need in unmet if name not in need.any_of]
    return [_omission(need, context, around, sets) for need in unmet]


def _names_of_record(
    context: Context, energy: Sequence[EnergyUse], sets: Sequence[FactorSetVersion]
) -> Iterator[str]:
    """The names under which the record meets needs, those that are quick to find first."""
    for use in energy:
        yield from _names_of_use(use)
    for supply in context.supplies:
        if not supply.nature:
            yield from _carriers_of(supply, sets)
        yield from _names(supply.material, sets)
    for taken in context.inputs:
        yield from _names_of_lot(taken, sets)


def _names_of_use(use: EnergyUse) -> tuple[str, ...]:
    """The sector books power and heat by these names, and fuels by their own."""
    return (use.carrier,) if use.carrier in ("electricity", "heat") else (use.carrier, _FUEL)


def _names_of_lot(taken: InputFacts, sets: Sequence[FactorSetVersion]) -> Iterator[str]:
    """A lot burns if it is a gas, or if at least half of it is fuel: scrap with some plastics is no fuel."""
    yield "lot"
    yield from _carriers(taken.quantity.unit)
    burning = ZERO
    for material, share in taken.materials.items():
        names = set(_names(material, sets))
        burning = _CONTEXT.add(burning, share if _FUEL in names else ZERO)
        yield from names - {_FUEL}
    if taken.quantity.unit in _GASES or burning >= _HALF:
        yield _FUEL


def _names(material: str, sets: Sequence[FactorSetVersion]) -> Iterator[str]:
    """The names under which a material meets a need: its own, its key, its kind and its class. The kind alone says
    whether a known material is a fuel: coal dust for moulds is in the class of fuels, but is not burnt for energy."""
    yield material
    entry = entry_of(sets, material)
    if entry is not None:
        yield entry[1].key
        yield entry[1].kind
        if entry[1].group != _FUEL:
            yield entry[1].group
        return
    for version in sets:
        group = version.class_of(material)
        if group is not None:
            yield group.id


def _carriers_of(supply: SupplyFacts, sets: Sequence[FactorSetVersion]) -> tuple[str, ...]:
    """The carriers that a supply of energy can be. Sun and wind meet no need: no route can run on them as they come."""
    if UNITS[supply.quantity.unit].dimension != "energy":
        return ()
    return ("electricity",) if is_power(sets, supply.material, supply.quantity.unit) else ("heat", _FUEL)


def _carriers(unit: str) -> tuple[str, ...]:
    """The carriers that the unit of a lot stands for. Joules count heat, or the heating value of a fuel."""
    if unit in POWER_UNITS:
        return ("electricity",)
    return ("heat", _FUEL) if unit in HEAT_UNITS else ()


def _omission(need: Need, context: Context, around: Surroundings, sets: Sequence[FactorSetVersion]) -> Omission:
    what = f"{need.priced_as}, which the route needs"
    entry = entry_of(sets, need.priced_as)
    usual = None if need.usual is None else _CONTEXT.multiply(need.usual, _made(context, need.per))
    amount = None if entry is None or usual is None else amount_of(entry[1], usual, need.unit, None)
    if entry is None or not amount:
        return Omission(what=what)
    boundaries = _BURNT if entry[1].kind == "fuel" else _BOUGHT
    choices = [choose(sets, need.priced_as, boundary, around.places, around.year) for boundary in boundaries]
    values = [co2e_of(choice.factor.gases) for choice in choices if choice is not None]
    if not values:
        return Omission(what=what)
    return Omission(what=what, estimate=_CONTEXT.multiply(amount, sum(values, ZERO)))


def _made(context: Context, per: str) -> Decimal:
    """The record's products in the unit `per`: 0 if no product has its dimension, so that no amount is usual."""
    want = UNITS[per]
    total = ZERO
    for output in context.outputs:
        if output.role not in PRODUCT_ROLES:
            continue
        have = UNITS[output.quantity.unit]
        if want.dimension == UNITS["KGM"].dimension:
            base = output.mass or ZERO
        elif have.dimension == want.dimension:
            base = _CONTEXT.multiply(output.quantity.amount, have.scale)
        else:
            continue
        total = _CONTEXT.add(total, _CONTEXT.divide(base, want.scale))
    return total

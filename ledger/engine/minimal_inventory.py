"""The minimal inventory of a route: the inputs without which it cannot run.

A record without any of them leaves something out. The omission gets the usual amount of the route, priced as the
factor sets price it, so that silence never makes a figure look better (ISO 14044, 4.2.3.3; PACT 3: a proxy rather than
zero).
"""

from collections.abc import Iterator, Sequence
from decimal import Context as DecimalContext
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Final

from ledger.core.outcome.assessment import Omission
from ledger.core.record.units import POWER_UNITS
from ledger.engine.upstream import Surroundings
from ledger.sdk import HEAT_UNITS, PRODUCT_ROLES, Context, FactorSetVersion, Need
from ledger.sdk.sets.factor_set import SetBoundary
from ledger.sdk.sets.lookup import amount_of, choose, entry_of
from ledger.sdk.sets.reading import co2e_of

_CONTEXT: Final = DecimalContext(prec=34, traps=[InvalidOperation, DivisionByZero, Overflow])
_ZERO: Final = Decimal(0)
_CARRIERS: Final = {"electricity": POWER_UNITS, "heat": HEAT_UNITS}
_BOUNDARIES: Final[tuple[SetBoundary, ...]] = ("cradleToGate", "wellToTank", "combustion")


def missing_inputs(
    needs: Sequence[Need], context: Context, around: Surroundings, sets: Sequence[FactorSetVersion]
) -> list[Omission]:
    """An omission for each need of the route that no supply and no lot of the record meets."""
    kilograms = context.mass_out(*PRODUCT_ROLES)
    stated = set(_stated(context, sets))
    return [_omission(need, kilograms, around, sets) for need in needs if stated.isdisjoint(need.any_of)]


def _stated(context: Context, sets: Sequence[FactorSetVersion]) -> Iterator[str]:
    """The names under which the record's inputs meet a need: materials, and carriers of energy."""
    for supply in context.supplies:
        entry = entry_of(sets, supply.material)
        yield supply.material
        if entry is not None:
            yield entry[1].key
            yield entry[1].kind
            yield entry[1].group
        if supply.fuel is not None or supply.combustion is not None:
            yield "fuel"
    for taken in context.inputs:
        yield from taken.materials
        yield "lot"
        for carrier, units in _CARRIERS.items():
            if taken.quantity.unit in units:
                yield carrier


def _omission(
    need: Need, kilograms: Decimal, around: Surroundings, sets: Sequence[FactorSetVersion]
) -> Omission:
    what = f"{need.priced_as}, which the route needs"
    entry = entry_of(sets, need.priced_as)
    amount = None if entry is None else amount_of(
        entry[1], _CONTEXT.multiply(need.usual, kilograms), need.unit, None)
    if amount is None:
        return Omission(what=what)
    per_unit = _ZERO
    for boundary in _BOUNDARIES:
        choice = choose(sets, need.priced_as, boundary, around.places, around.year)
        if choice is not None:
            per_unit = _CONTEXT.add(per_unit, co2e_of(choice.factor.gases))
    return Omission(what=what, estimate=_CONTEXT.multiply(amount, per_unit))

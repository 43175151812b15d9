"""Conservation of matter: in total, for each element, and for each party. A processor of others' lots keeps no more
than its own inputs.

Elements are balanced if compositions are declared. These rules do not follow unstated contents of lots: contents are
figures, and rules rest on facts that never change.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Context as DecimalContext
from decimal import Decimal, InvalidOperation
from typing import Final, NamedTuple

from ledger.admission.facts import Facts
from ledger.admission.lots import Plan
from ledger.errors import Refused

_DIVISION: Final = DecimalContext(prec=34, traps=[InvalidOperation])
_NOTHING: Final = Decimal(0)
_ONE: Final = Decimal(1)
_ROUNDING: Final = Decimal("0.0000000005")
"""Kg; half of the smallest step in which a mass can be written."""
_FRACTION_ROUNDING: Final = Decimal("0.0000000005")
"""Half of the smallest step in which a mass fraction can be written."""
_NAMED: Final = 5
"""The most outputs that a message lists."""
_AIR_AND_WATER: Final = frozenset({"H", "N", "O"})
_CARBON: Final = "C"


class _Analysed(NamedTuple):
    """A thing of `mass` kg with the stated mass fractions `elements`; `rest` is the kg without a stated element."""

    mass: Decimal
    elements: Mapping[str, str]
    rest: Decimal

    def held(self, element: str, unstated: Decimal = _NOTHING) -> Decimal:
        """Kg of an element; `unstated` if its fraction is not stated."""
        fraction = self.elements.get(element)
        return unstated if fraction is None else _DIVISION.multiply(self.mass, Decimal(fraction))


def check_mass(plan: Plan, tolerance: Decimal) -> None:
    """Refuses outputs heavier than (inputs + supplies) * (1 + tolerance)."""
    total_in = _total([*[taken.mass for taken in plan.taken], *[supplied.mass for supplied in plan.supplied]])
    total_out = _total([created.facts.mass for created in plan.created])
    limit = _DIVISION.multiply(total_in, _DIVISION.add(_ONE, tolerance))
    # The mass of a third of a lot is rounded, but three such thirds must still make the whole lot.
    if total_out > _DIVISION.add(limit, _ROUNDING):
        raise Refused(
            f"outputs weigh {total_out} kg, inputs and supplies {total_in} kg", code="mass-balance", field="outputs",
            value=total_out, rule=f"outputs <= (inputs + supplies) * (1 + {tolerance})",
        )


def check_kept(issuer: str, plan: Plan, tolerance: Decimal) -> None:
    """Refuses a processor of others' lots that keeps more than its own matter: the kg of its own outputs, without
    waste, are at most the kg of its own inputs and of supplies."""
    if all(taken.lot.owned_by == issuer for taken in plan.taken):
        return
    own = _total([
        *[taken.mass for taken in plan.taken if taken.lot.owned_by == issuer],
        *[supplied.mass for supplied in plan.supplied],
    ])
    own_outputs = _total([
        lot.mass for lot, _ in plan.created if lot.owned_by == issuer and lot.role != "waste"
    ])
    if own_outputs > _DIVISION.add(_DIVISION.multiply(own, _DIVISION.add(_ONE, tolerance)), _ROUNDING):
        raise Refused(
            f"outputs: {issuer} keeps {own_outputs} kg, but put in {own} kg of its own", code="wrong-owner",
            field="outputs", value=own_outputs, rule="the owners of the inputs get the outputs made from them",
        )


def check_elements(plan: Plan, facts: Facts, tolerance: Decimal) -> None:
    """Refuses outputs that state more kg of an element than can have come in, times (1 + tolerance).

    An element is balanced if an output states it and an input lot or a supply states it too, by its own composition or
    its product's.
    - A lot counts with its stated fraction. A lot that does not state the element may consist of it in the part that
      its analysis leaves open, so that no issuer suffers from gaps in the analyses of others.
    - A supply counts with the fraction that its product states, and otherwise as free of the element: flux, fuel or
      oxygen do not explain the copper of an output, and a supplier of copper can state it.
    - Carbon comes with many supplies (fuels, reductants, electrodes, carbonates): a supply that does not state carbon
      may consist of it. Hydrogen, nitrogen and oxygen are not balanced: they come with air and water, which nobody
      weighs.
    Fossil and biogenic carbon are contents of their own, not the element.
    """
    if not any(facts.composition(lot).elements for lot, _ in plan.created):
        return
    made = {
        i: _analysed(facts.composition(lot).elements, lot.mass)
        for i, (lot, _) in enumerate(plan.created) if lot.mass is not None
    }
    stated = _elements(made.values()) - _AIR_AND_WATER
    if not stated:
        return
    lots = [_analysed(facts.composition(lot).elements, mass) for lot, _, mass in plan.taken if mass is not None]
    named = [(facts.product_named(supply.product), mass) for supply, mass in plan.supplied if mass is not None]
    supplies = [_analysed({} if product is None else product.composition.elements, mass) for product, mass in named]
    for element in sorted(stated & _elements([*lots, *supplies])):
        _check_element(element, made, lots, supplies, tolerance)


def _check_element(
    element: str, made: Mapping[int, _Analysed], lots: Sequence[_Analysed], supplies: Sequence[_Analysed],
    tolerance: Decimal,
) -> None:
    stating = {f"outputs[{i}]": output for i, output in made.items() if element in output.elements}
    total_out = _total([output.held(element) for output in stating.values()])
    total_in = _total([
        *[lot.held(element, lot.rest) for lot in lots],
        *[supply.held(element, supply.rest if element == _CARBON else _NOTHING) for supply in supplies],
    ])
    limit = _DIVISION.multiply(total_in, _DIVISION.add(_ONE, tolerance))
    # A stated fraction is rounded: for a third of a lot, or the mean of a blend.
    analysed = _total([thing.mass for thing in (*stating.values(), *lots, *supplies)])
    rounding = _DIVISION.add(_ROUNDING, _DIVISION.multiply(analysed, _FRACTION_ROUNDING))
    if total_out > _DIVISION.add(limit, rounding):
        raise Refused(
            f"{_listed(list(stating))}: {_plain(total_out)} kg of {element}, but inputs and supplies hold at most "
            f"{_plain(total_in)} kg of it",
            code="element-balance", field="outputs" if len(stating) > 1 else next(iter(stating)),
            value=_plain(total_out),
            rule=f"{element} in outputs <= {element} in inputs and supplies * (1 + {tolerance}), by their stated "
                 f"compositions; a supply that holds {element} must name a product that states it",
        )


def _analysed(elements: Mapping[str, str], mass: Decimal) -> _Analysed:
    part = _total([Decimal(fraction) for fraction in elements.values()])
    return _Analysed(mass, elements, _DIVISION.multiply(mass, _DIVISION.subtract(_ONE, part)))


def _elements(analyses: Iterable[_Analysed]) -> set[str]:
    return {element for analysis in analyses for element in analysis.elements}


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize(_DIVISION):f}"


def _total(masses: Sequence[Decimal | None]) -> Decimal:
    total = _NOTHING
    for mass in masses:
        if mass is not None:
            total = _DIVISION.add(total, mass)
    return total

"""Matter does not appear, in all, of each element and for each party: nobody who works on another's lots keeps more
than they put in.

Elements are balanced where compositions are declared. What a lot holds without stating it is not followed here: that
is a figure, and rules rest on what never changes.
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
"""How many outputs a message names."""
_AIR_AND_WATER: Final = frozenset({"H", "N", "O"})
_CARBON: Final = "C"


class _Analysed(NamedTuple):
    """Something of `mass` kg; `elements` are the mass fractions that it states, `rest` the kg that these leave open."""

    mass: Decimal
    elements: Mapping[str, str]
    rest: Decimal

    def held(self, element: str, unstated: Decimal = _NOTHING) -> Decimal:
        """Kg of an element; `unstated` where that is not stated."""
        fraction = self.elements.get(element)
        return unstated if fraction is None else _DIVISION.multiply(self.mass, Decimal(fraction))


def check_mass(plan: Plan, tolerance: Decimal) -> None:
    """Refuses outputs heavier than (inputs + supplies) * (1 + tolerance): matter does not appear."""
    total_in = _total([*[taken.mass for taken in plan.taken], *[supplied.mass for supplied in plan.supplied]])
    total_out = _total([created.facts.mass for created in plan.created])
    limit = _DIVISION.multiply(total_in, _DIVISION.add(_ONE, tolerance))
    # The mass of a third of a lot is rounded, and three such thirds still make the whole.
    if total_out > _DIVISION.add(limit, _ROUNDING):
        raise Refused(
            f"outputs weigh {total_out} kg, inputs and supplies {total_in} kg", code="mass-balance", field="outputs",
            value=total_out, rule=f"outputs <= (inputs + supplies) * (1 + {tolerance})",
        )


def check_kept(issuer: str, plan: Plan, tolerance: Decimal) -> None:
    """Refuses a worker on another's lots who keeps more than its own matter makes: without waste, the kg of its outputs
    are at most the kg of its own inputs and of supplies."""
    if all(one.lot.owned_by == issuer for one in plan.taken):
        return
    own = _total([
        *[one.mass for one in plan.taken if one.lot.owned_by == issuer], *[one.mass for one in plan.supplied],
    ])
    kept = _total([
        lot.mass for lot, _ in plan.created if lot.owned_by == issuer and lot.role != "waste"
    ])
    if kept > _DIVISION.add(_DIVISION.multiply(own, _DIVISION.add(_ONE, tolerance)), _ROUNDING):
        raise Refused(
            f"outputs: {issuer} keeps {kept} kg, but put in {own} kg of its own", code="wrong-owner", field="outputs",
            value=kept, rule="where lots of others go in, their owners get what is made of them",
        )


def check_elements(plan: Plan, facts: Facts, tolerance: Decimal) -> None:
    """Refuses outputs that state more kg of an element than can have come in, times (1 + tolerance).

    Balanced is each element that an output states and that a lot or a supply which goes in states as well, by its own
    composition or its product's.
    - A lot counts with what it states. One that does not state the element may be it, as far as its analysis leaves
      room: what others left unsaid is not held against who takes their lots.
    - A supply counts with what the product that it names states, and else as free of the element: flux, fuel or oxygen
      do not explain the copper of an output, and whoever supplied copper can say so.
    - Carbon comes with all sorts of supplies (fuels, reductants, electrodes, carbonates): one that does not state it
      may be carbon. Hydrogen, nitrogen and oxygen are not balanced: air and water bring them, unweighed.
    Fossil and biogenic carbon are contents of their own, not the element.
    """
    made = {
        i: _analysed(facts.composition(lot).elements, lot.mass)
        for i, (lot, _) in enumerate(plan.created) if lot.mass is not None
    }
    stated = _elements(made.values()) - _AIR_AND_WATER
    if not stated:
        return
    lots = [_analysed(facts.composition(one.lot).elements, one.mass) for one in plan.taken if one.mass is not None]
    supplies = [
        _analysed(facts.products[one.product].composition.elements if one.product is not None else {}, mass)
        for one, mass in plan.supplied if mass is not None
    ]
    for element in sorted(stated & _elements([*lots, *supplies])):
        _check_element(element, made, lots, supplies, tolerance)


def _check_element(
    element: str, made: Mapping[int, _Analysed], lots: Sequence[_Analysed], supplies: Sequence[_Analysed],
    tolerance: Decimal,
) -> None:
    stating = {f"outputs[{i}]": one for i, one in made.items() if element in one.elements}
    total_out = _total([one.held(element) for one in stating.values()])
    total_in = _total([
        *[one.held(element, one.rest) for one in lots],
        *[one.held(element, one.rest if element == _CARBON else _NOTHING) for one in supplies],
    ])
    limit = _DIVISION.multiply(total_in, _DIVISION.add(_ONE, tolerance))
    # A fraction is rounded where it is written down: a third of a lot, or the mean of what was blended.
    analysed = _total([one.mass for one in (*stating.values(), *lots, *supplies)])
    rounding = _DIVISION.add(_ROUNDING, _DIVISION.multiply(analysed, _FRACTION_ROUNDING))
    if total_out > _DIVISION.add(limit, rounding):
        raise Refused(
            f"{_listed(list(stating))}: {_plain(total_out)} kg of {element}, but inputs and supplies hold at most "
            f"{_plain(total_in)} kg of it",
            code="element-balance", field="outputs" if len(stating) > 1 else next(iter(stating)),
            value=_plain(total_out),
            rule=f"{element} in outputs <= {element} in inputs and supplies * (1 + {tolerance}), as their compositions "
                 f"state; a supply that holds {element} names a product that states it",
        )


def _analysed(elements: Mapping[str, str], mass: Decimal) -> _Analysed:
    part = _total([Decimal(fraction) for fraction in elements.values()])
    return _Analysed(mass, elements, _DIVISION.multiply(mass, _DIVISION.subtract(_ONE, part)))


def _elements(found: Iterable[_Analysed]) -> set[str]:
    return {element for one in found for element in one.elements}


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

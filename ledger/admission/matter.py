"""Matter does not appear, in all and for each: nobody who works on another's lots keeps more than he put in."""

from collections.abc import Sequence
from decimal import Context as DecimalContext
from decimal import Decimal, InvalidOperation
from typing import Final

from ledger.admission.lots import Plan
from ledger.errors import Refused

_DIVISION: Final = DecimalContext(prec=34, traps=[InvalidOperation])
_NOTHING: Final = Decimal(0)
_ONE: Final = Decimal(1)
_ROUNDING: Final = Decimal("0.0000000005")
"""Kg; half of the smallest step in which a mass can be written."""


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


def _total(masses: Sequence[Decimal | None]) -> Decimal:
    total = _NOTHING
    for mass in masses:
        if mass is not None:
            total = _DIVISION.add(total, mass)
    return total

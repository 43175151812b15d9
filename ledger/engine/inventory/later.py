"""Inputs that were made after their process ended: no process uses goods of the future.

Old goods of dirty metal could else be sold as made of clean metal of this year. Dates are compared by the month, since
records of one month state their periods in many ways: an input is late if the process ended before the month in which
it can have been made at the earliest. A pool's stock has the mean date of its parts, and reopened periods take from the
newest stock, so that it is late only after a further year.

If the late inputs are a twentieth of the mass that went in, or power, heat or fuel by its energy, nothing proves which
goods the process really used: the figures of all products are questioned below the default of their material.
"""

from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.lots import Plan
from ledger.core.outcome.assessment import Finding
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.kinds import Transfer, Transformation
from ledger.core.record.units import UNITS

LATER: Final = "input-later"
EARLIER: Final = "transfer-earlier"
_TWENTY: Final = Decimal(20)
_NOTHING: Final = Decimal(0)
_LONGEST: Final = 255
_TO_MONTH: Final = len("2025-03")


class LateInputs(NamedTuple):
    """The findings of late inputs, and whether the products consist of them for a part that matters."""

    findings: tuple[Finding, ...]
    main: bool


def late_inputs(record: Transformation, plan: Plan) -> LateInputs:
    """The findings of lots that were made after the process ended. A lot without a date is never late."""
    late = [i for i, taken in enumerate(plan.taken) if _is_late(taken.lot.made, record.end, taken.lot.pool)]
    if not late:
        return LateInputs((), main=False)
    whole, mass, energy = _NOTHING, _NOTHING, False
    for i, taken in enumerate(plan.taken):
        whole = CONTEXT.add(whole, taken.mass or _NOTHING)
        if i in late:
            mass = CONTEXT.add(mass, taken.mass or _NOTHING)
            energy = energy or UNITS[taken.lot.unit].dimension == "energy"
    for supplied in plan.supplied:
        whole = CONTEXT.add(whole, supplied.mass or _NOTHING)
    findings = tuple([Finding(code=LATER, taken=i, message=_message(plan, i, record.end)) for i in late])
    return LateInputs(findings, main=energy or (bool(mass) and CONTEXT.multiply(mass, _TWENTY) >= whole))


def early_transfer(record: Transfer, plan: Plan) -> tuple[Finding, ...]:
    """The finding of a transfer before the lot was made, if it was."""
    lot = plan.taken[0].lot
    if not _is_late(lot.made, record.time, lot.pool):
        return ()
    message = f"{lot.id} was not made before {lot.made}, but the transfer is of {record.time}"
    return (Finding(code=EARLIER, taken=0, message=message[:_LONGEST]),)


def _is_late(made: str | None, end: str, pool: str | None) -> bool:
    if made is None:
        return False
    month = made[:_TO_MONTH]
    if pool is not None:
        month = f"{int(made[:4]) - 1:04d}{month[4:]}"
    return end < month


def _message(plan: Plan, place: int, end: str) -> str:
    lot = plan.taken[place].lot
    return f"{lot.id} was not made before {lot.made}, but the process ended at {end}"[:_LONGEST]

"""The energy balance: outputs carry away at most the energy that comes in.

    out      = power + heat + heat of combustion of the outputs
    in       = power + heat + fuels and lots by their heating value + heat of the surroundings
    excess   = out - in * (1 + tolerance)

Heating values are net, so that heat may be up to a fifth more than the fuel gives: water that condenses (gross minus
net: 11 % for methane, 18 % for hydrogen, more for wet wood). Power is at most three quarters of all energy that is not
power itself: the best combined cycles reach 0.64, fuel cells with turbines 0.7. Plants on sun, wind, water power and
geothermal heat have no bound here; a heat pump has its coefficient of performance.

An excess is questioned at the defaults of the outputs: somebody made this energy.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import Finding, Span
from ledger.engine.bounds.entering import Entering
from ledger.engine.bounds.leaving import OutputHeld
from ledger.engine.bounds.nature import AMBIENT, RENEWABLES, most_of
from ledger.engine.bounds.prices import default_of_lot
from ledger.engine.bounds.process import ONE, ZERO, Process, short

BALANCE: Final = "energy-balance"
POWER: Final = "power-of-heat"
TOLERANCE: Final = Decimal("0.02")
"""Meters of power and heat err by up to 2 %."""
_CONDENSING: Final = Decimal("0.2")
_MOST_POWER: Final = Decimal("0.75")


def check_energy(process: Process, into: Entering, outputs: Sequence[OutputHeld]) -> list[Finding]:
    """The findings of the energy balance."""
    out = [output for output in outputs if output.energy]
    if not out or any(process.natural(group) for group in RENEWABLES):
        return []
    power = sum((one.energy for one in out if one.carrier == "power"), ZERO)
    heat = sum((one.energy for one in out if one.carrier == "heat"), ZERO)
    whole = sum((one.energy for one in out), ZERO)
    come = into.held.heat + _ambient(process, into)
    other = into.held.heat - into.power
    too_much = power - (into.power + other * _MOST_POWER) * (ONE + TOLERANCE)
    findings = _finding(process, [one for one in out if one.carrier == "power"], too_much, come - into.power, POWER)
    excess = whole - come * (ONE + TOLERANCE) - min(heat, into.fuel * _CONDENSING) - max(too_much, ZERO)
    return [*findings, *_finding(process, out, excess, come, BALANCE)]


def _ambient(process: Process, into: Entering) -> Decimal:
    """Heat that a heat pump can take from its surroundings."""
    if process.natural(AMBIENT) is None:
        return ZERO
    return into.power * (most_of(AMBIENT, process.nature) - ONE)


def _finding(
    process: Process, out: Sequence[OutputHeld], excess: Decimal, come: Decimal, code: str
) -> list[Finding]:
    """A finding of `excess` MJ, priced as the mean of the outputs `out`."""
    if excess <= ZERO:
        return []
    leaving = sum((one.energy for one in out), ZERO)
    prices = [default_of_lot(process, one.made.facts) for one in out]
    amount = sum((price for price, _ in prices), ZERO) * excess / leaving
    what = "power leave" if code == POWER else "energy leave"
    return [Finding(
        code=code, value=short(leaving), unit="3B", possible=Span(low=ZERO, high=short(leaving - excess)),
        amount=short(amount), output=out[0].place if len(out) == 1 else None,
        factor=next((row for _, row in prices if row is not None), None),
        message=f"{short(leaving):f} MJ of {what}, {short(excess):f} MJ more than {short(come):f} MJ "
                f"{'of heat and fuel ' if code == POWER else ''}can give",
    )]

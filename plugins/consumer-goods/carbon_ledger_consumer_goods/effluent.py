"""Methane of waste water that is treated without air.

    CH4 = (volume * (COD in - COD out) - COD taken out as sludge) * Bo * MCF - CH4 recovered and burnt

IPCC 2006 Guidelines, volume 5, equations 6.4 to 6.6; China's accounting guideline for makers of paper and, for
textiles, GB/T 32151.12, ask for the same. Bo is 0.25 kg of CH4 per kg of COD; MCF by treatment in `effluent.csv`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, Literal, NamedTuple

from carbon_ledger_consumer_goods.common import PACKAGE, factors
from ledger.sdk import (
    ZERO,
    Draft,
    Fraction,
    Line,
    Part,
    Positive,
    Quantity,
    amount_in,
    invalid_activity,
    kilograms,
    rows,
)

MOST_METHANE: Final = Decimal("0.25")
"""Kg of CH4 that a kg of COD can become: burning 16 kg of methane takes 64 kg of oxygen."""

Treatment = Literal[
    "aerobic", "aerobicOverloaded", "anaerobicReactor", "anaerobicDigester", "shallowLagoon", "deepLagoon", "discharge",
    "paperMill",
]


class Effluent(Part, frozen=True, kw_only=True):
    """Waste water that is treated on the site, or let go.

    `treatment`: how; `paperMill` is the guideline's mean of anaerobic plants of paper mills. `volume`: of water.
    `cod_in`, `cod_out`: chemical oxygen demand before and after, kg per m3; none is left where `cod_out` is absent.
    `sludge`: COD that leaves as sludge, a mass. `recovered`: CH4 caught and burnt, a mass. Measured in place of
    defaults: `methane_correction` (MCF, 0 to 1) and `methane_capacity` (Bo, kg of CH4 per kg of COD).
    """

    treatment: Treatment
    volume: Quantity
    cod_in: Positive
    cod_out: Positive | None = None
    sludge: Quantity | None = None
    recovered: Quantity | None = None
    methane_correction: Fraction | None = None
    methane_capacity: Positive | None = None


class _Potential(NamedTuple):
    """Kg of CH4 per kg of COD, and what it was made of."""

    value: Decimal
    measured: bool
    factor: str | None
    recalled: bool


@cache
def _corrections() -> Mapping[str, Mapping[str, str]]:
    return {row["treatment"]: row for row in rows(PACKAGE, "effluent.csv")}


def book_effluents(draft: Draft, effluents: Sequence[Effluent], *, grown: bool) -> None:
    """A line of CH4 for each, and their sum as indicator `effluentMethane` (kg).

    `grown`: the COD is of wood and fibres, so that the CH4 is biogenic; that of dyes, sizes and auxiliaries is counted
    as fossil. Raises PluginError for more sludge, more recovered methane or more COD after treatment than there was.
    """
    total = ZERO
    for i, one in enumerate(effluents):
        potential = _potential(i, one)
        amount = _removed(i, one) * potential.value
        amount -= _at_most("recovered", i, one.recovered, amount)
        total += amount
        draft.line(Line(
            gas="CH4biogenic" if grown else "CH4", amount=amount, source=f"effluent {one.treatment}", kind="treatment",
            burden="biogenicNonCO2Emissions" if grown else "fossilGhgEmissions", primary=potential.measured,
            ratings=(1, 1, 1) if potential.measured else (2, 2, 2), factor=potential.factor,
            recalled=potential.recalled,
        ))
    if effluents:
        draft.indicate("effluentMethane", total)


def _removed(index: int, one: Effluent) -> Decimal:
    """Kg of COD that decays."""
    before, after = Decimal(one.cod_in), Decimal(one.cod_out or 0)
    if after > before:
        raise invalid_activity(f"effluents[{index}].codOut", after, f"at most the {before} kg per m3 that came in")
    volume = amount_in(one.volume, "MTQ", f"effluents[{index}].volume")
    removed = volume * (before - after)
    return removed - _at_most("sludge", index, one.sludge, removed)


def _at_most(field: str, index: int, quantity: Quantity | None, most: Decimal) -> Decimal:
    if quantity is None:
        return ZERO
    amount = kilograms(quantity, f"effluents[{index}].{field}")
    if amount > most:
        raise invalid_activity(f"effluents[{index}].{field}", quantity, f"at most the {most:.6g} kg that there were")
    return amount


def _potential(index: int, one: Effluent) -> _Potential:
    row, capacity = _corrections()[one.treatment], factors().find("methaneCapacity")
    if one.methane_capacity is not None and Decimal(one.methane_capacity) > MOST_METHANE:
        raise invalid_activity(f"effluents[{index}].methaneCapacity", one.methane_capacity,
                               f"at most the {MOST_METHANE} kg of CH4 that a kg of COD can become")
    correction = row["mcf"] if one.methane_correction is None else one.methane_correction
    value = Decimal(correction) * (Decimal(one.methane_capacity) if one.methane_capacity else capacity.value)
    measured = one.methane_correction is not None and one.methane_capacity is not None
    recalled = capacity.recalled or (one.methane_correction is None and row["status"] == "recalled")
    return _Potential(value, measured, None if measured else capacity.name, recalled and not measured)

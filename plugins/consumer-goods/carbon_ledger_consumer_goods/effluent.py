"""Methane of waste water in anaerobic treatment.

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
    Context,
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
"""Largest kg of CH4 per kg of COD: burning 16 kg of methane takes 64 kg of oxygen."""

PROOFS: Final = ("emissionMeasurement", "meterReading", "analysis", "monitoringReport")
"""Kinds of evidence for measured methane, for sludge, and for methane that is burnt."""

Treatment = Literal[
    "aerobic", "aerobicOverloaded", "anaerobicReactor", "anaerobicDigester", "shallowLagoon", "deepLagoon", "discharge",
    "paperMill",
]


class Effluent(Part, frozen=True, kw_only=True):
    """Waste water that the site treats or discharges.

    `treatment`: its kind; `paperMill` is the guideline's mean of anaerobic plants of paper mills. `volume`: of water.
    `cod_in`, `cod_out`: chemical oxygen demand before and after, kg per m3; zero if `cod_out` is absent.
    `sludge`: COD that leaves as sludge, a mass. `recovered`: CH4 captured and burnt, a mass. Measured values that
    replace defaults: `methane_correction` (MCF, 0 to 1) and `methane_capacity` (Bo, kg of CH4 per kg of COD).
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
    """Kg of CH4 per kg of COD, and its source."""

    value: Decimal
    measured: bool
    factor: str | None
    recalled: bool


@cache
def _corrections() -> Mapping[str, Mapping[str, str]]:
    return {row["treatment"]: row for row in rows(PACKAGE, "effluent.csv")}


def book_effluents(draft: Draft, context: Context, effluents: Sequence[Effluent], *, grown: bool) -> None:
    """A line of CH4 for each, and their sum as indicator `effluentMethane` (kg). Below the default of the treatment,
    a measurement, the sludge and the recovered methane need a document.

    `grown`: the COD is of wood and fibres, so the CH4 is biogenic; CH4 of dyes, sizes and auxiliaries counts as fossil.
    Raises PluginError for more sludge than COD, more recovered methane than formed, and more COD after treatment than
    before.
    """
    total = usual = ZERO
    gas: Literal["CH4biogenic", "CH4"] = "CH4biogenic" if grown else "CH4"
    for i, effluent in enumerate(effluents):
        potential = _potential(i, effluent)
        usual += _usual(effluent)
        amount = _removed(i, effluent) * potential.value
        amount -= _at_most("recovered", i, effluent.recovered, amount)
        total += amount
        draft.line(Line(
            gas=gas, amount=amount, source=f"effluent {effluent.treatment}",
            kind="treatment", burden="biogenicNonCO2Emissions" if grown else "fossilGhgEmissions",
            primary=potential.measured, ratings=(1, 1, 1) if potential.measured else (2, 2, 2),
            factor=potential.factor, recalled=potential.recalled,
        ))
    if effluents:
        draft.indicate("effluentMethane", total)
    if context.questions and total < usual and not context.shows(*PROOFS):
        draft.warn(
            "methane-unproven", f"{total:f} kg of methane of waste water: no document ({', '.join(PROOFS)}) shows less "
            f"than {usual:f} kg", emits={gas: usual - total},
        )


def _usual(effluent: Effluent) -> Decimal:
    """Kg of CH4 by the default of the treatment, if all COD decays and nothing is recovered."""
    removed = Decimal(effluent.cod_in) - Decimal(effluent.cod_out or 0)
    volume = amount_in(effluent.volume, "MTQ", "effluents.volume")
    mcf = Decimal(_corrections()[effluent.treatment]["mcf"])
    return volume * max(removed, ZERO) * mcf * factors().find("methaneCapacity").value


def _removed(index: int, effluent: Effluent) -> Decimal:
    """Kg of COD that decays."""
    before, after = Decimal(effluent.cod_in), Decimal(effluent.cod_out or 0)
    if after > before:
        raise invalid_activity(
            f"effluents[{index}].codOut", after, f"at most {before} kg per m3, the COD before treatment",
        )
    volume = amount_in(effluent.volume, "MTQ", f"effluents[{index}].volume")
    removed = volume * (before - after)
    return removed - _at_most("sludge", index, effluent.sludge, removed)


def _at_most(field: str, index: int, quantity: Quantity | None, most: Decimal) -> Decimal:
    if quantity is None:
        return ZERO
    amount = kilograms(quantity, f"effluents[{index}].{field}")
    if amount > most:
        raise invalid_activity(f"effluents[{index}].{field}", quantity, f"at most {most:.6g} kg")
    return amount


def _potential(index: int, effluent: Effluent) -> _Potential:
    row, capacity = _corrections()[effluent.treatment], factors().find("methaneCapacity")
    if effluent.methane_capacity is not None and Decimal(effluent.methane_capacity) > MOST_METHANE:
        raise invalid_activity(f"effluents[{index}].methaneCapacity", effluent.methane_capacity,
                               f"at most {MOST_METHANE} kg of CH4 per kg of COD")
    correction = row["mcf"] if effluent.methane_correction is None else effluent.methane_correction
    value = Decimal(correction) * (Decimal(effluent.methane_capacity) if effluent.methane_capacity else capacity.value)
    measured = effluent.methane_correction is not None and effluent.methane_capacity is not None
    recalled = capacity.recalled or (effluent.methane_correction is None and row["status"] == "recalled")
    return _Potential(value, measured, None if measured else capacity.name, recalled and not measured)

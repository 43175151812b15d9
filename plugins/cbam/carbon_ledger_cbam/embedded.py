"""Specific embedded emissions of goods: own emissions of the process, and with all precursors.

    own direct = max(0, attributed + heat in x factor - heat out x factor
                        + 56.1 x (waste gas in - 0.667 x waste gas out) - MWh out x factor)
    own indirect = MWh x factor
    (I - M) x embedded = own / activity level + purchased

M[i, j] is the t of the goods of process j that process i takes, over the activity level of i: processes may feed each
other. Direct, indirect and electricity are separate. All values are fractions, so only the answer is rounded.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Final, NamedTuple

from carbon_ledger_cbam.case import Case, Process
from carbon_ledger_cbam.solving import solved

NATURAL_GAS: Final = Fraction("56.1")
"""T CO2 per TJ of natural gas, the reference for waste gas (annex II, table 1)."""

WASTE_GAS_EFFICIENCY: Final = Fraction("0.667")
"""Correction for the lower efficiency of waste gas (annex II)."""

BOILER_EFFICIENCY: Final = Fraction("0.9")
"""Default for heat whose fuel is known and whose boiler is not (annex II)."""


class Own(NamedTuple):
    """Emissions of a process in the period: t CO2e direct and indirect, MWh of electricity."""

    direct: Fraction
    indirect: Fraction
    electricity: Fraction


class Embedded(NamedTuple):
    """Per t of goods: own emissions, and with precursors."""

    own: Own
    whole: Own


def own_emissions(process: Process) -> Own:
    """Emissions attributed to a process, corrected for heat, waste gas and electricity across its border."""
    heat, gas, power = process.heat, process.waste_gas, process.electricity_exported
    direct = (
        Fraction(process.attributed)
        + Fraction(heat.imported) * Fraction(heat.import_factor)
        - Fraction(heat.exported) * Fraction(heat.export_factor)
        + NATURAL_GAS * (Fraction(gas.imported) - WASTE_GAS_EFFICIENCY * Fraction(gas.exported))
    )
    if power is not None:
        direct -= Fraction(power.amount) * Fraction(power.factor)
    electricity = Fraction(process.electricity)
    return Own(max(Fraction(0), direct), electricity * Fraction(process.electricity_factor), electricity)


def heat_factor(fuel_factor: Fraction, efficiency: Fraction = BOILER_EFFICIENCY) -> Fraction:
    """T CO2 per TJ of heat from a fuel's t CO2 per TJ."""
    return fuel_factor / efficiency


def embedded(case: Case) -> list[Embedded]:
    """Embedded emissions of each process, in order. Raises InvalidInput if processes feed each other more than they
    make."""
    level = [Fraction(process.activity_level) for process in case.processes]
    own = [Own(*[amount / size for amount in own_emissions(process)])
           for process, size in zip(case.processes, level, strict=True)]
    position = {process.name: i for i, process in enumerate(case.processes)}
    takes: list[dict[int, Fraction]] = [{} for _ in level]
    right = [list(one) for one in own]
    bought = _bought(case)
    for i, process in enumerate(case.processes):
        for precursor in process.precursors:
            part = Fraction(precursor.tonnes) / level[i]
            if precursor.process is not None:
                made = position[precursor.process]
                takes[i][made] = takes[i].get(made, Fraction(0)) + part
            elif precursor.purchased is not None:
                for kind, amount in enumerate(bought[precursor.purchased]):
                    right[i][kind] += part * amount
    return [Embedded(one, Own(*whole)) for one, whole in zip(own, solved(takes, right), strict=True)]


def _bought(case: Case) -> Mapping[str, Own]:
    return {
        one.name: Own(Fraction(one.direct), Fraction(one.electricity) * Fraction(one.electricity_factor),
                      Fraction(one.electricity))
        for one in case.purchased_precursors
    }

"""Allocation of the sector: heat sold is assigned the emissions that it avoids, CO2 for others carries no burden."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from carbon_ledger_petrochemicals.substances import heat, is_carbon_dioxide, moles
from ledger.sdk import HEAT_UNITS, ZERO, Context, Draft, FactorTable, OutputFacts, convert, dry_part, read_factors

UNBURDENED: Final = ("waste", "core", "credit", "attribute")


def factors() -> FactorTable:
    """The sector's factors: kg of gas per unit."""
    return read_factors("carbon_ledger_petrochemicals", "factors.csv", "petrochemicals")


def share_out(draft: Draft, context: Context) -> None:
    """Assigns exported heat its burden, and weighs the outputs by mass, moles, energy and value.

    Heat: GJ * 56.1 / 0.9 kg CO2, as a gas boiler emits (system expansion, ISO 14044 4.3.4.2; factor and boiler of
    Implementing Regulation (EU) 2025/2547). CO2 for urea or storage has no weight except its stated value: GB/T
    32151.10 deducts it at its maker and counts it where it is released, so its carbon travels as content, not as
    burden. Lye weighs as its caustic soda: eco-profiles share chlor-alkali by tonnes of 100 % NaOH. Moles follow
    equation 43 of the same regulation: Em_i = Em * (m_i / M_i) / sum of m_j / M_j.
    """
    factor = factors().find("exportedHeat")
    for i, output in enumerate(context.outputs):
        if _is_heat(output):
            gigajoules = convert(output.quantity.amount, output.quantity.unit, "GV")
            draft.assign(i, "fossilGhgEmissions", gigajoules * factor.value)
    left_out = [_is_heat(output) or is_carbon_dioxide(output) for output in context.outputs]
    if all(out or output.role in UNBURDENED for out, output in zip(left_out, context.outputs, strict=True)):
        left_out = [False] * len(left_out)
    _weigh(draft, context, "mass", left_out, _dry_mass)
    _weigh(draft, context, "moles", left_out, moles)
    _weigh(draft, context, "energy", left_out, heat)
    _weigh(draft, context, "value", left_out, lambda output: output.value)


def heat_sold(context: Context) -> Decimal:
    """MJ of heat that leave as goods."""
    return sum((convert(output.quantity.amount, output.quantity.unit, "3B") for output in context.outputs
                if _is_heat(output)), ZERO)


def _is_heat(output: OutputFacts) -> bool:
    return output.quantity.unit in HEAT_UNITS and output.role not in UNBURDENED


def _dry_mass(output: OutputFacts) -> Decimal | None:
    return None if output.mass is None else output.mass * dry_part(output.materials)


def _weigh(
    draft: Draft, context: Context, key: str, left_out: Sequence[bool], weight: Callable[[OutputFacts], Decimal | None]
) -> None:
    """Weights by `key`; no weights if an output lacks a weight: the core's error then names it."""
    weights: list[Decimal] = []
    for output, is_out in zip(context.outputs, left_out, strict=True):
        amount = ZERO
        if output.role not in UNBURDENED and not is_out:
            stated = weight(output)
            if stated is None:
                return
            amount = stated
        elif is_out and key == "value" and not _is_heat(output):
            amount = output.value or ZERO
        weights.append(amount)
    if sum(weights, ZERO) > 0:
        draft.weigh(key, weights)

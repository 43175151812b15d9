"""Amounts that a sector's findings put in question, and contexts that state little."""

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.core.record.values import Quantity
from ledger.sdk import Context, SupplyFacts
from ledger.sdk.testing import Run

ENERGY: Final = frozenset((
    "electricity", "heat", "steam", "naturalGas", "coke", "anthracite", "bituminous", "diesel", "fuelOil", "cokingCoal",
    "lpg", "lng", "cokeOvenGas", "kerosene",
))


def lacking(run: Run) -> dict[str, dict[str, float]]:
    """The inputs that each finding misses, by code and material, in the finding's unit."""
    return {
        finding.code: {lack.material: float(lack.amount) for lack in finding.lacks}
        for finding in run.assessment.findings if finding.lacks
    }


def emitting(run: Run) -> dict[str, float]:
    """Kg CO2e of emissions that each finding misses, by code."""
    return {finding.code: float(finding.amount) for finding in run.assessment.findings if finding.amount is not None}


def scaled(context: Context, part: str, materials: Collection[str] = ENERGY) -> Context:
    """The context with that part of these supplies."""
    times = Decimal(part)
    return replace(context, supplies=tuple([
        _scaled(supply, times) if supply.material in materials else supply for supply in context.supplies
    ]))


def without(context: Context, materials: Collection[str] = ENERGY) -> Context:
    """The context without these supplies."""
    kept = tuple([supply for supply in context.supplies if supply.material not in materials])
    return replace(context, supplies=kept)


def _scaled(supply: SupplyFacts, times: Decimal) -> SupplyFacts:
    value = f"{(supply.quantity.amount * times).normalize():f}"
    mass = None if supply.mass is None else supply.mass * times
    return replace(supply, quantity=Quantity(value=value, unit=supply.quantity.unit), mass=mass)

"""What the circular routes share: the sector's factors, masses by role, findings that hold for all."""

from decimal import Decimal
from typing import Final

from carbon_ledger_circular.composition import ZERO
from carbon_ledger_circular.utilities import matter_in
from ledger.sdk import Context, Draft, FactorTable, PluginError, read_factors

UNBURDENED: Final = ("waste", "core")
RECOVERED: Final = ("product", "coProduct", "byProduct", "core")
"""Roles of what is gained: goods, and used products that are fit for remanufacturing."""


def factors() -> FactorTable:
    """The sector's factors: kg CO2 per GJ of heat."""
    return read_factors("carbon_ledger_circular", "factors.csv", "circular")


def invalid(field: str, value: object, rule: str) -> PluginError:
    """The error for a value of the activity."""
    return PluginError(
        f"activity.{field} is {value}: it must be {rule}", code="invalid-activity", field=f"activity.{field}",
        value=value, rule=rule,
    )


def mass_taken(context: Context, *roles: str) -> Decimal:
    """Kg of the inputs with these roles; of all without any."""
    return sum(
        (taken.mass or ZERO for taken in context.inputs if not roles or taken.role in roles), ZERO,
    )


def check_carried(draft: Draft, context: Context) -> None:
    """Warns where what was done here stays with the record, as waste and cores carry nothing away."""
    if context.outputs and all(output.role in UNBURDENED for output in context.outputs):
        draft.find("burden-retained", "all outputs are waste or cores, so this record's emissions stay with it")


def check_accounted(draft: Draft, context: Context, dried: Decimal, allowed: Decimal) -> None:
    """Warns where more than `allowed` of what came in, beyond the moisture `dried` off, is in no output."""
    came = matter_in(context)
    missing = came * (1 - dried) - context.mass_out()
    if came > 0 and missing > came * allowed:
        draft.find("mass-unaccounted", f"{missing:f} kg of {came:f} kg are in no output")

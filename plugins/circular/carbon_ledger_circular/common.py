"""Findings of all circular routes."""

from decimal import Decimal
from typing import Final

from ledger.sdk import Context, Draft, matter_in, used_up, warn_unaccounted

UNBURDENED: Final = ("waste", "core")
RECOVERED: Final = ("product", "coProduct", "byProduct", "core")
"""Roles of recovered outputs: goods, and used products that are fit for remanufacturing."""

RESIDUE: Final = "landfilling"
"""The treatment of a residue that nobody recorded, by the factor sets."""
MINERAL: Final = "landfillMineral"


def check_carried(draft: Draft, context: Context) -> None:
    """Warns if the burden stays with the record, since waste and cores carry no burden."""
    if context.outputs and all(output.role in UNBURDENED for output in context.outputs):
        draft.find("burden-retained", "all outputs are waste or cores, so this record's emissions stay with it")


def check_accounted(
    draft: Draft, context: Context, dried: Decimal, allowed: Decimal, treatment: str = RESIDUE
) -> None:
    """Warns if more than the fraction `allowed` of the inputs, beyond the moisture `dried` off, is in no output.
    `treatment`: of that residue."""
    came = matter_in(context)
    missing = came * (1 - dried) - context.mass_out()
    if came > 0 and missing > came * allowed:
        warn_unaccounted(
            draft, missing, f"{missing:f} kg of {came:f} kg are in no output",
            treatment, used_up(context), (came - used_up(context)) * allowed,
        )

"""Shared code of the routes: factors, masses, limits, carbonates."""

from decimal import Decimal
from typing import Final

from ledger.sdk import (
    PRODUCT_ROLES,
    ZERO,
    Context,
    Draft,
    FactorTable,
    Limits,
    OutputFacts,
    Reading,
    Shortfall,
    carbonate,
    is_energy,
    judge,
    omit_upstream,
    read_factors,
)

PACKAGE: Final = "carbon_ledger_consumer_goods"
WEIGHING: Final = Decimal("0.02")
"""Tolerance for scales, and for moisture that fibres take up after weighing."""


def factors() -> FactorTable:
    """The sector's factors: carbonates, biomass of the process itself, methane of waste water, fluorinated gases."""
    return read_factors(PACKAGE, "factors.csv", "consumer-goods")


def is_made(output: OutputFacts) -> bool:
    """Whether an output is a product or co-product that is no energy."""
    return output.role in PRODUCT_ROLES and not is_energy(output.quantity)


def made(context: Context) -> Decimal:
    """Kg of products and co-products that are no energy."""
    return sum((output.mass or ZERO for output in context.outputs if is_made(output)), ZERO)


def judge_energy(draft: Draft, code: str, tonnes: Decimal, *, usual: Limits, possible: Limits) -> None:
    """As `judge`, in MJ per t; a record without any energy only warns, since its closing may bring the energy."""
    lacks = Shortfall("heat", "3B", tonnes)
    if draft.megajoules == 0:
        draft.warn(f"{code}-missing", "no energy is supplied", Reading(ZERO, "MJ/t", usual),
                   lacks=lacks.below(usual[0], ZERO))
    else:
        judge(draft, code, "MJ per t", draft.megajoules / tonnes, usual=usual, possible=possible, unit="MJ/t",
              lacks=lacks)


def book_limestone(draft: Draft, context: Context, purity: str | None) -> Decimal:
    """CO2 of bought `limestone` that the lime kiln burns: mass * 0.405 (accounting guideline for makers of paper), or
    mass * CaCO3 content * 44/100 if it is analysed. Returns kg of CO2.

    Lime mud of the kraft cycle gives off carbon of the wood: only bought limestone counts, as in equation AA-3 of
    40 CFR 98.273.
    """
    total = ZERO
    for supply in context.supplied("limestone"):
        if purity is None:
            factor = factors().find("limestone", context.facility.places, context.year)
            draft.price(supply.material, supply.amount("TNE"), factor, kind="onSite", supply=supply)
            total += supply.amount("TNE") * factor.value
        else:
            amount = supply.amount("KGM") * carbonate("calcite", Decimal(purity))
            draft.carbon(supply.material, amount, supply=supply)
            total += amount
        omit_upstream(draft, supply)
    return total


def book_soda_ash(draft: Draft, context: Context, purity: str) -> Decimal:
    """CO2 of `sodaAsh` that acid or lime drives out: mass * Na2CO3 content * 0.41492 (44/105.99). Returns kg of CO2."""
    total = ZERO
    for supply in context.supplied("sodaAsh"):
        amount = supply.amount("KGM") * carbonate("sodaAsh", Decimal(purity))
        draft.carbon(supply.material, amount, supply=supply)
        total += amount
        omit_upstream(draft, supply)
    return total

"""The process part of GB/T 32151.5: carbon of fluxes, electrodes, carbon-bearing materials and products.

    E = E_fuel + E_process + E_electricity + E_heat - R_fixed
    E_process = sum of mass * factor over limestone, dolomite, electrodes, and carbon-bearing materials bought
    R_fixed = sum of product mass * factor

A factor is t CO2 per t (carbon fraction * 44/12). Carbon that a lot or a product declares replaces it.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from carbon_ledger_steel.charge import Charged, kind_of_supply
from carbon_ledger_steel.metal import metal_held
from ledger.sdk import CO2_PER_C, KG_PER_T, ZERO, Context, Draft, FactorTable, OutputFacts, omit_upstream, read_factors

STANDARD: Final = frozenset((
    "electrode", "carburiser", "scrap", "ferrochrome", "ferronickel", "ferromolybdenum", "pigIron",
    "directReducedIron", "crudeSteel", "limestone", "dolomite",
))
"""Materials with a factor in GB/T 32151.5."""


@cache
def factors() -> FactorTable:
    """The standard's factors: kg CO2 per t of material, which is its carbon * 44/12."""
    return FactorTable("steel", (row for row in all_factors() if row.key in STANDARD))


def all_factors() -> FactorTable:
    """All of the sector's factors: the standard's, coking coal, methane, and the factors of credits."""
    return read_factors("carbon_ledger_steel", "factors.csv", "steel")


def price_process(draft: Draft, context: Context, charged: Sequence[Charged]) -> None:
    """Lines of the carbon that enters with fluxes, electrodes and metals, as supplies and as lots."""
    table = factors()
    for supply in context.supplies:
        name = supply.name_in(STANDARD) or (kind_of_supply(supply) if supply.raw else "")
        if name not in table:
            continue
        factor = table.find(name)
        draft.price(supply.material, supply.amount("KGM") / KG_PER_T, factor, kind="onSite", supply=supply)
        # The factor is the reaction here; it does not cover how the material was made.
        omit_upstream(draft, supply, skip_nature=True)
    for kind in sorted({part.kind for part in charged if part.lot}):
        lots = [part for part in charged if part.lot and part.kind == kind]
        draft.carbon(kind, sum((part.carbon for part in lots), ZERO) * CO2_PER_C)
        undeclared = sum((part.mass for part in lots if part.carbon == 0), ZERO)
        if kind in table:
            draft.price(kind, undeclared / KG_PER_T, table.find(kind), kind="onSite")


def subtract_fixed(draft: Draft, context: Context) -> None:
    """Negative lines of the carbon that leaves with the outputs instead of as CO2.

    An output's declared fossil carbon counts (coke, tar and gas sold too); without a declaration its metal counts as
    crude steel or as pig iron.
    """
    table = factors()
    declared = ZERO
    by_factor = {"crudeSteel": ZERO, "pigIron": ZERO}
    for output in context.outputs:
        if output.fossil_carbon > 0:
            declared += (output.mass or ZERO) * output.fossil_carbon
        else:
            by_factor[_metal_of(output)] += metal_held(output)
    draft.carbon("fixedCarbon", -declared * CO2_PER_C)
    for key, metal in by_factor.items():
        factor = table.find(key)
        draft.carbon(
            "fixedCarbon", -metal / KG_PER_T * factor.value, primary=False, ratings=(2, 2, 2), factor=factor.name,
            recalled=factor.recalled,
        )


def _metal_of(output: OutputFacts) -> str:
    return "pigIron" if "pigIron" in output.materials else "crudeSteel"


def follow_carbon(draft: Draft, context: Context) -> None:
    """Fossil carbon of lots goes into the outputs that hold it; the rest has left as CO2."""
    came = sum(((taken.mass or ZERO) * taken.fossil_carbon for taken in context.inputs), ZERO)
    if came == 0:
        return
    held = [
        (output.mass or ZERO) * output.fossil_carbon
        or metal_held(output) / KG_PER_T * factors().find(_metal_of(output)).value / CO2_PER_C
        for output in context.outputs
    ]
    whole = max(came, sum(held, ZERO))
    draft.follow("fossilCarbon", [carbon / whole for carbon in held])


def check_balance(draft: Draft, context: Context) -> Decimal:
    """Kg CO2 that left the site directly; refuses products that hold more carbon than came in."""
    emitted = draft.emitted("onSite") + sum((supply.combustion or ZERO for supply in context.supplies), ZERO)
    if emitted < 0:
        draft.find(
            "carbon-balance", f"outputs hold carbon of {-emitted:f} kg CO2 more than came in", refuses=True,
        )
    return emitted

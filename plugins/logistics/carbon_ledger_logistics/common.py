"""Shared code of transport and hubs: energy well to wheel, refrigerants, and the allocation to lots of service."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.sdk import (
    CARRYING_ROLES,
    ZERO,
    Activity,
    Context,
    Draft,
    FactorTable,
    Fraction,
    FuelAnalysis,
    Key,
    Line,
    LineKind,
    SupplyFacts,
    analysis_of,
    book_energy,
    is_fuel,
    read_factors,
)

REFRIGERANTS: Final = ("HFC134a",)
"""Supplies that replace leaked refrigerant, by the name of the gas."""


class Operation(Activity, frozen=True, kw_only=True):
    """Fields of both routes.

    `renewable_share`: of the electricity that comes as lots. `analyses`: values of fuels that replace the defaults,
    such as the biogenic share of a blend. `intensity`: the default of `factors.csv` that replaces energy if the
    operator does not know it.
    """

    renewable_share: Fraction = "0"
    analyses: tuple[FuelAnalysis, ...] = ()
    intensity: Key | None = None


def factors() -> FactorTable:
    """The sector's defaults: kg CO2e per tkm of transport, per t handled, per t of fuel provided."""
    return read_factors("carbon_ledger_logistics", "factors.csv", "logistics")


def book_operation(draft: Draft, context: Context, activity: Operation, kind: LineKind) -> Decimal:
    """Energy of an operation, all of it as transport, well to wheel (ISO 14083: vehicle or hub operation and energy
    provision), and leaked refrigerants. Returns MJ.

    Combustion follows China's guidelines; provision is priced if the table has it, else named as an omission.
    """
    for supply in context.supplies:
        if is_fuel(supply, activity.analyses):
            _burn(draft, supply, activity.analyses, kind)
    book_energy(draft, _without_fuels(context, activity.analyses), renewable_share=Decimal(activity.renewable_share))
    for source in ("electricity", "heat"):
        _count_as_transport(draft, source)
    for supply in context.supplied(*REFRIGERANTS):
        gas = supply.name_in(REFRIGERANTS) or supply.material
        draft.carbon(supply.material, supply.amount("KGM"), kind=kind, gas=gas, supply=supply)
    return draft.megajoules


def _burn(draft: Draft, supply: SupplyFacts, analyses: Sequence[FuelAnalysis], kind: LineKind) -> None:
    analysis = analysis_of(supply.material, analyses)
    key = f"{supply.material}Provision"
    # Biofuel is provided in another way than mineral oil, so its provision stays an omission.
    mineral = analysis is None or Decimal(analysis.biogenic_share) == 0
    if supply.priced or key not in factors() or not mineral:
        draft.burn(supply, analysis=analysis, kind=kind)
        return
    fields = {name: getattr(supply, name) for name in supply.__struct_fields__}
    draft.burn(SupplyFacts(**(fields | {"priced": True})), analysis=analysis, kind=kind)
    draft.price(f"{supply.material} provision", supply.amount("TNE"), factors().find(key), kind=kind, supply=supply)


def _without_fuels(context: Context, analyses: Sequence[FuelAnalysis]) -> Context:
    fields = {name: getattr(context, name) for name in context.__struct_fields__}
    others = tuple(supply for supply in context.supplies if not is_fuel(supply, analyses))
    return Context(**(fields | {"supplies": others}))


def _count_as_transport(draft: Draft, kind: LineKind) -> None:
    """Power and heat bought for transport, also in the burden of transport emissions, which does not add to the
    total."""
    draft.line(Line(
        gas="CO2", amount=draft.emitted(kind), source=kind, kind=kind, burden="transportGhgEmissions",
    ))


def weigh(draft: Draft, context: Context, amounts: Sequence[Decimal]) -> None:
    """Weights by the transport activity or freight of each lot of service, since services have no mass (ISO 14083,
    allocation by transport activity, in hubs by freight handled)."""
    draft.weigh("mass", [
        amount if output.role in CARRYING_ROLES else ZERO
        for amount, output in zip(amounts, context.outputs, strict=True)
    ])

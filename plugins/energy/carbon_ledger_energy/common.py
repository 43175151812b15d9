"""Shared code of the energy routes: amounts of power and heat, shares, losses, the market-based figure of power.

Energy that is converted is not used up. By GB/T 2589 (general rules for the comprehensive energy consumption) a
conversion uses the energy that goes in less the energy that comes out: users of power and heat count the rest.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ledger.sdk import (
    POWER_UNITS,
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    EnergyUse,
    FactorTable,
    FuelAnalysis,
    InputFacts,
    Line,
    OutputFacts,
    Positive,
    convert,
    invalid_activity,
    is_energy,
    read_factors,
    residual_mix,
)

MJ_PER_KWH: Final = Decimal("3.6")
_UNBURDENED: Final = ("waste", "core", "credit", "attribute")
# Meters of class 0.5 on both sides differ by at most one per cent.
METERING: Final = Decimal("0.01")


class Burning(Activity, frozen=True, kw_only=True):
    """Fields of routes with a furnace. `analyses`: of fuels, by the site."""

    analyses: tuple[FuelAnalysis, ...] = ()


class Selling(Activity, frozen=True, kw_only=True):
    """Fields of routes whose power comes without its attributes. `residual_mix`: kg CO2 per kWh of the market without
    the power whose attributes were sold; it replaces the ledger's value for the country."""

    residual_mix: Positive | None = None


def factors() -> FactorTable:
    """The sector's factors: kg CO2e per kWh, of plants over their life."""
    return read_factors("carbon_ledger_energy", "factors.csv", "energy")


def is_power(lot: InputFacts | OutputFacts) -> bool:
    """Whether a lot is counted in watt hours."""
    return lot.quantity.unit in POWER_UNITS


def carrying(context: Context) -> tuple[OutputFacts, ...]:
    """The outputs that carry burden; green attributes, waste, cores and credits do not."""
    return tuple(output for output in context.outputs if output.role not in _UNBURDENED)


def power_of(lots: Sequence[InputFacts] | Sequence[OutputFacts]) -> Decimal:
    """KWh of the lots that are power."""
    return sum((convert(one.quantity.amount, one.quantity.unit, "KWH") for one in lots if is_power(one)), ZERO)


def heat_of(lots: Sequence[InputFacts] | Sequence[OutputFacts]) -> Decimal:
    """MJ of the lots that are heat."""
    return sum((convert(one.quantity.amount, one.quantity.unit, "3B") for one in lots
                if is_energy(one.quantity) and not is_power(one)), ZERO)


def check_outputs(draft: Draft, context: Context, *, power: bool, heat: bool) -> None:
    """Refuses outputs that the route does not make, and a record without outputs that carry burden."""
    made = carrying(context)
    for output in made:
        if not is_energy(output.quantity) or not (power if is_power(output) else heat):
            draft.find("wrong-unit", f"{output.quantity} of {output.lot}: this route makes "
                       + " and ".join(["power in KWH, MWH or GWH"] * power + ["heat in 3B, GV or D30"] * heat),
                       refuses=True)
    if not made:
        draft.find("no-output", "no output carries burden: the record makes no power or heat", refuses=True)


def share_by_energy(draft: Draft, context: Context) -> None:
    """Outputs of one carrier have one figure per MJ: each carries its part of the energy, also in an allocation by
    mass, since energy has no mass. Value, moles and declared shares stay as the record states them."""
    weights = [megajoules_of(one) if one in carrying(context) else ZERO for one in context.outputs]
    for key in ("energy", "mass"):
        draft.weigh(key, weights)


def megajoules_of(lot: OutputFacts) -> Decimal:
    """MJ of an output; zero if it is no energy."""
    return convert(lot.quantity.amount, lot.quantity.unit, "3B") if is_energy(lot.quantity) else ZERO


def check_technology(draft: Draft, context: Context, technology: str) -> None:
    """Refuses attributes of another technology than the plant's."""
    for output in context.outputs:
        if output.technology not in (None, technology):
            draft.find(
                "attribute-technology",
                f"{output.lot} is an attribute of {output.technology}, but the plant is {technology}", refuses=True,
            )


def leave_residual(draft: Draft, context: Context, kilowatt_hours: Decimal, stated: str | None) -> None:
    """The market-based amount of power that is sold without its attribute, by the residual mix (GHG Protocol, Scope 2
    Guidance, table 6.3). The footprint itself is location-based and does not change. If factor sets apply
    (`Context.sets`), the core makes this line from them, and a stated mix does not count."""
    if context.sets:
        if stated is not None:
            draft.find("residual-mix-of-sets", f"the stated residual mix of {stated} does not count: the factor sets "
                       "in force give it")
        return
    places, name = context.facility.places, "activity:residualMix"
    if stated is not None:
        value, recalled = Decimal(stated), False
    elif residual_mix().covers("electricity", places):
        factor = residual_mix().find("electricity", places, context.year)
        value, recalled, name = factor.value, factor.recalled, factor.name
    else:
        draft.find("no-residual-mix", f"no residual mix is known of {context.facility.country}, so without attributes "
                   "this power counts as zero in market-based figures: state `residualMix`")
        return
    draft.line(Line(
        gas="CO2", amount=kilowatt_hours * value, source="power without its attribute", kind="electricity",
        burden="electricityMarket", factor=name, recalled=recalled,
    ))


def converted(assessment: Assessment, delivered: Decimal) -> Assessment:
    """The assessment of a conversion that delivers so many MJ: the lost part of each carrier stays booked."""
    entered = sum((use.amount for use in assessment.energy), ZERO)
    lost = max(ZERO, 1 - delivered / entered) if entered > 0 else ZERO
    energy = [
        EnergyUse(carrier=use.carrier, amount=use.amount * lost, renewable=use.renewable) for use in assessment.energy
    ]
    return Assessment(
        lines=assessment.lines, energy=tuple(use for use in energy if use.amount > 0), omissions=assessment.omissions,
        weights=assessment.weights, matter=assessment.matter, assigned=assessment.assigned,
        indicators=assessment.indicators, findings=assessment.findings,
    )


def stated(field: str, text: str, largest: Decimal, rule: str) -> Decimal:
    """A number of the activity; raises PluginError if it is above `largest`."""
    if Decimal(text) > largest:
        raise invalid_activity(field, text, rule)
    return Decimal(text)

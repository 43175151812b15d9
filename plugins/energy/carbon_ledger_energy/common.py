"""What the energy routes share: amounts of power and heat, shares, losses, the market-based figure of power.

Energy that is converted is not used up. As GB/T 2589 (general rules for the comprehensive energy consumption) has it, a
conversion uses what goes in less what comes out: the rest is used by those who take power and heat, and counts there.
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
# Meters of class 0.5 on both sides differ by a per cent at the most.
METERING: Final = Decimal("0.01")


class Burning(Activity, frozen=True, kw_only=True):
    """What routes with a furnace may say: `analyses` are what the site measured of its fuels."""

    analyses: tuple[FuelAnalysis, ...] = ()


class Selling(Activity, frozen=True, kw_only=True):
    """What routes may say whose power comes without its attributes. `residual_mix`: kg CO2 per kWh of what is left in
    the market when attributes are taken out, where its country publishes another one than this ledger knows."""

    residual_mix: Positive | None = None


def factors() -> FactorTable:
    """The sector's factors: kg CO2e per kWh, of plants over their life."""
    return read_factors("carbon_ledger_energy", "factors.csv", "energy")


def is_power(one: InputFacts | OutputFacts) -> bool:
    """Whether a lot is counted in watt hours."""
    return one.quantity.unit in POWER_UNITS


def carrying(context: Context) -> tuple[OutputFacts, ...]:
    """The outputs that carry burden; green attributes, ash and the like do not."""
    return tuple(one for one in context.outputs if one.role not in _UNBURDENED)


def power_of(lots: Sequence[InputFacts] | Sequence[OutputFacts]) -> Decimal:
    """KWh of those that are power."""
    return sum((convert(one.quantity.amount, one.quantity.unit, "KWH") for one in lots if is_power(one)), ZERO)


def heat_of(lots: Sequence[InputFacts] | Sequence[OutputFacts]) -> Decimal:
    """MJ of those that are heat."""
    return sum((convert(one.quantity.amount, one.quantity.unit, "3B") for one in lots
                if is_energy(one.quantity) and not is_power(one)), ZERO)


def check_outputs(draft: Draft, context: Context, *, power: bool, heat: bool) -> None:
    """Refuses outputs that the route does not make, and a record that makes none."""
    made = carrying(context)
    for one in made:
        if not is_energy(one.quantity) or not (power if is_power(one) else heat):
            draft.find("wrong-unit", f"{one.quantity} of {one.lot}: this route makes "
                       + " and ".join(["power in KWH, MWH or GWH"] * power + ["heat in 3B, GV or D30"] * heat),
                       refuses=True)
    if not made:
        draft.find("no-output", "nothing that carries burden comes out", refuses=True)


def share_by_energy(draft: Draft, context: Context) -> None:
    """Outputs of one carrier are alike: each carries its part of the energy, also by mass, which they have not. Value,
    moles and declared shares stay what the record says."""
    weights = [megajoules_of(one) if one in carrying(context) else ZERO for one in context.outputs]
    for key in ("energy", "mass"):
        draft.weigh(key, weights)


def megajoules_of(one: OutputFacts) -> Decimal:
    """MJ of an output, none of what is no energy."""
    return convert(one.quantity.amount, one.quantity.unit, "3B") if is_energy(one.quantity) else ZERO


def check_technology(draft: Draft, context: Context, technology: str) -> None:
    """Refuses attributes of another source than the plant has."""
    for one in context.outputs:
        if one.technology not in (None, technology):
            draft.find("attribute-technology", f"{one.lot} stands for {one.technology}, the plant is {technology}",
                       refuses=True)


def leave_residual(draft: Draft, context: Context, kilowatt_hours: Decimal, stated: str | None) -> None:
    """The market-based amount of power that goes without its attribute: that of the residual mix (GHG Protocol, Scope 2
    Guidance, table 6.3). Nothing is added to the footprint itself, which is location-based."""
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


def converted(found: Assessment, delivered: Decimal) -> Assessment:
    """The assessment of a conversion that delivers so many MJ: of each carrier the part that was lost stays booked."""
    entered = sum((use.amount for use in found.energy), ZERO)
    kept = max(ZERO, 1 - delivered / entered) if entered > 0 else ZERO
    energy = [EnergyUse(carrier=use.carrier, amount=use.amount * kept, renewable=use.renewable) for use in found.energy]
    return Assessment(
        lines=found.lines, energy=tuple(use for use in energy if use.amount > 0), omissions=found.omissions,
        weights=found.weights, matter=found.matter, assigned=found.assigned, indicators=found.indicators,
        findings=found.findings,
    )


def stated(field: str, text: str, largest: Decimal, rule: str) -> Decimal:
    """A number of the activity; raises PluginError where it is above `largest`."""
    if Decimal(text) > largest:
        raise invalid_activity(field, text, rule)
    return Decimal(text)

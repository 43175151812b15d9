"""Photovoltaic and wind plants: power without combustion, and its green attributes as separate lots.

Location-based, the power carries the footprint of its plant (carbon footprint factors of electricity). Market-based, it
counts as the residual mix until an attribute is used up with it: the buyer of the attribute owns the green claim (GHG
Protocol, Scope 2 Guidance, 7.1).
"""

from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_energy.common import (
    METERING,
    Selling,
    carrying,
    check_outputs,
    check_technology,
    factors,
    leave_residual,
    power_of,
    share_by_energy,
)
from ledger.sdk import ZERO, Assessment, Context, Draft, Lack, Positive, Reading, book_energy, leak_gases

A_WEEK: Final = Decimal(168)
PROOFS: Final = ("meterReading", "gridConnection", "powerPurchaseAgreement", "directLine")
"""Kinds of evidence that show a plant: each names another party that meters it, connects it or pays for its power."""


class Plant(NamedTuple):
    """`technology` of its attributes; `factor`: key of its factor; `usual`: the largest usual load over a week or
    more."""

    technology: str
    factor: str
    usual: Decimal


# The best sites with trackers reach a third of their capacity over a year, and half of the year is night.
_PHOTOVOLTAIC: Final = Plant("photovoltaic", "photovoltaicPlant", Decimal("0.35"))
# Offshore sites reach 0.6 over a windy month.
_WIND: Final = Plant("wind", "windPlant", Decimal("0.65"))


class Generation(Selling, frozen=True, kw_only=True):
    """A plant and its generation.

    Outputs: electricity, and its green attributes with the role attribute. Supplies: of the operation of the plant;
    its fuels burn. `capacity`: kW, of the whole plant (photovoltaic: direct current, as on the modules).
    `generated`: kWh at the generator's meter, if the plant and the site use a part themselves.
    """

    capacity: Positive
    generated: Positive | None = None


def assess_photovoltaic(context: Context, activity: Generation) -> Assessment:
    """Photovoltaic plants."""
    return _assess(context, activity, _PHOTOVOLTAIC)


def assess_wind(context: Context, activity: Generation) -> Assessment:
    """Wind turbines."""
    return _assess(context, activity, _WIND)


def _assess(context: Context, activity: Generation, plant: Plant) -> Assessment:
    """Upstream = generated * factor of the plant; market-based = delivered * residual mix. The plant uses up no energy
    but bought fuel and power: the user of its power counts the rest (physical content of renewable power, IEA and GB/T
    2589)."""
    draft = Draft(context)
    leak_gases(draft, context)
    book_energy(draft, context)
    check_outputs(draft, context, power=True, heat=False)
    check_technology(draft, context, plant.technology)
    share_by_energy(draft, context)
    delivered = power_of(carrying(context))
    generated = delivered if activity.generated is None else Decimal(activity.generated)
    _check_amounts(draft, context, activity, plant, delivered, generated)
    _add_plant(draft, context, plant, generated)
    if context.questions:
        _check_proof(draft, context, delivered)
    leave_residual(draft, context, delivered, activity.residual_mix)
    draft.indicate("renewableElectricity", generated)
    return draft.assessment()


def _check_amounts(
    draft: Draft, context: Context, activity: Generation, plant: Plant, delivered: Decimal, generated: Decimal
) -> None:
    """Load = generated / (capacity * hours), never above 1."""
    if delivered > generated:
        draft.find(
            "delivered-above-generated", f"{delivered:f} kWh leave the plant, but it generated only {generated:f} kWh",
            refuses=True,
        )
    possible = Decimal(activity.capacity) * context.hours
    load = generated / possible if possible > 0 else ZERO
    if load > 1 + METERING:
        draft.find("capacity-exceeded", f"{generated:f} kWh in {context.hours:f} h exceed the "
                   f"capacity of {activity.capacity} kW", refuses=True)
    elif load > plant.usual and context.hours >= A_WEEK:
        # The power beyond the usual load came from somewhere else.
        beyond = Lack(material="electricity", amount=generated - plant.usual * possible, unit="KWH")
        draft.warn("load-unusual", f"a load of {load:.2f} over {context.hours:f} h; {plant.technology} plants seldom "
                   f"exceed {plant.usual}", Reading(load, "kWh/kWh", (ZERO, plant.usual), (ZERO, Decimal(1))),
                   lacks=(beyond,))
    draft.indicate("capacityFactor", load)


def _check_proof(draft: Draft, context: Context, delivered: Decimal) -> None:
    """A plant that runs has a meter, a connection to the grid or a contract. Without a document of any of these, its
    power may be anyone's: attributes and power for its own needs are the words of the record itself."""
    if not context.shows(*PROOFS):
        draft.warn(
            "generation-unproven", f"{delivered:f} kWh without a document of a meter, a connection or a contract",
            lacks=(Lack(material="electricity", amount=delivered, unit="KWH"),),
        )


def _add_plant(draft: Draft, context: Context, plant: Plant, generated: Decimal) -> None:
    places = context.facility.places
    key = plant.factor
    if context.sets and not factors().covers(key, places):
        key = f"{key}World"
    if factors().covers(key, places):
        draft.price(f"{plant.technology} plant", generated, factors().find(key, places), kind="upstream")
    else:
        draft.omit(f"{plant.technology} plant upstream")

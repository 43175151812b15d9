"""Hubs: terminals, warehouses, ports. The service is freight handled, counted in pieces and stated in tonnes."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_logistics.common import Operation, book_operation, factors, weigh
from ledger.sdk import (
    CARRYING_ROLES,
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    Name,
    Part,
    Quantity,
    Reading,
    Shortfall,
    invalid_activity,
    kilograms,
)

# Cross-docks take 5 to 50 MJ per t, cold stores that hold goods for weeks up to 3,000.
MOST_ENERGY: Final = Decimal(5000)
# A fifth of the best cross-dock; GLEC's 1.2 kg CO2e per t are about 9 MJ of power.
LEAST_ENERGY: Final = Decimal(1)
USUAL_ENERGY: Final = Decimal(9)


class Handled(Part, frozen=True, kw_only=True):
    """Freight that left the hub for a lot of service: `lot`, the output, and its `mass`."""

    lot: Name
    mass: Quantity


class Hub(Operation, frozen=True, kw_only=True):
    """How a hub ran in a period (hub operation category).

    Supplies: `electricity`, `diesel` and other standard fuels of lifts, tractors and heating, `heat`, `steam`,
    `HFC134a` that leaked; `packaging` and others are left to the core. Outputs: lots of service, counted (C62:
    shipments, containers, or whole tonnes), never in a mass: freight itself moves by transfers.
    `handled`: an entry for each output. `kind`: of the hub.
    """

    handled: tuple[Handled, ...]
    kind: Literal["transhipment", "warehouse", "storageAndTranshipment", "port", "airport", "terminal"] = "transhipment"


def assess(context: Context, activity: Hub) -> Assessment:
    """ISO 14083: emissions of energy, its provision and refrigerants, else freight * default intensity. Lots
    share the burden by the freight that left.

    Raises PluginError for outputs with a mass, and for freight that does not match the outputs.
    """
    draft = Draft(context)
    tonnes = _tonnes(context, activity)
    total = sum(tonnes, ZERO)
    energy = book_operation(draft, context, activity, "transport")
    _book_intensity(draft, activity, total, energy)
    if energy > 0:
        draft.indicate("energyPerTonneHandled", energy / total)
        if energy / total > MOST_ENERGY:
            draft.warn("energy-unusual", f"{energy / total:.4g} MJ per t handled: usual is up to {MOST_ENERGY}",
                       Reading(energy / total, "MJ/t", (LEAST_ENERGY, MOST_ENERGY)))
        elif energy / total < LEAST_ENERGY and context.questions:
            draft.warn("energy-unusual", f"{energy / total:.4g} MJ per t handled: usual are at least {LEAST_ENERGY}",
                       Reading(energy / total, "MJ/t", (LEAST_ENERGY, MOST_ENERGY)),
                       lacks=_lacking(total).below(LEAST_ENERGY, energy / total))
    elif activity.intensity is None:
        draft.warn("no-energy", "neither energy nor an intensity is given",
                   Reading(ZERO, "MJ/t", (LEAST_ENERGY, MOST_ENERGY)), lacks=_lacking(total).below(LEAST_ENERGY, ZERO))
        draft.omit("energy of the hub")
    weigh(draft, context, tonnes)
    draft.indicate("freightHandled", total)
    return draft.assessment()


def _lacking(tonnes: Decimal) -> Shortfall:
    return Shortfall("electricity", "3B", tonnes, USUAL_ENERGY)


def _tonnes(context: Context, activity: Hub) -> list[Decimal]:
    by_lot = {one.lot: one for one in activity.handled}
    if len(by_lot) != len(activity.handled) or set(by_lot) != {output.lot for output in context.outputs}:
        raise invalid_activity("handled", ", ".join(by_lot) or "empty", "an entry for each output, by its lot")
    tonnes = []
    for output in context.outputs:
        if output.mass is not None:
            raise invalid_activity("handled", output.lot, "for outputs that are services: counted, without a mass")
        mass = by_lot[output.lot].mass
        amount = kilograms(mass, "handled[].mass") / KG_PER_T
        tonnes.append(amount if output.role in CARRYING_ROLES else ZERO)
    if not any(tonnes):
        raise invalid_activity("handled", "without freight of a product", "freight of at least one product")
    return tonnes


def _book_intensity(draft: Draft, activity: Hub, total: Decimal, energy: Decimal) -> None:
    if activity.intensity is None:
        return
    if energy > 0:
        raise invalid_activity("intensity", activity.intensity, "absent if energy is supplied: both would count twice")
    if not activity.intensity.startswith("hub") or activity.intensity not in factors():
        raise invalid_activity("intensity", activity.intensity, "a default intensity of hubs: hubTranshipment")
    draft.price(activity.intensity, total, factors().find(activity.intensity), kind="transport")

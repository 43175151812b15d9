"""Transport: vehicles, trains, vessels and aircraft move freight; the service is a lot in tonne kilometres."""

from collections.abc import Mapping
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
    Fraction,
    Lack,
    LineKind,
    Name,
    Part,
    Positive,
    Quantity,
    Reading,
    Shortfall,
    amount_in,
    convert,
    invalid_activity,
    kilograms,
    warn_outside,
)

Mode = Literal["road", "rail", "inlandWaterway", "sea", "air", "pipeline"]

Limits = tuple[Decimal, Decimal]
# MJ per tkm. Trucks take 1 with 20 t on board and 10 with parcels in a van; trains 0.05 to 0.5, barges 0.2 to 1, ships
# 0.02 to 1, ferries more, aircraft 7 to 30.
USUAL_ENERGY: Final[Mapping[str, Limits]] = {
    "road": (Decimal("0.4"), Decimal(20)), "rail": (Decimal("0.03"), Decimal(1)),
    "inlandWaterway": (Decimal("0.1"), Decimal(2)), "sea": (Decimal("0.02"), Decimal(3)),
    "air": (Decimal(5), Decimal(40)), "pipeline": (Decimal("0.01"), Decimal(2)),
}
# Tyres roll at 5 N per kN, steel wheels at 1: 0.05 and 0.01 MJ for each gross tkm at the wheel. An aircraft with a lift
# to drag ratio of 20 takes 0.5 in flight, and jets convert a third of their fuel's energy. Slow ships need least.
POSSIBLE_ENERGY: Final[Mapping[str, Decimal]] = {
    "road": Decimal("0.05"), "rail": Decimal("0.01"), "inlandWaterway": Decimal("0.005"), "sea": Decimal("0.002"),
    "air": Decimal("1.5"), "pipeline": Decimal("0.001"),
}
USUAL_FUEL: Final[Mapping[str, tuple[str, Decimal]]] = {
    "road": ("diesel", Decimal("0.86")), "rail": ("diesel", Decimal("0.25")),
    "inlandWaterway": ("diesel", Decimal("0.25")), "sea": ("marineFuelOil", Decimal("0.09")),
    "air": ("jetKerosene", Decimal(8)), "pipeline": ("electricity", Decimal("0.1")),
}
"""MJ per tkm that a mode usually takes, by the intensities of GLEC (trucks, trains, container vessels, belly freight)
and the emissions of their fuel; pipelines by own judgement. It measures energy that is below the usual range."""
# Detours of 5 % on roads and 15 % at sea are usual; twice the distance is another route.
MOST_ADJUSTMENT: Final = Decimal(2)
# Axles bear some overload; 50 % overload is a wrong weight or distance.
FULL: Final = Decimal(1)
MOST_LOAD: Final = Decimal("1.5")
# Odometers and maps agree to a part in a thousand.
ROUNDING: Final = Decimal("0.001")
FARTHEST: Final[Mapping[str, Decimal]] = {"road": Decimal(6000), "inlandWaterway": Decimal(4000)}
"""Kilometres of one consignment (own judgement: lorries from coast to coast take 5,000 km, barges on long rivers
3,000)."""
WAYBILLS: Final = ("waybill", "billOfLading")
FLIGHT: Final = "airFreight"
VESSELS: Final = ("sea", "inlandWaterway")
VESSEL_SLIP, VEHICLE_SLIP = "lngSlipVessel", "lngSlipVehicle"
SLIP_PROOFS: Final = ("emissionMeasurement", "engineCertificate", "monitoringReport")
"""Kinds of evidence for less methane slip than by default."""
PREFIXES: Final[Mapping[str, str]] = {
    "road": "road", "rail": "rail", "inlandWaterway": "inland", "sea": "sea", "air": "air", "pipeline": "pipeline",
}
"""Prefixes of a mode's defaults in `factors.csv`."""


class Consignment(Part, frozen=True, kw_only=True):
    """Freight of a lot of service: `lot`, the output; `mass` with packaging; `distance` from the place of loading to
    the place of unloading, by the record's kind of distance."""

    lot: Name
    mass: Quantity
    distance: Quantity


class Transport(Operation, frozen=True, kw_only=True):
    """How freight was moved: one trip, or all trips of one kind in a period (transport operation category).

    Supplies: `diesel`, `gasoline`, `lng`, `fuelOil`, `kerosene` and other standard fuels of loaded and empty trips;
    `electricity`; `HFC134a` that leaked. Lots in tonne kilometres are services bought from other carriers. Outputs:
    lots of service in tonne kilometres (TKM), each with its consignment.
    `mode`: of transport. `consignments`: one for each output. `distance_basis`: of their distances, the shortest
    feasible one, or the great circle (air). `distance_adjustment`: kilometres driven per kilometre of that distance,
    for an intensity that is per kilometre driven. `loaded_distance`, `empty_distance`: of the vehicles together;
    `capacity`: payload of one vehicle, a mass. `methane_slip`: share of `lng` that leaves unburnt; a default if absent.
    """

    mode: Mode
    consignments: tuple[Consignment, ...]
    distance_basis: Literal["shortestFeasible", "greatCircle"] = "shortestFeasible"
    distance_adjustment: Positive = "1"
    loaded_distance: Quantity | None = None
    empty_distance: Quantity | None = None
    capacity: Quantity | None = None
    methane_slip: Fraction | None = None


def assess(context: Context, activity: Transport) -> Assessment:
    """ISO 14083: transport activity T = sum of mass * distance; emissions of energy and its provision, else T *
    distance adjustment * default intensity. Lots of service share the burden by their part of T.

    Raises PluginError for consignments that do not match the outputs, InvalidQuantity for outputs in other units.
    """
    draft = Draft(context)
    carried = _carried(context, activity)
    total = sum(carried, ZERO)
    kind: LineKind = "airTransport" if activity.mode == "air" else "transport"
    energy = book_operation(draft, context, activity, kind)
    _book_slip(draft, context, activity, kind)
    bought = any(taken.quantity.unit == "TKM" for taken in context.inputs)
    others = [taken.quantity for taken in context.inputs] + [supply.quantity for supply in context.supplies]
    own = max(total - sum((freight.amount for freight in others if freight.unit == "TKM"), ZERO), ZERO)
    _book_intensity(draft, activity, total, kind, energy)
    if energy > 0:
        _check_energy(draft, activity.mode, energy, total, own)
        draft.indicate("energyPerTonneKilometre", energy / total)
    elif activity.intensity is None and not bought:
        # Only a warning: the closing of a provisional trip may bring its energy.
        fuel, usual = USUAL_FUEL[activity.mode]
        draft.warn("no-energy", "neither energy nor an intensity is given", Reading(ZERO, "MJ/tkm", USUAL_ENERGY[
            activity.mode]), lacks=Shortfall(fuel, "3B", own, usual).below(usual, ZERO))
        draft.omit("energy of transport")
    if activity.mode == "air" and activity.distance_basis != "greatCircle":
        draft.find(
            "distance-basis", "air freight is counted by the great circle distance",
        )
    _indicate_vehicles(draft, activity, total)
    if context.questions and activity.mode in FARTHEST and not context.shows(*WAYBILLS):
        _check_distance(draft, context, activity)
    weigh(draft, context, carried)
    draft.indicate("transportActivity", total)
    return draft.assessment()


def _check_distance(draft: Draft, context: Context, activity: Transport) -> None:
    """Lorries and barges cross no ocean: freight over such a distance may have flown."""
    carrying = {output.lot for output in context.outputs if output.role in CARRYING_ROLES}
    most, far = FARTHEST[activity.mode], ZERO
    for consignment in activity.consignments:
        kilometres = amount_in(consignment.distance, "KMT", "consignments[].distance")
        if kilometres > most and consignment.lot in carrying:
            far += amount_in(consignment.mass, "TNE", "consignments[].mass") * kilometres
    if far:
        draft.warn("distance-unusual", f"{far:.6g} tkm by {activity.mode} over more than {most} km, without a waybill",
                   Reading(far, "tkm"), lacks=(Lack(FLIGHT, far, "TKM"),))


def _carried(context: Context, activity: Transport) -> list[Decimal]:
    """Tkm of each output, by its consignment; raises PluginError if they differ from the output's quantity."""
    by_lot = {consignment.lot: consignment for consignment in activity.consignments}
    if len(by_lot) != len(activity.consignments) or set(by_lot) != {output.lot for output in context.outputs}:
        raise invalid_activity("consignments", ", ".join(by_lot) or "empty", "an entry for each output, by its lot")
    carried = []
    for output in context.outputs:
        consignment = by_lot[output.lot]
        tonnes = amount_in(consignment.mass, "TNE", "consignments[].mass")
        kilometres = amount_in(consignment.distance, "KMT", "consignments[].distance")
        stated = convert(output.quantity.amount, output.quantity.unit, "TKM", "outputs[].quantity")
        if abs(stated - tonnes * kilometres) > stated * ROUNDING:
            raise invalid_activity(
                "consignments", f"{tonnes} t over {kilometres} km", f"equal to the {stated} tkm of {output.lot}"
            )
        carried.append(tonnes * kilometres if output.role in CARRYING_ROLES else ZERO)
    if not any(carried):
        raise invalid_activity("consignments", "without freight of a product", "freight of at least one product")
    return carried


def _book_intensity(draft: Draft, activity: Transport, total: Decimal, kind: LineKind, energy: Decimal) -> None:
    adjustment = Decimal(activity.distance_adjustment)
    if not 1 <= adjustment <= MOST_ADJUSTMENT:
        rule = f"from 1 to {MOST_ADJUSTMENT}: no route is shorter than the shortest feasible distance"
        raise invalid_activity("distanceAdjustment", activity.distance_adjustment, rule)
    if activity.intensity is None:
        if adjustment != 1:
            raise invalid_activity("distanceAdjustment", activity.distance_adjustment, "1 without an intensity")
        return
    if energy > 0:
        raise invalid_activity("intensity", activity.intensity, "absent if energy is supplied: both would count twice")
    if not activity.intensity.startswith(PREFIXES[activity.mode]) or activity.intensity not in factors():
        defaults = " ".join(row.key for row in factors() if row.key.startswith(PREFIXES[activity.mode]))
        raise invalid_activity(
            "intensity", activity.intensity, f"a default of {activity.mode}: {defaults or 'no default exists'}",
        )
    draft.price(activity.intensity, total * adjustment, factors().find(activity.intensity), kind=kind)


def _book_slip(draft: Draft, context: Context, activity: Transport, kind: LineKind) -> None:
    """Methane that passes engines unburnt: mass of LNG * slip, kg of CH4. An unknown slip is the default of the engine
    with most slip; under rules without factor sets, it is an omission."""
    supplies = context.supplied("lng")
    if activity.methane_slip is not None and not supplies:
        raise invalid_activity("methaneSlip", activity.methane_slip, "absent without a supply `lng`")
    for supply in supplies:
        if activity.methane_slip is None and context.sets:
            # By a published share of the mass: secondary data.
            key = VESSEL_SLIP if activity.mode in VESSELS else VEHICLE_SLIP
            draft.price("methaneSlip", supply.amount("KGM"), factors().find(key), kind=kind, supply=supply)
        elif activity.methane_slip is None:
            draft.omit("lng methane slip")
        else:
            slip = supply.amount("KGM") * Decimal(activity.methane_slip)
            draft.carbon("methaneSlip", slip, kind=kind, gas="CH4", supply=supply)
            if context.questions:
                _check_slip(draft, context, activity, supply.amount("KGM"), slip)


def _check_slip(draft: Draft, context: Context, activity: Transport, mass: Decimal, slip: Decimal) -> None:
    """Less slip than by the default needs a document."""
    usual = mass * factors().find(VESSEL_SLIP if activity.mode in VESSELS else VEHICLE_SLIP).value
    if slip < usual and not context.shows(*SLIP_PROOFS):
        draft.warn("slip-unproven", f"{slip:.6g} kg of methane slip: no document ({', '.join(SLIP_PROOFS)}) shows less "
                   f"than {usual:.6g}", emits={"CH4": usual - slip})


def _check_energy(draft: Draft, mode: str, energy: Decimal, total: Decimal, own: Decimal) -> None:
    """`own`: the tkm that no other carrier moves, which alone need the record's energy."""
    least, most = USUAL_ENERGY[mode]
    message = f"{energy / total:.3g} MJ per tkm by {mode}: usual are {least} to {most}"
    if energy / total < POSSIBLE_ENERGY[mode]:
        draft.find("energy-impossible", message, refuses=True)
        return
    fuel, usual = USUAL_FUEL[mode]
    lacks = Shortfall(fuel, "3B", total, usual * own / total) if energy < least * own else None
    warn_outside(draft, "energy-unusual", message, energy / total, USUAL_ENERGY[mode], with_range=False, unit="MJ/tkm",
                 lacks=lacks)


def _indicate_vehicles(draft: Draft, activity: Transport, total: Decimal) -> None:
    """Load factor = tkm / (payload * kilometres loaded); empty running = empty kilometres / all kilometres."""
    loaded = _kilometres(activity.loaded_distance, "loadedDistance")
    empty = _kilometres(activity.empty_distance, "emptyDistance")
    if activity.empty_distance is not None and activity.loaded_distance is None:
        raise invalid_activity("emptyDistance", activity.empty_distance, "stated together with loadedDistance")
    if loaded == 0:
        return
    draft.indicate("emptyRunning", empty / (loaded + empty))
    if activity.capacity is not None:
        payload = kilograms(activity.capacity, "capacity") / KG_PER_T
        factor = total / (payload * loaded)
        draft.indicate("loadFactor", factor)
        if factor > FULL:
            draft.find("overloaded", f"{factor:.3g} of the payload on average", refuses=factor > MOST_LOAD)


def _kilometres(distance: Quantity | None, field: str) -> Decimal:
    return ZERO if distance is None else amount_in(distance, "KMT", field)

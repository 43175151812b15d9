"""Vehicle assembly: body welding, painting, and final assembly of road vehicles, by powertrain."""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_equipment.common import SCRAP, Work, begin, check_test_power, indicate_energy, pieces
from ledger.sdk import (
    PRODUCT_ROLES,
    ZERO,
    Assessment,
    Context,
    Draft,
    Lack,
    Quantity,
    Shortfall,
    amount_in,
    follow_composition,
    invalid_activity,
    kilograms,
    matter_in,
    omit_upstream,
    used_up,
    warn_outside,
    warn_unaccounted,
)

NEW_ENERGY: Final = ("batteryElectric", "plugInHybrid", "rangeExtended", "fuelCell")
"""New-energy vehicles by China's rules of access for makers: driven wholly or mainly by electricity that is charged, or
made on board by a fuel cell. A hybrid that cannot be charged is no new-energy vehicle."""
CLEAN_ENERGY: Final = ("naturalGas", "methanol", "hydrogenCombustion")
"""Also counted by targets for new or clean energy."""
CHARGED: Final = ("batteryElectric", "plugInHybrid", "rangeExtended")

# Kg of one vehicle, ready to drive without load: a lighter or heavier product is another kind, or a part.
USUAL_MASS: Final = {
    "passengerCar": (Decimal(500), Decimal(4000)), "bus": (Decimal(2500), Decimal(30000)),
    "truck": (Decimal(1000), Decimal(60000)), "special": (Decimal(1000), Decimal(100000)),
    "motorcycle": (Decimal(40), Decimal(600)),
}
TYPICAL_MASS: Final = {
    "passengerCar": Decimal(1400), "bus": Decimal(12000), "truck": Decimal(8000), "special": Decimal(10000),
    "motorcycle": Decimal(150),
}
"""Kg; own judgement. Below the usual mass, parts that weigh the rest are in question."""
LIGHTEST: Final = USUAL_MASS["motorcycle"][0]
PART: Final = "machine"
"""The factor sets price it."""
# GJ per vehicle of a plant with body, paint and final assembly: cars take 4 to 15, buses and heavy trucks several times
# as much; below 0.5 a meter is missing.
USUAL_ENERGY: Final = (Decimal("0.5"), Decimal(200))
# kWh of traction battery: a city car's 10 to a heavy truck's 1000. A hybrid that is not charged keeps 1 to 3.
USUAL_BATTERY: Final = (Decimal(5), Decimal(1200))
LARGEST_UNCHARGED: Final = Decimal(150)
REFRIGERANTS: Final = ("refrigerant", "HFC134a")
USUAL_CAPACITY: Final = {
    "passengerCar": Decimal(50), "bus": Decimal(200), "truck": Decimal(100), "special": Decimal(100),
    "motorcycle": Decimal(5),
}
"""KWh of a battery-electric vehicle with a small battery (own judgement)."""
PLUGGED: Final = Decimal("0.3")
"""Of that, in a vehicle that burns fuel too (own judgement)."""
DENSITY: Final = Decimal("0.15")
"""KWh per kg of a battery pack, as the row `tractionBattery` of the open set has it."""
LEAST_HELD: Final = Decimal("0.5")
"""Of the usual mass: good packs store 0.2 kWh per kg, and a lot may hold a battery beside other parts."""
BATTERY: Final = "tractionBattery"
LOSS: Final = Decimal("0.05")

Vehicle = Literal["passengerCar", "bus", "truck", "special", "motorcycle"]
Powertrain = Literal[
    "batteryElectric", "plugInHybrid", "rangeExtended", "fuelCell", "hybrid", "gasoline", "diesel", "naturalGas",
    "methanol", "hydrogenCombustion",
]


class VehicleAssembly(Work, frozen=True, kw_only=True):
    """How vehicles were made; a line that makes several kinds posts one record for each. All but `powertrain` may be
    left out.

    Inputs: bodies, engines, batteries, parts as lots. Outputs: vehicles, in pieces. Supplies: `electricity`,
    `naturalGas` and other standard fuels (paint drying, heating; all burnt), `heat`, `steam`, `carbonDioxide`,
    `acetylene`; `refrigerant` or `HFC134a`, `paint`, `adhesive`, `weldingWire`, `tyre`, `glass` and other bought parts
    with a mass are left to the core. Fuel that is filled into tanks is not burnt here: name it `firstFill`.
    `powertrain`, `vehicle`: their kinds. `battery_capacity`: of the traction battery of one vehicle, an energy.
    `refrigerant_charged`: HFC-134a that went into the vehicles, a mass; the rest of the supply is lost to the air.
    `test_electricity`: of test stands, part of the record's.
    """

    powertrain: Powertrain
    vehicle: Vehicle | None = None
    battery_capacity: Quantity | None = None
    refrigerant_charged: Quantity | None = None
    test_electricity: Quantity | None = None


def assess(context: Context, activity: VehicleAssembly) -> Assessment:
    """Energy and shop gases, refrigerant lost in filling; vehicles made, and the number of new-energy ones."""
    draft, power = begin(context, activity)
    check_test_power(activity.test_electricity, power, draft)
    _lose_refrigerant(draft, context, activity)
    _check_battery(draft, context, activity)
    follow_composition(draft, context)
    came, made = matter_in(context), context.mass_out(*PRODUCT_ROLES)
    if came == 0:
        draft.find("no-parts", "no input or supply has a mass, so there are no parts to assemble", refuses=True)
    elif came - context.mass_out() > came * LOSS:
        warn_unaccounted(
            draft, came - context.mass_out(), f"{came - context.mass_out():f} kg of {came:f} kg are in no output",
            SCRAP, used_up(context), (came - used_up(context)) * LOSS,
        )
    _count(draft, context, activity, power)
    indicate_energy(draft, made, power)
    return draft.assessment()


def _count(draft: Draft, context: Context, activity: VehicleAssembly, power: Decimal) -> None:
    products = [output for output in context.outputs if output.role == "product"]
    counts = [pieces(output.quantity) for output in products]
    if not counts or None in counts:
        draft.find("not-pieces", "vehicles are products that are counted in pieces", refuses=True)
        return
    vehicles = sum((count or ZERO for count in counts), ZERO)
    draft.indicate("vehiclesMade", vehicles)
    draft.indicate("newEnergyVehicles", vehicles if activity.powertrain in NEW_ENERGY else ZERO)
    draft.indicate("cleanEnergyVehicles", vehicles if activity.powertrain in CLEAN_ENERGY else ZERO)
    draft.indicate("electricityPerPiece", power / vehicles)
    draft.indicate("energyPerVehicle", draft.megajoules / vehicles)
    if activity.rejected is not None:
        draft.indicate("rejectRate", Decimal(activity.rejected) / (vehicles + activity.rejected))
    gigajoules = draft.megajoules / vehicles / 1000
    warn_outside(
        draft, "energy-unusual", f"{gigajoules:.2f} GJ per vehicle", gigajoules, USUAL_ENERGY, with_range=False,
        unit="GJ", lacks=Shortfall("electricity", "GV", vehicles),
    )
    mass = sum((output.mass or ZERO for output in products), ZERO) / vehicles
    kind = activity.vehicle or ("passengerCar" if mass < LIGHTEST else None)
    if kind is not None:
        warn_outside(
            draft, "mass-unusual", f"{mass:.1f} kg per {kind}", mass, USUAL_MASS[kind], with_range=False, unit="kg",
            lacks=Shortfall(PART, "KGM", vehicles, TYPICAL_MASS[kind]))


def _lose_refrigerant(draft: Draft, context: Context, activity: VehicleAssembly) -> None:
    """Supplied refrigerant that is in no vehicle has escaped: HFC-134a lost = supplied - charged (IPCC 2006 Guidelines,
    volume 3, 7.5, losses of charging)."""
    supplied = sum((supply.amount("KGM") for supply in context.supplied(*REFRIGERANTS)), ZERO)
    if activity.refrigerant_charged is None:
        if supplied > 0:
            name = "refrigerant" if context.supplied("refrigerant") else REFRIGERANTS[1]
            draft.omit(f"{name} lost in filling")
            draft.omit(f"{name} upstream")
        return
    quantity = activity.refrigerant_charged
    charged = kilograms(quantity, "refrigerantCharged")
    if charged > supplied:
        raise invalid_activity("refrigerantCharged", quantity, f"at most {supplied:f} kg, the refrigerant supplied")
    for supply in context.supplied(*REFRIGERANTS):
        lost = supply.amount("KGM") * (supplied - charged) / supplied
        draft.carbon(supply.material, lost, gas="HFC134a", supply=supply)
        if context.questions and not lost:
            draft.omit(f"{supply.material} lost in filling")
        omit_upstream(draft, supply)


def _check_battery(draft: Draft, context: Context, activity: VehicleAssembly) -> None:
    if activity.battery_capacity is None:
        if activity.powertrain in CHARGED:
            usual = USUAL_CAPACITY[activity.vehicle or "passengerCar"]
            if activity.powertrain != "batteryElectric":
                usual *= PLUGGED
            draft.warn("battery-unknown", f"a {activity.powertrain} vehicle has a traction battery; say its capacity",
                       lacks=_missing_battery(context, usual / DENSITY))
        return
    quantity = activity.battery_capacity
    capacity = amount_in(quantity, "KWH", "batteryCapacity")
    if activity.powertrain not in (*NEW_ENERGY, "hybrid"):
        rule = f"absent: a vehicle with the powertrain {activity.powertrain} has no traction battery"
        raise invalid_activity("batteryCapacity", quantity, rule)
    if capacity > (USUAL_BATTERY[1] if activity.powertrain in CHARGED else LARGEST_UNCHARGED):
        draft.find("battery-unusual", f"{capacity:f} kWh in one vehicle")
    elif activity.powertrain in CHARGED and capacity < USUAL_BATTERY[0]:
        draft.find("battery-unusual", f"only {capacity:f} kWh in one vehicle that is charged")
    lacks = _missing_battery(context, capacity / DENSITY) if draft.questions else ()
    if lacks:
        draft.warn("battery-missing", f"batteries of {capacity:f} kWh per vehicle are not among lots and supplies",
                   lacks=lacks)


def _missing_battery(context: Context, each: Decimal) -> tuple[Lack, ...]:
    """The battery that lots and supplies do not hold, where it is more than half: `each` kg are usual in a vehicle."""
    counts = [pieces(output.quantity) or ZERO for output in context.outputs if output.role == "product"]
    usual = sum(counts, ZERO) * each
    held = sum([supply.mass or ZERO for supply in context.supplies if _is_battery(supply.material)], ZERO)
    for taken in context.inputs:
        part = sum([share for name, share in taken.materials.items() if _is_battery(name)], ZERO)
        if not taken.materials and taken.sector == "electronics":
            part = Decimal(1)
        held += (taken.mass or ZERO) * part
    return (Lack(material=BATTERY, amount=usual - held, unit="KGM"),) if held < usual * LEAST_HELD else ()


def _is_battery(name: str) -> bool:
    words = name.lower()
    return "battery" in words or "lithium" in words or words.endswith(("cell", "cells"))

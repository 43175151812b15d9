"""The least carbon and energy that the outputs of a record carry away."""

from decimal import Decimal
from typing import NamedTuple

from ledger.admission.facts import Composition
from ledger.admission.lots import Created
from ledger.engine.bounds.process import ZERO, Process, heat_stated, is_energy, is_power, megajoules
from ledger.engine.bounds.profiles import Profile, materials_of, profile_of
from ledger.engine.bounds.substances import least_of_output, stated_carbon
from ledger.engine.pricing.material_amount import amount_of_lot


class OutputHeld(NamedTuple):
    """The output at `place`: kg of carbon that it holds at least, kg of biogenic carbon that it states, and MJ. Its
    `carrier` is power, heat or matter."""

    place: int
    made: Created
    composition: Composition
    profile: Profile
    carbon: Decimal
    biogenic: Decimal
    energy: Decimal
    carrier: str


def leaving(process: Process) -> list[OutputHeld]:
    """The outputs that are matter or energy."""
    return [_held(process, place, made) for place, made in process.outputs]


def _held(process: Process, place: int, made: Created) -> OutputHeld:
    lot = made.facts
    composition = process.facts.composition(lot)
    profile = profile_of(process.sets, materials_of(composition))
    mass = lot.mass or ZERO
    stated = stated_carbon(composition, mass)
    if profile.measured or "C" in composition.elements:
        carbon, heat = least_of_output(process.sets, composition, amount_of_lot(lot))
    else:
        carbon = stated[0] + stated[1] if stated is not None else mass * profile.carbon
        heat = mass * profile.heat
    biogenic = ZERO if stated is None else stated[1]
    if is_energy(lot.unit):
        carrier = "power" if is_power(lot.unit) else "heat"
        return OutputHeld(
            place, made, composition, profile, carbon, biogenic, megajoules(lot.quantity, lot.unit), carrier)
    return OutputHeld(
        place, made, composition, profile, carbon, biogenic, heat_stated(made) or heat, "matter")

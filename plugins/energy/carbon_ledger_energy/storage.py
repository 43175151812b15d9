"""Storage: power goes in as a lot, and comes out as less.

A charge turns lots of power into a lot of what is stored, a discharge turns that into power again; a cycle does both in
one record. What is lost is used by the storage, so its burden stays on what comes out. The ledger's balances keep a
storage from giving more than it took in all; here each record is kept from it. A storage generates nothing: it has no
attributes to give (nor has it certificates in China), but needs some for its losses to be green.
"""

from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_energy.common import (
    MJ_PER_KWH,
    carrying,
    check_outputs,
    converted,
    factors,
    is_power,
    power_of,
    share_by_energy,
)
from ledger.sdk import Activity, Assessment, Context, Draft, Positive, book_energy

# What comes out of what went in, in one phase and over a cycle; below it something was not metered.
_LEAST: Final = {
    "lithiumIon": Decimal("0.75"),
    "leadAcid": Decimal("0.6"),
    "flow": Decimal("0.55"),
    "pumpedHydro": Decimal("0.65"),
    "compressedAir": Decimal("0.4"),
    "flywheel": Decimal("0.7"),
}
# Converters lose 1 to 2 % each way; that nothing at all is lost is an estimate, not a meter.
_MOST: Final = Decimal("0.995")


class Storage(Activity, frozen=True, kw_only=True):
    """A storage and what it did.

    Inputs: power that is charged (as a supply `electricity`: from the grid); for a discharge, the stored lots. Outputs:
    what is stored after a charge, power after a discharge or a cycle; all in watt hours. `phase`: what the record is
    of. `capacity`: usable kWh. `cycles`: how often it was filled, of a cycle's record. `technology`: of the storage.
    """

    phase: Literal["charge", "discharge", "cycle"]
    capacity: Positive
    cycles: Positive = "1"
    technology: Literal["lithiumIon", "leadAcid", "flow", "pumpedHydro", "compressedAir", "flywheel"] = "lithiumIon"


def assess(context: Context, activity: Storage) -> Assessment:
    """Loss = power in - power out >= 0; the storage's own making is estimated per kWh that it gives."""
    draft = Draft(context)
    check_outputs(draft, context, power=True, heat=False)
    share_by_energy(draft, context)
    taken, given = book_energy(draft, context), power_of(carrying(context))
    _check_balance(draft, activity, taken, given)
    _check_phase(draft, context, activity)
    _check_room(draft, activity, given)
    if activity.phase != "charge":
        _omit_plant(draft, activity, given)
    return converted(draft.assessment(), given * MJ_PER_KWH)


def _check_balance(draft: Draft, activity: Storage, taken: Decimal, given: Decimal) -> None:
    if given > taken:
        draft.find("storage-gives-more", f"{given:f} kWh come out of a storage that took {taken:f} kWh", refuses=True)
        return
    draft.indicate("storageLoss", taken - given)
    if taken == 0:
        return
    draft.indicate("storageEfficiency", given / taken)
    least = _LEAST[activity.technology]
    if not least <= given / taken <= _MOST:
        draft.find("efficiency-unusual", f"{given / taken:.3f} of what went in came out; usual are {least} to {_MOST}")


def _check_phase(draft: Draft, context: Context, activity: Storage) -> None:
    """What is discharged was charged here; what is charged was not: else one kWh could go round and round."""
    for taken in context.inputs:
        if is_power(taken) and taken.same_maker != (activity.phase == "discharge"):
            what = "was not stored here" if activity.phase == "discharge" else "is stored here already"
            draft.find("wrong-phase", f"{activity.phase} of {taken.lot}, which {what}", refuses=True)
    if activity.phase == "discharge" and context.supplied("electricity"):
        draft.find("wrong-phase", "a discharge takes stored lots alone; the plant's own needs are what is lost",
                   refuses=True)


def _check_room(draft: Draft, activity: Storage, given: Decimal) -> None:
    room = Decimal(activity.capacity) * (Decimal(activity.cycles) if activity.phase == "cycle" else 1)
    if given > room:
        draft.find("storage-capacity", f"{given:f} kWh are more than a storage of {activity.capacity} kWh holds "
                   f"({activity.phase})", refuses=True)


def _omit_plant(draft: Draft, activity: Storage, given: Decimal) -> None:
    """Of lithium-ion cells an estimate is known; it is left out of the figure and counts as omitted."""
    estimate = factors().find("storagePlant").value * given if activity.technology == "lithiumIon" else None
    draft.omit("storage plant upstream", estimate)

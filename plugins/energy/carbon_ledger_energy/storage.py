"""Storage: lots of power go in, and less power comes out.

A charge turns lots of power into a lot of stored power, a discharge turns the stored lot into power again; a cycle does
both in one record. The storage uses its losses, so their burden stays with the power that comes out. The ledger's
balances prevent a storage from giving more than it took over all records; this module checks each record. A storage
generates nothing: it makes no attributes (and gets no certificates in China), but needs attributes to make its losses
green.
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
from ledger.sdk import Activity, Assessment, Context, Draft, Positive, book_energy, leak_gases

# Least efficiency of a phase or a cycle; below it something was not metered.
_LEAST: Final = {
    "lithiumIon": Decimal("0.75"),
    "leadAcid": Decimal("0.6"),
    "flow": Decimal("0.55"),
    "pumpedHydro": Decimal("0.65"),
    "compressedAir": Decimal("0.4"),
    "flywheel": Decimal("0.7"),
}
# Converters lose 1 to 2 % each way; a storage without any loss was estimated, not metered.
_MOST: Final = Decimal("0.995")


class Storage(Activity, frozen=True, kw_only=True):
    """A storage and its phase.

    Inputs: power that is charged (grid power as a supply `electricity`); for a discharge, the stored lots. Outputs: a
    lot of stored power after a charge, power after a discharge or a cycle; all in watt hours. `phase`: of the storage
    in this record. `capacity`: usable kWh. `cycles`: number of fillings, for a cycle. `technology`: of the storage.
    """

    phase: Literal["charge", "discharge", "cycle"]
    capacity: Positive
    cycles: Positive = "1"
    technology: Literal["lithiumIon", "leadAcid", "flow", "pumpedHydro", "compressedAir", "flywheel"] = "lithiumIon"


def assess(context: Context, activity: Storage) -> Assessment:
    """Loss = power in - power out >= 0; the making of the storage is an estimated omission per kWh that comes out."""
    draft = Draft(context)
    leak_gases(draft, context)
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
        draft.find(
            "efficiency-unusual", f"{given / taken:.3f} of what went in came out; usual are {least} to {_MOST}",
        )


def _check_phase(draft: Draft, context: Context, activity: Storage) -> None:
    """A discharge takes lots that were charged here, a charge takes lots that were not: otherwise a kWh could
    circulate."""
    for taken in context.inputs:
        if is_power(taken) and taken.same_maker != (activity.phase == "discharge"):
            state = "was not stored here" if activity.phase == "discharge" else "is stored here already"
            draft.find("wrong-phase", f"{activity.phase} of {taken.lot}, which {state}", refuses=True)
    if activity.phase == "discharge" and context.supplied("electricity"):
        draft.find("wrong-phase", "a discharge takes stored lots alone, but electricity is supplied: the losses "
                   "cover the plant's own needs",
                   refuses=True)


def _check_room(draft: Draft, activity: Storage, given: Decimal) -> None:
    room = Decimal(activity.capacity) * (Decimal(activity.cycles) if activity.phase == "cycle" else 1)
    if given > room:
        draft.find("storage-capacity", f"{given:f} kWh exceed the storage's capacity of {activity.capacity} kWh "
                   f"({activity.phase})", refuses=True)


def _omit_plant(draft: Draft, activity: Storage, given: Decimal) -> None:
    """The making of the storage as an omission, with an estimate for lithium-ion cells."""
    estimate = factors().find("storagePlant").value * given if activity.technology == "lithiumIon" else None
    draft.omit("storage plant upstream", estimate)

"""Services are rendered or not made at all: nobody can lose tonne kilometres or hours.

A lot of a service that is lost takes burdens with it, which belong to the services that were rendered.
"""

from typing import Final

from ledger.admission.lots import Plan
from ledger.core.record.kinds import AnyRecord, Consumption
from ledger.core.record.units import UNITS
from ledger.errors import Refused

SERVICES: Final = ("freight", "time")
"""Dimensions of units that count services."""
_VANISHED: Final = ("loss", "disposed", "stockCorrection")


def check_services(record: AnyRecord, planned: Plan) -> None:
    """Refuses a consumption by which a service vanishes."""
    if not isinstance(record, Consumption) or record.purpose not in _VANISHED:
        return
    for i, taken in enumerate(planned.taken):
        if UNITS[taken.lot.unit].dimension in SERVICES:
            raise Refused(
                f"inputs[{i}]: {taken.quantity} {taken.lot.unit} of a service cannot vanish by {record.purpose}",
                code="service-lost", field="purpose", value=record.purpose,
                rule="if nobody rendered the service, amend the record that made it; else it was sold or used",
            )

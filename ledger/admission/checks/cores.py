"""Cores: used things that come back to be remanufactured."""

from collections.abc import Sequence
from decimal import Decimal

from ledger.admission.lots import Created, Taken
from ledger.errors import Refused


def check_cores(taken: Sequence[Taken], created: Sequence[Created]) -> None:
    """No more cores come back than things of their product went in."""
    left: dict[str, Decimal] = {}
    for one in taken:
        left[one.lot.product] = left.get(one.lot.product, Decimal(0)) + one.quantity
    for i, (lot, _) in enumerate(created):
        if lot.role == "core":
            left[lot.product] = left.get(lot.product, Decimal(0)) - lot.quantity
            if left[lot.product] < Decimal(0):
                raise core_refused(f"outputs[{i}].quantity", "there are at most as many cores as what they were")


def core_refused(field: str, rule: str) -> Refused:
    """Refuses what a core may not be."""
    return Refused(f"{field}: {rule}", code="core", field=field, rule=rule)

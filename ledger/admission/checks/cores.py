"""Cores: used products that come back for remanufacturing."""

from collections.abc import Sequence
from decimal import Decimal

from ledger.admission.lots import Created, Taken
from ledger.errors import Refused


def check_cores(taken: Sequence[Taken], created: Sequence[Created]) -> None:
    """Refuses more cores of a product than the inputs of that product."""
    remaining: dict[str, Decimal] = {}
    for lot, quantity, _ in taken:
        remaining[lot.product] = remaining.get(lot.product, Decimal(0)) + quantity
    for i, (lot, _) in enumerate(created):
        if lot.role == "core":
            remaining[lot.product] = remaining.get(lot.product, Decimal(0)) - lot.quantity
            if remaining[lot.product] < Decimal(0):
                raise core_refused(f"outputs[{i}].quantity", "at most as many cores as inputs of their product")


def core_refused(field: str, rule: str) -> Refused:
    """The refusal of a core that breaks `rule`."""
    return Refused(f"{field}: {rule}", code="core", field=field, rule=rule)

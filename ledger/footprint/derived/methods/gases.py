"""Global warming potentials by the name of their set."""

from collections.abc import Mapping
from decimal import Decimal

from ledger.errors import InvalidInput
from ledger.footprint.stored.gwp import SETS


def gases_named(name: str) -> Mapping[str, Decimal]:
    """kg CO2e per kg of each gas; raises InvalidInput (`unknown-gwp`) for a set that there is not."""
    found = SETS.get(name)
    if found is None:
        raise InvalidInput(
            f"set of global warming potentials {name!r} is not known", code="unknown-gwp", field="gwp", value=name,
            rule=f"one of: {', '.join(SETS)}",
        )
    return found

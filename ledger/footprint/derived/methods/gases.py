"""Global warming potentials by the name of their set."""

from collections.abc import Mapping
from decimal import Decimal

from ledger.errors import InvalidInput
from ledger.footprint.stored.gwp import SETS


def gases_named(name: str) -> Mapping[str, Decimal]:
    """Kg CO2e per kg of each gas in the set `name`. Raises InvalidInput (`unknown-gwp`) for an unknown set."""
    gases = SETS.get(name)
    if gases is None:
        raise InvalidInput(
            f"unknown set of global warming potentials {name!r}", code="unknown-gwp", field="gwp", value=name,
            rule=f"one of: {', '.join(SETS)}",
        )
    return gases

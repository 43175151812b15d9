"""The amounts of a record by the kinds of drawings, from the emission lines of its assessment."""

from collections.abc import Mapping
from typing import Final

from ledger.core.outcome.assessment import ADDITIVE, Assessment, LineKind
from ledger.drawings.sankey.model import Kind
from ledger.footprint.stored.burdens import line_co2e

OF_LINE: Final[Mapping[LineKind, Kind]] = {
    "onSite": "own", "treatment": "own", "heat": "inputs", "upstream": "inputs", "packaging": "inputs",
    "electricity": "electricity", "transport": "transport", "airTransport": "transport",
}
_ADDITIVE: Final = frozenset(ADDITIVE)


def kinds_of(assessment: Assessment, covered: Mapping[str, float] | None = None) -> dict[Kind, float]:
    """Kg CO2e that a whole record adds, by kind. `covered`: the change of its burdens by green attributes. Amounts that
    a sector assigns to one output are no part of it; `fold` finds them as the rest of the lot's figure."""
    amounts: dict[Kind, float] = {}
    for line in assessment.lines:
        if line.burden in _ADDITIVE:
            amount = line_co2e(line)
            kind: Kind = OF_LINE[line.kind] if amount >= 0.0 else "negative"
            amounts[kind] = amounts.get(kind, 0.0) + amount
    changed = sum((covered or {}).get(burden, 0.0) for burden in ADDITIVE)
    if changed:
        amounts["electricity"] = amounts.get("electricity", 0.0) + changed
    return amounts

"""Captures that a declaration states: at most as much as plants of the material capture.

A declaration has no carbon balance, and its own certificate shows any capture. Most of the CO2 of steel or aluminium
leaves at places where nobody captures it: mines, power plants of others, rolling mills. So a declared capture is at
most a part of the default of its material, or of the declared figure before capture if that is more. One that is larger
is not believed at all.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final

from ledger.core.outcome.assessment import ADDITIVE, Assessment, Finding, Reference, Span
from ledger.core.record.amounts import CONTEXT
from ledger.engine.bounds.process import short
from ledger.engine.pricing.priced import co2e_of_lines
from ledger.sdk import FactorSetVersion, rows
from ledger.sdk.sets.lookup import entry_of

ABOVE_ROUTE: Final = "capture-above-route"
_CAPTURE: Final = "ccsTechnologicalCO2Capture"
_OTHERS: Final = "*"
_NOTHING: Final = Decimal(0)


def declared_capture(
    assessment: Assessment, references: Sequence[Reference], sets: Sequence[FactorSetVersion]
) -> tuple[Finding, ...]:
    """The finding of a declared lot with a capture that no plant of its materials reaches; empty without ranges.
    `references` of its only output."""
    captured = sum((-line.amount for line in assessment.lines if line.burden == _CAPTURE), _NOTHING)
    default = sum((CONTEXT.multiply(one.mass, one.default) for one in references), _NOTHING)
    if not captured or not default:
        return ()
    most = sum((CONTEXT.multiply(CONTEXT.multiply(one.mass, one.default), _part(one, sets)) for one in references),
               _NOTHING)
    before = CONTEXT.add(co2e_of_lines(line for line in assessment.lines if line.burden in ADDITIVE), captured)
    most = CONTEXT.divide(CONTEXT.multiply(most, max(default, before)), default)
    if captured <= most:
        return ()
    return (Finding(
        code=ABOVE_ROUTE, message=f"captures of {captured:.6g} kg of CO2: plants of this material reach {most:.6g} kg",
        value=short(captured), unit="KGM", usual=Span(high=short(most)), amount=short(captured), output=0,
        factor=references[0].factor,
    ),)


def _part(reference: Reference, sets: Sequence[FactorSetVersion]) -> Decimal:
    """Of the material's default, so much can be captured."""
    known = entry_of(sets, reference.factor.partition(":")[2].partition("/")[0])
    group = _OTHERS if known is None or known[1].group not in _parts() else known[1].group
    return _parts()[group]


@cache
def _parts() -> Mapping[str, Decimal]:
    return {row["class"]: Decimal(row["most"]) for row in rows("ledger.sdk.data", "captures.csv")}

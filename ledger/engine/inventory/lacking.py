"""Inputs that a sector misses in a record, as kg CO2e in question.

A sector knows the physics and no prices: its finding names materials and amounts, and the sets in force price them, a
fuel with its combustion. Several findings may be about one thing, such as the coke of a furnace and all of its fuel, an
omission of the minimal inventory, or an amount that is too small. The largest of them counts: each finding carries its
addition to those before it.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec.structs import replace

from ledger.core.outcome.assessment import Assessment, Finding, Omission
from ledger.engine.bounds.process import short
from ledger.engine.inventory.too_small import SmallInput
from ledger.engine.inventory.usual import SetPricer
from ledger.sdk import ZERO, FactorSetVersion, Need
from ledger.sdk.sets.lookup import entry_of

_CARRIERS: Final = frozenset(("electricity", "heat", "fuel"))


class CountedQuestions:
    """Kg CO2e that are in question or left out already, by their subjects."""

    def __init__(self, sets: Sequence[FactorSetVersion]) -> None:
        self._sets = sets
        self._subjects: list[tuple[frozenset[str], Decimal]] = []

    def names_of(self, material: str) -> frozenset[str]:
        """A material with its key and, if it is a carrier of energy, its kind."""
        entry = entry_of(self._sets, material)
        if entry is None:
            return frozenset((material,))
        return frozenset((material, entry[1].key, entry[1].kind) if entry[1].kind in _CARRIERS
                         else (material, entry[1].key))

    def add(self, names: frozenset[str], amount: Decimal) -> Decimal:
        """The addition of an amount to those about the same subject."""
        before = sum([counted for subject, counted in self._subjects if not subject.isdisjoint(names)], ZERO)
        addition = max(amount - before, ZERO)
        self._subjects.append((names, addition))
        return addition

    def leave_out(self, needs: Sequence[Need], omissions: Sequence[Omission]) -> None:
        """Counts the omissions of `needs`, in their order."""
        for need, omission in zip(needs, omissions, strict=True):
            self._subjects.append((frozenset(need.any_of), omission.estimate or ZERO))


def priced_findings(findings: Sequence[Finding], pricer: SetPricer, counted: CountedQuestions) -> list[Finding]:
    """A sector's findings with the amounts that their `lacks` are worth."""
    return [_priced(finding, pricer, counted) if finding.lacks else finding for finding in findings]


def unpriced(assessment: Assessment) -> Assessment:
    """A sector's assessment where no sets price the `lacks` of its findings."""
    if not any(finding.lacks for finding in assessment.findings):
        return assessment
    return replace(assessment, findings=tuple([replace(finding, lacks=()) for finding in assessment.findings]))


def _priced(finding: Finding, pricer: SetPricer, counted: CountedQuestions) -> Finding:
    amount, factor = finding.amount or ZERO, finding.factor
    for lack in finding.lacks:
        price = pricer.price(lack.material, max(lack.amount, ZERO), lack.unit)
        if price is not None:
            amount += counted.add(counted.names_of(lack.material), price.co2e)
            factor = factor or price.factor
    return replace(finding, amount=short(amount) if amount else None, factor=factor, lacks=())


def remaining(small: Sequence[SmallInput], counted: CountedQuestions) -> list[Finding]:
    """The findings of amounts that are too small, with their additions to the sector's own."""
    return [
        replace(finding, amount=short(counted.add(any_of, finding.amount)) or None)
        if finding.amount is not None else finding for finding, any_of in small
    ]

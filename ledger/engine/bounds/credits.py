"""Amounts that a sector assigns to single outputs before it allocates the rest (system expansion).

Every kilogram assigned to a by-product is taken off the products. A by-product can carry at most the production that it
displaces: bought power or heat, the same good by default, or clinker for slags, ashes and other mineral residues
(World Steel Association; EN 15804 for slag in cement). An amount below zero is a credit for avoided production, which
no product figure may have (PACT 3; ISO 14067, 6.3.8). Only removals that the record has may be assigned below zero.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.admission.facts import LotFacts
from ledger.core.outcome.assessment import REMOVALS, Finding, Span
from ledger.engine.bounds.prices import burning_of, default_of, default_of_lot
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import substance_of
from ledger.engine.references import entry_of_code

ABOVE: Final = "by-product-credit"
BELOW: Final = "negative-credit"
TOLERANCE: Final = Decimal("0.1")
"""Factors of sectors and of sets for the same good differ by their year and boundary."""
_CLINKER: Final = "clinker"
_RESIDUES: Final = ("mineral", "cement", "")


class _Credited(NamedTuple):
    """Kg CO2e of an output: added, and deducted beyond the removals that the record has."""

    added: Decimal
    deducted: Decimal


def check_credits(process: Process) -> list[Finding]:
    """The findings on assigned amounts, by output."""
    if not process.own.assigned:
        return []
    findings = []
    for place, assigned in _by_output(process).items():
        lot = process.plan.created[place].facts
        if assigned.deducted > ZERO:
            findings.append(Finding(
                code=BELOW, output=place, value=short(-assigned.deducted), unit="KGM",
                amount=short(assigned.deducted), possible=Span(low=ZERO),
                message=f"{short(assigned.deducted):f} kg CO2e are credited to an output for production elsewhere",
            ))
        if assigned.added <= ZERO:
            continue
        most, row = _displaced(process, lot)
        excess = assigned.added - most * (ONE + TOLERANCE)
        if excess > ZERO:
            findings.append(Finding(
                code=ABOVE, output=place, value=short(assigned.added), unit="KGM", amount=short(excess), factor=row,
                possible=Span(low=ZERO, high=short(most)),
                message=f"{short(assigned.added):f} kg CO2e are assigned to an output that displaces at most "
                        f"{short(most):f} kg",
            ))
    return findings


def _by_output(process: Process) -> Mapping[int, _Credited]:
    removals = {
        name: sum((-line.amount for line in process.own.lines if line.burden == name), ZERO) for name in REMOVALS
    }
    outputs: dict[int, _Credited] = {}
    for share in process.own.assigned:
        added, deducted = outputs.get(share.output, _Credited(ZERO, ZERO))
        if share.amount > ZERO:
            added += share.amount
        else:
            covered = min(-share.amount, removals.get(share.burden, ZERO))
            if share.burden in removals:
                removals[share.burden] -= covered
            deducted += -share.amount - covered
        outputs[share.output] = _Credited(added, deducted)
    return outputs


def _displaced(process: Process, lot: LotFacts) -> tuple[Decimal, str | None]:
    """Kg CO2e of the production that a whole output displaces, and a row behind it."""
    default, row = default_of_lot(process, lot)
    if is_energy(lot.unit):
        return default, row
    mass, groups = lot.mass or ZERO, set[str]()
    burnt = ZERO
    for material, share in process.facts.composition(lot).materials.items():
        groups.add(substance_of(process.sets, material).group)
        burnt += (burning_of(process.sets, process.around, material) or ZERO) * mass * Decimal(share)
    product = process.facts.products.get(lot.product)
    entry = entry_of_code(process.sets, product.codes if product is not None else ())
    if entry is not None:
        groups.add(entry.group)
    clinker = default_of(process.sets, process.around, _CLINKER)
    if clinker is None or not (groups or {""}) & {*_RESIDUES}:
        return default + burnt, row
    known = default if groups - {""} else ZERO
    return max(known, clinker[0] * mass) + burnt, clinker[1]

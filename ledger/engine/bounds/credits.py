"""Amounts that a sector assigns to single outputs before it allocates the rest (system expansion).

Every kilogram assigned to a by-product is taken off the products. A by-product can carry at most the production that it
displaces: bought power or heat, the same good by default, or clinker for slags, ashes and other mineral residues
(World Steel Association; EN 15804 for slag in cement). As a residue it displaces clinker only up to the kilograms that
ore, fuel and scrap leave behind with the flux that they need (`residues.csv`): limestone and sand that are melted for
nothing else buy no credit. An amount below zero is a credit for avoided production, which no product figure may have
(PACT 3; ISO 14067, 6.3.8). Only removals that the record has may be assigned below zero.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from ledger.admission.facts import LotFacts
from ledger.core.outcome.assessment import REMOVALS, Finding, Span
from ledger.engine.bounds.prices import burning_of, default_of, default_of_lot
from ledger.engine.bounds.process import ONE, ZERO, Process, is_energy, short
from ledger.engine.bounds.substances import substance_of
from ledger.sdk import rows
from ledger.sdk.sets.lookup import entry_of_code

ABOVE: Final = "by-product-credit"
BELOW: Final = "negative-credit"
RESIDUE: Final = "by-product-mass"
TOLERANCE: Final = Decimal("0.1")
"""Factors of sectors and of sets for the same good differ by their year and boundary."""
_CLINKER: Final = "clinker"
_RESIDUES: Final = ("mineral", "cement", "")


class _Displaced(NamedTuple):
    """Kg CO2e of the production that a whole output displaces, and a row behind it. `good`: without clinker."""

    most: Decimal
    good: Decimal
    row: str | None


class _Residue(NamedTuple):
    """`mass` kg of an output that are credited with `amount` kg CO2e as a residue in place of clinker."""

    mass: Decimal
    amount: Decimal


class _Credited(NamedTuple):
    """Kg CO2e of an output: added, and deducted beyond the removals that the record has."""

    added: Decimal
    deducted: Decimal


def check_credits(process: Process) -> list[Finding]:
    """The findings on assigned amounts, by output."""
    if not process.own.assigned:
        return []
    findings, residues = [], list[_Residue]()
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
        most, good, row = _displaced(process, lot)
        excess = assigned.added - most * (ONE + TOLERANCE)
        if lot.mass and assigned.added > good * (ONE + TOLERANCE):
            residues.append(_Residue(lot.mass, assigned.added - max(excess, ZERO)))
        if excess > ZERO:
            findings.append(Finding(
                code=ABOVE, output=place, value=short(assigned.added), unit="KGM", amount=short(excess), factor=row,
                possible=Span(low=ZERO, high=short(most)),
                message=f"{short(assigned.added):f} kg CO2e are assigned to an output that displaces at most "
                        f"{short(most):f} kg",
            ))
    return [*findings, *_check_residues(process, residues)]


def _check_residues(process: Process, residues: Sequence[_Residue]) -> list[Finding]:
    """The findings on residues that weigh more than the inputs leave behind."""
    if not residues:
        return []
    mass, most = sum((residue.mass for residue in residues), ZERO), _left_behind(process)
    excess = mass - most * (ONE + TOLERANCE)
    if excess <= ZERO:
        return []
    amount = sum((residue.amount for residue in residues), ZERO) * excess / mass
    return [Finding(
        code=RESIDUE, value=short(mass), unit="KGM", amount=short(amount), possible=Span(low=ZERO, high=short(most)),
        message=f"{short(mass):f} kg of slag or ash are credited, but ore, fuel and scrap leave at most "
                f"{short(most):f} kg behind: more flux is no by-product",
    )]


@cache
def _residues() -> Mapping[str, Decimal]:
    """Kg of slag or ash that a kg of a material leaves behind at most."""
    return {row["material"]: Decimal(row["most"]) for row in rows("ledger.sdk.data", "residues.csv")}


def _left_behind(process: Process) -> Decimal:
    """Kg of slag or ash of all inputs. A material that nobody knows may be slag itself."""
    left = ZERO
    for lot, _, mass in process.lots:
        composition, rest = process.facts.composition(lot).materials, ONE
        for material, share in composition.items():
            left += (mass or ZERO) * Decimal(share) * _residue_of(process, material)
            rest -= Decimal(share)
        left += (mass or ZERO) * max(rest, ZERO)
    for supply, mass in process.supplied:
        left += (mass or ZERO) * _residue_of(process, supply.material)
    return left


def _residue_of(process: Process, material: str) -> Decimal:
    substance = substance_of(process.sets, material)
    key = "" if substance.entry is None else substance.entry.key
    row = next((_residues()[name] for name in (material, key, f"class:{substance.group}") if name in _residues()), None)
    return row if row is not None else ZERO if substance.known else ONE


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


def _displaced(process: Process, lot: LotFacts) -> _Displaced:
    default, row = default_of_lot(process, lot)
    if is_energy(lot.unit):
        return _Displaced(default, default, row)
    mass, groups = lot.mass or ZERO, set[str]()
    burnt = ZERO
    for material, share in process.facts.composition(lot).materials.items():
        groups.add(substance_of(process.sets, material).group)
        burnt += (burning_of(process.sets, process.around, material) or ZERO) * mass * Decimal(share)
    product = process.facts.product_of(lot)
    entry = entry_of_code(process.sets, product.codes if product is not None else ())
    if entry is not None:
        groups.add(entry.group)
    clinker = default_of(process.sets, process.around, _CLINKER)
    if clinker is None or not (groups or {""}) & {*_RESIDUES}:
        return _Displaced(default + burnt, default + burnt, row)
    known = default if groups - {""} else ZERO
    return _Displaced(max(known, clinker[0] * mass) + burnt, known + burnt, clinker[1])

"""Step 6 of checking a statement: that its figure follows from what the log committed to one hop away.

    burden(o) = share(o) * (direct + covered + sum_i q_i/Q_i * burden(i) - sum assigned) + assigned(o) + averaged(o)

by the very functions that made it, so bit for bit. What the record retained, where it says so, must follow too. Of
contents nothing is computed here: which matter went where stands in the body.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from ledger.core.outcome.assessment import BURDENS, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf, read, written_burdens
from ledger.core.receipts.statement import Claims, Input, Statement, StatementFigure
from ledger.core.receipts.statement_steps import Proven, verify_statement
from ledger.errors import LedgerError, VerificationError
from ledger.footprint.derived.completeness import completeness_of, title_of
from ledger.footprint.stored.attributes import with_covered
from ledger.footprint.stored.averaging import Adjustment, adjusted
from ledger.footprint.stored.burdens import METHOD, Vector, direct, footprint, vector_of
from ledger.footprint.stored.contents import Holding
from ledger.footprint.stored.figures import LotFigures, RecordFigures, TakenFigures, record_figures

GWP: Final = "AR6"
"""The set of potentials that METHOD applies."""

_assessment = msgspec.json.Decoder(Assessment)
_NO_MATTER: Final = Holding(0.0, {}, False)


def check_statement(statement: Statement, vkey: str, rotations: Sequence[str] = ()) -> Proven:
    """Steps 1 to 6, offline; see `verify_statement`. Raises VerificationError with the one that fails."""
    proven = verify_statement(statement, vkey, rotations)
    recompute(proven)
    return proven


def recompute(proven: Proven) -> None:
    """Step 6. Raises VerificationError where anything differs by a bit."""
    claims = proven.claims
    if (claims.method, claims.gwp) != (METHOD, GWP):
        raise _fails("unknown-method", "claims.method", f"method {claims.method} with {claims.gwp} is not known here",
                     claims.method)
    parts = [_part(i, one, lot) for i, (one, lot) in enumerate(zip(claims.inputs, proven.inputs, strict=True))]
    vectors = [vector_of(read(lot.burdens)) for lot in proven.inputs]
    taken = [TakenFigures(part, LotFigures(vector, {})) for part, vector in zip(parts, vectors, strict=True)]
    try:
        assessment = _assessment.decode(proven.assessment.assessment)
        own = with_covered(direct(assessment, provisional=claims.provisional), read(proven.assessment.covered))
        _check_retained(proven.assessment, own, taken)
        burdens = _burdens(claims, proven.assessment, assessment, own, taken)
    except (msgspec.DecodeError, LedgerError, ArithmeticError) as error:
        if isinstance(error, VerificationError):
            raise
        raise _fails("wrong-figure", "claims.assessment", f"nothing can be computed of the assessment: {error}"
                     ) from None
    _check_same(written_burdens(burdens), proven.lot.burdens, "claims.figure.burdens")
    _check_figure(claims.figure, figure_of(proven.lot))


def part_taken(quantity: Decimal, whole: Decimal) -> str:
    """The part of a lot that a record takes, as statements spell it."""
    return repr(float(quantity) / float(whole))


def figure_of(lot: LotLeaf) -> StatementFigure:
    """What a statement says of a lot's figures."""
    vector = vector_of(read(lot.burdens))
    total, known = footprint(vector), completeness_of(vector)
    return StatementFigure(
        title=title_of(known),
        footprint=repr(total), per_unit=repr(total / float(lot.quantity.value)),
        completeness="unknown" if known is None else f"{known * 100:.1f} %",
        burdens=lot.burdens, contents=lot.contents,
    )


def adjustment_of(leaf: AssessmentLeaf) -> Adjustment | None:
    """By how much an addition's lot was averaged over a period; None where it was not."""
    if not leaf.averaged and not leaf.averaged_contents:
        return None
    return Adjustment(vector_of(read(leaf.averaged)), read(leaf.averaged_contents))


def _burdens(
    claims: Claims, leaf: AssessmentLeaf, assessment: Assessment, own: Vector, taken: Sequence[TakenFigures]
) -> Vector:
    """The lot's burdens, among outputs of which all others carry nothing."""
    position = claims.result.index - 1
    count = 2
    for one in (position, *[assigned.output for assigned in assessment.assigned]):
        count = max(count, one + 1)
    shares = [0.0] * count
    shares[position] = _share(claims)
    found = record_figures(own, taken, shares, [_NO_MATTER] * count, {}, assessment.assigned)
    adjustment = adjustment_of(leaf)
    if adjustment is not None:
        found = _averaged(found, adjustment)
    return found.outputs[position].burdens


def _averaged(found: RecordFigures, adjustment: Adjustment) -> RecordFigures:
    return adjusted(found, Adjustment(adjustment.burdens, {}))


def _check_retained(leaf: AssessmentLeaf, own: Vector, taken: Sequence[TakenFigures]) -> None:
    """A record that retains burden retains all of it."""
    if leaf.retained:
        found = record_figures(own, taken, (), [], {}).retained
        _check_same(written_burdens(found), leaf.retained, "claims.assessment.leaf.retained")


def _check_same(found: Mapping[str, str], committed: Mapping[str, str], field: str) -> None:
    for name in (*BURDENS, *committed):
        one, other = found.get(name), committed.get(name)
        if one != other:
            raise _fails("wrong-figure", f"{field}.{name}", f"share, assessment and inputs give {one or 0} of {name}, "
                         f"the log committed to {other or 0}", other)


def _share(claims: Claims) -> float:
    share = _number(claims.share, "claims.share")
    if not 0.0 <= float(share) <= 1.0 or repr(float(share)) != claims.share:
        raise _fails("wrong-share", "claims.share", f"{claims.share} is no share", claims.share)
    return float(share)


def _part(index: int, one: Input, lot: LotLeaf) -> float:
    field = f"claims.inputs[{index}]"
    quantity, whole = _number(one.quantity, f"{field}.quantity"), lot.quantity.amount
    if not 0 < quantity <= whole:
        raise _fails("wrong-part", f"{field}.quantity", f"{quantity} of {whole} {lot.quantity.unit} of {lot.lot}",
                     one.quantity)
    if part_taken(quantity, whole) != one.part:
        raise _fails("wrong-part", f"{field}.part", f"{quantity} of {whole} {lot.quantity.unit} of {lot.lot} are "
                     f"{part_taken(quantity, whole)}, not {one.part}", one.part)
    return float(one.part)


def _number(text: str, field: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        raise _fails("not-a-number", field, f"{field} is no number: {text[:80]!r}", text)
    return found


def _check_figure(said: StatementFigure, found: StatementFigure) -> None:
    for name in ("footprint", "per_unit", "title", "completeness"):
        if getattr(said, name) != getattr(found, name):
            raise _fails("wrong-figure", f"claims.figure.{name.replace('per_unit', 'perUnit')}",
                         f"the statement says {getattr(said, name)}, its burdens give {getattr(found, name)}",
                         getattr(said, name))


def _fails(code: str, field: str, message: str, value: object = None) -> VerificationError:
    return VerificationError(message, step=6, code=code, field=field, value=value)

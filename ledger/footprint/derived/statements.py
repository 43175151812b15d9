"""Step 6 of checking a statement: its figure must follow from the committed figures one hop upstream.

    burden(o) = share(o) * (direct + covered + sum_i q_i/Q_i * burden(i) - sum assigned) + assigned(o) + averaged(o)

The check uses the functions that made the figure, so it compares bit for bit. If the record retains burdens, these must
follow too. Contents are not recomputed here: that needs the bodies of records, which say where the matter went.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from ledger.admission.title_limit import limit_of
from ledger.core.outcome.assessment import BURDENS, QUESTIONED, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf, read, written_burdens
from ledger.core.receipts.statement import Claims, Input, Statement, StatementFigure
from ledger.core.receipts.statement_steps import Proven, verify_statement
from ledger.core.receipts.study import StudyClaim
from ledger.errors import LedgerError, VerificationError
from ledger.footprint.derived.completeness import completeness_of, doubtful_of, referenced
from ledger.footprint.derived.study import exempted_of
from ledger.footprint.derived.validity import YEARS, figure_kind, valid_until
from ledger.footprint.stored.attributes import with_covered
from ledger.footprint.stored.averaging import Adjustment, adjusted
from ledger.footprint.stored.burdens import (
    METHOD,
    SLOT,
    Vector,
    direct,
    footprint,
    location_based,
    market_based,
    vector_of,
)
from ledger.footprint.stored.contents import Holding
from ledger.footprint.stored.escaped import escaped
from ledger.footprint.stored.figures import (
    Allocation,
    LotFigures,
    RecordFigures,
    TakenFigures,
    record_figures,
    total_of,
)
from ledger.footprint.stored.questions import with_more_documented, with_question

GWP: Final = "AR6"
"""The set of potentials that METHOD applies."""

_assessment = msgspec.json.Decoder(Assessment)
_FIELDS: Final = {"per_unit": "perUnit", "location_based": "locationBased", "market_based": "marketBased",
                  "declared_unit": "declaredUnit"}
_QUESTIONED: Final = SLOT[QUESTIONED]
_NO_MATTER: Final = Holding(0.0, {}, False)


def check_statement(statement: Statement, vkey: str, rotations: Sequence[str] = ()) -> Proven:
    """Steps 1 to 6, offline; see `verify_statement`. Raises VerificationError with the number of the failed step."""
    proven = verify_statement(statement, vkey, rotations)
    recompute(proven)
    return proven


def recompute(proven: Proven) -> None:
    """Step 6. Raises VerificationError if any figure differs by a bit. A statement that does not show how the figure is
    made is checked only against the committed burdens of the lot."""
    claims = proven.claims
    if (claims.method, claims.gwp) != (METHOD, GWP):
        raise _fails("unknown-method", "claims.method", f"unknown method {claims.method} with {claims.gwp}; this "
                     f"version checks {METHOD} with {GWP}", claims.method)
    if proven.assessment is None:
        _check_totals(proven)
        return
    parts = [_part(i, claim, lot) for i, (claim, lot) in enumerate(zip(claims.inputs, proven.inputs, strict=True))]
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
        raise _fails("wrong-figure", "claims.assessment", f"the figure cannot be computed from the assessment: {error}"
                     ) from None
    _check_same(written_burdens(burdens), proven.lot.burdens, "claims.figure.burdens")
    limit = limit_of({one.name: one.version for one in claims.versions})
    _check_figure(claims.figure, figure_of(proven.lot, proven.assessment, claims.result.index - 1, limit))
    if claims.study is not None:
        _check_study(claims.study, proven.lot)
    _check_validity(claims, proven.assessment)


def _check_totals(proven: Proven) -> None:
    """The figure follows from the committed burdens. The log's key vouches for whether the product has a reference
    range, on which the title depends."""
    claims, lot = proven.claims, proven.lot
    limit = limit_of({one.name: one.version for one in claims.versions})
    known = _figure(lot, limit, known=True)
    _check_figure(claims.figure, known if claims.figure.title == known.title else _figure(lot, limit, known=False))
    if claims.study is not None:
        _check_study(claims.study, lot)
    _check_until(claims)


def part_taken(quantity: Decimal, whole: Decimal) -> str:
    """The taken fraction of a lot, in the spelling of statements."""
    return repr(float(quantity) / float(whole))


def figure_of(lot: LotLeaf, leaf: AssessmentLeaf, output: int, limit: float) -> StatementFigure:
    """The figures of output `output` of the record with this leaf 0, in the form of a statement, with the
    title by `limit`."""
    return _figure(lot, limit, known=referenced(_assessment.decode(leaf.assessment), output))


def _figure(lot: LotLeaf, limit: float, *, known: bool) -> StatementFigure:
    """`known`: the product has a reference range."""
    vector = vector_of(read(lot.burdens))
    total, completeness = footprint(vector), completeness_of(vector)
    location, market = location_based(vector), market_based(vector)
    doubtful = doubtful_of(vector, limit, referenced=known)
    return StatementFigure(
        location_based=None if location == total else repr(location),
        market_based=None if market == total else repr(market),
        title=doubtful.title, limit=f"{f'{limit * 100:.2f}'.removesuffix('0')} %",
        doubtful={name: f"{share * 100:.1f} %" for name, share in doubtful.shares.items()},
        footprint=repr(total), per_unit=repr(total / float(lot.quantity.value)),
        completeness="unknown" if completeness is None else f"{completeness * 100:.1f} %",
        burdens=lot.burdens, contents=lot.contents,
    )


def adjustment_of(leaf: AssessmentLeaf) -> Adjustment | None:
    """The adjustment of an addition's lot by a period average; None if it was not averaged."""
    if not leaf.averaged and not leaf.averaged_contents:
        return None
    return Adjustment(vector_of(read(leaf.averaged)), read(leaf.averaged_contents))


def _burdens(
    claims: Claims, leaf: AssessmentLeaf, assessment: Assessment, own: Vector, taken: Sequence[TakenFigures]
) -> Vector:
    """The lot's burdens. The computation gives all other outputs a share of zero."""
    position = claims.result.index - 1
    count = 2
    for output in (position, *[assigned.output for assigned in assessment.assigned]):
        count = max(count, output + 1)
    shares = [0.0] * count
    shares[position] = _share(claims)
    figures = record_figures(own, taken, Allocation(shares, assessment.assigned), [_NO_MATTER] * count, {})
    total = total_of(own, taken)
    usual = [one for one in assessment.usual_shares if one.output == position]
    figures = _asked(figures, leaf, total[_QUESTIONED], escaped(usual, shares, total, assessment.assigned))
    adjustment = adjustment_of(leaf)
    if adjustment is not None:
        figures = _averaged(figures, adjustment)
    return figures.outputs[position].burdens


def _asked(
    figures: RecordFigures, leaf: AssessmentLeaf, entered: float, escaping: Mapping[int, float]
) -> RecordFigures:
    """The figures with the questions of leaf 0: shares of the amount that `entered`, the amounts `escaping` by
    allocation, and the amounts made."""
    questions = {one.output: one for one in leaf.questions}
    lots = []
    for output, lot in enumerate(figures.outputs):
        question = questions.get(output)
        amount = 0.0 if question is None else entered * float(question.share)
        amount += escaping.get(output, 0.0)
        if question is not None and question.figure is not None:
            amount += float(question.made)
        vector = with_question(lot.burdens, amount)
        if question is not None:
            vector = with_more_documented(vector, float(question.documented))
        lots.append(lot._replace(burdens=vector))
    return figures._replace(outputs=tuple(lots))


def _averaged(figures: RecordFigures, adjustment: Adjustment) -> RecordFigures:
    return adjusted(figures, Adjustment(adjustment.burdens, {}))


def _check_retained(leaf: AssessmentLeaf, own: Vector, taken: Sequence[TakenFigures]) -> None:
    """Checks retained burdens: a record retains either all of its burdens or nothing."""
    if leaf.retained:
        retained = record_figures(own, taken, Allocation(()), [], {}).retained
        if any(float(question.share) for question in leaf.questions):
            retained = with_question(retained, 0.0)
        _check_same(written_burdens(retained), leaf.retained, "claims.assessment.leaf.retained")


def _check_same(computed: Mapping[str, str], committed: Mapping[str, str], field: str) -> None:
    for name in (*BURDENS, *committed):
        amount, expected = computed.get(name), committed.get(name)
        if amount != expected:
            raise _fails("wrong-figure", f"{field}.{name}", f"share, assessment and inputs give {amount or 0} for "
                         f"{name}, but the log committed to {expected or 0}", expected)


def _share(claims: Claims) -> float:
    share = _number(claims.share or "", "claims.share")
    if not 0.0 <= float(share) <= 1.0 or repr(float(share)) != claims.share:
        raise _fails("wrong-share", "claims.share", f"{claims.share} is not a share: 0 to 1, in the shortest "
                     "spelling of its binary64", claims.share)
    return float(share)


def _part(index: int, claim: Input, lot: LotLeaf) -> float:
    field = f"claims.inputs[{index}]"
    quantity, whole = _number(claim.quantity, f"{field}.quantity"), lot.quantity.amount
    if not 0 < quantity <= whole:
        raise _fails("wrong-part", f"{field}.quantity", f"{quantity} of {whole} {lot.quantity.unit} of {lot.lot}: a "
                     "part is above 0 and at most the whole lot", claim.quantity)
    if part_taken(quantity, whole) != claim.part:
        raise _fails("wrong-part", f"{field}.part", f"{quantity} of {whole} {lot.quantity.unit} of {lot.lot} is "
                     f"the part {part_taken(quantity, whole)}, not {claim.part}", claim.part)
    return float(claim.part)


def _number(text: str, field: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise _fails("not-a-number", field, f"{field} is not a number: {text[:80]!r}", text)
    return number


def _check_figure(stated: StatementFigure, computed: StatementFigure) -> None:
    for name in ("footprint", "per_unit", "title", "completeness", "location_based", "market_based", "limit",
                 "doubtful"):
        if getattr(stated, name) != getattr(computed, name):
            raise _fails("wrong-figure", f"claims.figure.{_FIELDS.get(name, name)}",
                         f"the statement says {getattr(stated, name)}, but its burdens give {getattr(computed, name)}",
                         getattr(stated, name))


def _check_study(study: StudyClaim, lot: LotLeaf) -> None:
    """Checks the fields of a study context that follow from the figure."""
    derived = {"declared_unit": lot.quantity.unit, "exempted": exempted_of(vector_of(read(lot.burdens)))}
    for name, value in derived.items():
        if getattr(study, name) != value:
            raise _fails("wrong-study", f"claims.study.{_FIELDS.get(name, name)}",
                         f"the statement says {getattr(study, name)}, but its figure gives {value}",
                         getattr(study, name))


def _check_validity(claims: Claims, leaf: AssessmentLeaf) -> None:
    """Checks the kind of the figure, and that its validity follows from its data."""
    kind = figure_kind(claims.type, averaged=adjustment_of(leaf) is not None)
    if claims.figure_kind != kind:
        raise _fails("wrong-validity", "claims.figureKind",
                     f"the statement says {claims.figure_kind}, but its record gives a {kind}", claims.figure_kind)
    _check_until(claims)


def _check_until(claims: Claims) -> None:
    end = claims.data_end
    if claims.valid_until != (None if end is None else valid_until(end)):
        raise _fails("wrong-validity", "claims.validUntil",
                     f"the statement says {claims.valid_until}, but its data end {end}: a figure is valid for {YEARS} "
                     "years after them", claims.valid_until)


def _fails(code: str, field: str, message: str, value: object = None) -> VerificationError:
    return VerificationError(message, step=6, code=code, field=field, value=value)

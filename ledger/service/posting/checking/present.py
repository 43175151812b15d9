"""The effect of a record as the answer of a check."""

from collections.abc import Iterator, Mapping
from typing import Final

from ledger.admission.state import State, type_of
from ledger.answers.brief import RecordResults, results_of, titled
from ledger.answers.checked import (
    CheckedRecord,
    InputBrief,
    RestatedLot,
    RestatementBrief,
    amended_findings,
    warnings_of,
)
from ledger.core.outcome.assessment import QUESTIONED, Finding
from ledger.core.outcome.leaves import outcome_root
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.engine.batch import Sequenced
from ledger.engine.prepared import Prepared, Submission
from ledger.engine.record_outcome import part_of
from ledger.engine.revision.recompute import Revised
from ledger.footprint.derived.findings import stated, stated_in
from ledger.footprint.derived.unusually_high import figure_note, high_end_of
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.footprint.stored.figures import LotFigures
from ledger.service.posting.revision.transaction import RevisionTransaction

MOST_LOTS: Final = 20
"""The most restated lots that an answer lists."""
_QUESTIONED: Final = SLOT[QUESTIONED]


def on_ledger(submission: Submission) -> CheckedRecord:
    """The answer for a record that is on the ledger already, or comes earlier in the request."""
    return CheckedRecord(digest=submission.digest.hex(), type=type_of(submission.record), on_ledger=True)


def checked(
    sequenced: Sequenced, prepared: Prepared, state: State, figures: Mapping[str, LotFigures]
) -> CheckedRecord:
    """The answer for a record that would become this entry. `figures`: of the lots that it takes from, by lot id."""
    results = results_of(sequenced.index, sequenced.leaves)
    limit = prepared.versions.limit
    high = [*prepared.notes, *_high_figures(results)]
    return CheckedRecord(
        digest=sequenced.digest.hex(), type=type_of(prepared.submission.record), index=sequenced.index,
        outcome=outcome_root(sequenced.leaves).hex(), priced=results.priced, omitted=results.omitted,
        findings=[*results.findings, *[stated(sequenced.index, one) for one in high]],
        inputs=_inputs(prepared, figures), accepted_by=results.accepted_by, lots=titled(results, limit),
        warnings=warnings_of(prepared.submission.record),
    )


def _high_figures(results: RecordResults) -> Iterator[Finding]:
    """The notes about the figures of the lots that are unusually high."""
    for output, lot in enumerate(results.lots):
        note = figure_note(output, lot.footprint, high_end_of(results.assessment.references, output))
        if note is not None:
            yield note


def restatement_of(attempt: RevisionTransaction, issuer: str, *, is_open: bool) -> RestatementBrief:
    """The records and lots that a computed revision restates: of the issuer alone, unless the ledger is open."""
    restated: list[RestatedLot] = []
    seen = [one for one in attempt.revision.revised if is_open or _is_of(one, issuer)]
    for revised in seen:
        for lot, now in zip(revised.lots, revised.figures, strict=True):
            before = attempt.before[lot.id]
            if now.burdens == before.burdens and revised.prepared is not None:
                continue
            restated.append(RestatedLot(
                lot=lot.id, product=lot.product, holder=lot.holder, withdrawn=revised.prepared is None,
                footprint_before=footprint(before.burdens), footprint=footprint(now.burdens),
                questioned_before=before.burdens[_QUESTIONED], questioned=now.burdens[_QUESTIONED],
            ))
    restated.sort(key=lambda lot: (-abs(lot.footprint - lot.footprint_before), lot.lot))
    return RestatementBrief(
        records=len(seen), lots=restated[:MOST_LOTS], left_off=max(0, len(restated) - MOST_LOTS),
        findings=[change for one in seen if one.index in attempt.findings for change in amended_findings(
            one.digest.hex(), attempt.findings[one.index],
            [] if one.outcome is None else stated_in(one.index, one.outcome.leaves))],
    )


def _is_of(revised: Revised, issuer: str) -> bool:
    """Whether the issuer of a revision also issued a revised record. Only an issuer withdraws a record."""
    return revised.prepared is None or revised.prepared.submission.record.issuer == issuer


def _inputs(prepared: Prepared, figures: Mapping[str, LotFigures]) -> list[InputBrief]:
    inputs = []
    for taken in prepared.plan.taken:
        part, burdens = part_of(taken.quantity, taken.lot.quantity), figures[taken.lot.id].burdens
        inputs.append(InputBrief(
            lot=taken.lot.id, quantity=Quantity(value=plain(taken.quantity), unit=taken.lot.unit),
            footprint=part * footprint(burdens), questioned=part * burdens[_QUESTIONED],
        ))
    return inputs

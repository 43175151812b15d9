"""Reads the population of a sample from the whole log, whose entries must hash to its checkpoint."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from ledger.client.audit.checks.checkpoint import read_checkpoint
from ledger.client.audit.checks.parallel import APART, ParallelChecks
from ledger.client.audit.full_walk import read_revised
from ledger.client.audit.replay import ReplayedRecord, read_assessment, read_row
from ledger.client.audit.sample.draw import PopulationMember, SampleBasis, SampleRequest, draw, totals
from ledger.client.audit.source.interface import AuditSource, RevisedRow, ShowsScope
from ledger.client.audit.source.prefetch import Batches, arriving
from ledger.core.log.entry import Entry
from ledger.core.log.policy import Policy
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Transformation
from ledger.core.record.redacted import is_residue
from ledger.errors import LedgerError, NotFound, VerificationError
from ledger.footprint.derived.finding_sums import own_questions
from ledger.footprint.derived.findings import StatedFinding, findings_in, has_findings
from ledger.footprint.stored.burdens import SLOT, direct

_ABS: Final = SLOT["absGhg"]
_METHODS: Final = {
    "random": "simple random, without replacement: the records with the least numbers by their digest",
    "monetary": "systematic by emissions (monetary units): equal steps along all records' kg CO2e, one place in each",
    "findings": "by findings: the largest kg CO2e in question, then records with a warning, then the others; at "
                "random if equal",
}


class DrawnSample(Struct, frozen=True, kw_only=True, rename="camel"):
    """A drawn sample, with its log, its population and its method: see `draw` for the numbers."""

    question: SampleRequest
    basis: SampleBasis
    vkey: str
    drawn_how: str
    population: dict[str, float]
    sampled: dict[str, float]
    records: list[PopulationMember]
    notes: list[str]


async def take_sample(
    source: AuditSource, question: SampleRequest, *, vkey: str | None, policy: Policy | None,
    progress: Callable[[int, int], None],
) -> DrawnSample:
    """Draws the sample without replaying the log. Raises VerificationError if the source's log does not hash to a
    checkpoint by `vkey`, or an entry, a body or a signature does not hold. Raises NotFound if the population is
    empty."""
    pinned = vkey or await source.vkey()
    checkpoint, _, keys, *_ = await read_checkpoint(source, pinned, policy)
    population, hides = _Population(question), await _hides(source)
    revisers = {version.record for version in (await source.revisions()).versions} if hides else set()
    batches = Batches(source.batches(checkpoint.size))
    apart = checkpoint.size >= APART
    root = None
    with ParallelChecks(checkpoint.origin, None, None, public=hides, apart=apart) as checks:
        async with arriving(source, batches, checks, 0, checkpoint.size) as pages:
            async for page in pages:
                for fault in page.verdict.faults:
                    raise VerificationError(f"entry {fault.index}: {fault.message}: audit the log", code="unsound-log")
                if not page.rows:
                    break
                root = page.verdict.root
                for replayed in [read_row(row, ()) for row in page.rows]:
                    hidden = replayed.record is None and replayed.row.index in revisers
                    population.see(replayed, await read_revised(source, replayed, hidden=hidden))
                for malformed in source.intake.taken():
                    raise malformed
                progress(page.verdict.size, checkpoint.size)
    if checkpoint.size and root != checkpoint.root:
        raise VerificationError("the entries do not hash to the checkpoint: audit the log", code="unsound-log")
    basis = SampleBasis(checkpoint.origin, checkpoint.size, checkpoint.root.hex())
    members = population.members()
    if not members:
        raise NotFound(f"no transformation of facility {question.facility!r} begins at {question.start} or later, and "
                       f"before {question.end}", field="facility", value=question.facility,
                       rule="a facility and a period with transformations")
    drawn = draw(question, basis, members)
    notes = ["the log was not replayed: only an audit checks whether its figures hold"]
    if hides:
        notes.append("the population has only the records that you may read: only an audit finds withheld records")
    if keys.led is not None:
        notes.append(keys.led)
    if vkey is None:
        notes.append("the log's key was not pinned: the source named the key")
    return DrawnSample(
        question=question, basis=basis, vkey=pinned, drawn_how=_METHODS[question.method],
        population=dict(totals(members)), sampled=dict(totals(drawn)), records=drawn, notes=notes,
    )


async def _hides(source: AuditSource) -> bool:
    """Whether the source hides bodies of records from the caller."""
    return isinstance(source, ShowsScope) and not (await source.scope()).everything


class _Population:
    def __init__(self, question: SampleRequest) -> None:
        self._question = question
        self._entries: dict[int, Entry] = {}
        self._members: dict[int, PopulationMember] = {}
        self._candidates: dict[int, list[int]] = {}

    def see(self, replayed: ReplayedRecord, revised: Sequence[RevisedRow]) -> None:
        """Takes the next entry of the log, and the rows of the earlier records that it revises."""
        record, entry, index = replayed.record, replayed.entry, replayed.row.index
        for row in revised:
            if row.index in self._entries:
                self._revise(row, index)
        if isinstance(record, Transformation) and entry is not None and record.facility == self._question.facility:
            self._entries[index] = entry
            self._candidates[index] = []
            self._enter(index, record, replayed.row.leaf)

    def members(self) -> list[PopulationMember]:
        return [self._members[index] for index in sorted(self._members)]

    def _revise(self, row: RevisedRow, by: int) -> None:
        self._candidates[row.index].append(by)
        old = self._members.pop(row.index, None)
        leaf = row.leaves[0] if row.leaves else None
        if not row.own:
            # The revision changes its figures, not the transformation itself.
            if old is not None:
                questioned, findings = _findings(row.index, leaf or b"")
                self._members[row.index] = msgspec.structs.replace(
                    old, revised_by=list(self._candidates[row.index]), questioned=questioned, findings=findings)
        elif row.body is not None:
            record = decode_record(row.body)
            if isinstance(record, Transformation):
                self._enter(row.index, record, leaf)

    def _enter(self, index: int, record: Transformation, leaf: bytes | None) -> None:
        question, entry = self._question, self._entries[index]
        if not question.start <= record.start < question.end:
            return
        try:
            stored, assessment = read_assessment(leaf or b"")
            emissions = direct(assessment)[_ABS]
        except LedgerError:
            raise VerificationError(f"entry {index} has no readable assessment: audit the log",
                                    code="unsound-log") from None
        questioned, findings = _findings(index, leaf or b"")
        self._members[index] = PopulationMember(
            index, entry.digest.hex(), entry.time, record.issuer, record.process, record.start, record.end,
            record.basis, emissions, [output.lot for output in record.outputs], list(record.supplies),
            list(record.evidence), stored.plugin, entry.keyid.hex(), entry.to_bytes().hex(),
            list(self._candidates[index]), is_residue(record), questioned, findings,
        )


def _findings(index: int, leaf: bytes) -> tuple[float, list[StatedFinding]]:
    """The findings in a record's leaf 0, and the kg CO2e that they question."""
    if not has_findings(leaf):
        return 0.0, []
    record = findings_in(index, leaf)
    return own_questions(record), list(record.findings)

"""Submitting: envelopes in, receipts or errors out. The optimistic part of a request happens here, ahead of the lock.

A request with many records is decoded, checked and prepared in a thread, and its signatures are verified on all cores
(the library releases the interpreter's lock). The `Assessor` decides in which process a sector is asked.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, TypeVar

from ledger.admission.activations import Versions
from ledger.admission.admit import unknown_key
from ledger.admission.lookups import add_names, entered_by
from ledger.admission.lots import DEFERRABLE
from ledger.admission.names import Names
from ledger.answers.checked import CheckedRecord
from ledger.core.log.inclusion_proof import TlogProof
from ledger.core.outcome.leaves import salt_seed
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt, make_receipt
from ledger.core.record.canonical import decode_record, digest
from ledger.core.record.kinds import Transformation
from ledger.core.record.redacted import NONCE, is_residue
from ledger.core.signatures.envelope import open_envelope
from ledger.core.signatures.signing import record_message
from ledger.engine.batch import Item, LoadedRecord
from ledger.engine.prepared import REVISING, Submission
from ledger.errors import SHAPE, InvalidBody, InvalidInput, LedgerError, at_stage
from ledger.registry.assessing import Assessor
from ledger.service.observation.recorder import Recorder
from ledger.service.observation.steps import Step, Stopwatch, Trace
from ledger.service.posting.append_request import AppendRequest, Drafted, complete, draft
from ledger.service.posting.checking.check import CheckResult
from ledger.service.posting.explaining import Explainer
from ledger.service.posting.log_writer import LogWriter
from ledger.service.posting.pending import Answer, CommittedRecord, PendingRequest
from ledger.service.posting.prefetch import FactPrefetcher, PrefetchedFacts
from ledger.service.posting.quotas import Hold, Quotas
from ledger.service.posting.receipts import ReceiptReader

CHUNK = 1_000
_INLINE = 8
_BYTES_PER_ENVELOPE = 1_024
_LONGEST_EXPLAINED = 96 * 1024
_EXPLAINING = 0.25
"""So many seconds of a processor go into all faults of the unreadable records of a request; the first is explained."""
_LEAVES_PER_ANSWER = 100
_CORES = os.cpu_count() or 1
Value = TypeVar("Value")


class SubmitResult(NamedTuple):
    """`receipt`, or the `error` that says why the record was not appended. `created` is false if the record was on the
    log before. On a log with witnesses the receipt is an acknowledgement, signed by the log alone, until the witnesses
    have signed."""

    receipt: Receipt | Acknowledgement | None
    error: LedgerError | None
    created: bool = False


class Submitter:
    """A process has one. It handles the records of a request in order; they may name each other's lots."""

    def __init__(
        self, prefetcher: FactPrefetcher, assessor: Assessor, writer: LogWriter, receipts: ReceiptReader,
        quotas: Quotas, recorder: Recorder,
    ) -> None:
        self._prefetcher = prefetcher
        self._assessor = assessor
        self._writer = writer
        self._receipts = receipts
        self._publication = receipts.publication
        self._quotas = quotas
        self._recorder = recorder
        self._explainer = Explainer(prefetcher, assessor)
        self._threads = ThreadPoolExecutor(_CORES, thread_name_prefix="submit")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def submit(self, envelopes: Sequence[bytes], trace: Trace | None = None) -> list[SubmitResult]:
        """One result per envelope, in order. `trace` gets the steps. Raises Unavailable or OutcomeUnknown for all of
        them."""
        request = AppendRequest(self._writer.origin, trace)
        appending: list[asyncio.Task[list[SubmitResult]]] = []
        done: list[SubmitResult] = []
        for start in range(0, len(envelopes), CHUNK):
            hold, watch = Hold(), Stopwatch()
            try:
                pending, errors = await self._prepare(envelopes[start : start + CHUNK], request, hold, watch)
            except BaseException:
                hold.settle()
                raise
            if len(envelopes) <= CHUNK:
                # Most requests are one part, which needs no task of its own.
                return await self._append(pending, errors, hold, watch, request)
            if any(isinstance(item.submission.record, REVISING) for item in pending.items):
                # A revising record comes after everything before it in the request, and before everything after it.
                done.extend(await _together(appending))
                done.extend(await self._append(pending, errors, hold, watch, request))
                appending = []
            else:
                appending.append(asyncio.create_task(self._append(pending, errors, hold, watch, request)))
        return done + await _together(appending)

    async def check(self, envelopes: Sequence[bytes], trace: Trace | None = None) -> list[CheckResult]:
        """The effect of each envelope if it was posted now, or the reason why it would be refused, in order. Nothing is
        written. The records count in the quota of their issuers. Raises Unavailable for all of them."""
        request, hold, watch = AppendRequest(self._writer.origin, trace), Hold(), Stopwatch()
        taken: set[bytes] = set()
        try:
            prepared = [
                await self._prepare(envelopes[start : start + CHUNK], request, hold, watch)
                for start in range(0, len(envelopes), CHUNK)
            ]
            checked = await self._writer.check([pending for pending, _ in prepared])
            results = [
                await self._explained_late(pending.items, part, request, DEFERRABLE if request.revises else frozenset())
                for (pending, _), part in zip(prepared, checked, strict=True)
            ]
            taken.update([
                bytes.fromhex(one.digest) for part in results for one in part
                if isinstance(one, CheckedRecord) and not one.on_ledger
            ])
        finally:
            hold.spend(taken)
        answers: list[CheckResult] = []
        for (_, errors), part in zip(prepared, results, strict=True):
            remaining = iter(part)
            answers += [next(remaining) if error is None else error for error in errors]
        return answers

    async def _prepare(
        self, envelopes: Sequence[bytes], request: AppendRequest, hold: Hold, watch: Stopwatch
    ) -> tuple[PendingRequest, list[LedgerError | None]]:
        size = max(len(envelopes), sum([len(envelope) for envelope in envelopes]) // _BYTES_PER_ENVELOPE)
        parsed = await self._run(size, lambda: _parse_all(envelopes, request))
        watch.lap(Step.DECODE)
        prefetched = await self._prefetch([one for one in parsed if isinstance(one, Submission)], request)
        watch.lap(Step.READ)
        verified = await self._verify(parsed, request)
        watch.lap(Step.VERIFY)
        within = await self._quotas.checked(verified, hold)
        checked = await self._prefetcher.check_examined(within, request.view)
        request.organization = request.organization or _sender(checked)
        watch.lap(Step.QUOTA)
        versions = prefetched.now.activations.versions()
        await self._assessor.prepare(versions)
        drafted = await self._prepare_all(checked, request, versions, watch)
        prepared = await self._explained(checked, drafted, request)
        items = [one for one in prepared if isinstance(one, Item)]
        errors = [one if isinstance(one, LedgerError) else None for one in prepared]
        pending = PendingRequest(
            items, prefetched.facts, prefetched.figures, prefetched.now.revisions, request.organization, request.trace)
        return pending, errors

    async def _prefetch(self, parsed: Sequence[Submission], request: AppendRequest) -> PrefetchedFacts:
        names = Names()
        for submission in parsed:
            add_names(submission.record, names)
        keyids = {submission.keyid for submission in parsed} - request.owners.keys()
        small = len(parsed) <= _INLINE
        prefetched = await (self._prefetcher.read_together if small else self._prefetcher.read)(names, keyids)
        request.view.learn(prefetched.facts)
        request.view.activations, request.view.parents = prefetched.now.activations, prefetched.now.parents
        request.empty = not prefetched.now.size
        for keyid in keyids & prefetched.keys.keys():
            request.keys[keyid], request.owners[keyid] = prefetched.keys[keyid]
        return prefetched

    async def _verify(
        self, parsed: Sequence[Submission | LedgerError], request: AppendRequest
    ) -> list[Submission | LedgerError]:
        for submission in parsed:
            if isinstance(submission, Submission):
                request.enrol(submission.record)
        if len(parsed) <= _INLINE:
            return [_owned(_verified(one, request), request) for one in parsed]
        size = -(-len(parsed) // _CORES)
        parts = [parsed[start : start + size] for start in range(0, len(parsed), size)]
        loop = asyncio.get_running_loop()
        verified = await asyncio.gather(*[
            loop.run_in_executor(self._threads, _verify_part, part, request) for part in parts
        ])
        return [_owned(one, request) for part in verified for one in part]

    async def _prepare_all(
        self, checked: Sequence[Submission | LedgerError], request: AppendRequest, versions: Versions,
        watch: Stopwatch,
    ) -> list[Item | LedgerError]:
        """One item or error per record. Sectors are asked about many records at once, in other processes. A record
        that was drafted with the facts of a name is completed before a later record may give that name other facts."""
        prepared: list[Item | LedgerError] = []
        for part in _runs(checked):
            size = len(part)
            drafted = await self._run(size, partial(self._draft, part, request, versions))
            watch.lap(Step.DRAFT)
            calls = [one.call for one in drafted if isinstance(one, Drafted) and one.call is not None]
            assessed = await self._assessor.assess(calls) if calls else []
            watch.lap(Step.ASSESS)
            prepared += await self._run(size, partial(complete, drafted, assessed, request))
            watch.lap(Step.COMPLETE)
        return prepared

    def _draft(
        self, part: Sequence[Submission | LedgerError], request: AppendRequest, versions: Versions
    ) -> list[Drafted | Item | LedgerError]:
        return [
            one if isinstance(one, LedgerError) else draft(one, request, self._assessor.registry, versions)
            for one in part
        ]

    async def _append(
        self, pending: PendingRequest, errors: Sequence[LedgerError | None], hold: Hold, watch: Stopwatch,
        request: AppendRequest,
    ) -> list[SubmitResult]:
        entered: dict[bytes, int] = {}
        try:
            verdicts = await self._writer.append(pending)
            entered = {
                one.sequenced.digest: one.sequenced.index for one in verdicts if isinstance(one, CommittedRecord)}
        finally:
            hold.settle(entered)
        answers = await self._explained_late(pending.items, verdicts, request, frozenset())
        watch.skip()
        reposted = [answer.digest for answer in answers if isinstance(answer, LoadedRecord)]
        earlier = await self._receipts.read_first(reposted) if reposted else {}
        if entered:
            self._publication.committed.set()
        leaves = sum([len(answer.sequenced.leaves) for answer in answers if isinstance(answer, CommittedRecord)])
        results = await self._run(
            max(len(answers), leaves // _LEAVES_PER_ANSWER),
            lambda: [self._result(answer, earlier) for answer in answers],
        )
        watch.lap(Step.ANSWER)
        self._recorder.timed(watch.laps)
        self._recorder.answered(len(entered), len(reposted), [
            one.code for one in (*errors, *answers) if isinstance(one, LedgerError)
        ])
        if pending.trace is not None:
            pending.trace.add(watch.laps)
        remaining = iter(results)
        return [next(remaining) if error is None else SubmitResult(None, error) for error in errors]

    async def _explained(
        self, submissions: Sequence[Submission | LedgerError], answers: Sequence[Value], request: AppendRequest
    ) -> list[Value]:
        """The answers, with all faults that can be named in each refusal of a signed record."""
        if not any(isinstance(answer, LedgerError) for answer in answers):
            return list(answers)
        return await self._explainer.explained(submissions, answers, request.view, request.unmade)

    async def _explained_late(
        self, items: Sequence[Item], answers: Sequence[Value], request: AppendRequest, doubtful: Set[str]
    ) -> list[Value]:
        """The same for refusals that come after the request has read its facts. Names that did not exist then may have
        been entered since. Faults with `doubtful` codes are not added to the one that refused the record: a check
        enters nothing, so earlier records of the request may cure them."""
        if not any(isinstance(answer, LedgerError) for answer in answers):
            return list(answers)
        submissions = [item.submission for item in items]
        return await self._explainer.explained_late(submissions, answers, request.view, doubtful, request.unmade)

    def _result(self, answer: Answer, earlier: Mapping[bytes, Receipt | Acknowledgement]) -> SubmitResult:
        if isinstance(answer, CommittedRecord) and self._publication.waits(answer.sequenced.index):
            entry = answer.sequenced
            acknowledgement = self._publication.acknowledged(entry.index, entry.entry, entry.leaves)
            return SubmitResult(acknowledgement, None, created=True)
        return _result(answer, earlier)

    async def _run(self, size: int, function: Callable[[], Value]) -> Value:
        """Runs a small job at once, a large one in a thread, so that the loop keeps answering."""
        if size <= _INLINE:
            return function()
        return await asyncio.get_running_loop().run_in_executor(self._threads, function)


async def _together(appending: Sequence[asyncio.Task[list[SubmitResult]]]) -> list[SubmitResult]:
    return [result for part in await asyncio.gather(*appending) for result in part]


def _runs(checked: Sequence[Submission | LedgerError]) -> Iterator[Sequence[Submission | LedgerError]]:
    """The records in parts. A part in which a sector has to be asked ends before the next record that enters a name."""
    start, asks = 0, False
    for i, submission in enumerate(checked):
        if isinstance(submission, LedgerError):
            continue
        if asks and entered_by(submission.record, submission.digest) is not None:
            yield checked[start:i]
            start, asks = i, False
        asks = asks or isinstance(submission.record, Transformation)
    yield checked[start:]


def _sender(checked: Sequence[Submission | LedgerError]) -> str:
    """The organisation that has signed most records of a request. The whole request waits in its turns, so that the
    request keeps its order."""
    signed = [one.record.issuer for one in checked if isinstance(one, Submission)]
    if len(signed) <= 1:
        return signed[0] if signed else ""
    issuers = Counter(signed)
    return max(issuers, key=issuers.__getitem__)


def _parse_all(envelopes: Sequence[bytes], request: AppendRequest) -> list[Submission | LedgerError]:
    """A refusal of a long record, or of one after the first that took long, has its first fault alone: nobody's
    signature is verified yet, so no quota limits the time."""
    parsed: list[Submission | LedgerError] = []
    for envelope in envelopes:
        submission = _parse(envelope, request.origin, explain=False)
        if (isinstance(submission, LedgerError) and request.explaining < _EXPLAINING
                and len(envelope) <= _LONGEST_EXPLAINED):
            started = time.thread_time()
            submission = _parse(envelope, request.origin, explain=True)
            request.explaining += time.thread_time() - started
        parsed.append(submission)
    return parsed


def _parse(envelope: bytes, origin: str, *, explain: bool) -> Submission | LedgerError:
    try:
        opened = open_envelope(envelope, explain=explain)
        if opened.origin not in (None, origin):
            raise InvalidInput(
                f"the record is signed for the ledger {opened.origin}, but this server's ledger is {origin}",
                code="other-ledger", field="origin", value=opened.origin,
                rule="post it to a server of its ledger; or sign the record again, for this ledger",
            )
        record = decode_record(opened.body, explain=explain)
        if is_residue(record):
            raise InvalidBody("the nonce is reserved for redacted records", code="residue", field="nonce", value=NONCE,
                              rule="16 random bytes; the reserved nonce marks the redacted form of an erased record")
        return Submission(
            record, opened.body, digest(opened.body), opened.keyid, opened.signature, salt_seed(record.nonce))
    except LedgerError as error:
        return at_stage(error.settled(), SHAPE)


def _verified(parsed: Submission | LedgerError, request: AppendRequest) -> Submission | LedgerError:
    if isinstance(parsed, LedgerError):
        return parsed
    key = request.keys.get(parsed.keyid)
    if key is None:
        return unknown_key(parsed.keyid)
    try:
        key.verify(parsed.signature, record_message(request.origin, parsed.record.kind, parsed.digest))
    except LedgerError as error:
        return InvalidInput(error.message, code=error.code, field=error.field, value=error.value, rule=error.rule)
    return parsed


def _owned(verified: Submission | LedgerError, request: AppendRequest) -> Submission | LedgerError:
    """Checks the signer, in the order of the request: an earlier record may enter the key that signs a later one."""
    if isinstance(verified, Submission):
        try:
            request.check_signer(verified.record, verified.keyid)
        except LedgerError as error:
            return error.settled()
    return verified


def _verify_part(part: Sequence[Submission | LedgerError], request: AppendRequest) -> list[Submission | LedgerError]:
    return [_verified(one, request) for one in part]


def _result(answer: Answer, earlier: Mapping[bytes, Receipt | Acknowledgement]) -> SubmitResult:
    match answer:
        case CommittedRecord(sequenced, checkpoint, path):
            proof = TlogProof(sequenced.index, tuple(path), checkpoint)
            receipt = make_receipt(
                proof, sequenced.digest, sequenced.entry, sequenced.leaves, hashes=sequenced.leaf_hashes)
            return SubmitResult(receipt, None, created=True)
        case LoadedRecord(digest=posted_before):
            return SubmitResult(earlier[posted_before], None)
        case LedgerError():
            return SubmitResult(None, answer)
        case _:
            raise TypeError(f"unexpected answer: {answer!r}")

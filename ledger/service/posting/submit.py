"""Submitting: envelopes in, receipts or reasons out. The optimistic work of a request happens here, ahead of the lock.

Decoding, checking and preparing run in a thread where a request has many records, signatures are verified on all cores
(the library releases the interpreter's lock), and sectors are asked where the `Assessor` runs them.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import NamedTuple, TypeVar

from ledger.admission.admit import unknown_key
from ledger.admission.lookups import add_names, entered_by
from ledger.admission.names import Names
from ledger.admission.state import PluginState
from ledger.core.log.inclusion_proof import TlogProof
from ledger.core.outcome.leaves import salt_seed
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt, make_receipt
from ledger.core.record.canonical import decode_record, digest
from ledger.core.record.kinds import AnyRecord, Erasure, Transformation
from ledger.core.record.redacted import NONCE, is_residue
from ledger.core.signatures.envelope import Opened, open_envelope
from ledger.core.signatures.signing import record_message
from ledger.engine.batch import Item, LoadedRecord
from ledger.engine.prepare import REVISING, Submission
from ledger.errors import InvalidBody, InvalidInput, LedgerError
from ledger.registry.assessing import Assessor
from ledger.service.heads.publication import Publication
from ledger.service.posting.append_request import Drafted, Request, complete, draft
from ledger.service.posting.pending import Answer, PendingRequest, Placed
from ledger.service.posting.prefetch import FactPrefetcher, PrefetchedFacts
from ledger.service.posting.quotas import Hold, Quotas
from ledger.service.posting.receipts import ReceiptReader
from ledger.service.posting.revision.reviser import Reviser
from ledger.service.posting.sequencer import Sequencer
from ledger.store.database import DatabasePool
from ledger.store.facts import FactLoader, KeyLoader

CHUNK = 1_000
_INLINE = 8
_LEAVES_AN_ANSWER = 100
_CORES = os.cpu_count() or 1
Value = TypeVar("Value")


class SubmitResult(NamedTuple):
    """`receipt`, or `error` that says why not; `created` is false where the record was on the log before. Of a log with
    witnesses it is the log's own word, until they have signed."""

    receipt: Receipt | Acknowledgement | None
    error: LedgerError | None
    created: bool = False


class _Parsed(NamedTuple):
    record: AnyRecord
    opened: Opened
    digest: bytes


def _nothing() -> None:
    """Nobody waits for erasures."""


class Submitter:
    """One for a process. A request's records are worked on in order; they may name each other's lots."""

    def __init__(
        self, pool: DatabasePool, loader: FactLoader, keys: KeyLoader, assessor: Assessor, sequencer: Sequencer,
        origin: str,
        receipts: ReceiptReader, reviser: Reviser, publication: Publication, quotas: Quotas,
        on_erasure: Callable[[], None] = _nothing,
    ) -> None:
        """`on_erasure` is called once an erasure is on the log."""
        self._reader = FactPrefetcher(pool, loader, keys)
        self._assessor = assessor
        self._sequencer = sequencer
        self._origin = origin
        self._receipts = receipts
        self._reviser = reviser
        self._publication = publication
        self._quotas = quotas
        self._on_erasure = on_erasure
        self._threads = ThreadPoolExecutor(_CORES, thread_name_prefix="submit")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def submit(self, envelopes: Sequence[bytes]) -> list[SubmitResult]:
        """One result an envelope, in order. Raises Unavailable or OutcomeUnknown for all of them."""
        request = Request(self._origin)
        pending: list[asyncio.Task[list[SubmitResult]]] = []
        done: list[SubmitResult] = []
        for start in range(0, len(envelopes), CHUNK):
            hold = Hold()
            try:
                unit, errors = await self._prepare(envelopes[start : start + CHUNK], request, hold)
            except BaseException:
                hold.settle()
                raise
            if any(isinstance(item.submission.record, REVISING) for item in unit.items):
                # What revises others comes after all that stands before it, and before what follows.
                done.extend(await _together(pending))
                done.extend(await self._append(unit, errors, hold))
                pending = []
            else:
                pending.append(asyncio.create_task(self._append(unit, errors, hold)))
        return done + await _together(pending)

    async def _prepare(
        self, envelopes: Sequence[bytes], request: Request, hold: Hold
    ) -> tuple[PendingRequest, list[LedgerError | None]]:
        parsed = await self._work(len(envelopes), lambda: [_parse(envelope) for envelope in envelopes])
        read = await self._read([one for one in parsed if isinstance(one, _Parsed)], request)
        checked = await self._quotas.checked(await self._verify(parsed, request), hold)
        request.organization = request.organization or _sender(checked)
        found = await self._prepare_all(checked, request, read.now.plugins)
        items = [one for one in found if isinstance(one, Item)]
        errors = [one if isinstance(one, LedgerError) else None for one in found]
        return PendingRequest(items, read.facts, read.figures, read.now.revisions, request.organization), errors

    async def _read(self, parsed: Sequence[_Parsed], request: Request) -> PrefetchedFacts:
        names = Names()
        for one in parsed:
            add_names(one.record, names)
        keyids = {one.opened.keyid for one in parsed} - request.owners.keys()
        read = self._reader.read_together if len(parsed) <= _INLINE else self._reader.read
        found = await read(names, keyids)
        request.view.learn(found.facts)
        request.view.rules = found.now.rules
        request.empty = not found.now.size
        for keyid in keyids & found.keys.keys():
            request.keys[keyid], request.owners[keyid] = found.keys[keyid]
        return found

    async def _verify(
        self, parsed: Sequence[_Parsed | LedgerError], request: Request
    ) -> list[_Parsed | LedgerError]:
        for one in parsed:
            if isinstance(one, _Parsed):
                request.enrol(one.record)
        if len(parsed) <= _INLINE:
            return [_owned(_verified(one, request), request) for one in parsed]
        size = -(-len(parsed) // _CORES)
        parts = [parsed[start : start + size] for start in range(0, len(parsed), size)]
        loop = asyncio.get_running_loop()
        done = await asyncio.gather(*[
            loop.run_in_executor(self._threads, _verify_part, part, request) for part in parts
        ])
        return [_owned(one, request) for part in done for one in part]

    async def _prepare_all(
        self, checked: Sequence[_Parsed | LedgerError], request: Request, in_force: Mapping[str, PluginState],
    ) -> list[Item | LedgerError]:
        """One item or error a record. Sectors are asked for many records at once, elsewhere; in between, what was
        drafted with a name's facts is completed before a later record may give that name others."""
        found: list[Item | LedgerError] = []
        for part in _runs(checked):
            size = len(part)
            drafted = await self._work(size, partial(self._draft, part, request, in_force))
            calls = [one.call for one in drafted if isinstance(one, Drafted) and one.call is not None]
            assessed = await self._assessor.assess(calls) if calls else []
            found += await self._work(size, partial(complete, drafted, assessed, request))
        return found

    def _draft(
        self, part: Sequence[_Parsed | LedgerError], request: Request, in_force: Mapping[str, PluginState]
    ) -> list[Drafted | Item | LedgerError]:
        return [
            one if isinstance(one, LedgerError) else draft(_submission(one), request, self._assessor.registry, in_force)
            for one in part
        ]

    async def _append(
        self, unit: PendingRequest, errors: Sequence[LedgerError | None], hold: Hold
    ) -> list[SubmitResult]:
        entered: dict[bytes, int] = {}
        try:
            answers = await self._sequence(unit)
            entered = {one.sequenced.digest: one.sequenced.index for one in answers if isinstance(one, Placed)}
        finally:
            hold.settle(entered)
        if any(isinstance(item.submission.record, Erasure) for item in unit.items):
            self._on_erasure()
        known = [answer.digest for answer in answers if isinstance(answer, LoadedRecord)]
        earlier = await self._receipts.read_first(known) if known else {}
        if any(isinstance(answer, Placed) for answer in answers):
            self._publication.committed.set()
        leaves = sum([len(answer.sequenced.leaves) for answer in answers if isinstance(answer, Placed)])
        results = await self._work(
            max(len(answers), leaves // _LEAVES_AN_ANSWER),
            lambda: [self._result(answer, earlier) for answer in answers],
        )
        remaining = iter(results)
        return [next(remaining) if error is None else SubmitResult(None, error) for error in errors]

    async def _sequence(self, unit: PendingRequest) -> list[Answer]:
        """The items in order: runs of plain records through the sequencer, what revises others by itself."""
        answers: list[Answer] = []
        for revising, run in groupby(unit.items, key=lambda item: isinstance(item.submission.record, REVISING)):
            items = list(run)
            if revising:
                answers.extend([await self._reviser.append(item.submission) for item in items])
            elif len(items) == len(unit.items):
                answers.extend(await self._sequencer.append(unit))
            else:
                part = PendingRequest(items, unit.facts, unit.figures, unit.revisions, unit.organization)
                answers.extend(await self._sequencer.append(part))
        return answers

    def _result(self, answer: Answer, earlier: Mapping[bytes, Receipt | Acknowledgement]) -> SubmitResult:
        if isinstance(answer, Placed) and self._publication.waits(answer.sequenced.index):
            one = answer.sequenced
            return SubmitResult(self._publication.acknowledged(one.index, one.entry, one.leaves), None, created=True)
        return _result(answer, earlier)

    async def _work(self, size: int, work: Callable[[], Value]) -> Value:
        """Runs small work at once, large work in a thread so that the loop goes on answering."""
        if size <= _INLINE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


async def _together(pending: Sequence[asyncio.Task[list[SubmitResult]]]) -> list[SubmitResult]:
    return [result for part in await asyncio.gather(*pending) for result in part]


def _runs(checked: Sequence[_Parsed | LedgerError]) -> Iterator[Sequence[_Parsed | LedgerError]]:
    """The records in parts, of which none goes on after a record that enters a name if a sector is asked before it."""
    start, asks = 0, False
    for i, one in enumerate(checked):
        if isinstance(one, LedgerError):
            continue
        if asks and entered_by(one.record, one.digest) is not None:
            yield checked[start:i]
            start, asks = i, False
        asks = asks or isinstance(one.record, Transformation)
    yield checked[start:]


def _sender(checked: Sequence[_Parsed | LedgerError]) -> str:
    """The organisation that has signed most of a request: all of it goes in the turns of one, so that it keeps its
    order."""
    found = [one.record.issuer for one in checked if isinstance(one, _Parsed)]
    if len(found) <= 1:
        return found[0] if found else ""
    issuers = Counter(found)
    return max(issuers, key=issuers.__getitem__)


def _submission(one: _Parsed) -> Submission:
    return Submission(one.record, one.opened.body, one.digest, one.opened.keyid, one.opened.signature,
                      salt_seed(one.record.nonce))


def _parse(envelope: bytes) -> _Parsed | LedgerError:
    try:
        opened = open_envelope(envelope)
        record = decode_record(opened.body)
        if is_residue(record):
            raise InvalidBody("the nonce is that of residues", code="residue", field="nonce", value=NONCE,
                              rule="16 random bytes: what an erasure leaves is no record")
        return _Parsed(record, opened, digest(opened.body))
    except LedgerError as error:
        return error.settled()


def _verified(one: _Parsed | LedgerError, request: Request) -> _Parsed | LedgerError:
    if isinstance(one, LedgerError):
        return one
    key = request.keys.get(one.opened.keyid)
    if key is None:
        return unknown_key(one.opened.keyid)
    try:
        key.verify(one.opened.signature, record_message(request.origin, one.record.kind, one.digest))
    except LedgerError as error:
        return InvalidInput(error.message, code=error.code, field=error.field, value=error.value, rule=error.rule)
    return one


def _owned(one: _Parsed | LedgerError, request: Request) -> _Parsed | LedgerError:
    """In the order of the request: a record may be signed by a key that an earlier one enters."""
    if isinstance(one, _Parsed):
        try:
            request.check_signer(one.record, one.opened.keyid)
        except LedgerError as error:
            return error.settled()
    return one


def _verify_part(part: Sequence[_Parsed | LedgerError], request: Request) -> list[_Parsed | LedgerError]:
    return [_verified(one, request) for one in part]


def _result(answer: Answer, earlier: Mapping[bytes, Receipt | Acknowledgement]) -> SubmitResult:
    match answer:
        case Placed(sequenced, checkpoint, path):
            proof = TlogProof(sequenced.index, tuple(path), checkpoint)
            receipt = make_receipt(proof, sequenced.digest, sequenced.entry, sequenced.leaves)
            return SubmitResult(receipt, None, created=True)
        case LoadedRecord(digest=found):
            return SubmitResult(earlier[found], None)
        case LedgerError():
            return SubmitResult(None, answer)
        case _:
            raise TypeError(f"no answer: {answer!r}")


"""Submitting: envelopes in, receipts or reasons out. The optimistic work of a request happens here, ahead of the lock.

Decoding, checking and preparing run in a thread where a request has many records, and signatures are verified on all
cores (the library releases the interpreter's lock).
"""

import asyncio
import base64
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import groupby
from typing import NamedTuple, TypeVar

from ledger.admission.facts import Facts
from ledger.admission.lots import DEFERRABLE
from ledger.admission.names import Names, entered_by, mentioned_by
from ledger.admission.state import PluginState, State, as_entered
from ledger.core.canonical import decode_record, digest
from ledger.core.envelope import Opened, open_envelope
from ledger.core.receipt import Receipt, make_receipt
from ledger.core.records import AnyRecord, KeyChange, Organization
from ledger.core.signing import VerifyingKey, load_spki, record_message
from ledger.errors import InvalidInput, InvalidKey, LedgerError, Refused, Unavailable
from ledger.footprint.figures import LotFigures
from ledger.registry.installed import Registry
from ledger.service.preparing import REVISING, Prepared, Submission, prepare
from ledger.service.receipts import ReceiptReader
from ledger.service.revising.reviser import Reviser
from ledger.service.sequencing.batch import Item, Known
from ledger.service.sequencing.sequencer import Answer, Placed, Sequencer, Unit
from ledger.service.sequencing.sequencer import Known as InForce
from ledger.store.database import Pool
from ledger.store.facts import FactLoader, KeyLoader
from ledger.store.sql import queries

CHUNK = 1_000
_INLINE = 8
_LEAVES_AN_ANSWER = 100
_CORES = os.cpu_count() or 1
_MAX_KEYS = 16
Value = TypeVar("Value")


class Result(NamedTuple):
    """`receipt`, or `error` that says why not; `created` is false where the record was on the log before."""

    receipt: Receipt | None
    error: LedgerError | None
    created: bool = False


class _Parsed(NamedTuple):
    record: AnyRecord
    opened: Opened
    digest: bytes


class Submitter:
    """One for a process. A request's records are worked on in order; they may name each other's lots."""

    def __init__(
        self, pool: Pool, loader: FactLoader, keys: KeyLoader, registry: Registry, sequencer: Sequencer, origin: str,
        receipts: ReceiptReader, reviser: Reviser,
    ) -> None:
        self._pool = pool
        self._loader = loader
        self._keys = keys
        self._registry = registry
        self._sequencer = sequencer
        self._origin = origin
        self._receipts = receipts
        self._reviser = reviser
        self._threads = ThreadPoolExecutor(_CORES, thread_name_prefix="submit")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def submit(self, envelopes: Sequence[bytes]) -> list[Result]:
        """One result an envelope, in order. Raises Unavailable or OutcomeUnknown for all of them."""
        request = _Request(self._origin)
        pending: list[asyncio.Task[list[Result]]] = []
        done: list[Result] = []
        for start in range(0, len(envelopes), CHUNK):
            unit, errors = await self._prepare(envelopes[start : start + CHUNK], request)
            if any(isinstance(item.submission.record, REVISING) for item in unit.items):
                # What revises others comes after all that stands before it, and before what follows.
                done.extend(await _together(pending))
                done.extend(await self._append(unit, errors))
                pending = []
            else:
                pending.append(asyncio.create_task(self._append(unit, errors)))
        return done + await _together(pending)

    async def _prepare(
        self, envelopes: Sequence[bytes], request: "_Request"
    ) -> tuple[Unit, list[LedgerError | None]]:
        parsed = await self._work(len(envelopes), lambda: [_parse(envelope) for envelope in envelopes])
        known, figures, now = await self._load([one for one in parsed if isinstance(one, _Parsed)], request)
        checked = await self._verify(parsed, request)
        items, errors = await self._work(
            len(envelopes), lambda: self._prepare_all(checked, request, now.in_force)
        )
        return Unit(items, known, figures, now.revisions), errors

    async def _load(
        self, parsed: Sequence[_Parsed], request: "_Request"
    ) -> tuple[Facts, dict[str, LotFigures], InForce]:
        names, known = Names(), Facts()
        figures: dict[str, LotFigures] = {}
        for one in parsed:
            names.add(one.record)
        async with self._pool.acquire() as connection:
            # Before the figures: where a revision comes in between, the lock finds that they may be outdated.
            now = self._sequencer.known
            if now is None:
                revisions = await connection.fetchval(queries("log")["revisions"])
                now = InForce(await self._loader.plugins(connection), revisions)
            await self._loader.load(connection, names, known, figures)
            await self._keys.load(connection, {one.opened.keyid for one in parsed}, request.keys)
        request.view.learn(known)
        return known, figures, now

    async def _verify(
        self, parsed: Sequence[_Parsed | LedgerError], request: "_Request"
    ) -> list[_Parsed | LedgerError]:
        for one in parsed:
            if isinstance(one, _Parsed):
                request.enrol(one.record)
        if len(parsed) <= _INLINE:
            return [_verified(one, request) for one in parsed]
        size = -(-len(parsed) // _CORES)
        parts = [parsed[start : start + size] for start in range(0, len(parsed), size)]
        loop = asyncio.get_running_loop()
        done = await asyncio.gather(*[
            loop.run_in_executor(self._threads, _verify_part, part, request) for part in parts
        ])
        return [one for part in done for one in part]

    def _prepare_all(
        self, checked: Sequence[_Parsed | LedgerError], request: "_Request", in_force: Mapping[str, PluginState],
    ) -> tuple[list[Item], list[LedgerError | None]]:
        items: list[Item] = []
        errors: list[LedgerError | None] = []
        for one in checked:
            if isinstance(one, LedgerError):
                errors.append(one)
                continue
            submission = Submission(one.record, one.opened.body, one.digest, one.opened.keyid, one.opened.signature)
            try:
                items.append(self._prepare_one(submission, request, in_force))
                errors.append(None)
            except LedgerError as error:
                errors.append(error)
        return items, errors

    def _prepare_one(
        self, submission: Submission, request: "_Request", in_force: Mapping[str, PluginState]
    ) -> Item:
        needs = request.needs(submission.record)
        request.revises = request.revises or isinstance(submission.record, REVISING)
        if request.revises:
            # What follows rests on what the revision will have made: prepared under the lock, after it.
            return Item(submission, None, needs)
        try:
            prepared = prepare(submission, request.view, self._registry, in_force)
        except Refused as error:
            if error.code not in DEFERRABLE:
                raise
            return Item(submission, None, needs)
        except Unavailable:
            # Another version may have come into force since the last batch here; the lock knows.
            return Item(submission, None, needs)
        request.overlay(submission, prepared)
        return Item(submission, prepared, needs)

    async def _append(self, unit: Unit, errors: Sequence[LedgerError | None]) -> list[Result]:
        answers = await self._sequence(unit)
        known = [answer.digest for answer in answers if isinstance(answer, Known)]
        earlier = await self._receipts.read(known) if known else {}
        leaves = sum([len(answer.sequenced.leaves) for answer in answers if isinstance(answer, Placed)])
        results = await self._work(
            max(len(answers), leaves // _LEAVES_AN_ANSWER), lambda: [_result(answer, earlier) for answer in answers]
        )
        remaining = iter(results)
        return [next(remaining) if error is None else Result(None, error) for error in errors]

    async def _sequence(self, unit: Unit) -> list[Answer]:
        """The items in order: runs of plain records through the sequencer, what revises others by itself."""
        answers: list[Answer] = []
        for revising, run in groupby(unit.items, key=lambda item: isinstance(item.submission.record, REVISING)):
            items = list(run)
            if revising:
                answers.extend([await self._reviser.append(item.submission) for item in items])
            elif len(items) == len(unit.items):
                answers.extend(await self._sequencer.append(unit))
            else:
                answers.extend(await self._sequencer.append(Unit(items, unit.facts, unit.figures, unit.revisions)))
        return answers

    async def _work(self, size: int, work: Callable[[], Value]) -> Value:
        """Runs small work at once, large work in a thread so that the loop goes on answering."""
        if size <= _INLINE:
            return work()
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _Request:
    """What the records of one request know of each other, laid over what the ledger holds."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.view = State(origin)
        self.keys: dict[bytes, VerifyingKey] = {}
        self.revises = False
        """Whether a record so far revises others."""
        self._made_by: dict[str, bytes] = {}

    def enrol(self, record: AnyRecord) -> None:
        """Keys that a record of this request enters may sign later ones; entry 0 is signed by its own."""
        entered = record.keys if isinstance(record, Organization) else (
            record.added if isinstance(record, KeyChange) else [])
        for public in entered[:_MAX_KEYS]:
            try:
                key = load_spki(base64.b64decode(public.spki))
            except LedgerError:
                continue  # the record that enters it is refused with the reason
            self.keys.setdefault(key.keyid, key)

    def needs(self, record: AnyRecord) -> frozenset[bytes]:
        """Digests of the request's own records whose facts this record's preparation rests on."""
        made_by = self._made_by
        if not made_by:
            return frozenset()
        mentioned = mentioned_by(record)
        products = [self.view.lots[name].product for name in mentioned if name in self.view.lots]
        return frozenset([made_by[name] for name in (*mentioned, *products) if name in made_by])

    def overlay(self, submission: Submission, prepared: Prepared) -> None:
        """Lets later records of the request see what this one would enter."""
        record, made = submission.record, submission.digest
        for created in prepared.plan.created:
            if created.facts.id not in self.view.lots:
                self.view.lots[created.facts.id] = as_entered(record, made, created.facts)
                self._made_by[created.facts.id] = made
        name = entered_by(record, made)
        if name is not None and name not in self._made_by:
            self._made_by[name] = self._made_by[made.hex()] = made
            # A key that cannot be: the record is refused under the lock, and with it what rests on it.
            with suppress(InvalidKey):
                self.view.note(record, made)


async def _together(pending: Sequence[asyncio.Task[list[Result]]]) -> list[Result]:
    return [result for part in await asyncio.gather(*pending) for result in part]


def _parse(envelope: bytes) -> _Parsed | LedgerError:
    try:
        opened = open_envelope(envelope)
        return _Parsed(decode_record(opened.body), opened, digest(opened.body))
    except LedgerError as error:
        return error


def _verified(one: _Parsed | LedgerError, request: _Request) -> _Parsed | LedgerError:
    if isinstance(one, LedgerError):
        return one
    key = request.keys.get(one.opened.keyid)
    if key is None:
        return Refused(
            f"key {one.opened.keyid.hex()} is not enrolled", code="unknown-key", field="key",
            value=one.opened.keyid.hex(), rule="a key that an organization or keyChange record entered",
        )
    try:
        key.verify(one.opened.signature, record_message(request.origin, one.record.kind, one.digest))
    except LedgerError as error:
        return InvalidInput(error.message, code=error.code, field=error.field, value=error.value, rule=error.rule)
    return one


def _verify_part(part: Sequence[_Parsed | LedgerError], request: _Request) -> list[_Parsed | LedgerError]:
    return [_verified(one, request) for one in part]


def _result(answer: Answer, earlier: dict[bytes, Receipt]) -> Result:
    match answer:
        case Placed(sequenced, checkpoint, path):
            receipt = make_receipt(
                sequenced.index, sequenced.digest, sequenced.entry, path, checkpoint, sequenced.leaves
            )
            return Result(receipt, None, created=True)
        case Known(digest=found):
            return Result(earlier[found], None)
        case LedgerError():
            return Result(None, answer)
        case _:
            raise TypeError(f"no answer: {answer!r}")


"""The witness itself. It handles the requests for one log one after the other: it checks a checkpoint, makes it
durable, then answers."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ledger.client.witness.store import Store
from ledger.core.log.add_checkpoint import (
    SIZE_TYPE,
    AddCheckpoint,
    Declined,
    StatedHead,
    judge,
    log_id,
    parse_request,
    stated,
)
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.cosignature import CosignatureVerifier, Cosigner, PrivateKey, cosignature_line, cosigned_at
from ledger.core.log.note import NoteVerifier, parse_note
from ledger.errors import InvalidNote

_log = logging.getLogger(__name__)
MAX_REQUEST = 1_000_000
PLAIN = "text/plain; charset=utf-8"


class WitnessAnswer(NamedTuple):
    """A response as tlog-witness defines it."""

    status: int
    content: str
    content_type: str = PLAIN


class Latest(NamedTuple):
    """The last cosigned checkpoint, and its note with the signature lines of the log and of this witness."""

    checkpoint: Checkpoint
    note: str
    time: int


class _Log:
    """A log that this witness cosigns. A request holds `lock` from the check until the new checkpoint is durable."""

    def __init__(self, verifiers: Sequence[NoteVerifier], latest: Latest | None) -> None:
        self.verifiers = verifiers
        self.latest = latest
        self.lock = asyncio.Lock()


class WitnessService:
    """Cosigns the checkpoints of `logs`. `clock` gives POSIX seconds. Raises ConfigurationError if this key has not
    cosigned the stored notes."""

    def __init__(
        self, store: Store, name: str, key: PrivateKey, logs: Mapping[str, Sequence[NoteVerifier]],
        clock: Callable[[], int],
    ) -> None:
        self.verifier = CosignatureVerifier(name, key.public_key())
        self._store = store
        self._name = name
        self._key = key
        self._clock = clock
        self._running: set[asyncio.Task[WitnessAnswer]] = set()
        self._logs = {origin: _Log(keys, self._loaded(origin)) for origin, keys in logs.items()}
        self._by_id = {log_id(origin): log for origin, log in self._logs.items()}

    def newest(self, log: str) -> str | None:
        """The last cosigned note of a log, by the SHA-256 of its origin; None if this witness has not cosigned it."""
        witnessed = self._by_id.get(log)
        return None if witnessed is None or witnessed.latest is None else witnessed.latest.note

    async def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """The answer to a request. If it holds a cosignature, the checkpoint is durable here."""
        try:
            request = parse_request(body)
            head = stated(request.note)
        except InvalidNote as error:
            return WitnessAnswer(400, error.message + "\n")
        log = self._logs.get(head.origin)
        if log is None:
            return _declined(judge(request, head, {}, None))
        # A client that disconnects stops nothing: the task holds the lock until the checkpoint is written.
        task = asyncio.create_task(self._in_turn(log, request, head))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def _in_turn(self, log: _Log, request: AddCheckpoint, head: StatedHead) -> WitnessAnswer:
        async with log.lock:
            return await asyncio.to_thread(self._add, log, request, head)

    def _add(self, log: _Log, request: AddCheckpoint, head: StatedHead) -> WitnessAnswer:
        latest = log.latest
        verdict = judge(request, head, {head.origin: log.verifiers}, None if latest is None else latest.checkpoint)
        if isinstance(verdict, Declined):
            return _declined(verdict)
        # After the clock was set back, a larger tree must not get an earlier time.
        time = max(self._clock(), 0 if latest is None else latest.time)
        text = parse_note(request.note).text
        try:
            line = cosignature_line(Cosigner(self._name, self._key, time), text)
        except InvalidNote as error:
            return WitnessAnswer(400, error.message + "\n")
        note = f"{text}\n{_lines_of(request.note, log.verifiers)}{line}"
        try:
            self._store.save(head.origin, note)
        except OSError as error:
            _log.error("cannot store a checkpoint of %s: %s", head.origin, error)
            return WitnessAnswer(500, "the checkpoint cannot be stored\n")
        log.latest = Latest(verdict, note, time)
        return WitnessAnswer(200, line)

    def _loaded(self, origin: str) -> Latest | None:
        note = self._store.load(origin, self.verifier)
        if note is None:
            return None
        head = stated(note)
        time = cosigned_at(note, [self.verifier])[self.verifier.key_hash]
        return Latest(Checkpoint(head.origin, head.size, head.root), note, time)


def _lines_of(note: str, verifiers: Sequence[NoteVerifier]) -> str:
    """The log's own signature lines. This witness does not pass on the lines of others."""
    own = {(one.name, one.key_hash) for one in verifiers}
    lines = note[len(parse_note(note).text) + 1 :].splitlines(keepends=True)
    parsed = parse_note(note).signatures
    return "".join(line for line, one in zip(lines, parsed, strict=True) if (one.name, one.key_hash) in own)


def _declined(verdict: Declined | Checkpoint) -> WitnessAnswer:
    if isinstance(verdict, Checkpoint):
        raise TypeError("a log that this witness does not cosign has a checkpoint")
    if verdict.size is not None:
        return WitnessAnswer(verdict.status, f"{verdict.size}\n", SIZE_TYPE)
    return WitnessAnswer(verdict.status, verdict.reason + "\n")

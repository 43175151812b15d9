"""One look at a log: that it continues what was seen before, and what it entered since.

1. The checkpoint is signed by the pinned key, or by one to which the log's signed notes lead from it: the same notes as
before, or more; and where a policy is given by its quorum. 2. It is not behind the last
one. 3. The entries since then, appended to the tree of then, give its root: so nothing of it has changed. 4. Bodies of
public kinds are there, have their digests, and are signed by a key that the log has entered. 5. What witnesses show as
cosigned is of this tree, once it has grown as far. 6. The checkpoint is cosigned as the log itself asks. 7. No entry's
time leads the monitor's clock, or when a quorum had cosigned the checkpoint: that is told as a finding.
"""

import base64
from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from ledger.client.audit.checks.cosignatures import readable
from ledger.client.audit.checks.entry_times import RULE as AHEAD
from ledger.client.audit.checks.entry_times import Bound, bound_of
from ledger.client.audit.report import AuditFinding
from ledger.client.monitor.events import Event, entered_keys, event_of
from ledger.client.monitor.log import LogReader
from ledger.client.monitor.state import MonitorState
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.key_rotation import LogKeys, Rotation, check_continues, open_rotation
from ledger.core.log.merkle import leaf_hash, verify_consistency
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import ACTIVATED, Policy, Witness, open_cosigned
from ledger.core.log.tiles import TILE_WIDTH, consistency_path_from_tiles, consistency_tiles
from ledger.core.record.base import PRIVATE
from ledger.core.record.canonical import decode_record
from ledger.core.record.canonical import digest as digest_of
from ledger.core.record.kinds import Activation, AnyRecord
from ledger.core.signatures.signing import load_spki, record_message
from ledger.errors import InvalidInput, LedgerError, NotFound, VerificationError
from ledger.host.clock import now

Progress = Callable[[int, int], None]


class Violation(VerificationError):
    """The log has broken a promise. `notes` are the signed checkpoints that show it, older first."""

    def __init__(self, message: str, notes: tuple[str, ...], *, code: str, value: object = None) -> None:
        super().__init__(message, code=code, field="log", value=value)
        self.notes = notes


class Look(NamedTuple):
    """What a look found: the state to go on from, the log's keys, how they were rotated since the last look, and the
    events since then. `warnings` are about witnesses, `findings` about entries."""

    state: MonitorState
    checkpoint: Checkpoint
    keys: LogKeys
    rotations: list[Rotation]
    events: list[Event]
    warnings: list[str]
    findings: list[AuditFinding]


class Monitor:
    """Looks at one log with a pinned key. `clock` is the monitor's, ms since 1970."""

    def __init__(
        self, reader: LogReader, vkey: str, policy: Policy | None, clock: Callable[[], int] = now
    ) -> None:
        self._clock = clock
        self._reader = reader
        self._vkey = vkey
        self._policy = policy

    def look(self, state: MonitorState, progress: Progress) -> Look:
        """Raises Violation; Unavailable where the log, which may be honest, does not answer."""
        note = self._reader.checkpoint()
        log_keys = self._log_keys(state, note)
        checkpoint = self._opened(note, log_keys)
        tree = state.tree()
        self._check_not_behind(state, checkpoint, note)
        events: list[Event] = []
        keys = dict(state.keys)
        read = _ReadLog([], _bound(note, self._policy, self._clock()))
        while tree.size < checkpoint.size:
            tree = self._read(tree, checkpoint, note, read)
            progress(tree.size, checkpoint.size)
        if tree.root() != checkpoint.root:
            raise Violation(
                f"the entries up to {checkpoint.size} do not give its root: the log is not what it was at "
                f"{state.tree().size}, or shows other entries than it has signed", _notes(state, note), code="fork",
                value=checkpoint.size,
            )
        # Only now: what the entries say counts when the signed root covers them.
        said = state.policy
        for index, entry in read.public:
            record = self._public(index, entry, keys, note, checkpoint.origin)
            keys |= entered_keys(record)
            said = _policy_after(record, said)
            events.append(event_of(record, index, entry.digest, entry.time, entry.keyid))
        self._check_cosigned(said, note, log_keys)
        ahead, warnings = self._compare(state, checkpoint, note, log_keys)
        new = replace(state, note=note, frontier=base64.b64encode(tree.to_bytes()).decode(), keys=keys, ahead=ahead,
                      rotations=list(log_keys.notes), policy=said)
        rotated = [open_rotation(one) for one in log_keys.notes[len(state.rotations) :]]
        return Look(new, checkpoint, log_keys, rotated, events, warnings, read.findings)

    def _log_keys(self, state: MonitorState, note: str) -> LogKeys:
        # Read after the checkpoint, so that none is missing that came before it.
        shown = self._reader.rotations()
        try:
            check_continues(state.rotations, shown)
            return LogKeys(self._vkey, shown)
        except LedgerError as error:
            raise Violation(f"the log's keys do not hold: {error.message}", (*state.rotations, *shown, note),
                            code=error.code) from None

    def _opened(self, note: str, keys: LogKeys) -> Checkpoint:
        try:
            if self._policy is not None:
                return open_cosigned(note, self._policy, parse_vkey(keys.vkey_of(note))).checkpoint
            return keys.opened(note)
        except LedgerError as error:
            code = error.code if error.code == "ended-key" else "wrong-checkpoint"
            raise Violation(f"the checkpoint does not hold: {error.message}", (*keys.notes, note), code=code) from None

    def _check_not_behind(self, state: MonitorState, checkpoint: Checkpoint, note: str) -> None:
        tree = state.tree()
        if checkpoint.size < tree.size:
            raise Violation(
                f"the log shows {checkpoint.size} entries, it had {tree.size}: it was rolled back, or shows an old "
                "view", _notes(state, note), code="rollback", value=checkpoint.size,
            )
        if checkpoint.size == tree.size and checkpoint.root != tree.root():
            raise Violation(f"two roots of size {checkpoint.size}", _notes(state, note), code="fork",
                            value=checkpoint.size)

    def _read(
        self, tree: Frontier, checkpoint: Checkpoint, note: str, read: "_ReadLog"
    ) -> Frontier:
        """The tree with the rest of the next bundle."""
        first = tree.size
        bundle = first // TILE_WIDTH
        try:
            fresh = self._reader.entries(bundle, checkpoint.size)[first - bundle * TILE_WIDTH :]
            for index, data in enumerate(fresh, start=first):
                read.take(index, parse_entry(data))
        except VerificationError as error:
            raise Violation(f"entries from {first} on: {error.message}", (note,), code="malformed-log", value=first
                            ) from None
        return tree.extended([leaf_hash(data) for data in fresh])

    def _check_cosigned(self, said: str | None, note: str, keys: LogKeys) -> None:
        if said is None:
            return
        policy = self._policy
        if policy is None or policy.digest != said:
            policy = readable(self._reader.policy())
        try:
            if policy is None or policy.digest != said:
                raise VerificationError("the text of that policy is not shown")
            open_cosigned(note, policy, parse_vkey(keys.vkey_of(note)))
        except LedgerError as error:
            raise Violation(
                f"the log says that its heads are cosigned by the witnesses of policy {said}: {error.message}", (note,),
                code="no-quorum", value=said,
            ) from None

    def _public(self, index: int, entry: Entry, keys: dict[str, str], note: str, origin: str) -> AnyRecord:
        digest = entry.digest.hex()
        try:
            body = self._reader.body(entry.digest)
            if body is None:
                raise VerificationError("it is public, but not served", code="missing-body")
            if digest_of(body) != entry.digest:
                raise VerificationError("it has another digest", code="wrong-body")
            record = decode_record(body)
            if record.kind != entry.kind:
                raise VerificationError("it is of another kind than its entry", code="wrong-body")
            # The first record enters the key that signs it.
            spki = (keys or entered_keys(record)).get(entry.keyid.hex())
            if spki is None:
                raise VerificationError("it is signed by a key that the log has not entered", code="unknown-key")
            message = record_message(origin, entry.kind, entry.digest)
            load_spki(base64.b64decode(spki)).verify(entry.signature, message)
        except (InvalidInput, VerificationError) as error:
            raise Violation(f"record {digest} of entry {index}: {error.message}", (note,), code=error.code, value=index
                            ) from None
        return record

    def _compare(
        self, state: MonitorState, checkpoint: Checkpoint, note: str, keys: LogKeys
    ) -> tuple[dict[str, str], list[str]]:
        """What witnesses show, against this tree; notes of heads that the log has not shown yet are kept."""
        if self._policy is None:
            return {}, []
        ahead: dict[str, str] = {}
        warnings: list[str] = []
        for witness in self._policy.witnesses:
            shown = None if witness.url is None else self._reader.cosigned(witness.url, checkpoint.origin)
            for one in {state.ahead.get(witness.name), shown} - {None}:
                if one is not None and not self._within(witness, one, checkpoint, note, keys, warnings):
                    ahead[witness.name] = one
            if witness.name in ahead and state.ahead.get(witness.name) == ahead[witness.name]:
                warnings.append(f"witness {witness.name} has cosigned a head that the log has not shown since the last "
                                "look: it may be showing an old view")
        return ahead, warnings

    def _within(
        self, witness: Witness, shown: str, checkpoint: Checkpoint, note: str, keys: LogKeys, warnings: list[str]
    ) -> bool:
        """Whether what a witness shows is a part of this tree; false where it is larger. What the log's key and the
        witness's have not both signed says nothing about the log, but of a key that has ended it says who has it."""
        try:
            if not self._policy_cosigned(witness, shown):
                return True
            theirs = keys.opened(shown)
        except LedgerError as error:
            if error.code == "ended-key":
                warnings.append(f"witness {witness.name} has cosigned it, but {error.message}")
            return True
        if theirs.size > checkpoint.size:
            return False
        tiles = {tile: self._reader.tile(tile) for tile in consistency_tiles(theirs.size, checkpoint.size)}
        try:
            path = consistency_path_from_tiles(theirs.size, checkpoint.size, tiles)
            verify_consistency(theirs.size, checkpoint.size, theirs.root, checkpoint.root, path)
        except (VerificationError, NotFound, InvalidInput) as error:
            raise Violation(
                f"witness {witness.name} was shown another log of {theirs.size} entries: {error.message}",
                (shown, note), code="fork", value=theirs.size,
            ) from None
        return True

    def _policy_cosigned(self, witness: Witness, shown: str) -> bool:
        return self._policy is not None and witness.name in self._policy.cosigned(shown)


class _ReadLog:
    """What is read of the entries on the way: those of public kinds, and the first whose time leads."""

    def __init__(self, public: list[tuple[int, Entry]], bound: Bound) -> None:
        self.public = public
        self.findings: list[AuditFinding] = []
        self._bound = bound

    def take(self, index: int, entry: Entry) -> None:
        if entry.kind != PRIVATE:
            self.public.append((index, entry))
        if not self.findings and self._bound.passed(entry.time):
            self.findings.append(AuditFinding(rule=AHEAD, message=self._bound.told(entry.time), index=index))


def _bound(note: str, policy: Policy | None, now: int) -> Bound:
    """How late an entry's time may be; `note` has the policy's quorum."""
    return bound_of(now, None if policy is None else policy.seen_by(policy.cosigned(note)))


def _policy_after(record: AnyRecord, said: str | None) -> str | None:
    """The witness policy in force after a record."""
    if not isinstance(record, Activation) or record.plugin != ACTIVATED:
        return said
    return None if record.retired else record.digest


def _notes(state: MonitorState, note: str) -> tuple[str, ...]:
    return (note,) if state.note is None else (state.note, note)

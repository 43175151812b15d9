"""One look at a log: checks that it continues the history seen before, and reports the new events.

1. The checkpoint is signed by the pinned key, or by a key to which the log's signed rotation notes lead; these notes
continue the notes seen before. If a policy is given, its quorum cosigned the checkpoint. 2. The checkpoint is not
behind the last one. 3. The new entries, appended to the last tree, give its root, so no earlier entry has changed. 4.
Bodies of public kinds are served, have their digests, and are signed by a key that the log has entered. 5. The heads
that witnesses show as cosigned belong to this tree, once it is as large. 6. The checkpoint is cosigned as the log
itself asks. 7. No entry's time is ahead of the monitor's clock, or of the time at which a quorum cosigned the
checkpoint; such an entry is a finding. 8. The access log shows the days that it showed before, with the same roots,
and the rows about an organisation's data (`accesses.py`).
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec.structs import replace

from ledger.client.audit.checks.cosignatures import readable
from ledger.client.audit.checks.entry_times import RULE as AHEAD
from ledger.client.audit.checks.entry_times import Bound, bound_of
from ledger.client.audit.report import AuditFinding
from ledger.client.monitor.accesses import AccessLook, OwnAccesses, read_days
from ledger.client.monitor.events import Event, entered_keys, event_of
from ledger.client.monitor.log import LogReader
from ledger.client.monitor.state import MonitorState
from ledger.client.monitor.violation import Violation
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


class Look(NamedTuple):
    """The result of a look: the state for the next look, the log's keys, and their rotations and the events since the
    last look. `warnings` are about witnesses, `findings` about entries."""

    state: MonitorState
    checkpoint: Checkpoint
    keys: LogKeys
    rotations: list[Rotation]
    events: list[Event]
    warnings: list[str]
    findings: list[AuditFinding]


class Monitor:
    """Looks at one log with a pinned key. `clock` is the monitor's clock, in ms since 1970."""

    def __init__(
        self, reader: LogReader, vkey: str, policy: Policy | None, clock: Callable[[], int] = now,
        own: OwnAccesses | None = None,
    ) -> None:
        self._own = own
        self._clock = clock
        self._reader = reader
        self._vkey = vkey
        self._policy = policy

    def look(self, state: MonitorState, progress: Progress) -> Look:
        """Raises Violation if the log has broken a promise, Unavailable if it does not answer, which proves nothing."""
        note = self._reader.checkpoint()
        log_keys = self._log_keys(state, note)
        checkpoint = self._opened(note, log_keys)
        tree = state.tree()
        self._check_not_behind(state, checkpoint, note)
        events: list[Event] = []
        keys = dict(state.keys)
        new_entries = _NewEntries([], _bound(note, self._policy, self._clock()))
        while tree.size < checkpoint.size:
            tree = self._read(tree, checkpoint, note, new_entries)
            progress(tree.size, checkpoint.size)
        if tree.root() != checkpoint.root:
            raise Violation(
                f"the entries up to {checkpoint.size} do not give its root: the log has changed entries before "
                f"{state.tree().size}, or shows other entries than it has signed", _notes(state, note), code="fork",
                value=checkpoint.size,
            )
        # Only now does the signed root cover these entries, so that their content counts.
        activated = state.policy
        for index, entry in new_entries.public:
            record = self._public(index, entry, keys, note, checkpoint.origin)
            keys |= entered_keys(record)
            activated = _policy_after(record, activated)
            events.append(event_of(record, index, entry.digest, entry.time, entry.keyid))
        self._check_cosigned(activated, note, log_keys)
        ahead, warnings = self._compare(state, checkpoint, note, log_keys)
        accesses = self._accesses(state, log_keys)
        new = replace(state, note=note, frontier=base64.b64encode(tree.to_bytes()).decode(), keys=keys, ahead=ahead,
                      rotations=list(log_keys.notes), policy=activated, accesses=accesses.kept)
        rotated = [open_rotation(one) for one in log_keys.notes[len(state.rotations) :]]
        warnings += accesses.warnings
        return Look(new, checkpoint, log_keys, rotated, events, warnings, new_entries.findings)

    def _accesses(self, state: MonitorState, keys: LogKeys) -> AccessLook:
        kept = read_days(self._reader, state.accesses, keys)
        if self._own is None:
            return AccessLook(kept.state, [])
        return self._own.look(kept, keys, datetime.fromtimestamp(self._clock() / 1000, UTC).date())

    def _log_keys(self, state: MonitorState, note: str) -> LogKeys:
        # Rotations are read after the checkpoint, so that they include every rotation before it.
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
                f"the log shows {checkpoint.size} entries, but it had {tree.size}: it was rolled back, or shows an old "
                "view", _notes(state, note), code="rollback", value=checkpoint.size,
            )
        if checkpoint.size == tree.size and checkpoint.root != tree.root():
            raise Violation(f"the log has shown two roots of size {checkpoint.size}", _notes(state, note), code="fork",
                            value=checkpoint.size)

    def _read(
        self, tree: Frontier, checkpoint: Checkpoint, note: str, new_entries: "_NewEntries"
    ) -> Frontier:
        """Appends the rest of the next bundle to the tree."""
        first = tree.size
        bundle = first // TILE_WIDTH
        try:
            fresh = self._reader.entries(bundle, checkpoint.size)[first - bundle * TILE_WIDTH :]
            for index, data in enumerate(fresh, start=first):
                new_entries.take(index, parse_entry(data))
        except VerificationError as error:
            raise Violation(f"entries from {first} on: {error.message}", (note,), code="malformed-log", value=first
                            ) from None
        return tree.extended([leaf_hash(data) for data in fresh])

    def _check_cosigned(self, activated: str | None, note: str, keys: LogKeys) -> None:
        if activated is None:
            return
        policy = self._policy
        if policy is None or policy.digest != activated:
            policy = readable(self._reader.policy())
        try:
            if policy is None or policy.digest != activated:
                raise VerificationError("the log does not show the text of that policy")
            open_cosigned(note, policy, parse_vkey(keys.vkey_of(note)))
        except LedgerError as error:
            raise Violation(
                f"the log says that the witnesses of policy {activated} cosign its heads: {error.message}", (note,),
                code="no-quorum", value=activated,
            ) from None

    def _public(self, index: int, entry: Entry, keys: dict[str, str], note: str, origin: str) -> AnyRecord:
        digest = entry.digest.hex()
        try:
            body = self._reader.body(entry.digest)
            if body is None:
                raise VerificationError("the log does not serve the body of this public record", code="missing-body")
            if digest_of(body) != entry.digest:
                raise VerificationError("the body has another digest", code="wrong-body")
            record = decode_record(body)
            if record.kind != entry.kind:
                raise VerificationError("the record is of another kind than its entry", code="wrong-body")
            # The first record enters the key that signs it.
            spki = (keys or entered_keys(record)).get(entry.keyid.hex())
            if spki is None:
                raise VerificationError("the log has not entered the key that signed the record", code="unknown-key")
            message = record_message(origin, entry.kind, entry.digest)
            load_spki(base64.b64decode(spki)).verify(entry.signature, message)
        except (InvalidInput, VerificationError) as error:
            raise Violation(f"record {digest} of entry {index}: {error.message}", (note,), code=error.code, value=index
                            ) from None
        return record

    def _compare(
        self, state: MonitorState, checkpoint: Checkpoint, note: str, keys: LogKeys
    ) -> tuple[dict[str, str], list[str]]:
        """Compares the heads that witnesses show with this tree. Returns the notes of heads that the log has not shown
        yet, by witness, and warnings."""
        if self._policy is None:
            return {}, []
        ahead: dict[str, str] = {}
        warnings: list[str] = []
        for witness in self._policy.witnesses:
            shown = None if witness.url is None else self._reader.cosigned(witness.url, checkpoint.origin)
            for head in {state.ahead.get(witness.name), shown} - {None}:
                if head is not None and not self._within(witness, head, checkpoint, note, keys, warnings):
                    ahead[witness.name] = head
            if witness.name in ahead and state.ahead.get(witness.name) == ahead[witness.name]:
                warnings.append(f"witness {witness.name} has cosigned a head that the log has not shown since the last "
                                "look: the log may be showing an old view")
        return ahead, warnings

    def _within(
        self, witness: Witness, shown: str, checkpoint: Checkpoint, note: str, keys: LogKeys, warnings: list[str]
    ) -> bool:
        """Whether the head that a witness shows is a part of this tree; false if it is larger. A head that the log and
        the witness have not both signed proves nothing about the log. But if the log's key of such a head has ended,
        somebody still uses it: that is a warning."""
        try:
            if not self._policy_cosigned(witness, shown):
                return True
            theirs = keys.opened(shown)
        except LedgerError as error:
            if error.code == "ended-key":
                warnings.append(f"witness {witness.name} has cosigned a head, but {error.message}")
            return True
        if theirs.size > checkpoint.size:
            return False
        tiles = {tile: self._reader.tile(tile) for tile in consistency_tiles(theirs.size, checkpoint.size)}
        try:
            path = consistency_path_from_tiles(theirs.size, checkpoint.size, tiles)
            verify_consistency(theirs.size, checkpoint.size, theirs.root, checkpoint.root, path)
        except (VerificationError, NotFound, InvalidInput) as error:
            raise Violation(
                f"the log showed witness {witness.name} another log of {theirs.size} entries: {error.message}",
                (shown, note), code="fork", value=theirs.size,
            ) from None
        return True

    def _policy_cosigned(self, witness: Witness, shown: str) -> bool:
        return self._policy is not None and witness.name in self._policy.cosigned(shown)


class _NewEntries:
    """Collects the new entries of public kinds, and the first entry whose time exceeds the bound."""

    def __init__(self, public: list[tuple[int, Entry]], bound: Bound) -> None:
        self.public = public
        self.findings: list[AuditFinding] = []
        self._bound = bound

    def take(self, index: int, entry: Entry) -> None:
        if entry.kind != PRIVATE:
            self.public.append((index, entry))
        if not self.findings and self._bound.passed(entry.time):
            self.findings.append(AuditFinding(rule=AHEAD, message=self._bound.message(entry.time), index=index))


def _bound(note: str, policy: Policy | None, now: int) -> Bound:
    """The latest time that an entry may have; the policy's quorum has cosigned `note`."""
    return bound_of(now, None if policy is None else policy.seen_by(policy.cosigned(note)))


def _policy_after(record: AnyRecord, activated: str | None) -> str | None:
    """The digest of the witness policy in force after a record; `activated` was in force before it."""
    if not isinstance(record, Activation) or record.plugin != ACTIVATED:
        return activated
    return None if record.retired else record.digest


def _notes(state: MonitorState, note: str) -> tuple[str, ...]:
    return (note,) if state.note is None else (state.note, note)

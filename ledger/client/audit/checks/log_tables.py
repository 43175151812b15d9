"""Checks a database's tables about the log as a whole: published heads and rotations of the log's key; and the anchor.

A published head must be the head of its batch, signed by all keys that signed at that time, and cosigned by the quorum
of the policy that was in force by the log. The anchor and the log's activations of policies show whether rows are
missing.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from ledger.client.audit.checks import cosignatures as witnessed
from ledger.client.audit.checks import entry_times as ahead
from ledger.client.audit.checks.checkpoint import check_extends
from ledger.client.audit.findings import Findings
from ledger.client.audit.source.interface import TreeSource
from ledger.core.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.log.entry import parse_entry
from ledger.core.log.key_rotation import LogKeys, open_rotation
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.log.note import parse_note, parse_vkey, verify_note
from ledger.core.log.policy import Policy, open_cosigned
from ledger.errors import LedgerError, VerificationError
from ledger.store.anchor import fields_of, stated

PUBLISHED = "published"
ANCHOR = "anchor"
LOG_KEYS = "log-keys"
_FIELD = "published"
LogFault = tuple[str, str, int | None]
"""The rule, message and index of a finding."""


class Anchored(NamedTuple):
    """The note in the anchor at `location`, or the reason why it cannot be read. `note` is None if the anchor does not
    exist."""

    location: str
    note: str | None = None
    why: str | None = None


class PublishedRow(NamedTuple):
    """A row of `publication` (`number` 0) or of `renewal`, with the root of the batch of its size and the last entry of
    that batch, if these are stored."""

    size: int
    number: int
    note: str
    root: bytes | None
    last: bytes | None


class RotationRow(NamedTuple):
    """A row of `log_key`."""

    number: int
    size: int
    note: str


class PolicyRow(NamedTuple):
    """An activation of a witness policy, by the entry `record`."""

    record: int
    digest: str
    retired: bool


class LogTables(NamedTuple):
    """The tables about the log as a whole."""

    published: list[PublishedRow]
    rotations: list[RotationRow]
    policies: list[PolicyRow]


@runtime_checkable
class ShowsLog(Protocol):
    """A source that shows the tables about the log as a whole: a database."""

    async def anchored(self) -> Anchored | None:
        """The database's anchor; None if the source has no anchor."""
        ...

    async def log_tables(self) -> LogTables:
        """The tables as they are now."""
        ...


async def check_anchor(
    source: TreeSource, anchored: Anchored | None, checkpoint: Checkpoint, keys: LogKeys, findings: Findings
) -> None:
    """Checks that the database continues the signed head in the anchor, which was read before its checkpoint."""
    if anchored is None:
        return
    if anchored.why is not None:
        findings.add(ANCHOR, anchored.why)
        return
    if anchored.note is None:
        findings.notes.append(f"there is no anchor {anchored.location}: earlier signed heads were not checked")
        return
    try:
        signed = stated(anchored.note)
        wrong = _unsigned(anchored.note, keys, signed.size)
    except LedgerError as error:
        findings.add(ANCHOR, f"the anchor {anchored.location} cannot be read: {error.message}")
        return
    if signed.origin != checkpoint.origin or wrong is not None:
        findings.add(ANCHOR, f"the anchor {anchored.location} of {signed.origin} {wrong or 'belongs to another log'}")
    elif signed.size > checkpoint.size:
        findings.add(ANCHOR, f"the anchor says that {signed.size} entries were signed, with root {signed.root.hex()}: "
                     f"entries {checkpoint.size} to {signed.size - 1} are missing", checkpoint.size)
    else:
        try:
            await check_extends(source, checkpoint, signed.size, signed.root)
        except LedgerError as error:
            findings.add(ANCHOR, f"the database does not begin with the {signed.size} entries of root "
                         f"{signed.root.hex()} that were signed according to the anchor: {error.message}")


def check_tables(
    tables: LogTables, anchored: Anchored | None, checkpoint: Checkpoint, keys: LogKeys, policy: Policy | None
) -> Iterator[LogFault]:
    """Lists the rows that contradict the log, its keys or its witnesses. `policy` is the policy in force, if its text
    is given."""
    yield from _rotations(tables, keys)
    sizes = [row.size for row in tables.published if row.number == 0]
    newest = max(sizes, default=-1)
    before, past = 0, dict[int, int]()
    for row in sorted(tables.published, key=lambda row: (row.size, row.number)):
        if row.size > checkpoint.size and row.root is not None:
            continue  # published since the checkpoint was read
        wrong = _wrong_head(row, checkpoint.origin, keys)
        if wrong is not None:
            yield PUBLISHED, f"the stored published head of {row.size} entries {wrong}", _last(row)
            continue
        if policy is not None and _in_force(tables.policies, row.size) == policy.digest:
            yield from _cosigned(row, before, past, policy, checkpoint.origin)
        elif policy is not None:
            yield from _check_lines(row, policy)
        before = row.size
    yield from _missing(tables, sizes, newest, anchored)


def check_newest(tables: LogTables, policy: Policy, keys: LogKeys, findings: Findings) -> list[str]:
    """The witnesses of the auditor's policy that have cosigned the newest published head. Adds a finding if they are
    not a quorum."""
    newest = max(tables.published, key=lambda row: (row.size, row.number), default=None)
    try:
        if newest is None:
            raise VerificationError("no published head is stored")
        return sorted(open_cosigned(newest.note, policy, parse_vkey(keys.vkey_of(newest.note))).times)
    except LedgerError as error:
        findings.add(witnessed.RULE, f"the newest published head: {error.message}")
        return []


def _rotations(tables: LogTables, keys: LogKeys) -> Iterator[LogFault]:
    if tuple(row.note for row in tables.rotations[: len(keys.notes)]) != keys.notes:
        yield LOG_KEYS, "the stored rotations of the log's key differ from the rotations that the log shows", None
    for place, row in enumerate(tables.rotations, start=1):
        try:
            size = open_rotation(row.note).size
        except LedgerError as error:
            yield LOG_KEYS, f"rotation {row.number} of the log's key does not hold: {error.message}", None
            continue
        if (row.number, row.size) != (place, size):
            yield LOG_KEYS, f"rotation {place} of the log's key, at {size} entries, is stored as number " \
                            f"{row.number}, at {row.size}", None


def _wrong_head(row: PublishedRow, origin: str, keys: LogKeys) -> str | None:
    try:
        head = parse_checkpoint(parse_note(row.note).text)
        if (head.origin, head.size, head.root) != (origin, row.size, row.root if row.size else EMPTY_ROOT):
            return "is not the head of these entries"
        return _unsigned(row.note, keys, row.size)
    except LedgerError:
        return "is not the head of these entries"


def _unsigned(note: str, keys: LogKeys, size: int) -> str | None:
    """The fault of the log's own signatures on a note about `size` entries, None if they hold."""
    spans = {span.verifier.key_hash: span for span in keys.spans}
    lines = {line.key_hash for line in parse_note(note).signatures if line.name == keys.origin}
    if lines - spans.keys():
        return "is signed by a key of the log to which no rotation leads"
    begun = {step.new: step.size for step in map(open_rotation, keys.notes) if step.begins}
    for span in keys.spans:
        if span.until is None and begun.get(span.vkey, -1) < size and span.verifier.key_hash not in lines:
            return f"lacks the signature of {span.vkey}"
    try:
        verify_note(note, [spans[key_hash].verifier for key_hash in lines])
        keys.vkey_of(note, size)
    except LedgerError as error:
        return f"is not signed by the log: {error.message}"
    return None


def _cosigned(
    row: PublishedRow, before: int, past: dict[int, int], policy: Policy, origin: str
) -> Iterator[LogFault]:
    """Checks the witnesses' signature lines of a head that was published by this policy."""
    names = {(one.verifier.name, one.verifier.key_hash) for one in policy.witnesses}
    unnamed = [line.name for line in parse_note(row.note).signatures
               if line.name != origin and (line.name, line.key_hash) not in names]
    if unnamed:
        yield witnessed.RULE, f"the head of {row.size} entries has signatures of {', '.join(unnamed)}, which its " \
                              "policy does not name", _last(row)
    try:
        times = policy.cosigned(row.note)
    except LedgerError as error:
        yield witnessed.RULE, f"the published head of {row.size} entries: {error.message}", _last(row)
        return
    seen, until = policy.seen_by(times), policy.past(times)
    if seen is None or until is None:
        yield witnessed.RULE, f"the published head of {row.size} entries is cosigned by " \
                              f"{', '.join(sorted(times)) or 'nobody'}, which is not a quorum", _last(row)
        return
    if until < past.get(row.size, 0):
        yield PUBLISHED, f"the head of {row.size} entries was cosigned before the head that it renews", _last(row)
    past[row.size] = until
    bound = ahead.cosigned_bound(seen)
    time = None if row.last is None else parse_entry(row.last).time
    if row.number == 0 and time is not None and bound.passed(time):
        yield ahead.RULE, f"entries from {before} on: {bound.message(time)}", _last(row)


def _check_lines(row: PublishedRow, policy: Policy) -> Iterator[LogFault]:
    """Checks the signature lines by witnesses of this policy on a head that was published by another policy, or before
    the log named a policy."""
    try:
        policy.cosigned(row.note)
    except LedgerError as error:
        yield witnessed.RULE, f"the published head of {row.size} entries: {error.message}", _last(row)


def _missing(
    tables: LogTables, sizes: Sequence[int], newest: int, anchored: Anchored | None
) -> Iterator[LogFault]:
    published = int(_fields(anchored).get(_FIELD, "-1"))
    if newest < published:
        yield PUBLISHED, f"the anchor says that a head of {published} entries was published, but the newest stored " \
                         f"head has {max(newest, 0)}", max(newest, 0)
    if tables.policies and not sizes:
        yield PUBLISHED, "the log names its witnesses, but stores no published head", tables.policies[0].record
    renewals: dict[int, list[int]] = {}
    for row in tables.published:
        if row.number:
            renewals.setdefault(row.size, []).append(row.number)
    for size, numbers in renewals.items():
        if size not in sizes or sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield PUBLISHED, f"the head of {size} entries, or a renewal of it, is not stored", \
                             size - 1 if size else None


def _fields(anchored: Anchored | None) -> dict[str, str]:
    try:
        return {} if anchored is None or anchored.note is None else fields_of(anchored.note)
    except LedgerError:
        return {}


def _in_force(policies: Sequence[PolicyRow], size: int) -> str | None:
    """The digest of the policy by which a head of this size was published, None if there was no policy."""
    before = [row for row in policies if row.record < size]
    return None if not before or before[-1].retired else before[-1].digest


def _last(row: PublishedRow) -> int | None:
    return row.size - 1 if row.size else None

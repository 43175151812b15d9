"""Checks an entry and its body by themselves: form, order, time, digest, canonical bytes, signature, tree.

These checks need no other records than those that enter keys, so they run ahead of the replay, on another core.
"""

import base64
from collections.abc import Mapping, Sequence

from msgspec import Struct

from ledger.client.audit.checks.entry_times import RULE as AHEAD
from ledger.client.audit.checks.entry_times import Bound
from ledger.client.audit.checks.erasures import wrong_redaction
from ledger.client.audit.checks.tree import AuditedTree, Edge
from ledger.client.audit.source.decoding import RULE
from ledger.client.audit.source.interface import EntryRow
from ledger.core.log.entry import Entry, parse_entry
from ledger.core.log.merkle import leaf_hash
from ledger.core.log.tiles import Tile
from ledger.core.record.base import PRIVATE
from ledger.core.record.canonical import decode_record, digest
from ledger.core.record.kinds import AnyRecord, KeyChange, Organization
from ledger.core.signatures.signing import VerifyingKey, load_spki, record_message
from ledger.errors import LedgerError


class EntryFault(Struct, frozen=True):
    """A fault of the entry at an index, with the rule that it violates."""

    index: int
    rule: str
    message: str
    column: str | None = None


class TreeProgress(Struct, frozen=True):
    """The progress of the checks, for another checker to continue from: the tree's edge, the time of the last entry,
    and the keys (SubjectPublicKeyInfo) that records have entered."""

    edge: Edge = Edge()
    time: int = 0
    keys: list[bytes] = []


class EntryVerdict(Struct, frozen=True):
    """The result of checking a page. `unread` are the indexes of records that cannot be replayed. `stopped` says that
    an entry is missing, so no entry from `size` on was checked. `root` is the root of all entries so far, `roots` are
    the roots at the requested sizes, and `tiles` are the tiles that became full."""

    size: int
    root: bytes
    signatures: int
    faults: list[EntryFault]
    unread: frozenset[int]
    stopped: bool
    roots: dict[int, bytes]
    tiles: list[tuple[Tile, bytes]]


class Checker:
    """Checks pages in order. `registrar` is the keyid (hex) that must sign entry 0. `public` says that the source
    need not serve bodies of private records, so their absence is no fault. `bound` limits the entries' times."""

    def __init__(
        self, origin: str, registrar: str | None, progress: TreeProgress | None = None, *, public: bool = False,
        bound: Bound | None = None,
    ) -> None:
        progress = progress or TreeProgress()
        self._origin = origin
        self._registrar = registrar
        self._public = public
        self._bound = bound
        self._time = progress.time
        self._tree = AuditedTree(progress.edge)
        self._ended = {self._tree.size}
        """Sizes at which batches end: the end of the last page, and those within this page."""
        self._keys: dict[bytes, VerifyingKey] = {}
        for spki in progress.keys:
            self._learn(spki)

    def progress(self) -> TreeProgress:
        """The progress after the last page."""
        return TreeProgress(self._tree.edge(), self._time, [key.spki for key in self._keys.values()])

    def check(self, rows: Sequence[EntryRow], ends: Sequence[int]) -> EntryVerdict:
        """Checks the rows of the next page. `ends` are the sizes at which batches end within this page."""
        faults: list[EntryFault] = []
        unread: set[int] = set()
        entries: list[tuple[EntryRow, Entry | None]] = []
        first = self._tree.size
        in_order = rows[: next((i for i, row in enumerate(rows) if row.index != first + i), len(rows))]
        bodies: dict[int, list[EntryFault]] = {}
        self._ended = {*ends, *[end for end in self._ended if end == first]}
        for row in in_order:
            entry, bodies[row.index] = self._read(row, unread)
            entries.append((row, entry))
        signatures = 0
        for row in rows:
            index = row.index if row.index >= 0 else first + len(in_order)
            faults += [EntryFault(index, RULE, message, column) for column, message in row.malformed]
        for row, entry in entries:
            own = list(self._entry_faults(row, entry))
            signatures += not own or own[0].rule != "signature"
            faults += own + bodies[row.index]
        stopped = len(in_order) < len(rows)
        if stopped:
            index = first + len(in_order)
            faults.append(EntryFault(index, "order", f"expected entry {index}, got entry {rows[len(in_order)].index}"))
        size = first + len(in_order)
        roots, tiles = self._tree.grow(
            [leaf_hash(row.entry) for row in in_order], [end for end in ends if first < end <= size]
        )
        return EntryVerdict(size, self._tree.root(), signatures, faults, frozenset(unread), stopped, roots, tiles)

    def _read(self, row: EntryRow, unread: set[int]) -> tuple[Entry | None, list[EntryFault]]:
        """The entry, and the faults of its body. From here on, the keys that it enters are known."""
        try:
            entry = parse_entry(row.entry)
        except LedgerError as error:
            unread.add(row.index)
            return None, [EntryFault(row.index, "entry", error.message)]
        if self._public and entry.kind == PRIVATE and row.body is None:
            return entry, []
        try:
            message = self._body(row, entry)
        except LedgerError as error:
            message = error.message
            unread.add(row.index)
        return entry, [] if message is None else [EntryFault(row.index, "body", message)]

    def _body(self, row: EntryRow, entry: Entry) -> str | None:
        """The fault of a readable body, None if there is no fault. Raises LedgerError if the body cannot be read."""
        if row.body is None:
            raise _Unread("the record's body is missing")
        if not row.erased and digest(row.body) != entry.digest:
            raise _Unread("the body has another digest than the entry commits to")
        record = decode_record(row.body)
        wrong = wrong_redaction(record) if row.erased else None
        if wrong is not None:
            raise _Unread(wrong)
        for spki in entered_keys(record):
            self._learn(spki)
        if record.kind != entry.kind:
            return f"the entry says kind {entry.kind}, but the record is of kind {record.kind}"
        return None

    def _learn(self, spki: bytes) -> None:
        try:
            key = load_spki(spki)
        except LedgerError:
            return  # the replay of its record reports it
        self._keys[key.keyid] = key

    def _entry_faults(self, row: EntryRow, entry: Entry | None) -> list[EntryFault]:
        faults = []
        wrong = signature_error(entry, self._keys, self._origin)
        if wrong is not None:
            faults.append(EntryFault(row.index, "signature", wrong))
        if entry is None:
            return faults
        if entry.time < self._time:
            faults.append(EntryFault(row.index, "time", f"time {entry.time} is before the time of the previous entry"))
        elif entry.time > self._time and row.index and row.index not in self._ended and not self._public:
            # The entries of one batch have one time.
            faults.append(EntryFault(
                row.index - 1, "batches",
                f"a batch ends at {row.index}, where the time changes, but is not stored",
            ))
        if self._bound is not None and self._bound.passed(entry.time):
            faults.append(EntryFault(row.index, AHEAD, self._bound.message(entry.time)))
            # This finding stands for all later entries.
            self._bound = None
        self._time = max(self._time, entry.time)
        if row.index == 0 and self._registrar is not None and entry.keyid.hex() != self._registrar:
            faults.append(EntryFault(
                0, "registrar", f"entry 0 is signed with {entry.keyid.hex()}, not with the pinned key"))
        return faults


class _Unread(LedgerError):
    """The body of an entry cannot be used."""


def entered_keys(record: AnyRecord) -> list[bytes]:
    """The keys (SubjectPublicKeyInfo) that a record enters, without keys that are not base64: the rules report
    those."""
    entered = record.keys if isinstance(record, Organization) else (
        record.added if isinstance(record, KeyChange) else [])
    keys = []
    for public in entered:
        try:
            keys.append(base64.b64decode(public.spki))
        except ValueError:
            continue
    return keys


def signature_error(entry: Entry | None, keys: Mapping[bytes, VerifyingKey], origin: str) -> str | None:
    """The fault of an entry's signature, None if it holds. This check needs no body."""
    if entry is None:
        return "the entry cannot be read"
    key = keys.get(entry.keyid)
    if key is None:
        return f"key {entry.keyid.hex()} is not on the log"
    if not key.holds(entry.signature, record_message(origin, entry.kind, entry.digest)):
        return "the signature does not hold"
    return None

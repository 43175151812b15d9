"""The audit without bodies: all that the public log allows.

1. the checkpoint is signed by the log, and cosigned by the policy's quorum; 2. every entry is well-formed, in order,
and hashes up to the root, every tile is that of the same tree; 3. times never decrease; 4. bodies of public kinds are
there, have their digest, and are admissible where they stand: organisations, keys, activations, erasures; 5. every
signature holds, by a key that was enrolled and active at that index; 6. no record is on the log twice.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable

import msgspec

from ledger.admission.admit import admit
from ledger.admission.facts import RecordFacts
from ledger.admission.state import State
from ledger.core.checkpoint import Checkpoint
from ledger.core.entry import Entry, parse_entry
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.note import parse_vkey
from ledger.core.policy import Policy
from ledger.core.record import PRIVATE
from ledger.core.records import AnyRecord
from ledger.core.tiles import Tile
from ledger.errors import LedgerError
from ledger.registry.installed import Registry
from ledger.service.accounting import account
from ledger.service.audit.arriving import Arrived, Batches, arriving
from ledger.service.audit.beside import APART, Beside
from ledger.service.audit.findings import Findings, Stop
from ledger.service.audit.growth import read_checkpoint
from ledger.service.audit.kept import Pinned
from ledger.service.audit.report import Report
from ledger.service.audit.source import Row, TreeSource
from ledger.service.audit.tiles import check_tiles
from ledger.service.preparing import Submission, prepare

_DOWN = ("server-down", "worker-down")
_record: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)


async def audit_public(
    source: TreeSource, *, vkey: str | None = None, registrar: str | None = None, policy: Policy | None = None,
    progress: Callable[[int, int], None],
) -> Report:
    """Raises Unavailable where the source does not answer. What could not be checked is among the report's notes."""
    findings = Findings()
    known = vkey or await source.vkey()
    walk = _Walk(parse_vkey(known).name, findings)
    checkpoint, witnesses = None, list[str]()
    try:
        checkpoint, witnesses, keys = await read_checkpoint(source, known, policy)
        if keys.led is not None:
            findings.notes.append(keys.led)
        await walk.run(source, checkpoint, registrar, progress)
    except Stop:
        pass
    except LedgerError as error:
        if error.code in _DOWN:
            raise
        findings.add("checkpoint", error.message)
    notes = [*_pins(Pinned(vkey, registrar)), *findings.notes, *walk.notes()]
    return Report(
        ok=not findings.found, origin=walk.state.origin, vkey=known, size=checkpoint.size if checkpoint else 0,
        root=checkpoint.root.hex() if checkpoint else "", start=0, entries=walk.state.size,
        signatures=walk.signatures, records=dict(walk.types), figures=0, balances=0, recomputed=0, erased=0,
        witnesses=witnesses, findings=findings.found, notes=notes,
    )


def _pins(pinned: Pinned) -> list[str]:
    found = []
    if pinned.vkey is None:
        found.append("the log's key was not pinned: it is the one that the source itself names")
    if pinned.registrar is None:
        found.append("the registrar's key was not pinned")
    return found


class _Walk:
    """Keys, organisations and plugins as the public records make them; of private records only that they are there."""

    def __init__(self, origin: str, findings: Findings) -> None:
        self.state = State(origin)
        self.types: Counter[str] = Counter()
        self.signatures = 0
        self._findings = findings
        self._registry = Registry([])
        self._root = EMPTY_ROOT
        self._signed: dict[bytes, array[int]] = {}

    async def run(
        self, source: TreeSource, checkpoint: Checkpoint, registrar: str | None, progress: Callable[[int, int], None]
    ) -> None:
        size = checkpoint.size
        with Beside(checkpoint.origin, registrar, None, public=True, apart=size >= APART) as beside:
            async with arriving(source, Batches(source.batches(size)), beside, 0, size) as pages:
                async for page in pages:
                    await self._page(source, page)
                    progress(self.state.size, size)
            edge = (await beside.progress()).edge
        if self.state.size != size:
            self._findings.add("complete", f"the checkpoint speaks of {size} entries, {self.state.size} are there")
        if self._root != checkpoint.root:
            self._findings.add("root", f"the entries' root is {self._root.hex()}, the checkpoint says "
                               f"{checkpoint.root.hex()}")
        # The partial tiles of this size.
        await check_tiles(source, [
            (Tile(level, size >> 8 * (level + 1), len(hashes)), b"".join(hashes))
            for level, hashes in enumerate(edge.tiles) if hashes
        ], self._findings)

    def notes(self) -> list[str]:
        """What only an audit with bodies can check, and which keys are in doubt."""
        found = []
        for keyid, key in self.state.keys.items():
            if key.compromised_since is not None:
                signed = self._signed.get(keyid, array("Q"))
                count = len(signed) - bisect_left(signed, key.compromised_since)
                found.append(f"{count} entries from {key.compromised_since} on are signed by key {keyid.hex()}, which "
                             "is reported compromised since then")
        private = self.types["private"]
        if private:
            found.append(f"not checked: the bodies of {private} private records, and so whether they may follow what "
                         "is before them, their figures and balances")
        return found

    async def _page(self, source: TreeSource, page: Arrived) -> None:
        verdict = page.verdict
        self._root = verdict.root
        self.signatures += verdict.signatures
        await asyncio.to_thread(self._replay, page)
        if verdict.stopped:
            raise Stop("entries are missing")
        await check_tiles(source, verdict.tiles, self._findings)

    def _replay(self, page: Arrived) -> None:
        waiting = sorted(page.verdict.faults, key=lambda fault: fault.index)
        for row in page.rows:
            while waiting and waiting[0].index <= row.index:
                fault = waiting.pop(0)
                self._findings.add(fault.rule, fault.message, fault.index)
            if row.index >= page.verdict.size:
                break
            try:
                self._one(row, parse_entry(row.entry), readable=row.index not in page.verdict.unread)
            except LedgerError as error:
                if isinstance(error, Stop):
                    raise
                if error.code != "malformed-entry":
                    self._findings.add("admission", f"{error.code}: {error.message}", row.index)
            self.state.size = row.index + 1
        for fault in waiting:
            self._findings.add(fault.rule, fault.message, fault.index)

    def _one(self, row: Row, entry: Entry, *, readable: bool) -> None:
        state, name = self.state, entry.digest.hex()
        self._signed.setdefault(entry.keyid, array("Q")).append(row.index)
        if name in state.records:
            self._find(f"the record is on the log already, at {state.records[name].index}", row.index, entry)
        if entry.kind == PRIVATE or not readable or row.body is None:
            self.types["private" if entry.kind == PRIVATE else "unread"] += 1
            self._check_key(row.index, entry)
            state.records[name] = RecordFacts(row.index, "private", "")
            return
        self._public(entry, _record.decode(row.body), row.body)

    def _check_key(self, index: int, entry: Entry) -> None:
        """The key of a private record: whose it is, the body would say."""
        key = self.state.keys.get(entry.keyid)
        if key is None:
            self._find(f"key {entry.keyid.hex()} is not enrolled at this index", index, entry)
        elif not key.active:
            self._find(f"key {entry.keyid.hex()} is revoked at this index", index, entry)

    def _find(self, message: str, index: int, entry: Entry) -> None:
        self._findings.add("admission", message, index, entry.digest)

    def _public(self, entry: Entry, record: AnyRecord, body: bytes) -> None:
        state = self.state
        self.types[type(record).__name__] += 1
        state.time = entry.time
        submission = Submission(record, body, entry.digest, entry.keyid, entry.signature)
        prepared = prepare(submission, state, self._registry, state.plugins)
        admit(record, entry.keyid, prepared.plan, state)
        if account(prepared, {}).root != entry.outcome:
            self._findings.add("outcome", "the entry commits to other results than the record gives", state.size,
                               entry.digest)
        state.apply(record, entry.digest, prepared.plan)


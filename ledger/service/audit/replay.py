"""The audit: replay every record from zero, by the same rules, and compare each byte that the ledger has committed.

1. the checkpoint is signed by the log; 2. every entry is well-formed, in order, and hashes up to the root; 3. every
batch root and full tile is that of the same tree; 4. every body has its digest, every signature holds; 5. every record
may follow what is before it; 6. its figures, recomputed, make the outcome in its entry, and are what is stored; 7. the
balances are what the records leave.
"""

import os
from collections import Counter
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import NamedTuple

from ledger.admission.facts import LOT_SLOTS
from ledger.admission.state import State
from ledger.core.checkpoint import open_checkpoint
from ledger.core.entry import Entry
from ledger.core.frontier import Frontier
from ledger.core.merkle import leaf_hash
from ledger.core.note import NoteVerifier, parse_vkey
from ledger.core.tiles import TILE_WIDTH, Tile
from ledger.errors import LedgerError
from ledger.registry.installed import Registry
from ledger.service.audit.names import RULE, NameCheck, ShowsNames, compare_ends, entered
from ledger.service.audit.records import Checked, Replayer, decode_row, signature_error
from ledger.service.audit.report import Finding, Report
from ledger.service.audit.source import RevisedRow, Row, Source, Version
from ledger.service.preparing import REVISING
from ledger.store.names import Names

MAX_FINDINGS = 50


def _quiet(_: int, __: int) -> None:
    """Progress that nobody wants to see."""


async def audit(
    source: Source, *, registry: Registry, vkey: str | None = None, registrar: str | None = None,
    progress: Callable[[int, int], None] = _quiet,
) -> Report:
    """Audits a whole log. `vkey` and `registrar` (hex keyid of entry 0's key) are what the auditor pins; `progress` is
    told how many of how many entries are done. Raises Unavailable where the source does not answer."""
    return await _Audit(source, registry, progress).run(vkey, registrar)


class _Balance(NamedTuple):
    """What is left of a lot, and how much it is."""

    remaining: Decimal
    quantity: Decimal

    def __str__(self) -> str:
        return f"{self.remaining} of {self.quantity}"


class _Audit:
    def __init__(self, source: Source, registry: Registry, progress: Callable[[int, int], None]) -> None:
        self._source = source
        self._registry = registry
        self._progress = progress
        self._findings: list[Finding] = []
        self._notes: list[str] = []
        self._frontier = Frontier()
        self._roots: dict[int, bytes] = {}
        self._tiles: dict[int, list[bytes]] = {}
        self._full: list[tuple[Tile, bytes]] = []
        self._time = 0
        self._names = NameCheck()
        self._range: Names | None = None
        self._counts: Counter[str] = Counter()
        self._types: Counter[str] = Counter()

    async def run(self, pinned: str | None, registrar: str | None) -> Report:
        vkey = pinned or await self._source.vkey()
        if pinned is None:
            self._notes.append("the log's key was not pinned: it is the one that the source itself names")
        if registrar is None:
            self._notes.append("the registrar's key was not pinned")
        verifier = parse_vkey(vkey)
        size, root = 0, b""
        try:
            checkpoint = open_checkpoint(await self._source.checkpoint(), verifier.name, verifier)
            size, root = checkpoint.size, checkpoint.root
            await self._replay(verifier, vkey, size, root, registrar)
        except LedgerError as error:
            if not isinstance(error, _Stop) and error.code in ("server-down", "database-down"):
                raise
            if not isinstance(error, _Stop):
                self._find("checkpoint", error.message)
        return Report(
            ok=not self._findings, origin=verifier.name, vkey=vkey, size=size, root=root.hex(),
            entries=self._counts["entries"], signatures=self._counts["signatures"], records=dict(self._types),
            figures=self._counts["figures"], balances=self._counts["balances"],
            recomputed=self._counts["recomputed"], findings=self._findings, notes=self._notes,
        )

    async def _replay(
        self, verifier: NoteVerifier, vkey: str, size: int, root: bytes, registrar: str | None
    ) -> None:
        replayer = Replayer(
            State(verifier.name), self._registry, revised=bool((await self._source.revisions()).versions)
        )
        batches = await self._source.batches(size)
        boundaries = {end for end, _ in batches}
        with ThreadPoolExecutor(os.cpu_count()) as threads:
            async for rows in self._source.rows(size):
                await self._chunk(rows, replayer, boundaries, registrar, threads)
                self._progress(self._counts["entries"], size)
        if self._counts["entries"] != size:
            self._find("complete", f"the checkpoint speaks of {size} entries, {self._counts['entries']} are there")
        if self._frontier.root() != root:
            self._find("root", f"the entries' root is {self._frontier.root().hex()}, the checkpoint says {root.hex()}")
        self._check_batches(batches, size)
        await self._check_tiles()
        await self._check_ends(verifier, vkey)
        await self._check_versions(replayer.versions, size)
        await self._check_balances(replayer, verifier)
        self._notes.extend(replayer.notes())

    async def _chunk(
        self, rows: Sequence[Row], replayer: Replayer, boundaries: set[int], registrar: str | None,
        threads: ThreadPoolExecutor,
    ) -> None:
        checked = [decode_row(row) for row in rows]
        first = self._counts["entries"]
        if isinstance(self._source, ShowsNames):
            self._range = await self._source.names(first, first + len(rows))
        for one in checked:
            replayer.learn_keys(one)
        keys, origin = replayer.keys, replayer.state.origin
        errors = list(threads.map(lambda one: signature_error(one, keys, origin), checked, chunksize=1))
        for one, wrong_signature in zip(checked, errors, strict=True):
            index = self._counts["entries"]
            if one.row.index != index:
                self._find("order", f"entry {one.row.index} where {index} is expected", index)
                raise _Stop("entries are missing", code="stop")
            self._grow(one.row.entry, boundaries)
            if wrong_signature is not None:
                self._find("signature", wrong_signature, index, one)
            else:
                self._counts["signatures"] += 1
            await self._entry(one, index, boundaries, registrar, replayer)

    async def _entry(
        self, one: Checked, index: int, boundaries: Container[int], registrar: str | None, replayer: Replayer
    ) -> None:
        if one.entry is not None:
            self._check_time(one.entry, index, boundaries)
            if index == 0 and registrar is not None and one.entry.keyid.hex() != registrar:
                self._find("registrar", f"entry 0 is signed with {one.entry.keyid.hex()}, not the pinned key", 0)
        if one.error is not None:
            self._find(one.rule, one.error, index, one)
        for rule, message in replayer.replay(one, await self._revised(one, index)):
            self._find(rule, message, index, one)
        self._check_names(one, index, replayer)
        if one.record is not None:
            self._types[type(one.record).__name__] += 1
        self._counts["figures"] += replayer.figures_of_last
        self._counts["recomputed"] += replayer.recomputed_last
        self._counts["entries"] += 1

    def _check_names(self, one: Checked, index: int, replayer: Replayer) -> None:
        """Where the source shows rows themselves: those by which later records find this one."""
        if self._range is None or one.record is None or replayer.made_last is None:
            return
        columns = self._range.columns[index - self._range.columns[0].index]
        wanted = entered(index, one.record, replayer.state, replayer.before_last)
        stored = self._range.entered.get(index, ())
        for rule, message in self._names.compare(one, columns, stored, wanted, replayer.made_last):
            self._find(rule, message, index, one)
        if replayer.revision is not None:
            self._names.revised(replayer.revision)

    async def _check_ends(self, verifier: NoteVerifier, vkey: str) -> None:
        if not isinstance(self._source, ShowsNames):
            return
        for index, message in self._names.unexplained():
            self._find(RULE, message, index)
        ends = await self._source.ends()
        for rule, told, at in compare_ends(ends, self._frontier, self._time, (verifier.name, vkey), self._full):
            self._find(rule, told, at)

    async def _revised(self, one: Checked, index: int) -> list[RevisedRow]:
        if not isinstance(one.record, REVISING):
            return []
        return [row async for page in self._source.revised(index) for row in page]

    def _check_time(self, entry: Entry, index: int, boundaries: Container[int]) -> None:
        """Times never decrease, and those of one batch are equal: where they change, a batch has ended."""
        if entry.time < self._time:
            self._find("time", f"time {entry.time} is before that of the entry before it", index)
        elif entry.time > self._time and index and index not in boundaries:
            self._find("batches", f"a batch ends at {index}, where the time changes, but is not stored", index - 1)
        self._time = max(self._time, entry.time)

    def _grow(self, entry: bytes, boundaries: set[int]) -> None:
        """Adds an entry to the tree, and to the tiles that it completes."""
        leaf = leaf_hash(entry)
        self._frontier = self._frontier.extended([leaf])
        if self._frontier.size in boundaries:
            self._roots[self._frontier.size] = self._frontier.root()
        level, node, index = 0, leaf, self._frontier.size - 1
        while True:
            hashes = self._tiles.setdefault(level, [])
            hashes.append(node)
            if len(hashes) < TILE_WIDTH:
                return
            index //= TILE_WIDTH
            self._full.append((Tile(level, index, TILE_WIDTH), b"".join(hashes)))
            node = Frontier().extended(hashes).root()
            hashes.clear()
            level += 1

    def _check_batches(self, batches: Sequence[tuple[int, bytes]], size: int) -> None:
        if size and (not batches or batches[-1][0] != size):
            self._find("batches", f"no batch ends at the checkpoint's size {size}")
        for end, root in batches:
            if self._roots.get(end) != root:
                self._find("batches", f"the batch that ends at {end} has another root than the entries", end - 1)

    async def _check_tiles(self) -> None:
        for tile, expected in self._full:
            try:
                found = await self._source.tile(tile)
            except LedgerError as error:
                self._find("tiles", f"tile {tile.level}/{tile.index}: {error.message}")
                continue
            if found != expected:
                self._find("tiles", f"tile {tile.level}/{tile.index} holds other hashes than the entries give")

    async def _check_versions(self, expected: Sequence[Version], size: int) -> None:
        """No row of a revision beside those that were compared: answers show the newest version that there is."""
        revisions = await self._source.revisions()
        found = [one for one in revisions.versions if one.record is None or one.record < size]
        known = {one.version: one for one in expected}
        if revisions.counted != len(revisions.versions):
            self._find("revisions", f"the head counts {revisions.counted} revisions, {len(revisions.versions)} are "
                       "stored", expected[-1].record if expected else None)
        for one in found:
            wanted = known.pop(one.version, None)
            if one != wanted:
                self._find("revisions", f"revision {one.version} is stored with {_rows(one)}, not {_rows(wanted)}",
                           one.record if wanted is None else wanted.record)
        for version, wanted in known.items():
            self._find("revisions", f"revision {version} is not stored", wanted.record)

    async def _check_balances(self, replayer: Replayer, verifier: NoteVerifier) -> None:
        """Balances are read as they are now: what differs from the checkpoint's may come of later records."""
        state = replayer.state
        expected = dict(state.remaining)
        other: dict[str, _Other] = {}
        async for page in self._source.balances():
            for one in page:
                left = expected.pop(one.lot, None)
                wanted = None if left is None else _Balance(left, state.lots[one.lot].quantity)
                if wanted is not None:
                    self._counts["balances"] += 1
                found = _Balance(one.remaining, one.quantity)
                if found != wanted:
                    other[one.lot] = _Other(one.number // LOT_SLOTS, found, wanted)
        explained = await self._later_balances(replayer, verifier, other) if other else {}
        for lot in expected:
            known = state.lots.get(lot)
            self._find("balances", f"lot {lot!r} has no balance", None if known is None else known.index)
        if explained is None:
            return
        for lot, (index, found, wanted) in other.items():
            if found in explained.get(lot, ()):
                continue
            if wanted is None:
                self._find("balances", f"lot {lot!r} has a balance, but no record made it", index)
            else:
                self._find("balances", f"{found} is left of lot {lot!r}, its records leave {wanted}", index)

    async def _later_balances(
        self, replayer: Replayer, verifier: NoteVerifier, wanted: Container[str]
    ) -> dict[str, set[_Balance]] | None:
        """What was left of each lot at any time after the checkpoint, until now; None where that cannot be known,
        since the first revision came after the audit had begun."""
        state = replayer.state
        found: dict[str, set[_Balance]] = {}
        newest = open_checkpoint(await self._source.checkpoint(), verifier.name, verifier)
        if not replayer.keeps and (await self._source.revisions()).versions:
            self._notes.append("records were revised while this audit ran: balances that differ were not compared")
            return None
        async for rows in self._source.rows(newest.size, self._counts["entries"]):
            for one in map(decode_row, rows):
                replayer.learn_keys(one)
                # What does not hold there is for the audit of a later checkpoint to find.
                for _ in replayer.replay(one, await self._revised(one, one.row.index)):
                    pass
                for lot in replayer.touched_last:
                    if lot in wanted:
                        found.setdefault(lot, set()).add(_Balance(state.remaining[lot], state.lots[lot].quantity))
        return found

    def _find(self, rule: str, message: str, index: int | None = None, one: Checked | None = None) -> None:
        digest = one.entry.digest.hex() if one is not None and one.entry is not None else None
        self._findings.append(Finding(rule=rule, message=message, index=index, digest=digest))
        if len(self._findings) >= MAX_FINDINGS:
            self._notes.append(f"stopped after {MAX_FINDINGS} findings")
            raise _Stop("too many findings", code="stop")


def _rows(version: Version | None) -> str:
    if version is None:
        return "none"
    return (f"{version.revised} records, {version.figures} figures, {version.flows} flows and {version.lots} changed "
            f"lots by entry {version.record}")


class _Other(NamedTuple):
    """A stored balance of a lot of entry `made` that is not what the checkpoint's records leave; `wanted` is that, None
    where none of them made the lot."""

    made: int
    found: _Balance
    wanted: _Balance | None


class _Stop(LedgerError):
    """The audit has seen enough."""


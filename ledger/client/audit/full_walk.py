"""The walk over the entries: what arrives is replayed in order, and compared."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import chain

from ledger.admission.state import State
from ledger.client.audit.checks.doubts import Doubts
from ledger.client.audit.checks.entries import EntryFault, TreeProgress
from ledger.client.audit.checks.entry_times import Bound
from ledger.client.audit.checks.erasures import Erasures
from ledger.client.audit.checks.parallel import APART, ParallelChecks
from ledger.client.audit.checks.tiles import check_tiles
from ledger.client.audit.findings import Findings, Stop
from ledger.client.audit.replay import ReplayedRecord, Replayer, read_row, read_unchecked
from ledger.client.audit.source.interface import AuditSource, RevisedRow, TreeSource
from ledger.client.audit.source.lookup_rows import MadeRows, RowCheck
from ledger.client.audit.source.pages import read_page
from ledger.client.audit.source.prefetch import Arrived, Batch, Batches, arriving
from ledger.client.audit.state.memory import Memory
from ledger.client.audit.state.progress import Kept, write_kept
from ledger.client.audit.state.registers import read_registers, registers_of, restore, write_registers
from ledger.client.audit.state.revisable import Revisable
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.frontier import Frontier
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.merkle import EMPTY_ROOT, tree_root
from ledger.core.log.tiles import Tile, tile_hashes
from ledger.engine.prepare import REVISING
from ledger.engine.sectors import Registry
from ledger.footprint.stored.figures import LotFigures


class Walk:
    """Over the log `origin`, from where `kept` ended: what was known then is in the book. `registrar` is the keyid
    (hex) of entry 0's key, where it is pinned. `revisable`: later records may revise earlier ones, so what that takes
    is kept."""

    def __init__(
        self, origin: str, registry: Registry, findings: Findings, *, kept: Kept | None = None,
        book: AuditStore | None = None, registrar: str | None = None, revisable: bool = False, lots_in_memory: int,
        row_check: RowCheck | None = None,
    ) -> None:
        self.counts = Counter[str]() if kept is None else Counter(kept.counts)
        self.types = Counter[str]() if kept is None else Counter(kept.records)
        self.touched: set[str] = set()
        """Lots whose balance has changed, where the walk did not begin at zero."""
        self.start = 0 if kept is None else kept.size
        self.registrar = registrar
        self._findings = findings
        self._root = EMPTY_ROOT if kept is None else kept.root
        self._progress = None if kept is None else kept.progress
        self._faults: dict[int, list[EntryFault]] = {}
        state, figures = State(origin), dict[str, LotFigures]()
        if kept is not None and book is not None:
            restore(state, read_registers(book.fact("registers") or b""))
        self.memory = Memory(state, figures, book, limit=lots_in_memory)
        self._revisable = Revisable(self.memory, state, figures) if revisable else None
        self.replayer = Replayer(state, figures, registry, revisable=self._revisable, watcher=row_check)
        if kept is not None:
            self.replayer.not_recomputed = kept.not_recomputed
            self.replayer.versions = kept.versions
            self.replayer.erasures = kept.erasures or Erasures()
        self._row_check = row_check
        self._roots: dict[tuple[int, int], bytes] = {}

    async def run(
        self, source: AuditSource, checkpoint: Checkpoint, bound: Bound, progress: Callable[[int, int], None]
    ) -> None:
        """Walks on to the checkpoint; no entry's time may lead `bound`. Raises Stop once there are findings enough,
        or an entry is missing."""
        size = checkpoint.size
        batches = Batches(source.batches(size, self.start))
        apart = size - self.start >= APART
        with ParallelChecks(
            checkpoint.origin, self.registrar, self._progress, public=False, apart=apart, bound=bound
        ) as beside:
            async with arriving(source, batches, beside, self.start, size) as pages:
                async for page in pages:
                    if not page.rows:
                        break
                    await self._page(source, page)
                    progress(self.counts["entries"], size)
            self._progress = await beside.progress()
        if self.counts["entries"] != size:
            self._findings.add(
                "complete", f"the checkpoint speaks of {size} entries, {self.counts['entries']} are there")
        if self._root != checkpoint.root:
            self._findings.add("root", f"the entries' root is {self._root.hex()}, the checkpoint says "
                               f"{checkpoint.root.hex()}")
        rest = await batches.take(size)
        self._findings.add_malformed(source.intake.taken())
        self._check_batches(rest, {})
        if size > self.start and batches.last != size:
            self._findings.add("batches", f"no batch ends at the checkpoint's size {size}")

    async def check_rows(self, vkey: str) -> None:
        """Where the source shows rows that belong to no record: that they are as the log makes them."""
        if self._row_check is None or self._progress is None:
            return
        frontier = Frontier.from_bytes(self._progress.edge.frontier)
        ledger = (self.replayer.state.origin, vkey)
        made = MadeRows(self.start, frontier, self._progress.time, ledger, self._roots)
        for rule, message, index in await self._row_check.compare_ends(made):
            self._findings.add(rule, message, index)

    def keep(self, book: AuditStore, checkpoint: Checkpoint, keys: LogKeys, doubts: Doubts) -> None:
        """Writes what the next audit needs; it is durable once the book is committed. What is replayed from here on
        leaves no trace in it."""
        self._write()
        book.write_fact("registers", write_registers(registers_of(self.replayer.state)))
        write_kept(book, Kept(
            origin=checkpoint.origin, vkey=keys.pinned, registrar=self.registrar or "", size=checkpoint.size,
            root=checkpoint.root, progress=self._progress or TreeProgress(), counts=dict(self.counts),
            records=dict(self.types), not_recomputed=self.replayer.not_recomputed,
            versions=self.replayer.versions, erasures=self.replayer.erasures, rotations=list(keys.notes),
            doubts=dict(doubts),
        ))
        book.mark()

    def _write(self) -> None:
        if self._revisable is None:
            self.memory.write(self.memory.book())
        else:
            self._revisable.write()

    async def later(self, source: AuditSource, size: int, look: Callable[[Replayer, set[str]], None]) -> None:
        """Replays what the log has gained since, below `size` and as far as there is something, and shows the lots that
        each record touched. What does not hold there is for the audit of a later checkpoint to find."""
        async for page in source.pages(size, self.replayer.state.size):
            reads = [read_unchecked(row) for row in read_page(page)]
            if not reads:
                return
            self.memory.recall([(one.record, one.entry.digest) for one in reads if one.entry is not None])
            for one in reads:
                for _ in self.replayer.replay(one, await read_revised(source, one)):
                    pass
                self._remember(one)
                look(self.replayer, self.replayer.touched_last or set())
            self.memory.spill()

    async def _page(self, source: AuditSource, page: Arrived) -> None:
        verdict = page.verdict
        self._root = verdict.root
        self.counts["signatures"] += verdict.signatures
        self._faults = {}
        for fault in verdict.faults:
            self._faults.setdefault(fault.index, []).append(fault)
        if self._row_check is not None and page.rows:
            await self._row_check.load(page.rows[0].index, page.rows[-1].index + 1)
        reads = await asyncio.to_thread(self._read, page)
        for fault in verdict.faults:
            if fault.index < page.rows[0].index:
                self._findings.add(fault.rule, fault.message, fault.index, column=fault.column)
        for part in parts(reads):
            revised = await read_revised(source, part[0])
            await asyncio.to_thread(self._replay, part, revised)
        if verdict.stopped:
            for missing in self._faults[verdict.size]:
                self._findings.add(missing.rule, missing.message, missing.index, column=missing.column)
            raise Stop("entries are missing")
        self._findings.add_malformed(source.intake.taken())
        self._check_batches(page.batches, verdict.roots)
        await self._check_tiles(source, verdict.tiles)
        if self._revisable is not None:
            await asyncio.to_thread(self._revisable.write)
        self.memory.spill()

    def _read(self, page: Arrived) -> list[ReplayedRecord]:
        reads = [read_row(row, page.verdict.unread) for row in page.rows[: page.verdict.size - page.rows[0].index]]
        self.memory.recall([(one.record, one.entry.digest) for one in reads if one.entry is not None])
        return reads

    def _replay(self, reads: Sequence[ReplayedRecord], revised: Sequence[RevisedRow]) -> None:
        replayer, counts = self.replayer, self.counts
        for one in reads:
            index = one.row.index
            digest = None if one.entry is None else one.entry.digest
            if index == 0 and one.entry is not None:
                self.registrar = one.entry.keyid.hex()
            for fault in self._faults.get(index, ()):
                self._findings.add(fault.rule, fault.message, index, digest, fault.column)
            checked = self._row_check.compare(one, replayer) if self._row_check is not None else ()
            for difference in chain(replayer.replay(one, revised), checked):
                self._findings.add(difference.rule, difference.message, index, digest, difference.column)
            counts["entries"] += 1
            counts["figures"] += replayer.figures_of_last
            counts["recomputed"] += replayer.recomputed_last
            counts["erased"] += one.row.erased
            if one.record is not None:
                self.types[type(one.record).__name__] += 1
                self._remember(one)
                if self.start:
                    self.touched.update(replayer.touched_last or ())

    def _remember(self, one: ReplayedRecord) -> None:
        touched = self.replayer.touched_last
        if touched is not None and one.record is not None and one.entry is not None:
            self.memory.keep(one.record, one.entry.digest, touched)

    def _check_batches(self, batches: Sequence[Batch], roots: Mapping[int, bytes]) -> None:
        for end, root in batches:
            if roots.get(end) != root:
                self._findings.add(
                    "batches", f"the batch that ends at {end} has another root than the entries", end - 1)

    async def _check_tiles(self, source: TreeSource, tiles: Sequence[tuple[Tile, bytes]]) -> None:
        if self._row_check is not None:
            self._roots.update({(tile.level, tile.index): tree_root(tile_hashes(data)) for tile, data in tiles})
        await check_tiles(source, tiles, self._findings)


def parts(reads: Sequence[ReplayedRecord]) -> list[Sequence[ReplayedRecord]]:
    """The records in order, each that revises others apart."""
    found: list[Sequence[ReplayedRecord]] = []
    begun = 0
    for i, one in enumerate(reads):
        if isinstance(one.record, REVISING):
            found.extend((reads[begun:i], reads[i : i + 1]))
            begun = i + 1
    found.append(reads[begun:])
    return [part for part in found if part]


async def read_revised(source: AuditSource, one: ReplayedRecord) -> list[RevisedRow]:
    """What is stored of the records that this one revises."""
    if not isinstance(one.record, REVISING):
        return []
    return [row async for page in source.revised(one.row.index) for row in page]

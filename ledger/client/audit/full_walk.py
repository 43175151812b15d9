"""The log replay with bodies: replays each entry in order and compares it with the stored data."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from ledger.admission.activations import PluginActivation
from ledger.admission.state import State
from ledger.client.audit.checks.doubtful import DoubtfulFigures
from ledger.client.audit.checks.doubts import Doubts
from ledger.client.audit.checks.entries import EntryFault, TreeProgress
from ledger.client.audit.checks.entry_times import Bound
from ledger.client.audit.checks.erasures import Erasures
from ledger.client.audit.checks.parallel import APART, ParallelChecks
from ledger.client.audit.checks.tiles import check_tiles
from ledger.client.audit.findings import Difference, Findings, Stop
from ledger.client.audit.options import AuditStart
from ledger.client.audit.replay import ReplayedRecord, Replayer, ReplayResult, read_row, read_unchecked
from ledger.client.audit.source.interface import AuditSource, RevisedRow, TreeSource
from ledger.client.audit.source.lookup_rows import MadeRows, RowCheck
from ledger.client.audit.source.pages import read_page
from ledger.client.audit.source.prefetch import Arrived, Batch, Batches, arriving
from ledger.client.audit.source.served_sets import ServedSets
from ledger.client.audit.state.memory import Memory
from ledger.client.audit.state.progress import AuditState, write_state
from ledger.client.audit.state.registers import read_registers, registers_of, restore, write_registers
from ledger.client.audit.state.revisable import Revisable
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.frontier import Frontier
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.merkle import EMPTY_ROOT, tree_root
from ledger.core.log.tiles import Tile, tile_hashes
from ledger.core.record.kinds import AnyRecord
from ledger.engine.prepared import REVISING
from ledger.engine.sectors import Registry
from ledger.footprint.stored.figures import LotFigures


class Walk:
    """Replays the log `origin`, from the state in which an earlier audit left it. `revisable`: later records may revise
    earlier ones, so the replay keeps the data that a revision needs."""

    hides = False
    """Whether the source may leave out bodies of private records."""

    def __init__(
        self, origin: str, registry: Registry, findings: Findings, start: AuditStart, *, revisable: bool = False,
        row_check: RowCheck | None = None,
    ) -> None:
        earlier = start.earlier
        self.counts = Counter[str]() if earlier is None else Counter(earlier.counts)
        self.types = Counter[str]() if earlier is None else Counter(earlier.records)
        self.touched: set[str] = set()
        """Lots whose balance has changed, if the walk did not begin at zero."""
        self.start = 0 if earlier is None else earlier.size
        self.registrar = start.pinned.registrar
        """The keyid (hex) of entry 0's key; None if it is not pinned and entry 0 was not replayed yet."""
        self._findings = findings
        self._root = EMPTY_ROOT if earlier is None else earlier.root
        self._progress = None if earlier is None else earlier.progress
        self._faults: dict[int, list[EntryFault]] = {}
        state, figures = State(origin), dict[str, LotFigures]()
        if earlier is not None and start.store is not None:
            restore(state, read_registers(start.store.fact("registers") or b""))
        self.memory = Memory(state, figures, start.store, limit=start.options.lots_in_memory)
        self._revisable = Revisable(self.memory, state, figures) if revisable else None
        self.replayer = self._replayer(state, figures, registry, row_check)
        if earlier is not None:
            self.replayer.not_recomputed = earlier.not_recomputed
            self.replayer.versions = earlier.versions
            self.replayer.erasures = earlier.erasures or Erasures()
        self.doubtful = DoubtfulFigures(None if earlier is None else earlier.doubtful)
        self._sets = ServedSets(registry)
        self._row_check = row_check
        self._roots: dict[tuple[int, int], bytes] = {}

    def _replayer(
        self, state: State, figures: dict[str, LotFigures], registry: Registry, row_check: RowCheck | None
    ) -> Replayer:
        return Replayer(state, figures, registry, revisable=self._revisable, watcher=row_check)

    async def run(
        self, source: AuditSource, checkpoint: Checkpoint, bound: Bound, progress: Callable[[int, int], None]
    ) -> None:
        """Replays the log up to the checkpoint. No entry's time may exceed `bound`. Raises Stop if there are too many
        findings, or an entry is missing."""
        size = checkpoint.size
        await self._learn(source, self.replayer.state.activations.entries)
        batches = Batches(source.batches(size, self.start))
        apart = size - self.start >= APART
        with ParallelChecks(
            checkpoint.origin, self.registrar, self._progress, public=self.hides, apart=apart, bound=bound
        ) as checks:
            async with arriving(source, batches, checks, self.start, size) as pages:
                async for page in pages:
                    if not page.rows:
                        break
                    await self._page(source, page)
                    progress(self.counts["entries"], size)
            self._progress = await checks.progress()
        self._findings.add_end(checkpoint, self.counts["entries"], self._root)
        rest = await batches.take(size)
        self._findings.add_malformed(source.intake.taken())
        self._check_batches(rest, {})
        if size > self.start and batches.last != size:
            self._findings.add("batches", f"no batch ends at the checkpoint's size {size}")

    async def check_rows(self, vkey: str) -> None:
        """Checks the rows that belong to no record against the log, if the source shows them."""
        if self._row_check is None or self._progress is None:
            return
        frontier = Frontier.from_bytes(self._progress.edge.frontier)
        ledger = (self.replayer.state.origin, vkey)
        made = MadeRows(self.start, frontier, self._progress.time, ledger, self._roots)
        for rule, message, index in await self._row_check.compare_ends(made):
            self._findings.add(rule, message, index)

    def keep(self, store: AuditStore, checkpoint: Checkpoint, keys: LogKeys, doubts: Doubts) -> None:
        """Writes the audit state for the next audit. The state is durable once the store is committed, and does not
        include later replays."""
        self._write()
        store.write_fact("registers", write_registers(registers_of(self.replayer.state)))
        write_state(store, self._state(checkpoint, keys, doubts))
        store.mark()

    def _state(self, checkpoint: Checkpoint, keys: LogKeys, doubts: Doubts) -> AuditState:
        return AuditState(
            origin=checkpoint.origin, vkey=keys.pinned, registrar=self.registrar or "", size=checkpoint.size,
            root=checkpoint.root, progress=self._progress or TreeProgress(), counts=dict(self.counts),
            records=dict(self.types), not_recomputed=self.replayer.not_recomputed,
            versions=self.replayer.versions, erasures=self.replayer.erasures, rotations=list(keys.notes),
            doubts=dict(doubts), doubtful=self.doubtful.kept(),
        )

    def _write(self) -> None:
        if self._revisable is None:
            self.memory.write(self.memory.store())
        else:
            self._revisable.write()

    async def later(self, source: AuditSource, size: int, look: Callable[[Replayer, set[str]], None]) -> None:
        """Replays the entries that the log gained after the checkpoint, up to `size` if it has as many. Calls
        `look` with the lots that each record touched. Reports no findings: these are for the audit of a later
        checkpoint."""
        async for page in source.pages(size, self.replayer.state.size):
            records = [read_unchecked(row) for row in read_page(page)]
            if not records:
                return
            self._recall(records)
            await self._learn(source, [one.record for one in records])
            for replayed in records:
                revised = await read_revised(source, replayed)
                touched = self.replayer.replay(replayed, revised, lambda _: None).touched
                self._remember(replayed, touched)
                look(self.replayer, touched or set())
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
        records = await asyncio.to_thread(self._read, page)
        for fault in verdict.faults:
            if fault.index < page.rows[0].index:
                self._findings.add(fault.rule, fault.message, fault.index, column=fault.column)
        await self._learn(source, [one.record for one in records])
        await self._replay_parts(source, records)
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

    async def _learn(
        self, source: AuditSource, records: Iterable[AnyRecord | PluginActivation | None]
    ) -> None:
        """Reads the factor sets and the sectors made of tables that come into force and are not installed here."""
        self._findings.notes += await self._sets.learn(source, records)

    async def _replay_parts(self, source: AuditSource, records: Sequence[ReplayedRecord]) -> None:
        for part in parts(records):
            revised = await read_revised(source, part[0])
            await asyncio.to_thread(self._replay, part, revised)

    def _read(self, page: Arrived) -> list[ReplayedRecord]:
        records = [read_row(row, page.verdict.unread) for row in page.rows[: page.verdict.size - page.rows[0].index]]
        self._recall(records)
        return records

    def _recall(self, records: Sequence[ReplayedRecord]) -> None:
        self.memory.recall([(one.record, one.entry.digest) for one in records if one.entry is not None])

    def _replay(self, records: Sequence[ReplayedRecord], revised: Sequence[RevisedRow]) -> None:
        counts = self.counts
        for replayed in records:
            index, entry = replayed.row.index, replayed.entry
            digest = None if entry is None else entry.digest
            if index == 0 and entry is not None:
                self.registrar = entry.keyid.hex()
            for fault in self._faults.get(index, ()):
                self._findings.add(fault.rule, fault.message, index, digest, fault.column)
            report = partial(self._report, index, digest)
            result = self.replayer.replay(replayed, revised, report)
            if self._row_check is not None:
                for difference in self._row_check.compare(replayed, result, self.replayer):
                    report(difference)
            counts["entries"] += 1
            counts["figures"] += result.figures
            counts["recomputed"] += result.recomputed
            counts["erased"] += replayed.row.erased
            if digest is not None:
                self._doubt(index, digest, result)
            if replayed.record is not None:
                self.types[type(replayed.record).__name__] += 1
                self._remember(replayed, result.touched)
                if self.start:
                    self.touched.update(result.touched or ())

    def _doubt(self, index: int, digest: bytes, result: ReplayResult) -> None:
        """Notes the findings of a record, and of the records that it revises."""
        self.doubtful.see(index, digest, result.leaf)
        for revised in result.revision.revised if result.revision is not None else ():
            leaves = revised.outcome.leaves if revised.outcome is not None else ()
            self.doubtful.see(revised.index, revised.digest, leaves[0] if leaves else None)

    def _report(self, index: int, digest: bytes | None, difference: Difference) -> None:
        self._findings.add(difference.rule, difference.message, index, digest, difference.column)

    def _remember(self, replayed: ReplayedRecord, touched: set[str] | None) -> None:
        if touched is not None and replayed.record is not None and replayed.entry is not None:
            self.memory.keep(replayed.record, replayed.entry.digest, touched)

    def _check_batches(self, batches: Sequence[Batch], roots: Mapping[int, bytes]) -> None:
        for end, root in batches:
            if roots.get(end) != root:
                self._findings.add(
                    "batches", f"the batch that ends at {end} has another root than the entries", end - 1)

    async def _check_tiles(self, source: TreeSource, tiles: Sequence[tuple[Tile, bytes]]) -> None:
        if self._row_check is not None:
            self._roots.update({(tile.level, tile.index): tree_root(tile_hashes(data)) for tile, data in tiles})
        await check_tiles(source, tiles, self._findings)


def parts(records: Sequence[ReplayedRecord]) -> list[Sequence[ReplayedRecord]]:
    """Splits the records, in order, so that each record that revises others is a part of its own."""
    split: list[Sequence[ReplayedRecord]] = []
    start = 0
    for i, replayed in enumerate(records):
        if isinstance(replayed.record, REVISING):
            split.extend((records[start:i], records[i : i + 1]))
            start = i + 1
    split.append(records[start:])
    return [part for part in split if part]


async def read_revised(source: AuditSource, replayed: ReplayedRecord, *, hidden: bool = False) -> list[RevisedRow]:
    """The stored rows of the records that this one revises. `hidden`: its body is not visible, but it revises."""
    if not hidden and not isinstance(replayed.record, REVISING):
        return []
    return [row async for page in source.revised(replayed.row.index) for row in page]

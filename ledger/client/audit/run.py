"""The audit: replay every record, from zero or from where the last audit ended, and compare each byte that the ledger
has committed.

1. the checkpoint is signed by the log, cosigned by the policy's quorum, and extends what was audited before; 2. every
entry is well-formed, in order, and hashes up to the root; 3. every batch root and full tile is that of the same tree;
4. every body has its digest, every signature holds; 5. every record may follow what is before it; 6. its figures,
recomputed, make the outcome in its entry, and are what is stored; 7. the balances are what the records leave; 8. no
entry's time leads the auditor's clock, or when witnesses had cosigned it; 9. heads are cosigned as the log itself asks,
and a database continues what its anchor says was signed and published.
"""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from ledger.client.audit.checks.balances import check_balances
from ledger.client.audit.checks.checkpoint import SignedHead, check_growth, read_checkpoint
from ledger.client.audit.checks.cosignatures import check_witnessed, cosigned_by, readable
from ledger.client.audit.checks.doubts import count_doubts, told
from ledger.client.audit.checks.entry_times import bound_of
from ledger.client.audit.checks.erasures import noted
from ledger.client.audit.checks.log_tables import Anchored, ShowsLog, check_anchor, check_newest, check_tables
from ledger.client.audit.findings import Findings, Stop
from ledger.client.audit.full_walk import Walk
from ledger.client.audit.report import AuditReport, unopened
from ledger.client.audit.source.decoding import Malformed
from ledger.client.audit.source.interface import AuditSource, StoredVersion
from ledger.client.audit.source.lookup_rows import ShowsRows
from ledger.client.audit.state.memory import LOTS_IN_MEMORY
from ledger.client.audit.state.progress import Pinned, pinned_by, read_kept
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import ACTIVATED, Policy
from ledger.engine.sectors import Registry
from ledger.errors import ConfigurationError, InvalidNote, LedgerError, Unavailable
from ledger.host.clock import now


def _quiet(_: int, __: int) -> None:
    """Progress that nobody wants to see."""


async def audit(
    source: AuditSource, *, registry: Registry, vkey: str | None = None, registrar: str | None = None,
    policy: Policy | None = None, state: Path | None = None, full_balances: bool = False,
    progress: Callable[[int, int], None] = _quiet, lots_in_memory: int = LOTS_IN_MEMORY,
    clock: Callable[[], int] = now,
) -> AuditReport:
    """Audits a whole log, or what came since `state` was written.

    `vkey` and `registrar` (hex keyid of entry 0's key) are what the auditor pins; `policy` says which witnesses the
    checkpoint needs. An audit that finds nothing writes `state`, all or nothing. From a state on, the balances of lots
    that were touched are compared; of all lots with `full_balances`. `progress` is told how many of how many entries
    are done; `clock` is the auditor's, ms since 1970.

    Raises Unavailable where the source does not answer, ConfigurationError for a state of another log.
    """
    book = None if state is None else AuditStore(state)
    try:
        run = _AuditRun(source, registry, policy, book, Pinned(vkey, registrar), lots_in_memory, clock)
        return await run.run(progress, full_balances=full_balances)
    finally:
        if book is not None:
            book.close()


class _AuditRun:
    def __init__(
        self, source: AuditSource, registry: Registry, policy: Policy | None, book: AuditStore | None,
        asked: Pinned, limit: int, clock: Callable[[], int],
    ) -> None:
        self._source = source
        self._registry = registry
        self._policy = policy
        self._book = book
        self._kept = None if book is None else read_kept(book, public=False)
        self._pinned = pinned_by(self._kept, asked)
        self._limit = limit
        self._clock = clock
        self._findings = Findings()
        self._checkpoint: Checkpoint | None = None
        self._witnesses: list[str] = []
        self._walk: Walk | None = None

    async def run(self, progress: Callable[[int, int], None], *, full_balances: bool) -> AuditReport:
        vkey = self._pinned.vkey or await self._source.vkey()
        try:
            verifier = parse_vkey(vkey)
        except InvalidNote as error:
            if self._pinned.vkey is not None:
                raise
            return unopened(error)
        if self._pinned.vkey is None:
            self._note("the log's key was not pinned: it is the one that the source itself names")
        if self._pinned.registrar is None:
            self._note("the registrar's key was not pinned")
        with contextlib.suppress(Stop):
            try:
                await self._steps(vkey, progress, full_balances=full_balances)
            except Malformed as error:
                self._note("stopped at a row that cannot be read")
                self._findings.add_malformed([*self._source.intake.taken(), error])
            except (ConfigurationError, Stop):
                raise
            except LedgerError as error:
                if isinstance(error, Unavailable):
                    raise
                self._findings.add("checkpoint", error.message)
            finally:
                if self._walk is not None:
                    self._walk.memory.close()
        return self._report(verifier.name, vkey)

    async def _steps(
        self, vkey: str, progress: Callable[[int, int], None], *, full_balances: bool
    ) -> None:
        source, findings = self._source, self._findings
        anchored = await source.anchored() if isinstance(source, ShowsLog) else None
        # A database's own head is signed here: what its witnesses have cosigned is in its tables.
        policy = None if isinstance(source, ShowsLog) else self._policy
        signed = await read_checkpoint(source, vkey, policy, self._kept)
        self._checkpoint, self._witnesses, keys, *_ = signed
        if keys.led is not None:
            self._note(keys.led)
        await check_growth(source, self._checkpoint, self._kept, findings)
        self._walk = walk = await self._begin(keys.origin)
        bound = bound_of(self._clock(), await cosigned_by(source, signed))
        await walk.run(source, self._checkpoint, bound, progress)
        await self._check_log(walk, signed, anchored)
        await walk.check_rows(keys.spans[0].vkey)
        # Before the state goes on to what came after the checkpoint.
        enrolled, known = dict(walk.replayer.state.keys), self._kept.doubts if self._kept is not None else {}
        doubts = await count_doubts(source, enrolled, self._checkpoint.size, known, walk.start)
        await self._check_versions(walk.replayer.versions, self._checkpoint.size)
        findings.add_malformed(source.intake.taken())
        if self._book is not None and not findings.found:
            # Before balances are explained by what came after the checkpoint.
            walk.keep(self._book, self._checkpoint, keys, doubts)
        await check_balances(source, walk, vkey, findings, full=full_balances)
        findings.add_malformed(source.intake.taken())
        await self._check_erasures(walk, vkey)
        findings.notes.extend([*noted(walk.counts["erased"]), *walk.replayer.notes(), *told(doubts, enrolled)])
        if self._book is not None and not findings.found:
            self._book.commit()

    async def _check_log(self, walk: Walk, signed: SignedHead, anchored: Anchored | None) -> None:
        """What belongs to the log as a whole: that it is cosigned as it says itself; of a database the tables too."""
        source, findings, plugins = self._source, self._findings, walk.replayer.state.plugins
        if not isinstance(source, ShowsLog):
            cosigned = await check_witnessed(source, signed.note, signed.keys, self._policy, plugins, findings)
            self._witnesses = self._witnesses or cosigned
            return
        await check_anchor(source, anchored, signed.checkpoint, signed.keys, findings)
        said = plugins.get(ACTIVATED)
        policy = self._policy or readable(await source.policy())
        if said is not None and (policy is None or policy.digest != said.digest):
            self._note(f"cosignatures were not checked: nobody gave the text of the log's witness policy {said.digest}")
        tables = await source.log_tables()
        for found in check_tables(tables, anchored, signed.checkpoint, signed.keys, policy):
            findings.add(*found)
        if self._policy is not None:
            self._witnesses = check_newest(tables, self._policy, signed.keys, findings)

    async def _begin(self, origin: str) -> Walk:
        """From the state, where there is one. What a revision reaches back to is kept where there are some, and in any
        state, since some may come."""
        revisable = self._book is not None or bool((await self._source.revisions()).versions)
        return Walk(
            origin, self._registry, self._findings, kept=self._kept, book=self._book,
            registrar=self._pinned.registrar, revisable=revisable, lots_in_memory=self._limit,
            row_check=self._source.row_check() if isinstance(self._source, ShowsRows) else None,
        )

    async def _check_erasures(self, walk: Walk, vkey: str) -> None:
        """No body is gone that the log does not ask to go. Rows are read as they are now: it may do so since."""
        erasures = walk.replayer.erasures
        if any(erasures.unexplained()):
            newest = (await read_checkpoint(self._source, vkey)).checkpoint
            await walk.later(self._source, newest.size, lambda *_: None)
        for index, message in erasures.unexplained():
            self._findings.add("erasure", message, index)

    async def _check_versions(self, expected: Sequence[StoredVersion], size: int) -> None:
        """No row of a revision beside those that were compared: answers show the newest version that there is."""
        revisions = await self._source.revisions()
        found = [one for one in revisions.versions if one.record is None or one.record < size]
        known = {one.version: one for one in expected}
        if revisions.counted != len(revisions.versions):
            self._findings.add("revisions", f"the head counts {revisions.counted} revisions, "
                               f"{len(revisions.versions)} are stored", expected[-1].record if expected else None)
        for one in found:
            wanted = known.pop(one.version, None)
            if one != wanted:
                self._findings.add("revisions", f"revision {one.version} is stored with {_rows(one)}, not "
                                   f"{_rows(wanted)}", one.record if wanted is None else wanted.record)
        for version, wanted in known.items():
            self._findings.add("revisions", f"revision {version} is not stored", wanted.record)

    def _note(self, text: str) -> None:
        self._findings.notes.append(text)

    def _report(self, origin: str, vkey: str) -> AuditReport:
        walk, checkpoint, kept = self._walk, self._checkpoint, self._kept
        counts = walk.counts if walk is not None else dict(kept.counts if kept is not None else {})
        types = walk.types if walk is not None else (kept.records if kept is not None else {})
        return AuditReport(
            ok=not self._findings.found, origin=origin, vkey=vkey, size=checkpoint.size if checkpoint else 0,
            root=checkpoint.root.hex() if checkpoint else "", start=walk.start if walk else 0,
            entries=counts.get("entries", 0), signatures=counts.get("signatures", 0), records=dict(types),
            figures=counts.get("figures", 0), balances=counts.get("balances", 0),
            recomputed=counts.get("recomputed", 0), erased=counts.get("erased", 0),
            earlier=dict(kept.counts) if kept is not None else {}, witnesses=self._witnesses,
            findings=self._findings.found, notes=self._findings.notes,
            rules=list(walk.replayer.state.rules.activated) if walk else [],
        )


def _rows(version: StoredVersion | None) -> str:
    if version is None:
        return "none"
    return (f"{version.revised} records, {version.figures} figures, {version.flows} flows and {version.lots} changed "
            f"lots by entry {version.record}")

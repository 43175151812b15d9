"""The audit: replays every record, from entry 0 or from the end of the last audit, and compares each byte that the
ledger has committed.

1. The log signed the checkpoint, the policy's quorum cosigned it, and it extends the tree that was audited before. 2.
Every entry is well-formed, in order, and hashes up to the root. 3. Every batch root and full tile belongs to the same
tree. 4. Every body has its digest, every signature holds. 5. Every record is admissible after the earlier ones. 6. Its
recomputed figures give the outcome in its entry and equal the stored ones. 7. The stored balances are the balances that
the records give. 8. No entry's time is ahead of the auditor's clock, or of the time at which witnesses cosigned it. 9.
Heads are cosigned as the log itself asks, and a database continues the signed and published heads in its anchor.
"""

import contextlib
from collections.abc import Sequence

from ledger.client.audit.checks.balances import check_balances
from ledger.client.audit.checks.beginning import check_rules_known
from ledger.client.audit.checks.checkpoint import SignedHead, check_growth, read_checkpoint
from ledger.client.audit.checks.cosignatures import check_witnessed, cosigned_by, readable
from ledger.client.audit.checks.doubts import count_doubts, doubt_notes
from ledger.client.audit.checks.entry_times import bound_of
from ledger.client.audit.checks.erasures import erasure_notes
from ledger.client.audit.checks.log_tables import Anchored, ShowsLog, check_anchor, check_newest, check_tables
from ledger.client.audit.findings import Findings, Stop
from ledger.client.audit.full_walk import Walk
from ledger.client.audit.options import AuditOptions, AuditStart, start_of
from ledger.client.audit.report import AuditReport, ScopeReport, unopened
from ledger.client.audit.scoped.balances import check_visible_balances
from ledger.client.audit.scoped.walk import ScopedWalk
from ledger.client.audit.source.decoding import Malformed
from ledger.client.audit.source.interface import AuditSource, ShowsScope, StoredVersion
from ledger.client.audit.source.lookup_rows import ShowsRows
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import ACTIVATED
from ledger.engine.sectors import Registry
from ledger.errors import ConfigurationError, InvalidNote, LedgerError, Unavailable


async def audit(source: AuditSource, registry: Registry, options: AuditOptions) -> AuditReport:
    """Audits a whole log, or the entries since its state was written.

    Raises Unavailable if the source does not answer, ConfigurationError if the state belongs to another log, or if this
    program does not know the rules with which the log begins.
    """
    scope = await source.scope() if isinstance(source, ShowsScope) else None
    scope = None if scope is None or scope.everything else scope
    with start_of(options, public=False, scope=scope) as start:
        run = _AuditRun if scope is None else _ScopedRun
        return await run(source, registry, start).run()


class _AuditRun:
    def __init__(self, source: AuditSource, registry: Registry, start: AuditStart) -> None:
        self._source = source
        self._registry = registry
        self._start = start
        self._options = start.options
        self._store = start.store
        self._earlier = start.earlier
        self._pinned = start.pinned
        self._findings = Findings()
        self._checkpoint: Checkpoint | None = None
        self._witnesses: list[str] = []
        self._walk: Walk | None = None

    async def run(self) -> AuditReport:
        vkey = self._pinned.vkey or await self._source.vkey()
        try:
            verifier = parse_vkey(vkey)
        except InvalidNote as error:
            if self._pinned.vkey is not None:
                raise
            return unopened(error)
        self._findings.notes.extend(self._pinned.notes())
        with contextlib.suppress(Stop):
            try:
                await self._steps(vkey)
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

    async def _steps(self, vkey: str) -> None:
        source, findings, options = self._source, self._findings, self._options
        anchored = await source.anchored() if isinstance(source, ShowsLog) else None
        # A database signs its own head here; the cosignatures of its published heads are in its tables.
        policy = None if isinstance(source, ShowsLog) else options.policy
        before = self._earlier or self._start.dropped
        signed = await read_checkpoint(source, vkey, policy, before)
        self._checkpoint, self._witnesses, keys, *_ = signed
        if keys.led is not None:
            self._note(keys.led)
        await check_growth(source, self._checkpoint, before, findings)
        if self._start.dropped is not None:
            self._note(f"an earlier audit up to entry {self._start.dropped.size} could read another part of the log, "
                       "so this audit started from zero")
        self._walk = walk = await self._begin(keys.origin)
        await check_rules_known(source, self._checkpoint.size, walk.start, walk.replayer.state.rules)
        bound = bound_of(options.clock(), await cosigned_by(source, signed))
        await walk.run(source, self._checkpoint, bound, options.progress)
        await self._check_log(walk, signed, anchored)
        await walk.check_rows(keys.spans[0].vkey)
        # The replay may continue beyond the checkpoint, so this is a copy.
        enrolled = dict(walk.replayer.state.keys)
        counted = self._earlier.doubts if self._earlier is not None else {}
        doubts = await count_doubts(source, enrolled, self._checkpoint.size, counted, walk.start)
        await self._check_versions(walk.replayer.versions, self._checkpoint.size)
        findings.add_malformed(source.intake.taken())
        if self._store is not None and not findings.found:
            # The state ends at the checkpoint. The balance checks may replay later entries.
            walk.keep(self._store, self._checkpoint, keys, doubts)
        await self._check_balances(walk, vkey)
        findings.add_malformed(source.intake.taken())
        await self._check_erasures(walk, vkey)
        findings.notes.extend([
            *erasure_notes(walk.counts["erased"]), *walk.replayer.notes(), *doubt_notes(doubts, enrolled),
        ])
        if self._store is not None and not findings.found:
            self._store.commit()

    async def _check_log(self, walk: Walk, signed: SignedHead, anchored: Anchored | None) -> None:
        """Checks the log as a whole: its cosignatures by its own policy and, of a database, its log tables."""
        source, findings, plugins = self._source, self._findings, walk.replayer.state.plugins
        asked = self._options.policy
        if not isinstance(source, ShowsLog):
            cosigned = await check_witnessed(source, signed.note, signed.keys, asked, plugins, findings)
            self._witnesses = self._witnesses or cosigned
            return
        await check_anchor(source, anchored, signed.checkpoint, signed.keys, findings)
        activated = plugins.get(ACTIVATED)
        policy = asked or readable(await source.policy())
        if activated is not None and (policy is None or policy.digest != activated.digest):
            self._note("cosignatures were not checked: nobody gave the text of the log's witness policy "
                       f"{activated.digest}")
        tables = await source.log_tables()
        for rule, message, index in check_tables(tables, anchored, signed.checkpoint, signed.keys, policy):
            findings.add(rule, message, index)
        if asked is not None:
            self._witnesses = check_newest(tables, asked, signed.keys, findings)

    async def _begin(self, origin: str) -> Walk:
        """The log replay, from the audit state if there is one. It keeps the data that revisions need if the log has
        revisions, and whenever it writes a state, since revisions may follow."""
        revisable = self._store is not None or bool((await self._source.revisions()).versions)
        return Walk(
            origin, self._registry, self._findings, self._start, revisable=revisable,
            row_check=self._source.row_check() if isinstance(self._source, ShowsRows) else None,
        )

    async def _check_balances(self, walk: Walk, vkey: str) -> None:
        await check_balances(self._source, walk, vkey, self._findings, full=self._options.full_balances)

    async def _check_erasures(self, walk: Walk, vkey: str) -> None:
        """Checks that the log asks for every erased body. The source shows rows as they are now, so an erasure may
        stand after the checkpoint."""
        erasures = walk.replayer.erasures
        if any(erasures.unexplained()):
            newest = (await read_checkpoint(self._source, vkey)).checkpoint
            await walk.later(self._source, newest.size, lambda *_: None)
        for index, message in erasures.unexplained():
            self._findings.add("erasure", message, index)

    async def _check_versions(self, expected: Sequence[StoredVersion], size: int) -> None:
        """Checks that no revision is stored that was not compared: answers show the newest stored version."""
        revisions = await self._source.revisions()
        stored = [version for version in revisions.versions if version.record is None or version.record < size]
        missing = {version.version: version for version in expected}
        if revisions.counted != len(revisions.versions):
            self._findings.add("revisions", f"the head counts {revisions.counted} revisions, "
                               f"{len(revisions.versions)} are stored", expected[-1].record if expected else None)
        for version in stored:
            wanted = missing.pop(version.version, None)
            if version != wanted:
                self._findings.add("revisions", f"revision {version.version} is stored with {_rows(version)}, not "
                                   f"{_rows(wanted)}", version.record if wanted is None else wanted.record)
        for number, wanted in missing.items():
            self._findings.add("revisions", f"revision {number} is not stored", wanted.record)

    def _note(self, text: str) -> None:
        self._findings.notes.append(text)

    def _report(self, origin: str, vkey: str) -> AuditReport:
        walk, checkpoint, earlier = self._walk, self._checkpoint, self._earlier
        not_recomputed = {} if walk is None else walk.replayer.not_recomputed
        recomputes = self._start.scope is None and not self._options.compare_only
        counts = walk.counts if walk is not None else dict(earlier.counts if earlier is not None else {})
        types = walk.types if walk is not None else (earlier.records if earlier is not None else {})
        return AuditReport(
            ok=not self._findings.found and not (recomputes and not_recomputed), origin=origin, vkey=vkey,
            size=checkpoint.size if checkpoint else 0,
            root=checkpoint.root.hex() if checkpoint else "", start=walk.start if walk else 0,
            entries=counts.get("entries", 0), signatures=counts.get("signatures", 0), records=dict(types),
            figures=counts.get("figures", 0), balances=counts.get("balances", 0),
            recomputed=counts.get("recomputed", 0), erased=counts.get("erased", 0),
            earlier=dict(earlier.counts) if earlier is not None else {}, witnesses=self._witnesses,
            findings=self._findings.found, notes=self._findings.notes,
            rules=list(walk.replayer.state.rules.activated) if walk else [],
            doubtful=walk.doubtful.largest() if walk else [], scope=self._scope_report(),
            not_recomputed=dict(not_recomputed),
        )

    def _scope_report(self) -> ScopeReport | None:
        return None


class _ScopedRun(_AuditRun):
    """The audit of a source that shows only a part of the log with bodies."""

    async def _begin(self, origin: str) -> Walk:
        self._scoped = ScopedWalk(origin, self._registry, self._findings, self._start, await self._source.revisions())
        return self._scoped

    async def _check_versions(self, expected: Sequence[StoredVersion], size: int) -> None:
        """Hidden revisions cannot be counted; the walk has checked the visible ones."""
        self._scoped.check_rights(self._options)

    async def _check_erasures(self, walk: Walk, vkey: str) -> None:
        erasures = walk.replayer.erasures
        if any(erasures.unexplained()):
            newest = (await read_checkpoint(self._source, vkey)).checkpoint
            await self._scoped.explain_erasures(self._source, newest.size)
        for index, message in erasures.unexplained():
            self._findings.add("erasure", message, index)

    async def _check_balances(self, walk: Walk, vkey: str) -> None:
        await check_visible_balances(self._source, self._scoped, self._findings)

    def _scope_report(self) -> ScopeReport | None:
        return None if self._walk is None else self._scoped.report()


def _rows(version: StoredVersion | None) -> str:
    if version is None:
        return "no rows"
    return (f"{version.revised} records, {version.figures} figures, {version.flows} flows and {version.lots} changed "
            f"lots by entry {version.record}")

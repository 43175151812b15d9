"""The audit without bodies: all that the public log allows.

1. the checkpoint is signed by the log, and cosigned by the policy's quorum; 2. every entry is well-formed, in order,
and hashes up to the root, every tile is that of the same tree; 3. times never decrease; 4. bodies of public kinds are
there, have their digest, and are admissible where they stand: organisations, keys, activations, erasures; 5. every
signature holds, by a key that was enrolled and active at that index; 6. no record is on the log twice; 7. no entry's
time leads the auditor's clock, or when witnesses had cosigned it; 8. the checkpoint is cosigned as the log itself asks.
"""

from collections.abc import Callable
from pathlib import Path

from ledger.client.audit.checks.checkpoint import check_growth, read_checkpoint
from ledger.client.audit.checks.cosignatures import check_witnessed, cosigned_by
from ledger.client.audit.checks.entry_times import bound_of
from ledger.client.audit.findings import Findings, Stop
from ledger.client.audit.public_walk import PublicWalk
from ledger.client.audit.report import AuditReport
from ledger.client.audit.source.interface import TreeSource
from ledger.client.audit.state.memory import LOTS_IN_MEMORY
from ledger.client.audit.state.progress import Pinned, pinned_by, read_kept
from ledger.client.audit.state.store import AuditStore
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import Policy
from ledger.errors import ConfigurationError, LedgerError, Unavailable
from ledger.host.clock import now


async def audit_public(
    source: TreeSource, *, vkey: str | None = None, registrar: str | None = None, policy: Policy | None = None,
    state: Path | None = None, progress: Callable[[int, int], None], lots_in_memory: int = LOTS_IN_MEMORY,
    clock: Callable[[], int] = now,
) -> AuditReport:
    """Audits a whole public log, or what came since `state` was written, which an audit that finds nothing writes, all
    or nothing. Raises Unavailable where the source does not answer, ConfigurationError for a state of another log or of
    an audit with bodies. What could not be checked is among the report's notes. `clock` is the auditor's, ms since
    1970."""
    book = None if state is None else AuditStore(state)
    try:
        return await _audited(source, book, Pinned(vkey, registrar), policy, progress, lots_in_memory, clock)
    finally:
        if book is not None:
            book.close()


async def _audited(
    source: TreeSource, book: AuditStore | None, asked: Pinned, policy: Policy | None, progress: Callable[
        [int, int], None
    ],
    lots_in_memory: int, clock: Callable[[], int],
) -> AuditReport:
    findings = Findings()
    kept = None if book is None else read_kept(book, public=True)
    pinned = pinned_by(kept, asked)
    known = pinned.vkey or await source.vkey()
    walk = PublicWalk(
        parse_vkey(known).name, findings, kept=kept, book=book, registrar=pinned.registrar,
        lots_in_memory=lots_in_memory,
    )
    checkpoint, witnesses = None, list[str]()
    try:
        signed = await read_checkpoint(source, known, policy, kept)
        checkpoint, witnesses, keys, *_ = signed
        if keys.led is not None:
            findings.notes.append(keys.led)
        await check_growth(source, checkpoint, kept, findings)
        await walk.run(source, checkpoint, bound_of(clock(), await cosigned_by(source, signed)), progress)
        cosigned = await check_witnessed(source, signed.note, keys, policy, walk.state.plugins, findings)
        witnesses = witnesses or cosigned
        if book is not None and not findings.found:
            walk.keep(book, checkpoint, keys)
            book.commit()
    except Stop:
        pass
    except ConfigurationError:
        raise
    except LedgerError as error:
        if isinstance(error, Unavailable):
            raise
        findings.add("checkpoint", error.message)
    finally:
        walk.memory.close()
    notes = [*_pins(pinned), *findings.notes, *walk.notes()]
    return AuditReport(
        ok=not findings.found, origin=walk.state.origin, vkey=known, size=checkpoint.size if checkpoint else 0,
        root=checkpoint.root.hex() if checkpoint else "", start=walk.start, entries=walk.state.size,
        signatures=walk.signatures, records=dict(walk.types), figures=0, balances=0, recomputed=0, erased=0,
        earlier={} if kept is None else {"entries": kept.size, **kept.counts}, witnesses=witnesses,
        findings=findings.found, notes=notes, rules=list(walk.state.rules.activated),
    )


def _pins(pinned: Pinned) -> list[str]:
    found = []
    if pinned.vkey is None:
        found.append("the log's key was not pinned: it is the one that the source itself names")
    if pinned.registrar is None:
        found.append("the registrar's key was not pinned")
    return found

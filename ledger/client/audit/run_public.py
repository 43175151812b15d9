"""The audit without bodies: every check that the public log allows.

1. The log signed the checkpoint, and the policy's quorum cosigned it. 2. Every entry is well-formed, in order, and
hashes up to the root, and every tile belongs to the same tree. 3. Times never decrease. 4. Bodies of public kinds are
served, have their digest, and are admissible at their index: organisations, keys, activations, erasures. 5. Every
signature holds, by a key that was enrolled and active at that index. 6. No record is on the log twice. 7. No entry's
time is ahead of the auditor's clock, or of the time at which witnesses cosigned it. 8. The checkpoint is cosigned as
the log itself asks.
"""

from ledger.client.audit.checks.beginning import check_rules_known
from ledger.client.audit.checks.checkpoint import check_growth, read_checkpoint
from ledger.client.audit.checks.cosignatures import check_witnessed, cosigned_by
from ledger.client.audit.checks.entry_times import bound_of
from ledger.client.audit.findings import Findings, Stop
from ledger.client.audit.options import AuditOptions, AuditStart, start_of
from ledger.client.audit.public_walk import PublicWalk
from ledger.client.audit.report import AuditReport
from ledger.client.audit.source.interface import TreeSource
from ledger.core.log.note import parse_vkey
from ledger.errors import ConfigurationError, LedgerError, Unavailable


async def audit_public(source: TreeSource, options: AuditOptions) -> AuditReport:
    """Audits a whole public log, or the entries since its state was written. The report's notes list the checks that it
    does not allow. Raises Unavailable if the source does not answer, ConfigurationError if the state belongs to another
    log or to an audit with bodies, or if this program does not know the rules with which the log begins."""
    with start_of(options, public=True) as start:
        return await _audited(source, start)


async def _audited(source: TreeSource, start: AuditStart) -> AuditReport:
    findings = Findings()
    options, store, earlier, pinned = start[:4]
    vkey = pinned.vkey or await source.vkey()
    walk = PublicWalk(parse_vkey(vkey).name, findings, start)
    checkpoint, witnesses = None, list[str]()
    try:
        signed = await read_checkpoint(source, vkey, options.policy, earlier)
        checkpoint, witnesses, keys, *_ = signed
        if keys.led is not None:
            findings.notes.append(keys.led)
        await check_rules_known(source, checkpoint.size, walk.start, walk.state.rules)
        await check_growth(source, checkpoint, earlier, findings)
        bound = bound_of(options.clock(), await cosigned_by(source, signed))
        await walk.run(source, checkpoint, bound, options.progress)
        cosigned = await check_witnessed(source, signed.note, keys, options.policy, walk.state.plugins, findings)
        witnesses = witnesses or cosigned
        if store is not None and not findings.found:
            walk.keep(store, checkpoint, keys)
            store.commit()
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
    notes = [*pinned.notes(), *findings.notes, *walk.notes()]
    return AuditReport(
        ok=not findings.found, origin=walk.state.origin, vkey=vkey, size=checkpoint.size if checkpoint else 0,
        root=checkpoint.root.hex() if checkpoint else "", start=walk.start, entries=walk.state.size,
        signatures=walk.signatures, records=dict(walk.types), figures=0, balances=0, recomputed=0, erased=0,
        earlier={} if earlier is None else {"entries": earlier.size, **earlier.counts}, witnesses=witnesses,
        findings=findings.found, notes=notes, rules=list(walk.state.rules.activated),
    )

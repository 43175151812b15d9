"""The checkpoint that an audit goes by, and whether it extends what was audited before."""

from typing import NamedTuple

from ledger.client.audit.findings import Findings, Stop
from ledger.client.audit.source.interface import TreeSource
from ledger.client.audit.state.progress import AuditState, keys_from
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.key_rotation import LogKeys
from ledger.core.log.merkle import verify_consistency
from ledger.core.log.note import parse_vkey
from ledger.core.log.policy import Policy, open_cosigned
from ledger.core.log.tiles import consistency_path_from_tiles, consistency_tiles
from ledger.errors import LedgerError, Unavailable, VerificationError


class SignedHead(NamedTuple):
    """A checkpoint that holds, by whom it was cosigned, and the log's keys then; its note, and the time, in POSIX
    seconds, by which a quorum of the policy had cosigned it."""

    checkpoint: Checkpoint
    witnesses: list[str]
    keys: LogKeys
    note: str
    cosigned: int | None = None


async def read_checkpoint(
    source: TreeSource, vkey: str, policy: Policy | None = None, kept: AuditState | None = None
) -> SignedHead:
    """The newest checkpoint, signed by the key `vkey` or by one to which the source's rotations lead from it, if these
    go on from the state `kept`. Raises VerificationError if they do not hold, or the log's signature or the policy's
    quorum is missing; InvalidNote for what is no checkpoint; ConfigurationError for the state of another log."""
    note = await source.checkpoint()
    # Read after it, so that none is missing that came before it.
    shown = await source.rotations()
    keys = keys_from(kept, vkey, shown)
    if policy is None:
        return SignedHead(keys.opened(note), [], keys, note)
    found = open_cosigned(note, policy, parse_vkey(keys.vkey_of(note)))
    return SignedHead(found.checkpoint, sorted(found.times), keys, note, policy.seen_by(found.times))


async def check_growth(source: TreeSource, now: Checkpoint, kept: AuditState | None, findings: Findings) -> None:
    """A log only grows: a finding, and Stop, where the checkpoint does not extend the tree of the state."""
    if kept is None:
        return
    before = f"the {kept.size} entries that were audited before (root {kept.root.hex()})"
    if now.size < kept.size:
        findings.add("consistency", f"the log was rolled back: its checkpoint speaks of {now.size} entries, without "
                     f"{kept.size - now.size} of {before}", now.size)
        raise Stop("rolled back")
    try:
        await check_extends(source, now, kept.size, kept.root)
    except LedgerError as error:
        if isinstance(error, Unavailable):
            raise
        findings.add("consistency", f"the log of {now.size} entries does not extend {before}, it was forked: "
                     f"{error.message}")
        raise Stop("forked") from error


async def check_extends(source: TreeSource, now: Checkpoint, size: int, root: bytes) -> None:
    """Raises a LedgerError where the tree of the checkpoint, by the source's tiles, does not begin with one of `size`,
    which is at most its own, and `root`."""
    if now.size == size:
        if now.root != root:
            raise VerificationError(f"its root is {now.root.hex()}")
        return
    tiles = {tile: await source.tile(tile) for tile in consistency_tiles(size, now.size)}
    path = consistency_path_from_tiles(size, now.size, tiles)
    verify_consistency(size, now.size, root, now.root, path)

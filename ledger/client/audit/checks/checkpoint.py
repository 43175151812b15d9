"""Reads the checkpoint of an audit, and checks that it extends the tree that was audited before."""

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
    """A verified checkpoint, the witnesses that cosigned it, and the log's keys at that time; its note, and the time in
    POSIX seconds by which a quorum of the policy had cosigned it."""

    checkpoint: Checkpoint
    witnesses: list[str]
    keys: LogKeys
    note: str
    cosigned: int | None = None


async def read_checkpoint(
    source: TreeSource, vkey: str, policy: Policy | None = None, earlier: AuditState | None = None
) -> SignedHead:
    """The newest checkpoint, signed by the key `vkey` or by a key to which the source's rotations lead from it. These
    rotations must continue the rotations of the state `earlier`. Raises VerificationError if they do not hold, or the
    log's signature or the policy's quorum is missing; InvalidNote if the note is not a checkpoint; ConfigurationError
    if the state belongs to another log."""
    note = await source.checkpoint()
    # Rotations are read after the checkpoint, so that they include every rotation before it.
    shown = await source.rotations()
    keys = keys_from(earlier, vkey, shown)
    if policy is None:
        return SignedHead(keys.opened(note), [], keys, note)
    cosigned = open_cosigned(note, policy, parse_vkey(keys.vkey_of(note)))
    return SignedHead(cosigned.checkpoint, sorted(cosigned.times), keys, note, policy.seen_by(cosigned.times))


async def check_growth(source: TreeSource, now: Checkpoint, earlier: AuditState | None, findings: Findings) -> None:
    """A log only grows. Adds a finding, and raises Stop, if the checkpoint does not extend the tree of the state."""
    if earlier is None:
        return
    before = f"the {earlier.size} entries that were audited before (root {earlier.root.hex()})"
    if now.size < earlier.size:
        findings.add("consistency", f"the log was rolled back: its checkpoint has {now.size} entries, and lacks "
                     f"{earlier.size - now.size} of {before}", now.size)
        raise Stop("rolled back")
    try:
        await check_extends(source, now, earlier.size, earlier.root)
    except LedgerError as error:
        if isinstance(error, Unavailable):
            raise
        findings.add("consistency", f"the log of {now.size} entries does not extend {before}: it was forked: "
                     f"{error.message}")
        raise Stop("forked") from error


async def check_extends(source: TreeSource, now: Checkpoint, size: int, root: bytes) -> None:
    """Raises a LedgerError if the tree of the checkpoint, by the source's tiles, does not begin with the tree of `size`
    entries with this `root`. `size` is at most the checkpoint's size."""
    if now.size == size:
        if now.root != root:
            raise VerificationError(f"its root is {now.root.hex()}")
        return
    tiles = {tile: await source.tile(tile) for tile in consistency_tiles(size, now.size)}
    path = consistency_path_from_tiles(size, now.size, tiles)
    verify_consistency(size, now.size, root, now.root, path)

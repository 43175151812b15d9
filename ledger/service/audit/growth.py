"""The checkpoint that an audit goes by, and whether it extends what was audited before."""

from ledger.core.checkpoint import Checkpoint, open_checkpoint
from ledger.core.logkeys import LogKeys
from ledger.core.merkle import verify_consistency
from ledger.core.note import NoteVerifier, parse_vkey
from ledger.core.policy import Policy, open_cosigned
from ledger.core.tiles import consistency_path_from_tiles, consistency_tiles
from ledger.errors import LedgerError, VerificationError
from ledger.service.audit.findings import Findings, Stop
from ledger.service.audit.kept import Kept
from ledger.service.audit.source import ShowsKeys, TreeSource


async def read_checkpoint(
    source: TreeSource, verifier: NoteVerifier, policy: Policy | None
) -> tuple[Checkpoint, list[str]]:
    """The newest checkpoint, and by whom it was cosigned. Raises VerificationError where the log's signature or the
    quorum of the policy is missing, InvalidNote for what is no checkpoint."""
    note = await source.checkpoint()
    if policy is None:
        return open_checkpoint(note, verifier.name, verifier), []
    found = open_cosigned(note, policy, verifier)
    return found.checkpoint, sorted(found.times)


async def signing_key(source: TreeSource, vkey: str) -> tuple[NoteVerifier, str]:
    """The key that has signed the newest checkpoint and to which the pinned one leads, and the log's first vkey. Raises
    VerificationError where the source's rotations do not hold, or do not lead there."""
    keys = LogKeys(vkey, await source.rotations() if isinstance(source, ShowsKeys) else ())
    return parse_vkey(keys.vkey_of(await source.checkpoint())), keys.spans[0].vkey


async def check_growth(source: TreeSource, now: Checkpoint, kept: Kept | None, findings: Findings) -> None:
    """A log only grows: a finding, and Stop, where the checkpoint does not extend the tree of the state."""
    if kept is None:
        return
    before = f"the {kept.size} entries that were audited before (root {kept.root.hex()})"
    if now.size < kept.size:
        findings.add("consistency", f"the log was rolled back: its checkpoint speaks of {now.size} entries, without "
                     f"{kept.size - now.size} of {before}", now.size)
        raise Stop("rolled back")
    try:
        await _verify(source, now, kept)
    except LedgerError as error:
        if error.code == "server-down":
            raise
        findings.add("consistency", f"the log of {now.size} entries does not extend {before}, it was forked: "
                     f"{error.message}")
        raise Stop("forked") from error


async def _verify(source: TreeSource, now: Checkpoint, kept: Kept) -> None:
    if now.size == kept.size:
        if now.root != kept.root:
            raise VerificationError(f"its root is {now.root.hex()}")
        return
    tiles = {tile: await source.tile(tile) for tile in consistency_tiles(kept.size, now.size)}
    path = consistency_path_from_tiles(kept.size, now.size, tiles)
    verify_consistency(kept.size, now.size, kept.root, now.root, path)

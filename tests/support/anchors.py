"""Anchors for copies of a ledger: logs apart, each of which has its own."""

from pathlib import Path

from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.log.note import NoteSigner
from ledger.host.files.key_files import LOG_KEY, read_own_key
from ledger.store.anchor import open_anchor, stated, written


def begun_anchor(path: Path, home: Path, passphrase: bytes | None = None) -> Path:
    """An anchor as a new log has it, for the log of this home: every history continues it. One that is there stays."""
    if not path.exists():
        origin = stated((home / "anchor").read_text(encoding="utf-8")).origin
        signer = NoteSigner(origin, read_own_key(home / LOG_KEY, passphrase).private)
        begun = written(Checkpoint(origin, 0, EMPTY_ROOT), {}, [signer])
        open_anchor(str(path)).update(lambda current: current or begun)
    return path

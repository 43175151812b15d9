"""The mark of a restored home: nothing is signed there until it is settled which history counts."""

from pathlib import Path
from typing import Final

from ledger.host.files.durable import replace, sync

MARK: Final = "restored"
"""The name of the mark's file in the home. It holds the backup's manifest."""


def is_restored(home: Path) -> bool:
    """Whether the home is marked."""
    return (home / MARK).exists()


def mark(home: Path, manifest: bytes) -> None:
    """Marks the home, durably. Raises OSError."""
    replace(home / MARK, manifest)


def settled(home: Path) -> None:
    """Removes the mark, durably, after the anchor, the witnesses or the operator have decided. Raises OSError."""
    if is_restored(home):
        (home / MARK).unlink(missing_ok=True)
        sync(home)

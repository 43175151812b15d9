"""The newest backup of a home, as the home remembers it: `backup` writes the file when a backup is complete."""

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ledger.host.files.durable import replace

FILE: Final = "last-backup"


class LastBackup(Struct, frozen=True, kw_only=True):
    """`began` in RFC 3339; the backup holds at least `size` entries. Whether the backup still exists is not known."""

    target: str
    began: str
    size: int
    root: str


def remember(home: Path, backup: LastBackup) -> None:
    """Notes the backup in the home, durably. Raises OSError."""
    replace(home / FILE, msgspec.json.encode(backup))


def last_backup(home: Path) -> LastBackup | None:
    """The newest backup of the home; None if the home knows of no backup. Raises OSError or msgspec.MsgspecError if its
    file cannot be read."""
    try:
        return msgspec.json.decode((home / FILE).read_bytes(), type=LastBackup)
    except FileNotFoundError:
        return None

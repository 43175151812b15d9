"""Backups of every night in one folder: a name for the next one, and which of the old ones go."""

import re
from datetime import datetime
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(r"backup-\d{8}T\d{6}Z\.tar")


def next_backup(folder: Path, now: datetime) -> Path:
    """A file in `folder` that is named after the time, a UTC time."""
    return folder / f"backup-{now:%Y%m%dT%H%M%SZ}.tar"


def remove_old(folder: Path, keep: int) -> list[Path]:
    """Removes all but the newest `keep` backups of `folder`, and returns them. Files of other names stay. Raises
    OSError."""
    names = sorted([path.name for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file()])
    old = [folder / name for name in names[: max(0, len(names) - keep)]]
    for path in old:
        path.unlink()
    return old

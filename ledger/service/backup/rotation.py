"""Backups of every night in one folder: a name for the next one, and which of the old ones go."""

import re
from datetime import datetime
from pathlib import Path
from typing import Final

_TIME: Final = r"[0-9]{8}T[0-9]{6}Z"


def next_backup(folder: Path, origin: str, now: datetime) -> Path:
    """A file in `folder` that is named after the ledger and the time, a UTC time."""
    return folder / f"{_prefix(origin)}{now:%Y%m%dT%H%M%SZ}.tar"


def remove_old(made: Path, origin: str, keep: int) -> list[Path]:
    """Removes older backups of the same ledger beside `made`, so that `keep` remain with it, and returns them. Files of
    other names, and those that claim to be newer, stay. Raises OSError."""
    name = re.compile(rf"{re.escape(_prefix(origin))}{_TIME}\.tar")
    older = sorted([
        path.name for path in made.parent.iterdir()
        if name.fullmatch(path.name) and path.name < made.name and path.is_file()
    ])
    old = [made.with_name(one) for one in older[: max(0, len(older) - (keep - 1))]]
    for path in old:
        path.unlink()
    return old


def _prefix(origin: str) -> str:
    return f"backup-{re.sub(r'[^A-Za-z0-9.]+', '-', origin)}-"

"""The parts of a status that this host knows without the database: disks, anchor, the embedded database's processes."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ledger.service.settings import Settings
from ledger.service.status.answers import AnchorStatus, DatabaseStatus, DiskStatus
from ledger.store.anchor import open_anchor, stated
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.lock import owner_of
from ledger.store.embedded.pidfile import running_postmaster


class StoredPlace(NamedTuple):
    """A path, and the things stored there, in words. `grows`: the database is there."""

    path: Path
    contains: str
    grows: bool = False


def read_anchor(settings: Settings) -> AnchorStatus:
    """The anchor, which this reads but does not check. Raises Unavailable if it cannot be read."""
    anchor = open_anchor(settings.anchor_at)
    note = anchor.read()
    return AnchorStatus(kind="object" if anchor.remote else "file", place=anchor.location,
                        size=None if note is None else stated(note).size)


def embedded_before(settings: Settings) -> DatabaseStatus:
    """The embedded database's processes as this command finds them."""
    layout = Layout.at(settings.home)
    postmaster = running_postmaster(layout.data)
    return DatabaseStatus(
        kind="embedded", place=str(layout.data), running=postmaster is not None, owner=owner_of(layout.owner_lock),
        postmaster=None if postmaster is None else postmaster.pid,
    )


def read_disks(places: Iterable[StoredPlace], bytes_per_day: float | None) -> list[DiskStatus]:
    """The file systems of these places, each once. Raises OSError."""
    disks: dict[int, list[StoredPlace]] = {}
    for place in places:
        disks.setdefault(place.path.stat().st_dev, []).append(place)
    return [_disk(on_disk, bytes_per_day) for on_disk in disks.values()]


def _disk(places: list[StoredPlace], bytes_per_day: float | None) -> DiskStatus:
    space = os.statvfs(places[0].path)
    free = space.f_bavail * space.f_frsize
    grows = bytes_per_day is not None and bytes_per_day > 0 and any(place.grows for place in places)
    return DiskStatus(
        place=str(places[0].path), contains=[place.contains for place in places], free=free,
        total=space.f_blocks * space.f_frsize,
        days_until_full=round(free / bytes_per_day, 1) if grows and bytes_per_day else None,
    )

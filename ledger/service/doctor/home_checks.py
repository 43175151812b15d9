"""Checks of the home: its folder, disk, keys, modes, and the newest backup."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ledger.host.files.key_files import LOG_KEY, REGISTRAR_KEY, read_own_key
from ledger.service.backup.last import last_backup
from ledger.service.backup.take import key_paths
from ledger.service.doctor.installation import DoctorFinding, Installation, MissingPart
from ledger.service.settings import Settings
from ledger.service.status.database import fastest, read_archive, read_growth, read_tables
from ledger.service.status.host import StoredPlace, read_disks
from ledger.store.embedded.layout import APP_ROLE, OWNER_ROLE, Layout
from ledger.store.sql import queries

GIB: Final = 1 << 30
LEAST_FREE: Final = GIB
LOW_FREE: Final = 10 * GIB
SOON_DAYS: Final = 30.0
BACKUP_DAYS: Final = 2.0
_LEAST_FILES: Final = 1_000


async def check_home(here: Installation) -> DoctorFinding:
    home = here.settings.home
    if not home.is_dir():
        return DoctorFinding("home", "error", f"there is no folder {home}",
                             "name the data folder by CARBON_LEDGER_HOME or --home")
    if not os.access(home, os.W_OK | os.X_OK):
        return DoctorFinding("home", "error", f"this account cannot write to {home}",
                             "run the command as the account that owns the folder")
    return DoctorFinding("home", "ok", str(home))


async def check_disk(here: Installation) -> DoctorFinding:
    """The disks of the home and of the embedded database have room, now and at the present growth."""
    home, data = here.settings.home, Layout.at(here.settings.home).data
    if not home.is_dir():
        raise MissingPart(f"there is no folder {home}")
    places = [StoredPlace(home, "the home")]
    embedded = here.settings.database_url is None and data.is_dir()
    if embedded:
        places.insert(0, StoredPlace(data, "the embedded database", grows=True))
    disks = read_disks(places, await _bytes_per_day(here) if embedded else None)
    remedy = "free space or move the home to a larger disk; `carbon-ledger status` shows the sizes of tables"
    fewest = min(disks, key=lambda disk: disk.free)
    text = f"{fewest.free / GIB:.1f} GiB free for {' and '.join(fewest.contains)} ({fewest.place})"
    if fewest.free < LEAST_FREE or _free_files(Path(fewest.place)) < _LEAST_FILES:
        return DoctorFinding("disk", "error", f"{text}: a full disk stops the database", remedy)
    days = min([disk.days_until_full for disk in disks if disk.days_until_full is not None], default=None)
    if days is not None and days < SOON_DAYS:
        return DoctorFinding("disk", "warning", f"{text}: full in {days:.0f} days at the present growth", remedy)
    if fewest.free < LOW_FREE:
        return DoctorFinding("disk", "warning", text, remedy)
    return DoctorFinding("disk", "ok", text)


def _free_files(path: Path) -> int:
    """Files that may still be made on a disk; a disk without such a limit states 0 of 0."""
    space = os.statvfs(path)
    return space.f_favail if space.f_files else _LEAST_FILES


async def _bytes_per_day(here: Installation) -> float | None:
    if here.reader is None or here.pool is None:
        return None
    async with here.reader.acquire() as connection:
        size = await connection.fetchval(queries("log")["size"])
        if not size:
            return None
        tables = await read_tables(connection, size)
        per_record = sum(table.per_record for table in tables)
        return fastest(await read_growth(connection, size, per_record, datetime.now(UTC)))


async def check_keys(here: Installation) -> DoctorFinding:
    """The keys can be read with the given passphrase."""
    if here.settings.home.is_dir():
        # A folder that this account cannot read shows no keys. Raises PermissionError.
        os.listdir(here.settings.home)
    paths = key_paths(here.settings.home)
    if not any(path.name != REGISTRAR_KEY for path in paths):
        return DoctorFinding("keys", "error", f"there is no {LOG_KEY} in {here.settings.home}",
                             "copy the log's key from another replica or a backup; without it nothing is signed")
    for path in paths:
        read_own_key(path, here.settings.passphrase)
    return DoctorFinding("keys", "ok", ", ".join(path.name for path in paths))


async def check_modes(here: Installation) -> DoctorFinding:
    """Only the owner can read keys and passwords, and nobody else can replace files of the home."""
    home = here.settings.home
    layout = Layout.at(home)
    secrets = [*key_paths(home), *(path for role in (OWNER_ROLE, APP_ROLE)
                                   if (path := layout.password(role)).is_file())]
    if here.settings.tls_key is not None and here.settings.tls_key.is_file():
        secrets.append(here.settings.tls_key)
    open_to_others = [path for path in secrets if _mode(path) & (0o037 if _is_roots(path, here.settings) else 0o077)]
    if open_to_others:
        names = " ".join(f"'{path}'" for path in open_to_others)
        return DoctorFinding("modes", "error", f"other accounts can read {names}", f"chmod 600 {names}")
    foreign = [path for path in secrets if path.stat().st_uid not in (0, os.geteuid())]
    if foreign and os.geteuid() != 0:
        names = " ".join(f"'{path}'" for path in foreign)
        return DoctorFinding("modes", "warning", f"other accounts own {names}", f"chown $(id -u) {names}")
    if home.is_dir() and _mode(home) & 0o022:
        return DoctorFinding("modes", "error", f"other accounts can replace files in {home} (mode {_mode(home):04o})",
                             f"chmod go-w '{home}'")
    return DoctorFinding("modes", "ok", "only the owner can read the keys")


def _is_roots(path: Path, settings: Settings) -> bool:
    """Whether root owns the file and gives it to a group, as certificate managers and container platforms do with TLS
    keys."""
    return path == settings.tls_key and path.stat().st_uid == 0


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def check_backup(here: Installation) -> DoctorFinding:
    """There is a backup, and it is not old compared with the log."""
    if here.settings.database_url is not None:
        return await _archive(here)
    if here.pool is None:
        raise MissingPart("the database could not be opened")
    size = await here.pool.fetchval(queries("log")["size"]) or 0
    newest = last_backup(here.settings.home)
    remedy = "run `carbon-ledger backup TARGET` every night, to another host"
    if newest is None:
        return DoctorFinding("backup", "warning", "`carbon-ledger backup` has written no backup of this home", remedy)
    days = (datetime.now(UTC) - datetime.fromisoformat(newest.began)).total_seconds() / 86_400
    text = f"{newest.target}, {days:.1f} days old, with {newest.size} of {size} entries"
    if days > BACKUP_DAYS and newest.size < size:
        return DoctorFinding("backup", "warning", f"the newest backup is old: {text}", remedy)
    return DoctorFinding("backup", "ok", text)


async def _archive(here: Installation) -> DoctorFinding:
    async with here.reading.acquire() as connection:
        archive = await read_archive(connection)
    if archive.mode == "off":
        return DoctorFinding(
            "backup", "warning", "archive_mode of the database is off, and this program cannot see its backups",
            "make sure that a tool backs the database up, such as one with pg_basebackup and WAL archiving",
        )
    if archive.last_failed is not None and archive.last_failed > (archive.last_archived or ""):
        return DoctorFinding("backup", "error", f"the database's archiver last failed at {archive.last_failed}",
                             "see the messages of PostgreSQL: the disk fills until archiving works again")
    return DoctorFinding("backup", "ok", f"archive_mode is {archive.mode}, last archived {archive.last_archived}")

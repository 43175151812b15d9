"""Restores a home from a backup: completely, or not at all."""

import os
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.core.log.checkpoint import Checkpoint
from ledger.errors import ConfigurationError, InvalidKey, LedgerError
from ledger.host.files.durable import opened_folder, sync
from ledger.host.files.key_files import read_key, write_pem
from ledger.service.backup.manifest import DATABASE, KEYS, MANIFEST, Manifest, broken, check_files, read_manifest
from ledger.service.backup.mark import mark
from ledger.service.heads.continuity import contradiction, read_head
from ledger.service.setup import check_rules_known
from ledger.store.database import ledger_connection
from ledger.store.embedded.base_backup import restore_base_backup
from ledger.store.sql import queries

_STAGING: Final = ".restoring-"
_MEMBERS: Final = 1_000


@contextmanager
def opened_backup(path: Path) -> Iterator[Path]:
    """The folder of a backup. A backup that is a file is unpacked into a temporary folder next to it. Raises
    InvalidInput."""
    if path.is_dir():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix=_STAGING, dir=path.parent) as staging:
        folder = Path(staging)
        try:
            with tarfile.open(path) as tar:
                for _, member in zip(range(_MEMBERS), tar, strict=False):
                    _unpack(tar, member, folder, path)
        except (tarfile.TarError, OSError) as error:
            raise broken(path, f"it cannot be unpacked: {error}") from error
        yield folder


def _unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, path: Path) -> None:
    name = Path(member.name)
    content = tar.extractfile(member) if member.isfile() else None
    if content is None or not (member.name == MANIFEST or (
        len(name.parts) == 2 and name.parts[0] in (DATABASE, KEYS) and name.parts[1] not in ("..", ".")
    )):
        raise broken(path, f"it holds {member.name!r}, which does not belong to a backup")
    target = folder / name
    target.parent.mkdir(mode=0o700, exist_ok=True)
    with target.open("xb") as file:
        shutil.copyfileobj(content, file, 1 << 20)


def checked_backup(folder: Path) -> tuple[Manifest, bytes]:
    """The manifest of a backup, and its bytes. Checks that all files are there and unchanged. Raises InvalidInput."""
    manifest, data = read_manifest(folder)
    check_files(folder, manifest)
    return manifest, data


@contextmanager
def staged_home(home: Path) -> Iterator[Path]:
    """A folder next to the home that becomes the home at the end. If something fails, the folder is deleted. The files
    that root puts into it go to the account that owns the home, or the folder where the home will be: a server under
    that account has to write it. Raises ConfigurationError if the home is not empty."""
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise ConfigurationError(
            f"{home} is not empty, and a restore overwrites nothing", code="home-not-empty", field="home",
            value=home, rule="name another --home, or move this one away; if it holds an anchor, keep the anchor",
        )
    home.parent.mkdir(parents=True, exist_ok=True)
    owner = (home if home.exists() else home.parent).stat()
    staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=home.parent))
    try:
        staging.chmod(0o711)
        with opened_folder(staging, follow=False) as handle:
            yield staging
            if os.geteuid() == 0 != owner.st_uid:
                _hand_over(handle, owner)
        sync(staging)
        staging.rename(home)
        sync(home.parent)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise


def _hand_over(folder: int, owner: os.stat_result) -> None:
    """Gives an open folder, with everything in it, to an account. It follows no link, and gives no file that has a
    second name: the account could have put one there. Raises OSError."""
    os.fchown(folder, owner.st_uid, owner.st_gid)
    for _, folders, files, inside in os.fwalk(".", dir_fd=folder, follow_symlinks=False):
        for name in [*folders, *files]:
            status = os.stat(name, dir_fd=inside, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode) or status.st_nlink == 1:
                os.chown(name, owner.st_uid, owner.st_gid, dir_fd=inside, follow_symlinks=False)


def require_keys(backup: Path, passphrase: bytes | None) -> None:
    """Raises InvalidKey unless the passphrase opens the keys of a checked backup."""
    for path in sorted((backup / KEYS).iterdir()):
        try:
            read_key(path, passphrase)
        except LedgerError as error:
            raise InvalidKey(
                f"{path.name} of the backup cannot be opened", code=error.code, field="passphrase-file",
                rule="the passphrase with which the backup was made: --passphrase-file or CARBON_LEDGER_PASSPHRASE",
            ) from None


def write_home(backup: Path, data: bytes, home: Path, report: Callable[[str], None]) -> None:
    """Writes the keys and the database of a checked backup, and the mark, into an empty folder. Raises
    ConfigurationError."""
    report("unpacking the database")
    restore_base_backup(home, backup / DATABASE, report)
    for path in sorted((backup / KEYS).iterdir()):
        write_pem(home / path.name, path.read_bytes(), of_home=True)
    mark(home, data)


async def check_database(owner_url: str, manifest: Manifest, backup: Path) -> Checkpoint:
    """The head of a restored database. Raises InvalidInput if the database holds another log than the manifest names,
    or does not continue the head that the manifest states, and ConfigurationError if this program does not know the
    rules with which the log begins."""
    async with ledger_connection(owner_url) as connection:
        row = await connection.fetchrow(queries("log")["ledger"])
        if row is None or (row["origin"], row["vkey"]) != (manifest.origin, manifest.vkey):
            raise broken(backup, "its database holds another log than its manifest names")
        await check_rules_known(connection)
        head = await read_head(connection, manifest.origin)
        stated = Checkpoint(manifest.origin, manifest.size, bytes.fromhex(manifest.root))
        why = await contradiction(connection, head, [stated])
        if why is not None:
            raise broken(backup, why)
    return head

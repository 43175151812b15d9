"""Takes a backup of an embedded database and the keys in its home, while servers keep writing."""

import asyncio
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from ledger.errors import ConfigurationError
from ledger.host.files.durable import replace, replacing
from ledger.host.files.key_files import REGISTRAR_KEY, is_encrypted, is_in_use, mark_in_use, read_key
from ledger.service.backup.last import LastBackup, remember
from ledger.service.backup.manifest import DATABASE, FORMAT, KEYS, MANIFEST, Manifest, digest_of, files_in
from ledger.service.heads.continuity import read_head
from ledger.service.heads.keyring import log_keys
from ledger.service.settings import Settings
from ledger.store.database import ledger_connection
from ledger.store.embedded.addresses import Addresses
from ledger.store.embedded.base_backup import take_base_backup
from ledger.store.sql import queries


def remembered(settings: Settings, manifest: Manifest, target: Path) -> None:
    """Notes a complete backup in the home. Raises OSError."""
    remember(settings.home, LastBackup(target=str(target), began=manifest.time, size=manifest.size,
                                       root=manifest.root))


async def take_backup(
    settings: Settings, running: Addresses, folder: Path, report: Callable[[str], None]
) -> Manifest:
    """Writes a backup into an empty folder, durably. Raises ConfigurationError."""
    began = datetime.now(UTC)
    async with ledger_connection(running.owner_url) as connection:
        row = await connection.fetchrow(queries("log")["ledger"])
        if row is None:
            raise ConfigurationError(f"there is no ledger in {settings.home}", field="home", value=settings.home)
        head = await read_head(connection, row["origin"])
    _copy_keys(settings, folder / KEYS, row["origin"])
    report("copying the database")
    postgres = await asyncio.to_thread(take_base_backup, settings.home, running, folder / DATABASE, report)
    manifest = Manifest(
        format=FORMAT, origin=row["origin"], vkey=row["vkey"], size=head.size, root=head.root.hex(),
        time=f"{began:%Y-%m-%dT%H:%M:%SZ}", program=version("carbon-ledger"),
        postgres=postgres, files=[digest_of(folder, path) for path in files_in(folder)],
    )
    replace(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    return manifest


def key_paths(home: Path) -> list[Path]:
    """The ledger's own keys in a home."""
    registrar = home / REGISTRAR_KEY
    return [*log_keys(home), *([registrar] if registrar.exists() else [])]


def require_passphrase(settings: Settings) -> None:
    """Raises ConfigurationError if a key would be unencrypted in the backup."""
    plain = [path.name for path in key_paths(settings.home) if not is_encrypted(path)]
    if plain and settings.passphrase is None:
        raise ConfigurationError(
            f"unencrypted keys in {settings.home}: {', '.join(plain)}; a backup must hold only encrypted keys",
            code="passphrase-needed", field="passphrase",
            rule="give a passphrase for the keys in the backup: --passphrase-file or CARBON_LEDGER_PASSPHRASE",
        )


def _copy_keys(settings: Settings, folder: Path, origin: str) -> None:
    """Copies encrypted key files unchanged, and encrypts the others with the passphrase."""
    require_passphrase(settings)
    folder.mkdir(mode=0o700)
    for path in key_paths(settings.home):
        pem = path.read_bytes() if is_encrypted(path) else read_key(path).to_pem(settings.passphrase)
        replace(folder / path.name, pem)
        if is_in_use(path):
            mark_in_use(folder / path.name, origin)


def pack(folder: Path, file: Path) -> None:
    """Packs the backup in a folder into one file, completely and durably. The manifest comes first. Raises OSError."""
    with replacing(file) as output, tarfile.open(fileobj=output, mode="w") as tar:
        for path in (MANIFEST, *files_in(folder)):
            tar.add(folder / path, arcname=path, recursive=False, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Removes the accounts of this host, which mean nothing elsewhere."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member

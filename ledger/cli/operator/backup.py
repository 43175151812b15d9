"""`backup`: writes the database and the keys of this home to a folder or a file, while servers continue to write."""

import asyncio
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, say, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.errors import ConfigurationError, InvalidInput
from ledger.host.files.durable import sync
from ledger.service.backup.manifest import Manifest
from ledger.service.backup.rotation import next_backup, remove_old
from ledger.service.backup.take import pack, remembered, require_passphrase, take_backup
from ledger.service.settings import Settings
from ledger.store.embedded import attach
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted

_FILE = ".tar"


@click.command()
@click.argument("target", type=click.Path(path_type=Path), required=False)
@click.option("--into", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER",
              help="Instead of TARGET: a new file in this folder, named after the ledger and the time in UTC.")
@click.option("--keep", type=click.IntRange(min=1), metavar="N",
              help="With --into: keep N backups of this ledger, and remove older ones after this success.")
@home_option
@passphrase_file_option
@json_option
def backup(
    target: Path | None, into: Path | None, keep: int | None, home: Path | None, passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Write a backup of this home's database and keys to TARGET, a new folder, or a new file named *.tar.

    Servers may continue to write. The backup holds every record that was acknowledged when it began; later records in
    it are complete too. It holds the keys encrypted: unencrypted key files are encrypted with the given passphrase. It
    does not hold the anchor. Keep the anchor elsewhere, or have witnesses: otherwise nobody can detect that a backup is
    old.
    """
    _require_place(target, into, keep)
    chosen = settings(home, passphrase_file)
    _require_embedded(chosen)
    require_passphrase(chosen)
    made, manifest = _written(chosen, target, into)
    try:
        remembered(chosen, manifest, made)
    except OSError as error:
        say(f"warning: the backup is complete, but the home cannot note it for `status` and `doctor`: {error.strerror}")
    removed = [] if keep is None else _removed(made, manifest.origin, keep)
    if as_json:
        print_json({"backup": str(target or made), "manifest": manifest, "removed": [str(path) for path in removed]})
    else:
        show(f"backup     {target or made}", f"origin     {manifest.origin}",
             f"log        at least {manifest.size} entries, root {manifest.root}", f"began      {manifest.time}",
             *(f"{file.sha256}  {file.path}, {file.size} bytes" for file in manifest.files),
             *(f"removed    {path}" for path in removed))


def _require_place(target: Path | None, into: Path | None, keep: int | None) -> None:
    """Raises InvalidInput unless there is one place for a new backup."""
    if keep is not None and into is None:
        raise InvalidInput("only backups in a folder of their own are removed", field="keep", value=keep,
                           rule="--keep together with --into FOLDER")
    if target is not None and into is not None:
        raise InvalidInput("a backup has one place", field="into", value=into, rule="either TARGET or --into FOLDER")
    if target is None and into is None:
        raise InvalidInput("the place of the backup is missing", field="target", rule="TARGET, or --into FOLDER")
    if target is not None and target.exists():
        raise InvalidInput(f"{target} exists: a backup is never overwritten", code="target-exists", field="target",
                           value=target, rule="a new folder, or a new file named *.tar")


def _removed(made: Path, origin: str, keep: int) -> list[Path]:
    try:
        return remove_old(made, origin, keep)
    except OSError as error:
        raise InvalidInput(f"the backup is complete, but an older one cannot be removed: {error.strerror}",
                           field="into", value=str(error.filename),
                           rule="files that you may remove") from None


def _written(chosen: Settings, place: Path | None, into: Path | None) -> tuple[Path, Manifest]:
    """Where the backup is, and its manifest."""
    folder = (into or (place or Path()).parent).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".backup-", dir=folder))
    try:
        manifest = asyncio.run(_take(chosen, staging))
        target = (place or next_backup(folder, manifest.origin, datetime.now(UTC))).absolute()
        if target.suffix == _FILE:
            pack(staging, target)
        else:
            staging.rename(target)
            sync(target.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return target, manifest


async def _take(chosen: Settings, folder: Path) -> Manifest:
    async with hosted(chosen.home, None, on_progress=say):
        return await take_backup(chosen, await asyncio.to_thread(attach, chosen.home), folder, say)


def _require_embedded(chosen: Settings) -> None:
    if chosen.database_url is not None:
        raise ConfigurationError(
            "`backup` covers only the embedded database: back up the database of CARBON_LEDGER_DATABASE_URL with "
            "pg_basebackup, pg_dump or a tool of its host", code="external-database", field="database",
            rule="such a tool for the database, and copies of the encrypted key files, but not of the anchor: a "
                 "restored database signs nothing until it contains the anchor's head",
        )
    if not Layout.at(chosen.home).data.is_dir():
        raise ConfigurationError(f"no ledger in {chosen.home}", field="home", value=chosen.home,
                                 rule="a home set up by `init` or `serve`")

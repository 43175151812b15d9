"""`export log`: the public log as a folder for any static host, written or extended."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, progress, say, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import FOLDER, text_or_file
from ledger.cli.lazy import attribute
from ledger.client.mirror.export import AT_ONCE, Exported, export
from ledger.client.mirror.folder import opened
from ledger.client.mirror.source import PublicLog, http_log

_DATABASE_LOG = "ledger.cli.auditor.export_database:database_log"
HOME = "home"


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--from", "source", metavar="URL", default=HOME, show_default=True,
              help="Address of a server, or `home` for the database of this host's ledger.")
@click.option("--vkey", help="The log's verifier key that you have pinned, or the file that holds it.")
@home_option
@json_option
def log(folder: Path, source: str, vkey: str | None, home: Path | None, as_json: bool) -> None:
    """Copy the public log into DIR, or extend the copy that is there.

    A static host that serves DIR as /log serves the log: checkpoint, tiles, entry bundles; and the bodies of public
    records. Everything is checked against the signed checkpoint, which is replaced last. A log that does not extend
    what DIR holds is refused, and nothing is changed. After a kill, run it again: it goes on where it was.
    """
    found = asyncio.run(_export(folder, source, home, None if vkey is None else text_or_file(vkey)))
    if as_json:
        print_json(found)
    else:
        for note in found.notes:
            say(f"note: {note}")
        show(f"{found.folder}: log {found.origin} of {found.size} entries, {found.added} new; root {found.root}; "
             f"{found.written} files written")


async def _export(folder: Path, source: str, home: Path | None, vkey: str | None) -> Exported:
    with opened(folder) as target:
        async with _log(source, home) as found:
            with progress("exporting") as told:
                return await export(found, target, vkey=vkey, progress=told)


def _log(source: str, home: Path | None) -> AbstractAsyncContextManager[PublicLog]:
    """A server's log is copied with the base install; a database needs what the server needs."""
    if source != HOME:
        return http_log(source, AT_ONCE)
    found: AbstractAsyncContextManager[PublicLog] = attribute(_DATABASE_LOG, "exporting a database")(settings(home))
    return found

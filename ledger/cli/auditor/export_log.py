"""`export log`: writes or extends a folder with the public log, for any static host."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, progress, say, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import FOLDER, given_vkey
from ledger.cli.lazy import attribute
from ledger.cli.trust import ca_option
from ledger.client.mirror.export import AT_ONCE, Exported, export
from ledger.client.mirror.folder import opened
from ledger.client.mirror.source import PublicLog, http_log
from ledger.service.settings import Settings

_DATABASE_LOG = "ledger.cli.auditor.export_database:database_log"
HOME = "home"


@click.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--from", "source", metavar="URL", default=HOME, show_default=True,
              help="Address of a server, or `home` for the database of this host's ledger.")
@click.option("--vkey", help="Your pinned verifier key of the log, or a file with it.")
@ca_option
@home_option
@json_option
def log(folder: Path, source: str, vkey: str | None, home: Path | None, as_json: bool) -> None:
    """Copy the public log into DIR, or extend an earlier copy there.

    A static host that serves DIR as /log serves the log (checkpoint, tiles, entry bundles) and the bodies of public
    records. The command checks everything against the signed checkpoint, and replaces the checkpoint last. It refuses
    a log that does not extend the copy in DIR, and then changes nothing. After a kill, run it again: it resumes.
    """
    exported = asyncio.run(_export(folder, source, home, None if vkey is None else given_vkey(vkey)))
    if as_json:
        print_json(exported)
    else:
        for note in exported.notes:
            say(f"note: {note}")
        show(f"{exported.folder}: log {exported.origin} of {exported.size} entries, {exported.added} new; "
             f"root {exported.root}; {exported.written} files written")


async def _export(folder: Path, source: str, home: Path | None, vkey: str | None) -> Exported:
    with opened(folder) as target:
        async with _log(source, home) as public_log:
            with progress("exporting") as report_progress:
                return await export(public_log, target, vkey=vkey, progress=report_progress)


def _log(source: str, home: Path | None) -> AbstractAsyncContextManager[PublicLog]:
    """The log to copy. The base install can copy a server's log; a database needs the server's packages. Raises
    ConfigurationError if these are missing."""
    if source != HOME:
        return http_log(source, AT_ONCE)
    open_log: Callable[[Settings], AbstractAsyncContextManager[PublicLog]] = attribute(
        _DATABASE_LOG, "exporting a database"
    )
    return open_log(settings(home))

"""`plugin fetch`: gets the code of all plugin versions that a log has activated, so that an audit can recompute every
record. The option with which audits and verifiers take it."""

import re
from pathlib import Path
from typing import Final

import click

from ledger.answers.stored import SECTOR, PluginVersionAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, say, show
from ledger.cli.files import FOLDER
from ledger.errors import Unavailable
from ledger.host.files.durable import replace
from ledger.registry.archives import MAX_BYTES, read_archive
from ledger.registry.workers.apart import archive_name

_NAME: Final = re.compile(r"[a-z][a-z0-9-]*-[0-9a-f]{64}\.zip")
plugins_option = click.option(
    "--plugins", type=click.Path(path_type=Path, exists=True, file_okay=False), metavar="DIR",
    help="Folder that `plugin fetch` has filled: recompute with these versions too. Their code runs in processes of "
         "its own, with the rights of your account.",
)


@click.command()
@click.argument("folder", type=FOLDER, metavar="DIR")
@url_option
@json_option
def fetch(folder: Path, url: str, as_json: bool) -> int:
    """Get the code of every sector version that the log has activated into the folder DIR, one zip for each.

    Each zip is checked: its files give exactly the digest that the log names. `audit --plugins DIR` and `verify
    --plugins DIR` then recompute the records of these versions too. The exit code is 1 if the server lacks a version.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fetched: list[str] = []
    present: list[str] = []
    missing: list[str] = []
    with Client(url) as client:
        for version in client.get("/v1/plugins/versions", list[PluginVersionAnswer]):
            if version.kind != SECTOR:
                continue
            file = folder / _file_of(client, version)
            if file.exists():
                present.append(file.name)
            elif version.archived:
                data = client.content(f"/v1/plugins/{version.digest}/archive", MAX_BYTES)
                read_archive(data, version.digest)
                replace(file, data)
                fetched.append(file.name)
            else:
                missing.append(file.name)
                say(f"error: {client.url} has no archive of {version.plugin} {version.version}, digest "
                    f"{version.digest}: an audit does not recompute its records unless you have that version")
    if as_json:
        print_json({"folder": str(folder), "fetched": fetched, "present": present, "missing": missing})
    else:
        show(f"{folder}: {len(fetched)} versions fetched, {len(present)} were there, {len(missing)} are missing")
    return 1 if missing else 0


def _file_of(client: Client, version: PluginVersionAnswer) -> str:
    """The file name of an archive. Raises Unavailable if the server's answer could lead out of the folder."""
    name = archive_name(version.plugin, version.digest)
    if not _NAME.fullmatch(name):
        raise Unavailable(f"{client.url} names a plugin {name!r}", code="unexpected-answer", field="plugin", value=name,
                          rule="a lower-case name, and a digest of 64 hexadecimal digits")
    return name

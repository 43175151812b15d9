"""`init`: sets up the ledger of this home or database. A second run changes nothing."""

import asyncio
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, say, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.host.files.key_files import REGISTRAR_KEY, read_own_key
from ledger.service.ledger import open_ledger
from ledger.service.settings import Settings
from ledger.service.setup import Identity, registrar_id


@click.command()
@home_option
@passphrase_file_option
@json_option
def init(home: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Set up the ledger: database, log key, registrar, installed plugins. A second run changes nothing.

    CARBON_LEDGER_HOME, CARBON_LEDGER_DATABASE_URL and CARBON_LEDGER_ORIGIN select the ledger. With a passphrase, the
    command encrypts the keys that it makes.
    """
    chosen = settings(home, passphrase_file)
    summary = _summary(chosen, asyncio.run(_open(chosen)))
    if as_json:
        print_json(summary)
    else:
        show(*(f"{name:<10} {value}" for name, value in summary.items()))


async def _open(chosen: Settings) -> Identity:
    async with open_ledger(chosen, progress=say) as ledger:
        ledger.heads.require_signing()
        return ledger.identity


def _summary(chosen: Settings, identity: Identity) -> dict[str, str]:
    summary = {"origin": identity.origin, "vkey": identity.vkey, "registrar": registrar_id(identity.origin)}
    path = chosen.home / REGISTRAR_KEY
    # If another replica set the ledger up, the registrar's key is in that replica's home.
    if path.exists():
        summary["keyid"] = read_own_key(path, chosen.passphrase).keyid.hex()
    return {**summary, "home": str(chosen.home)}

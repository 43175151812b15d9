"""`init`: sets up the ledger of this home or database. Doing it again changes nothing."""

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
    """Set up the ledger: database, log key, registrar, installed plugins. Doing it again changes nothing.

    Which ledger, CARBON_LEDGER_HOME, CARBON_LEDGER_DATABASE_URL and CARBON_LEDGER_ORIGIN say. With a passphrase the
    keys that are made are encrypted.
    """
    chosen = settings(home, passphrase_file)
    told = _told(chosen, asyncio.run(_open(chosen)))
    if as_json:
        print_json(told)
    else:
        show(*(f"{name:<10} {value}" for name, value in told.items()))


async def _open(chosen: Settings) -> Identity:
    async with open_ledger(chosen, progress=say) as ledger:
        ledger.heads.require_signing()
        return ledger.identity


def _told(chosen: Settings, identity: Identity) -> dict[str, str]:
    told = {"origin": identity.origin, "vkey": identity.vkey, "registrar": registrar_id(identity.origin)}
    path = chosen.home / REGISTRAR_KEY
    # Another replica may have been the first: then the registrar's key is in its home.
    if path.exists():
        told["keyid"] = read_own_key(path, chosen.passphrase).keyid.hex()
    return {**told, "home": str(chosen.home)}

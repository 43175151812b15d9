"""`key rotate-tokens`: ends all access tokens, by a new key that signs them."""

import asyncio
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.lazy import attribute


@click.command("rotate-tokens")
@home_option
@passphrase_file_option
@json_option
def rotate_tokens(home: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Give access tokens a new key, so that all tokens end at once, at every server.

    Programs and sessions get new tokens by themselves, with the key or secret that they have. To end a single one,
    revoke its key, client or grant. A new key comes every day in any case; this is for tokens in the wrong hands.
    """
    replace = attribute("ledger.cli.operator.rotation:replace_token_key", "replacing the key of tokens")
    number = asyncio.run(replace(settings(home, passphrase_file)))
    if as_json:
        print_json({"tokenKey": number})
    else:
        show(f"token key {number} signs from now on; all earlier tokens have ended")

"""`client`: the software and people that may read as an organisation."""

import click

from ledger.access.caller import SCOPES
from ledger.answers.stored import ClientAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, say, show
from ledger.cli.lookup.pages import ListColumn, list_table

_SHOWN = 16
"""Digits of a keyid."""


def _compromised(row: ClientAnswer) -> str | None:
    return None if row.compromised is None else f"key compromised: entry {row.compromised}"


_TABLE: tuple[ListColumn[ClientAnswer], ...] = (
    ListColumn("client", lambda row: row.id),
    ListColumn("name", lambda row: row.name or ""),
    ListColumn("scopes", lambda row: " ".join(row.scopes)),
    ListColumn("created", lambda row: row.created),
    ListColumn("key", lambda row: row.key[:_SHOWN]),
    ListColumn("ended", lambda row: row.revoked or _compromised(row)),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def client() -> None:
    """Enter, list and revoke the clients of your organisation: software and people that read with a secret."""


@client.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), default=("read",), show_default=True,
              help="A use of its tokens: reading, posting with them, administering clients; can be repeated.")
@url_option
@json_option
def add(name: str, scopes: tuple[str, ...], url: str, as_json: bool) -> None:
    """Enter the client NAME and print its id and secret. The secret is shown once."""
    with Client(url) as server:
        new = server.add_client(name, scopes)
    if as_json:
        print_json(new)
        return
    show(f"id      {new.id}", f"secret  {new.secret}", f"scopes  {' '.join(new.scopes)}")
    say("nobody can show the secret again: keep it, for CARBON_LEDGER_CLIENT_ID and CARBON_LEDGER_CLIENT_SECRET")


@client.command("list")
@url_option
@json_option
def list_clients(url: str, as_json: bool) -> None:
    """List the clients of your organisation, with the ledger key that entered each, also those that have ended."""
    clients: list[ClientAnswer] = []
    with Client(url) as server:
        after: str | None = ""
        while after is not None:
            page = server.clients(after, limit=1_000)
            clients += page.clients
            after = page.next
    if as_json:
        print_json({"clients": clients})
        return
    show(list_table(clients, _TABLE) if clients else "no clients")


@client.command()
@click.argument("client_id", metavar="ID")
@url_option
@json_option
def revoke(client_id: str, url: str, as_json: bool) -> None:
    """Revoke the client ID. Its tokens are refused from now on."""
    with Client(url) as server:
        server.revoke_client(client_id)
    if as_json:
        print_json({"revoked": client_id})
    else:
        show(f"revoked {client_id}")

"""`plugin`: what computes the figures."""

import click
from rich.table import Table

from ledger.cli.client import Client
from ledger.cli.console import json_option, print_json, show
from ledger.registry.installed import installed
from ledger.service.answers import PluginAnswer


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def plugin() -> None:
    """Show sector plugins."""


@plugin.command("list")
@click.option("--url", help="Ask this server, which also says what is in force on its log.")
@json_option
def list_plugins(url: str | None, as_json: bool) -> None:
    """List the plugins that are installed here, or on a server."""
    if url is None:
        found = _installed()
    else:
        with Client(url) as client:
            found = client.get("/v1/plugins", list[PluginAnswer])
    if as_json:
        print_json(found)
        return
    if not found:
        show("no plugin is installed")
        return
    table = Table("plugin", "version", "in force", "routes", "digest", box=None, pad_edge=False)
    for one in found:
        state = (one.in_force or "no") + ("" if one.installed else ", not installed there") if url else "-"
        table.add_row(one.name, one.version, state, ", ".join(one.routes), f"{one.digest[:16]}…")
    show(table)


def _installed() -> list[PluginAnswer]:
    return [
        PluginAnswer(
            name=name, version=one.sector.version, digest=one.digest, installed=True,
            names={"en": one.sector.en, "zh": one.sector.zh},
            routes={route: {"en": told.en, "zh": told.zh} for route, told in sorted(one.sector.routes.items())},
        )
        for name, one in sorted(installed().sectors.items())
    ]

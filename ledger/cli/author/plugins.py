"""`plugin`: lists, makes, activates, retires and fetches the plugins that compute the figures."""

from pathlib import Path

import click
from rich.table import Table

from ledger.answers.stored import PluginAnswer
from ledger.cli.auditor.plugins import fetch
from ledger.cli.client import Client
from ledger.cli.console import json_option, print_json, print_lines, show
from ledger.cli.files import FOLDER
from ledger.cli.registrar.activations import activate, retire
from ledger.errors import ConfigurationError
from ledger.registry.factors import listed, page
from ledger.registry.scaffold import files_of
from ledger.registry.set_packages import SetNames, set_files, write_new
from ledger.registry.workers.trial import tried
from ledger.service.queries.plugins import plugin_answers, rules_answer


@click.group(commands=[activate, retire, fetch], context_settings={"help_option_names": ["-h", "--help"]})
def plugin() -> None:
    """List sector plugins and their factors, make new plugins, and decide which version is in force."""


@plugin.command("list")
@click.option("--url", help="List this server's plugins, with the versions in force on its log.")
@json_option
def list_plugins(url: str | None, as_json: bool) -> None:
    """List the plugins installed here, or on a server."""
    if url is None:
        plugins = _installed()
    else:
        with Client(url) as client:
            plugins = client.get("/v1/plugins", list[PluginAnswer])
    if as_json:
        print_json(plugins)
        return
    table = Table("plugin", "kind", "versions", "in force", "precedence", "routes", "digest", box=None, pad_edge=False)
    for answer in plugins:
        table.add_row(answer.name, answer.kind, ", ".join(answer.versions) or answer.version,
                      _state(answer) if url else "-", str(answer.precedence or ""), ", ".join(answer.routes),
                      f"{answer.digest[:16]}…")
    show(table)


def _state(answer: PluginAnswer) -> str:
    """The version in force, and how the server runs it if it is not installed."""
    if answer.in_force is None:
        return "no"
    if answer.installed:
        return answer.in_force
    return f"{answer.in_force}, " + ("from its archive" if answer.archived else "not installed there")


def _installed() -> list[PluginAnswer]:
    return [rules_answer(), *plugin_answers(tried(), {})]


@plugin.command("new")
@click.argument("name")
@click.option("--output", type=FOLDER, help="New or empty folder to write to.  [default: carbon-ledger-NAME]")
@click.option("--kind", type=click.Choice(["sector", "tables", "factors"]), default="sector",
              show_default=True, help="A sector with code, a sector made of tables, or a set of emission factors.")
@click.option("--en", help="The plugin's English name.  [default: NAME]")
@click.option("--zh", help="The plugin's Chinese name.")
@json_option
def new_plugin(name: str, output: Path | None, kind: str, en: str | None, zh: str | None, as_json: bool) -> None:
    """Write a working plugin, with a test that uses the conformance kit.

    NAME is the sector: the first part of a record's `process`. With `--kind tables` its routes have no code: tables
    state their fields, emissions, needs and ranges. With `--kind factors` it is the factor set: the first
    part of `set:row`.
    """
    if kind == "factors":
        files = set_files(SetNames(name, en, zh), "1")
    else:
        files = {path: text.encode() for path, text in
                 files_of(name, en, zh, tables=kind == "tables").items()}
    folder = output if output is not None else Path(f"carbon-ledger-{name}")
    if folder.exists() and any(folder.iterdir()):
        raise ConfigurationError(f"{folder} is not empty", field="output", value=folder, rule="a new or empty folder")
    write_new(folder, files)
    if as_json:
        print_json({"folder": str(folder), "files": list(files)})
        return
    works, listing = ("its example", "factors list") if kind == "factors" else (f"{name}.making", "plugin list")
    show(f"{folder}: {len(files)} files; {works} works as it is", "",
         f"  pip install -e '{folder}[test]'", f"  python -m pytest {folder}", f"  carbon-ledger {listing}")


@plugin.command("factors")
@click.option("--markdown", is_flag=True, help="Print them as the page of factors in Markdown.")
@json_option
def list_factors(markdown: bool, as_json: bool) -> None:
    """List every emission factor of the installed plugins and the SDK, with its source."""
    registry = tried()
    factors = listed(registry)
    if as_json:
        print_json(factors)
        return
    if markdown:
        print_lines(page(factors, registry.sets.values()).rstrip("\n"))
        return
    table = Table("table", "key", "place", "year", "kg", "of", "per", "boundary", "status", "source", box=None,
                  pad_edge=False)
    for factor in factors:
        table.add_row(factor.table, factor.key, factor.place, str(factor.year or ""), factor.value, factor.gas,
                      factor.unit, factor.boundary, factor.status, factor.source)
    show(table)

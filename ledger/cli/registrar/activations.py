"""`plugin activate` and `plugin retire`: the registrar enters on the log which version computes from now on."""

from collections.abc import Sequence
from pathlib import Path

import click

from ledger.admission.rules import NEWEST, RULES
from ledger.cli.client import Client, url_option
from ledger.cli.console import Command, json_option, print_json, say, show
from ledger.cli.environment import home_option
from ledger.cli.files import FILE, registrar_passphrase_option
from ledger.cli.registrar.posting import origin_of, post_one, registrar_key_at, registrar_of
from ledger.core.record.canonical import record_of
from ledger.core.signatures.signing import SigningKey
from ledger.errors import NotFound, Refused
from ledger.host.files.key_files import REGISTRAR_KEY, new_nonce
from ledger.registry.workers.trial import tried
from ledger.service.queries.answers import PluginAnswer


def registrar_options(command: Command) -> Command:
    """The options for the registrar's key, and for the server that takes the record."""
    for option in (json_option, url_option, home_option, registrar_passphrase_option, click.option(
        "--registrar-key", type=FILE, help=f"The registrar's key.  [default: {REGISTRAR_KEY} in the data folder]",
    )):
        command = option(command)
    return command


@click.command()
@click.argument("name")
@click.option("--version", help="A version that is not installed here; needs --digest.")
@click.option("--digest", help="SHA-256 of its code and factors: see `plugin list --json` on a host that has it.")
@registrar_options
def activate(
    name: str, version: str | None, digest: str | None, registrar_key: Path | None,
    passphrase_file: Path | None, home: Path | None, url: str, as_json: bool,
) -> int:
    """Put a version of the plugin NAME into force: the version installed here, or the one in --version.

    From the new entry on, that version computes the sector's records. A server without it answers 503 to new records of
    the sector. If the server at URL is without it, the exit code is 1, although the version is in force. NAME
    `ledger-rules` puts the newest rules of the ledger itself into force; older rules can never return.
    """
    if (version is None) != (digest is None):
        raise click.UsageError("give both --version and --digest, or neither")
    chosen = (version, digest) if version and digest else _installed(name)
    registrar = registrar_key_at(registrar_key, home, passphrase_file)
    with Client(url) as client:
        active = next((one for one in _plugins(client) if one.name == name), None)
        if active is not None and active.in_force_digest == chosen[1]:
            raise Refused(f"{name} {active.in_force} is in force already", code="in-force", field="name", value=name,
                          rule="another version than the one in force")
        index = _post(client, registrar, name, chosen)
        installed = any(one.name == name and one.in_force_digest == chosen[1] and one.installed
                        for one in _plugins(client))
    result = {"plugin": name, "version": chosen[0], "digest": chosen[1], "index": index}
    _print({**result, "installed": installed}, "is in force on the log", as_json)
    if not as_json and installed:
        show(f"the server at {client.url} has that version")
    elif not as_json:
        say(f"error: the server at {client.url} does not have that version: it answers 503 for new records of {name} "
            "until the version with that digest is installed there")
    return 0 if installed else 1


@click.command()
@click.argument("name")
@registrar_options
def retire(
    name: str, registrar_key: Path | None, passphrase_file: Path | None, home: Path | None, url: str, as_json: bool,
) -> None:
    """Take the plugin NAME out of force: the ledger admits no new record of its sector until a version is activated.

    Its earlier results stay valid; audits still recompute them with it.
    """
    registrar = registrar_key_at(registrar_key, home, passphrase_file)
    with Client(url) as client:
        active = next((one for one in _plugins(client) if one.name == name), None)
        if active is None or active.in_force is None or active.in_force_digest is None:
            raise NotFound(f"no version of {name} is in force", code="unknown-plugin", field="name", value=name,
                           rule="a plugin that `plugin list --url` shows as in force")
        chosen = (active.in_force, active.in_force_digest)
        index = _post(client, registrar, name, chosen, retired=True)
    result = {"plugin": name, "version": chosen[0], "digest": chosen[1], "index": index}
    _print(result, "is retired on the log", as_json)


def _installed(name: str) -> tuple[str, str]:
    if name == RULES:
        return NEWEST.name, NEWEST.digest
    loaded = tried().sector(name)
    if loaded is None:
        raise NotFound(f"no plugin {name} is installed here", code="unknown-plugin", field="name", value=name,
                       rule="an installed plugin, or --version and --digest")
    return loaded.sector.version, loaded.digest


def _plugins(client: Client) -> Sequence[PluginAnswer]:
    return client.get("/v1/plugins", list[PluginAnswer])


def _post(client: Client, registrar: SigningKey, name: str, chosen: tuple[str, str], *, retired: bool = False) -> int:
    record = record_of({
        "type": "activation", "issuer": registrar_of(client, registrar), "nonce": new_nonce(), "plugin": name,
        "version": chosen[0], "digest": chosen[1], **({"retired": True} if retired else {}),
    })
    return post_one(client, record, registrar, origin_of(client))[0]


def _print(result: dict[str, object], change: str, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        show(f"{result['plugin']} {result['version']} {change} from entry {result['index']} on, "
             f"digest {result['digest']}")

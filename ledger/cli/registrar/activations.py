"""`plugin activate` and `plugin retire`: the registrar enters on the log which version computes from now on."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import click

from ledger.admission.rules import NEWEST, RULES
from ledger.admission.title_limit import LIMIT_SETTING, digest_of_limit
from ledger.answers.stored import FACTORS, PluginAnswer
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

_SET: Final = 0
"""Stands for the precedence of a factor set until one is chosen."""


class Chosen(NamedTuple):
    """The version to activate. `precedence`: None unless it is one of a factor set."""

    version: str
    digest: str
    precedence: int | None


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
@click.option("--precedence", type=click.IntRange(1, 1000), help="Of a factor set: of all sets that have a factor, the "
              "ledger uses the one with the lowest number.  [default: its present one, or the next free one]")
@registrar_options
def activate(
    name: str, version: str | None, digest: str | None, precedence: int | None, registrar_key: Path | None,
    passphrase_file: Path | None, home: Path | None, url: str, as_json: bool,
) -> int:
    """Put a version of the plugin NAME into force: the version installed here, or the one in --version.

    From the new entry on, that version computes the sector's records; earlier records keep theirs. A server without it
    answers 503 to new records of the sector, until the version is installed there and the server is restarted. If the
    server at URL is without it, the exit code is 1, although the version is in force. NAME `ledger-rules` puts the
    newest rules of the ledger itself into force; older rules can never return. NAME of a factor set: from the new entry
    on, its factors price the supplies of records. NAME `footprint-limit` sets the largest doubtful share of a figure
    with the title *footprint*: 0.05 as --version stands for 5 %.
    """
    if name == LIMIT_SETTING and version is not None:
        digest = digest_of_limit(version)
    if (version is None) != (digest is None):
        raise click.UsageError("give both --version and --digest, or neither")
    chosen = Chosen(version, digest, None) if version and digest else _installed(name)
    registrar = registrar_key_at(registrar_key, home, passphrase_file)
    with Client(url) as client:
        plugins = _plugins(client)
        active = next((one for one in plugins if one.name == name), None)
        chosen = chosen._replace(precedence=_precedence(plugins, active, chosen, precedence))
        if active is not None and (active.in_force_digest, active.precedence) == (chosen.digest, chosen.precedence):
            raise Refused(f"{name} {active.in_force} is in force already", code="in-force", field="name", value=name,
                          rule="another version than the one in force")
        index = _post(client, registrar, name, chosen)
        now = next((one for one in _plugins(client) if (one.name, one.in_force_digest) == (name, chosen.digest)), None)
    result: dict[str, object] = {"plugin": name, "version": chosen.version, "digest": chosen.digest, "index": index}
    if chosen.precedence is not None:
        result["precedence"] = chosen.precedence
    restart = now is None or not (now.installed or now.archived)
    _print({**result, "installed": not restart, "restart": restart}, "is in force on the log", as_json)
    if not as_json and not restart:
        show(f"the server at {client.url} has that version: no restart is needed")
    elif not as_json:
        say(f"error: the server at {client.url} does not have that version: install the version with that digest on "
            "its host, if it is not there yet, and restart the server, since it loads plugins only at its start; until "
            f"then it answers 503 for new records of {name}")
    return 1 if restart else 0


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
        chosen = Chosen(active.in_force, active.in_force_digest, None)
        index = _post(client, registrar, name, chosen, retired=True)
    result: dict[str, object] = {"plugin": name, "version": chosen.version, "digest": chosen.digest, "index": index}
    _print(result, "is retired on the log", as_json)


def _installed(name: str) -> Chosen:
    if name == LIMIT_SETTING:
        raise click.UsageError("give the limit with --version: 0.03 stands for 3 %")
    if name == RULES:
        return Chosen(NEWEST.name, NEWEST.digest, None)
    registry = tried()
    loaded, factor_set = registry.sector(name), registry.sets.get(name)
    if loaded is not None:
        return Chosen(loaded.sector.version, loaded.digest, None)
    if factor_set is not None:
        return Chosen(factor_set.newest.version, factor_set.newest.digest, _SET)
    raise NotFound(f"no plugin {name} is installed here", code="unknown-plugin", field="name", value=name,
                   rule="an installed plugin, or --version and --digest")


def _precedence(
    plugins: Sequence[PluginAnswer], active: PluginAnswer | None, chosen: Chosen, given: int | None
) -> int | None:
    """The precedence of the new activation; None unless it is of a factor set."""
    is_set = chosen.precedence is not None or (active is not None and active.kind == FACTORS)
    if given is not None or not is_set:
        return given
    if active is not None and active.precedence is not None:
        return active.precedence
    return max([one.precedence for one in plugins if one.precedence is not None], default=0) + 1


def _plugins(client: Client) -> Sequence[PluginAnswer]:
    return client.get("/v1/plugins", list[PluginAnswer])


def _post(client: Client, registrar: SigningKey, name: str, chosen: Chosen, *, retired: bool = False) -> int:
    record = record_of({
        "type": "activation", "issuer": registrar_of(client, registrar), "nonce": new_nonce(), "plugin": name,
        "version": chosen.version, "digest": chosen.digest, **({"retired": True} if retired else {}),
        **({} if chosen.precedence is None else {"precedence": chosen.precedence}),
    })
    return post_one(client, record, registrar, origin_of(client))[0]


def _print(result: dict[str, object], change: str, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        rank = f", precedence {result['precedence']}" if "precedence" in result else ""
        show(f"{result['plugin']} {result['version']} {change} from entry {result['index']} on, "
             f"digest {result['digest']}{rank}")

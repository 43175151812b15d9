"""The settings of this command: from its options, the environment and the settings file."""

import os
from collections.abc import Mapping
from pathlib import Path

import click

from ledger.cli.console import Command
from ledger.cli.files import FOLDER, passphrase_in
from ledger.service.configuration.resolve import Configuration, resolve
from ledger.service.settings import Settings
from ledger.store.embedded import default_home


def home_option(command: Command) -> Command:
    """`--home`, for commands that open a ledger on this host."""
    return click.option(
        "--home", type=FOLDER,
        help="Data folder. [env: CARBON_LEDGER_HOME, else the settings file, else the account's default]",
    )(command)


def origin_option(command: Command) -> Command:
    """`--origin`. No command takes a signature's origin from a server: a server could name another ledger on which the
    signature would be valid."""
    return click.option(
        "--origin", envvar="CARBON_LEDGER_ORIGIN", show_envvar=True,
        help="Name of the ledger for which the signature is made: the first part of its vkey.",
    )(command)


def required_origin(origin: str | None) -> str:
    """The value of `--origin`, which only some uses of a command need. Raises UsageError if it is missing."""
    if not origin:
        raise click.UsageError("Missing option '--origin' (or CARBON_LEDGER_ORIGIN): the part of the ledger's vkey "
                               "before the first '+'.")
    return origin


def configuration(
    home: Path | None, passphrase_file: Path | None = None, serving: Mapping[str, object] | None = None
) -> Configuration:
    """The settings with their sources, and all faults in them. `serving`: options of `serve` by the names of their
    settings; None if an option is not given. Raises InvalidKey for an empty passphrase file."""
    options = {name: str(value) for name, value in {"home": home, **(serving or {})}.items() if value is not None}
    if passphrase_file is not None:
        options["passphrase"] = passphrase_in(passphrase_file).decode("utf-8", "surrogateescape")
    return resolve(options, os.environ, default_home())


def settings(
    home: Path | None, passphrase_file: Path | None = None, serving: Mapping[str, object] | None = None
) -> Settings:
    """The settings as values. Raises ConfigurationError with all faults in them, or InvalidKey for an empty passphrase
    file."""
    return configuration(home, passphrase_file, serving).checked()

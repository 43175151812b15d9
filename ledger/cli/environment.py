"""The settings of the environment, and the options that override them."""

import os
from pathlib import Path

import click
from msgspec.structs import replace

from ledger.cli.console import Command
from ledger.cli.files import FOLDER, passphrase_in
from ledger.service.settings import Settings, settings_from
from ledger.store.embedded import default_home


def home_option(command: Command) -> Command:
    """`--home`, for commands that open a ledger on this host."""
    return click.option(
        "--home", type=FOLDER, help="Data folder. [env: CARBON_LEDGER_HOME, else the account's default]",
    )(command)


def origin_option(command: Command) -> Command:
    """`--origin`. No command takes a signature's origin from a server: a server could name another ledger on which the
    signature would be valid."""
    return click.option(
        "--origin", envvar="CARBON_LEDGER_ORIGIN", show_envvar=True,
        help="Name of the ledger for which the signature is made: the first part of its vkey.",
    )(command)


def required(value: str | None, option: str) -> str:
    """The value of an option that only some uses of a command need. Raises UsageError if it is missing."""
    if not value:
        raise click.UsageError(f"Missing option '{option}'.")
    return value


def settings(home: Path | None, passphrase_file: Path | None = None) -> Settings:
    """The settings from CARBON_LEDGER_*, `--home` and `--passphrase-file`. Raises ConfigurationError, or InvalidKey for
    an empty passphrase."""
    environment = dict(os.environ)
    if home is not None:
        environment["CARBON_LEDGER_HOME"] = str(home)
    chosen = settings_from(environment, default_home())
    return chosen if passphrase_file is None else replace(chosen, passphrase=passphrase_in(passphrase_file))

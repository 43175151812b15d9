"""Which ledger: the settings of the environment, and the options that say otherwise."""

import os
from pathlib import Path

import click
from msgspec.structs import replace

from ledger.cli.console import Command
from ledger.cli.files import FOLDER, passphrase_in
from ledger.service.settings import Settings, settings_from
from ledger.store.embedded import default_home


def home_option(command: Command) -> Command:
    """`--home`, for commands that open a ledger of this host."""
    return click.option(
        "--home", type=FOLDER, help="Data folder. [env: CARBON_LEDGER_HOME, else the account's own]",
    )(command)


def origin_option(command: Command) -> Command:
    """`--origin`. A signature's origin is never taken from a server: it could name one where the signature is worth
    something to it."""
    return click.option(
        "--origin", envvar="CARBON_LEDGER_ORIGIN", show_envvar=True,
        help="Name of the ledger that the signature is for: the first part of its vkey.",
    )(command)


def required(value: str | None, option: str) -> str:
    """An option that only some uses of a command need."""
    if not value:
        raise click.UsageError(f"Missing option '{option}'.")
    return value


def settings(home: Path | None, passphrase_file: Path | None = None) -> Settings:
    """The settings that CARBON_LEDGER_*, `--home` and `--passphrase-file` give. Raises ConfigurationError, or
    InvalidKey for an empty passphrase."""
    environment = dict(os.environ)
    if home is not None:
        environment["CARBON_LEDGER_HOME"] = str(home)
    found = settings_from(environment, default_home())
    return found if passphrase_file is None else replace(found, passphrase=passphrase_in(passphrase_file))

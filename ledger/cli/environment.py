"""Which ledger: the settings of the environment, and the options that say otherwise."""

import os
from pathlib import Path

import click

from ledger.cli.console import Command
from ledger.cli.files import FOLDER
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


def settings(home: Path | None) -> Settings:
    """The settings that CARBON_LEDGER_* and `--home` give. Raises ConfigurationError."""
    environment = dict(os.environ)
    if home is not None:
        environment["CARBON_LEDGER_HOME"] = str(home)
    return settings_from(environment, default_home())

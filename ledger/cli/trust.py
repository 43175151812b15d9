"""`--ca`: the certificate authorities of private servers; and the sessions of commands that connect to servers."""

from pathlib import Path
from typing import Final

import click

from ledger.cli.console import Command
from ledger.cli.files import FILE
from ledger.cli.identity.sessions import session_for
from ledger.client.login import find_sessions_by
from ledger.client.trust import trust_only

_CA: Final = "authorities"


def ca_option(command: Command, *, exposed: bool = False) -> Command:
    """`--ca`, for commands that connect to servers. The command gets it as `ca` if it is `exposed`."""
    return click.option(
        "--ca", type=FILE, envvar="CARBON_LEDGER_CA", show_envvar=True, expose_value=exposed, callback=_trust,
        help="CA certificates (PEM) to trust for https, instead of the system's.",
    )(command)


def given_ca() -> Path | None:
    """The file that `--ca` or its variable names for the running command."""
    path: Path | None = click.get_current_context().meta.get(_CA)
    return path


def _trust(context: click.Context, __: click.Parameter, path: Path | None) -> Path | None:
    # Every command that connects to servers has this option.
    find_sessions_by(session_for)
    context.meta[_CA] = path
    if path is not None:
        trust_only(path)
    return path

"""`psql`: opens the ledger's database in psql, to read it."""

import asyncio
import os
from pathlib import Path

import click

from ledger.cli.console import say
from ledger.cli.ending import ending_at_sigterm
from ledger.cli.environment import home_option, settings
from ledger.errors import ConfigurationError
from ledger.service.settings import Settings
from ledger.store.database import fitting_schema, reading_connection
from ledger.store.embedded.layout import Layout
from ledger.store.hosting import hosted
from ledger.store.psql import find_psql, inherited, run_psql


@click.command()
@click.argument("arguments", nargs=-1)
@click.option("--write", is_flag=True, help="Open it as the database's owner, with the right to change everything.")
@click.option("--program", type=click.Path(path_type=Path, dir_okay=False), help="The psql to run.")
@home_option
def psql(arguments: tuple[str, ...], write: bool, program: Path | None, home: Path | None) -> int:
    """Open the ledger's database in psql. ARGUMENTS after `--` go to psql, such as -- -c "SELECT * FROM head".

    Without --write, the session has the role of servers and its transactions are read-only, so that a slip changes
    nothing. No password appears in arguments or environment. The command starts the embedded database if no server
    runs. Its exit code is psql's.
    """
    chosen = settings(home)
    if chosen.database_url is None and not Layout.at(chosen.home).data.is_dir():
        raise ConfigurationError(f"there is no database in {chosen.home}", field="home", value=chosen.home,
                                 rule="a home set up by `init` or `serve`, or CARBON_LEDGER_DATABASE_URL")
    path = str(program) if program is not None else find_psql(chosen.home, chosen.database_url is not None, say)
    if write:
        say("warning: this session may change everything, as the database's owner. Changes of logged rows make the "
            "audit fail; triggers forbid most of them.")
    with ending_at_sigterm():
        return _run(chosen, path, arguments, write)


async def _require_schema(url: str) -> None:
    async with reading_connection(url, "carbon-ledger psql") as connection:
        await fitting_schema(connection)


def _run(chosen: Settings, program: str, arguments: tuple[str, ...], write: bool) -> int:
    with asyncio.Runner() as runner:
        opening = hosted(chosen.home, chosen.database_url, on_progress=say)
        database = runner.run(opening.__aenter__())
        try:
            runner.run(_require_schema(database.app_url))
            # Outside the event loop, since signals must reach this thread while psql runs.
            return run_psql(program, database.owner_url if write else database.app_url, arguments,
                            inherited(os.environ, chosen.database_url is not None), write=write)
        finally:
            runner.run(opening.__aexit__(None, None, None))

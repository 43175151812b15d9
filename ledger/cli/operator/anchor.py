"""`anchor`: what was signed here last, beside what the database holds; and the decision between them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from ledger.cli.console import json_option, print_json, say, show
from ledger.cli.environment import home_option, settings
from ledger.cli.files import passphrase_file_option
from ledger.cli.operator.opened import opened_database
from ledger.service.backup.mark import settled
from ledger.service.heads.anchoring import Standing, accept, standing
from ledger.service.heads.heads import Heads, heads_of, memory_of
from ledger.service.settings import Settings
from ledger.store.anchor import open_anchor
from ledger.store.batches import lock_head
from ledger.store.database import Connection


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def anchor() -> None:
    """Compare the database with what was signed here; decide where they contradict each other."""


@anchor.command("show")
@home_option
@passphrase_file_option
@json_option
def show_anchor(home: Path | None, passphrase_file: Path | None, as_json: bool) -> int:
    """Show the highest head that was signed here, and the database's. Exit code 1 where they are of two histories."""
    chosen = settings(home, passphrase_file)
    found = asyncio.run(_standing(chosen))
    if as_json:
        print_json(found)
    else:
        _print(found)
    return 0 if found.contradiction is None else 1


@anchor.command("accept")
@click.option("--size", type=click.IntRange(0), required=True,
              help="How many entries the database holds: what is to count from now on.")
@home_option
@passphrase_file_option
@json_option
def accept_database(size: int, home: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Let the database count, and give up what was signed here beyond it.

    Receipts, statements and checkpoints of the lost history are void from then on, and whoever holds one can prove that
    there were two. The old anchor is kept beside the new one, dated, as the evidence. Start the servers again then:
    those that have stopped signing do not go on by themselves.
    """
    chosen = settings(home, passphrase_file)
    kept = asyncio.run(_accept(chosen, size))
    told = {"anchor": chosen.anchor_at, "size": size, "kept": kept}
    if as_json:
        print_json(told)
    else:
        show(f"accepted   {size} entries", f"anchor     {told['anchor']}",
             f"kept       {told['kept'] or 'nothing: there was no anchor'}")
        say("receipts, statements and checkpoints of the lost history are void: tell those who may hold some, and "
            "start the servers again")


async def _standing(chosen: Settings) -> Standing:
    async with _session(chosen) as (connection, heads):
        return await standing(connection, heads, open_anchor(chosen.anchor_at))


async def _accept(chosen: Settings, size: int) -> str | None:
    async with _session(chosen) as (connection, heads), connection.transaction(isolation="read_committed"):
        await lock_head(connection)
        anchor = open_anchor(chosen.anchor_at)
        kept = await accept(connection, heads, anchor, memory_of(chosen, anchor), size, datetime.now(UTC))
        settled(chosen.home)
        return kept


@asynccontextmanager
async def _session(chosen: Settings) -> AsyncIterator[tuple[Connection, Heads]]:
    async with opened_database(chosen) as (pool, keyring), pool.acquire() as connection:
        yield connection, heads_of(chosen, keyring, pool)


def _print(found: Standing) -> None:
    signed = "nothing that can be read" if found.signed is None else f"{found.signed} entries, root {found.signed_root}"
    show(f"origin     {found.origin}", f"anchor     {found.anchor}", f"signed     {signed}",
         f"database   {found.size} entries, root {found.root}")
    if found.contradiction is not None:
        show(f"verdict    {found.contradiction}")
    else:
        show("verdict    the database continues what was signed")

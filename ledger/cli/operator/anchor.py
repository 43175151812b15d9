"""`anchor`: compares the head that was signed here last with the database, and settles a contradiction."""

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
from ledger.service.heads.anchoring import Anchors, Standing, accept, standing
from ledger.service.heads.heads import Heads, heads_of, memory_of
from ledger.service.settings import Settings
from ledger.service.witnesses.policy_file import read_policy
from ledger.store.anchor import open_anchor
from ledger.store.batches import lock_head
from ledger.store.database import Connection


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def anchor() -> None:
    """Compare the database with the highest head signed here; decide which counts if they contradict each other."""


@anchor.command("show")
@home_option
@passphrase_file_option
@json_option
def show_anchor(home: Path | None, passphrase_file: Path | None, as_json: bool) -> int:
    """Show the highest head that was signed here, and the database's head. Exit code 1 if the database does not
    continue the signed head."""
    chosen = settings(home, passphrase_file)
    compared = asyncio.run(_standing(chosen))
    if as_json:
        print_json(compared)
    else:
        _print(compared)
    return 0 if compared.contradiction is None else 1


@anchor.command("accept")
@click.option("--size", type=click.IntRange(0), required=True,
              help="Number of entries in the database, to confirm that this history counts from now on.")
@home_option
@passphrase_file_option
@json_option
def accept_database(size: int, home: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Accept the database's history, and give up the heads that were signed here beyond it; or accept that the policy
    of the settings differs from the one on the log, whose witnesses do not answer.

    Receipts, statements and checkpoints of the lost history become void, and anyone who holds one can prove that there
    were two histories. The old anchor stays next to the new one, with a date, as evidence. First make sure that no
    server of the lost history will run again. Restart servers that have themselves signed more than SIZE entries;
    others go on by themselves.
    """
    chosen = settings(home, passphrase_file)
    old_anchor = asyncio.run(_accept(chosen, size))
    result = {"anchor": chosen.anchor_at, "size": size, "kept": old_anchor}
    if as_json:
        print_json(result)
    else:
        show(f"accepted   {size} entries", f"anchor     {result['anchor']}",
             f"kept       {result['kept'] or 'nothing: there was no anchor'}")
        say("receipts, statements and checkpoints of the lost history are void: inform everyone who may hold some, and "
            "restart the servers that have signed more; others go on by themselves")
        if chosen.policy is not None:
            say("witnesses that were shown more entries keep the servers from signing: see `carbon-ledger doctor`")


async def _standing(chosen: Settings) -> Standing:
    async with _session(chosen) as (connection, heads):
        return await standing(connection, heads, open_anchor(chosen.anchor_at))


async def _accept(chosen: Settings, size: int) -> str | None:
    async with _session(chosen) as (connection, heads), connection.transaction(isolation="read_committed"):
        await lock_head(connection)
        anchor = open_anchor(chosen.anchor_at)
        policy = None if chosen.policy is None else read_policy(chosen.policy, heads.keyring.keys)
        anchors = Anchors(anchor, memory_of(chosen, anchor))
        old_anchor = await accept(connection, heads, anchors, size, datetime.now(UTC), policy)
        settled(chosen.home)
        return old_anchor


@asynccontextmanager
async def _session(chosen: Settings) -> AsyncIterator[tuple[Connection, Heads]]:
    async with opened_database(chosen) as (pool, keyring), pool.acquire() as connection:
        yield connection, heads_of(chosen, keyring, pool)


def _print(compared: Standing) -> None:
    signed = "no readable head"
    if compared.signed is not None:
        signed = f"{compared.signed} entries, root {compared.signed_root}"
    show(f"origin     {compared.origin}", f"anchor     {compared.anchor}", f"signed     {signed}",
         f"database   {compared.size} entries, root {compared.root}")
    if compared.contradiction is not None:
        show(f"verdict    {compared.contradiction}")
    else:
        show("verdict    the database continues the signed head")

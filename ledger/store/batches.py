"""The locked part of a batch: the head, the state that its records need, and the writes. All on one session."""

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import asyncpg

from ledger.admission.names import Names
from ledger.admission.state import KeyState, PluginState, State
from ledger.core.frontier import Frontier
from ledger.core.signing import load_spki
from ledger.errors import Unavailable
from ledger.footprint.figures import LotFigures
from ledger.store.database import SETTINGS, UNREACHABLE, WRITER, Connection
from ledger.store.facts import FactLoader
from ledger.store.rows import BatchRows
from ledger.store.sql import queries

# Look-ups by index only: statistics of a table that fills in seconds describe an empty one.
_SEQUENCING = {**SETTINGS, "enable_hashjoin": "off", "enable_mergejoin": "off"}


class Head(NamedTuple):
    """The locked head: all that the next batch builds on. `time`: ms of the last entry."""

    frontier: Frontier
    root: bytes
    time: int

    @property
    def size(self) -> int:
        return self.frontier.size


async def connect_writer(url: str) -> asyncpg.Connection:
    """The session that sequences. Raises Unavailable where the database does not answer."""
    try:
        connection = await asyncpg.connect(url, server_settings=_SEQUENCING, command_timeout=60)
        await connection.execute(f"SET SESSION ROLE {WRITER}")
    except (*UNREACHABLE, asyncpg.PostgresError) as error:
        raise Unavailable(f"the database does not answer: {error}", code="database-down") from error
    return connection


async def lock_head(connection: Connection) -> Head:
    """Waits for the one lock that orders all writers; it is held until the transaction ends."""
    row = await connection.fetchrow(queries("sequence")["lock_head"])
    if row is None:
        raise Unavailable("the database holds no ledger: run init", code="no-ledger")
    frontier = Frontier.from_bytes(row["frontier"])
    return Head(frontier, bytes(row["root"]), row["time"])


async def load_state(
    connection: Connection, state: State, names: Names, digests: Iterable[bytes], keyids: Iterable[bytes],
    fresh: Names, loader: FactLoader, figures: dict[str, LotFigures],
) -> None:
    """Completes `state` for a batch that names `names`: balances, keys, used ids, items.

    Facts of what `fresh` names are read here too: they may have come to be since the batch was prepared.
    """
    await loader.load(connection, fresh, state, figures)
    numbers = [state.lots[lot].number for lot in names.lots if lot in state.lots]
    row = await connection.fetchrow(
        queries("sequence")["batch_state"], numbers, list(names.new_lots), list(digests), [*keyids, *names.new_keys]
    )
    if row is None:
        raise Unavailable("the database gave no state", code="database-down")
    by_number = {state.lots[lot].number: lot for lot in names.lots if lot in state.lots}
    left: Iterable[tuple[int, Decimal]] = zip(row["lots"], row["remaining"], strict=True)
    state.remaining.update({by_number[number]: remaining for number, remaining in left})
    state.used.update(row["taken_ids"])
    state.digests.update(bytes(digest) for digest in row["digests"])
    for keyid, spki, organization, active in zip(
        row["keyids"], row["spkis"], row["organizations"], row["active"], strict=True
    ):
        _learn_key(state, bytes(keyid), bytes(spki), organization, active)
    for plugin, version, digest in zip(row["plugins"], row["versions"], row["plugin_digests"], strict=True):
        state.plugins[plugin] = PluginState(version, digest)
    await _load_rare(connection, state, names)


def _learn_key(state: State, keyid: bytes, spki: bytes, organization: str, active: bool) -> None:
    state.keys[keyid] = KeyState(load_spki(spki), organization, active)


async def _load_rare(connection: Connection, state: State, names: Names) -> None:
    sql = queries("sequence")
    if names.items:
        for row in await connection.fetch(sql["item_holdings"], list(names.items)):
            state.holding.setdefault(row["item"], set()).add(row["id"])
    if names.keys_of:
        for row in await connection.fetch(sql["keys_of"], list(names.keys_of)):
            _learn_key(state, bytes(row["keyid"]), bytes(row["spki"]), row["organization"], row["active"])
    if names.prefixes:
        for row in await connection.fetch(sql["overlapping_prefixes"], list(names.prefixes)):
            state.prefixes[row["prefix"]] = row["organization"]
    if names.transfers:
        wanted = [bytes.fromhex(digest) for digest in names.transfers]
        for row in await connection.fetch(sql["accepted_transfers"], wanted):
            state.accepted.add(row["digest"])


async def write_batch(
    connection: Connection, rows: BatchRows, after: Frontier, root: bytes, time: int,
    balances: dict[int, Decimal],
) -> None:
    """Writes everything of a batch; it is durable once the transaction is committed, and not before."""
    sql = queries("sequence")
    await rows.write(connection)
    if balances:
        numbers = sorted(balances)
        await connection.execute(sql["update_balances"], numbers, [balances[number] for number in numbers])
    await connection.execute(sql["insert_batch"], after.size, root)
    await connection.execute(sql["update_head"], after.size, root, after.to_bytes(), time)


async def touch_head(connection: Connection) -> None:
    """Writes the head as it is, so that the commit waits for all that was committed before it, standbys included."""
    await connection.execute("UPDATE head SET size = size")


async def close_quietly(connection: asyncpg.Connection | None) -> None:
    """Drops a session whose state is not known."""
    if connection is not None and not connection.is_closed():
        connection.terminate()
        await asyncio.sleep(0)

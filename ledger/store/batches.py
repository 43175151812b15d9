"""The locked part of a batch, on one session: it locks the head, loads the state for the records, and writes them."""

import base64
import itertools
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final, NamedTuple

import asyncpg
import msgspec

from ledger.admission.activations import PluginActivation
from ledger.admission.checks.goods import HANDED_ON, subjects_of
from ledger.admission.checks.write_offs import note_totals
from ledger.admission.facts import standing_facts
from ledger.admission.identifiers import PRODUCT
from ledger.admission.names import Names
from ledger.admission.state import (
    CONFIRMING_DAYS,
    DAY,
    ClosedPeriod,
    KeyState,
    Recovery,
    State,
    next_generation,
)
from ledger.core.log.entry import parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.policy import ACTIVATED
from ledger.core.record.kinds import KeyChange, StandingAcceptance
from ledger.core.record.revisions import Amendment
from ledger.core.signatures.signing import load_spki
from ledger.engine.row_buffer import RowBuffer
from ledger.errors import Unavailable
from ledger.footprint.stored.figures import LotFigures
from ledger.store.database import LOST, SETTINGS, UNREACHABLE, WRITER, Connection
from ledger.store.facts import FactLoader, is_digest
from ledger.store.rows import write_rows
from ledger.store.sessions import close_quietly, connect_as
from ledger.store.sql import queries

_key_change = msgspec.json.Decoder(KeyChange)
_amendment = msgspec.json.Decoder(Amendment)
_standing = msgspec.json.Decoder(StandingAcceptance)
_ACTIVATIONS: Final = ("activations", "plugins", "versions", "plugin_digests", "retired", "precedences")
_TAKEN: Final = {"organizations": "an organisation", "facilities": "a facility", "products": PRODUCT}


class Head(NamedTuple):
    """The head of the log, on which the next batch builds. `time`: ms of the last entry. `revisions`: the number of
    revisions so far; figures and facts of lots that were read at another number may be outdated."""

    frontier: Frontier
    root: bytes
    time: int
    revisions: int

    @property
    def size(self) -> int:
        return self.frontier.size


async def connect_writer(url: str) -> asyncpg.Connection:
    """The session that sequences. Raises Unavailable if the database does not answer."""
    return await connect_as(WRITER, url)


async def end_stalled(url: str) -> list[int]:
    """Ends sessions that hold the lock of the head because their server has stalled while it writes rows, and returns
    their process ids. PostgreSQL itself ends a session that is idle in its transaction, but not a session that is in
    the middle of a COPY. Call this only after waiting for the lock as long as sessions do. It never raises, because
    the sessions may have ended by now."""
    try:
        connection = await asyncpg.connect(url, server_settings=SETTINGS, command_timeout=10)
    except (*UNREACHABLE, asyncpg.PostgresError):
        return []
    try:
        # This session keeps the role of the login, not of the writer: a login may end its own sessions.
        return [row["pid"] for row in await connection.fetch(queries("sequence")["end_stalled"])]
    except (*LOST, asyncpg.PostgresError):
        return []
    finally:
        await close_quietly(connection)


async def lock_head(connection: Connection) -> Head:
    """Waits for the lock that orders all writers, and holds it until the transaction ends."""
    row = await connection.fetchrow(queries("sequence")["lock_head"])
    if row is None:
        raise Unavailable("the database holds no ledger: run init", code="no-ledger")
    frontier = Frontier.from_bytes(row["frontier"])
    return Head(frontier, bytes(row["root"]), row["time"], row["revisions"])


class Snapshot(NamedTuple):
    """The head of the log as a read-only transaction sees it. `time` and `revisions`: as of `Head`."""

    size: int
    time: int
    revisions: int


@asynccontextmanager
async def read_snapshot(url: str) -> AsyncIterator[tuple[asyncpg.Connection, Snapshot]]:
    """A session of its own that sees one state of the database and can write nothing, with the head of the log. It
    takes no lock. Raises Unavailable if the database does not answer."""
    connection = await connect_writer(url)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            row = await connection.fetchrow(queries("sequence")["head_of_snapshot"])
            if row is None:
                raise Unavailable("the database holds no ledger: run init", code="no-ledger")
            yield connection, Snapshot(row["size"], row["time"], row["revisions"])
    except LOST as error:
        if isinstance(error, ValueError):
            raise
        raise Unavailable(f"the database does not answer: {error}", code="database-down") from error
    finally:
        await close_quietly(connection)


class BatchNeeds(NamedTuple):
    """The parts of the ledger that a batch needs. `names`: everything that its records name. `fresh`: the names whose
    facts must be read here too, because they may have changed since the batch was prepared. And for records that are to
    be appended: their digests, the keys that sign them, and their nonces by the seeds of their salts."""

    names: Names
    fresh: Names
    digests: Sequence[bytes] = ()
    keyids: Collection[bytes] = ()
    nonces: Mapping[bytes, str] = {}


async def load_state(
    connection: Connection, loader: FactLoader, needs: BatchNeeds, state: State, figures: dict[str, LotFigures]
) -> None:
    """Completes `state` for a batch: balances, keys, used ids and nonces, items. Adds `figures` by lot id."""
    await loader.load(connection, needs.fresh, state, figures)
    names, nonces = needs.names, needs.nonces
    by_number = {lot.number: lot.id for lot in state.lots.values()}
    # `coming`: the names of the lots that additions will make. `stems`: pools whose generation a new lot's name would
    # look like.
    coming = [next_generation(pool, state.lines.get(pool, ())) for pool in state.pools]
    new = names.new_lots | names.new_names | names.items
    stems = {stem for stem, _, number in (name.rpartition(":") for name in new) if number.isdecimal()}
    row = await connection.fetchrow(
        queries("sequence")["batch_state"], list(by_number), [*new, *coming, *stems], needs.digests,
        [*needs.keyids, *names.new_keys], [*names.facilities, *{pool.facility for pool in state.pools.values()}],
        [bytes.fromhex(named) for named in names.records if is_digest(named)], list(nonces),
        *_rules_to_load(names, state),
    )
    if row is None:
        raise Unavailable("the database returned no state for the batch", code="database-down")
    balances: Iterable[tuple[int, Decimal]] = zip(row["lots"], row["remaining"], strict=True)
    state.remaining.update({by_number[number]: remaining for number, remaining in balances})
    state.frozen.update([by_number[number] for number in row["frozen"]])
    state.used.update(zip(row["taken_ids"], row["holders"], strict=True))
    state.used.update(dict.fromkeys(row["taken_pools"], ""))
    state.pool_ids.update(row["taken_pools"])
    for kind in _TAKEN:
        state.taken.update(dict.fromkeys(row[f"taken_{kind}"], _TAKEN[kind]))
    state.nonces.update([(issuer, nonces[seed]) for issuer, seed in zip(row["issuers"], row["seeds"], strict=True)])
    for digest, facility, starts, ends, processes in zip(
        row["closings"], row["closed_facilities"], row["starts"], row["ends"], row["processes"], strict=True
    ):
        state.closed.setdefault(facility, {})[digest] = ClosedPeriod(starts, ends, tuple(processes.split()))
    state.digests.update(bytes(digest) for digest in row["digests"])
    for index, body in zip(row["standing"], row["standing_bodies"], strict=True):
        rule = standing_facts(_standing.decode(body), index)
        state.standing.setdefault((rule.receiver, rule.sender), {})[rule.product] = rule
    for keyid, spki, organization, active in zip(
        row["keyids"], row["spkis"], row["organizations"], row["active"], strict=True
    ):
        _learn_key(state, bytes(keyid), bytes(spki), organization, active)
    activations = zip(*[row[name] for name in _ACTIVATIONS], strict=True)
    state.activations = loader.activations_of(tuple(itertools.starmap(PluginActivation, activations)))
    state.parents = await loader.parents_upto(connection, row["parents"])
    await loader.complete(connection, row["completed"], state)
    await _load_rare(connection, state, names)


def _rules_to_load(names: Names, state: State) -> tuple[list[str], list[str], list[str | None]]:
    """Receivers, senders and products of standing acceptances, side by side. A transfer needs those for the product of
    its lot and for all products. The product is unknown if the batch itself makes the lot: then all rules are loaded,
    product None."""
    wanted = set[tuple[str, str, str | None]]()
    for receiver, sender, name in names.relations:
        lot = state.lot_named(name, sender) if name else None
        products: Iterable[str | None] = (None,) if lot is None else (lot.product, "")
        wanted.update([(receiver, sender, product) for product in products])
    ordered = list(wanted)
    return [one[0] for one in ordered], [one[1] for one in ordered], [one[2] for one in ordered]


def _learn_key(
    state: State, keyid: bytes, spki: bytes, organization: str, active: bool, since: int | None = None
) -> None:
    state.keys[keyid] = KeyState(load_spki(spki), organization, active, since)


async def _load_recoveries(connection: Connection, state: State, names: Names) -> None:
    """Loads waiting requests for a recovery, and the keys that were enrolled since."""
    sql = queries("sequence")
    coming: list[bytes] = []
    for row in await waiting_recoveries(connection, list(names.keys_of)):
        record = _key_change.decode(row["body"])
        keys = tuple([load_spki(base64.b64decode(key.spki)) for key in record.added])
        time = parse_entry(bytes(row["data"])).time
        waiting = Recovery(row["digest"], time, keys, 0, time)
        if ACTIVATED not in state.plugins:
            waiting = await _confirmed(connection, waiting, row["index"], state.size)
        state.recoveries[row["organization"]] = waiting
        coming.extend([key.keyid for key in keys])
    if coming:
        for row in await connection.fetch(sql["keys_known"], coming):
            state.keys.setdefault(
                bytes(row["keyid"]), KeyState(load_spki(bytes(row["spki"])), row["organization"], row["active"])
            )


async def _confirmed(connection: Connection, waiting: Recovery, index: int, size: int) -> Recovery:
    """The request with the days that entries after `index`, the request's own entry, confirm. The times of entries only
    grow, so a binary search finds each day."""
    async def time_of(entry: int) -> int:
        return parse_entry(bytes(await connection.fetchval(queries("sequence")["entry"], entry))).time

    newest = await time_of(size - 1)
    while waiting.days < CONFIRMING_DAYS and newest - waiting.counted >= DAY:
        low, high = index + 1, size - 1
        while low < high:
            middle = (low + high) // 2
            if await time_of(middle) - waiting.counted >= DAY:
                high = middle
            else:
                low = middle + 1
        index, waiting = low, waiting.after(await time_of(low))
    return waiting


async def waiting_recoveries(connection: Connection, organizations: Sequence[str]) -> list[asyncpg.Record]:
    """Waiting requests for a recovery, with their entries."""
    return await connection.fetch(queries("sequence")["waiting_recoveries"], list(organizations))


async def _load_rare(connection: Connection, state: State, names: Names) -> None:
    """Loads the parts of the state that few records need, each with its own query."""
    await _load_parties(connection, state, names)
    await _load_stock(connection, state, names)
    if names.reports:
        for row in await connection.fetch(queries("sequence")["reports"], list(names.reports)):
            state.reports.setdefault(row["subject"], set()).add((row["starts"], row["ends"]))
    if names.erasures:
        await _load_erasures(connection, state, names.erasures)


async def _load_parties(connection: Connection, state: State, names: Names) -> None:
    """Loads keys, recoveries, and names and prefixes that overlap with a new organisation's."""
    sql = queries("sequence")
    if names.keys_of:
        for row in await connection.fetch(sql["keys_of"], list(names.keys_of)):
            _learn_key(state, bytes(row["keyid"]), bytes(row["spki"]), row["organization"], row["active"],
                       row["compromised_since"])
        await _load_recoveries(connection, state, names)
    if names.enrolled:
        claims = [*names.enrolled, *names.prefixes]
        for row in await connection.fetch(sql["overlapping_prefixes"], claims):
            state.prefixes[row["prefix"]] = row["organization"]
        state.enrolled.update([row["id"] for row in await connection.fetch(sql["overlapping_organizations"], claims)])


async def _load_stock(connection: Connection, state: State, names: Names) -> None:
    """Loads items, opening stock, default pools, accepted transfers, and totals of goods."""
    sql = queries("sequence")
    if names.items:
        for row in await connection.fetch(sql["item_holdings"], list(names.items)):
            state.holding.setdefault(row["item"], set()).add(row["id"])
    if names.openings:
        facilities, products = zip(*names.openings, strict=True)
        for row in await connection.fetch(sql["openings"], list(facilities), list(products)):
            state.openings.add((row["facility"], row["product"]))
    if names.pools:
        holders, products = zip(*names.pools, strict=True)
        for row in await connection.fetch(sql["default_pools"], list(holders), list(products)):
            state.default_pools[row["holder"], row["product"]] = row["id"]
    if names.transfers:
        wanted = [bytes.fromhex(digest) for digest in names.transfers]
        for row in await connection.fetch(sql["accepted_transfers"], wanted):
            state.accepted.add(row["digest"])
            if row["rule"] is not None:
                state.presumed[row["digest"]] = standing_facts(_standing.decode(row["rule"]), 0).tolerance
    if names.declared or names.sold:
        await _load_goods(connection, state, names)


async def _load_goods(connection: Connection, state: State, names: Names) -> None:
    """Loads the totals of goods that processes, consumptions and declarations of lots read or raise."""
    sql, parents = queries("sequence"), dict(names.parents)

    def groups_of(organization: str) -> Sequence[str]:
        # An organisation that this batch enrols is not in the state yet.
        while organization in parents:
            organization = parents[organization]
        return state.groups(organization)

    wanted = {(group, subject) for issuer, subject in names.subjects for group in groups_of(issuer)}
    traded, coming = set(names.declared), set[str]()
    for issuer, name in names.sold:
        if (lot := state.lot_named(name, issuer)) is None:
            coming.update(groups_of(issuer))
        else:
            traded.update([(issuer, lot.product), (lot.owned_by, lot.product)])
    for issuer, product in traded:
        if (facts := state.products.get(product)) is not None:
            wanted.update(itertools.product(groups_of(issuer), subjects_of(facts)))
            wanted.add((facts.owner, HANDED_ON + product))
    if coming:
        # The product of a lot that this batch makes is new, or in the state: transfers and additions name no product,
        # but the state has the products of the lots that they take.
        subjects = {subject for _, subject in names.subjects}.union(*map(subjects_of, state.products.values()))
        wanted.update(itertools.product(coming, subjects))
        wanted.update([(one.owner, HANDED_ON + one.id) for one in state.products.values()])
    if wanted:
        groups, raised = zip(*wanted, strict=True)
        rows = await connection.fetch(sql["group_goods"], list(groups), list(raised))
        note_totals(state, {(row["organization"], row["subject"]): row["kilograms"] for row in rows})
    products = {product for _, product in traded}.union(state.products if coming else ())
    state.made_goods.update([row["product"] for row in await connection.fetch(sql["made_goods"], list(products))])


async def _load_erasures(connection: Connection, state: State, digests: Iterable[str]) -> None:
    """Loads which records are erased already, and which amendments still have a body with fields of these records."""
    sql = queries("erase")
    wanted = [bytes.fromhex(digest) for digest in digests]
    state.erased.update([row["digest"] for row in await connection.fetch(sql["erased"], wanted)])
    for row in await connection.fetch(sql["amendments"], wanted):
        for change in _amendment.decode(row["body"]).changes:
            if change.record == row["digest"] and not change.withdrawn:
                state.amendments.setdefault(row["digest"], set()).add(row["amendment"])


async def write_batch(
    connection: Connection, rows: RowBuffer, balances: Mapping[int, Decimal], head: Head
) -> None:
    """Writes a batch: its rows, the new balances by lot number, and the new head. It is durable only after the commit
    of the transaction."""
    await write_rows(rows, connection)
    numbers = sorted(balances)
    await connection.execute(
        queries("sequence")["end_batch"], head.size, head.root, head.frontier.to_bytes(), head.time, head.revisions,
        numbers, [balances[number] for number in numbers],
    )


async def touch_head(connection: Connection) -> None:
    """Writes the unchanged head, so that the commit waits until all earlier commits are durable, also on standbys."""
    await connection.execute("UPDATE head SET size = size")

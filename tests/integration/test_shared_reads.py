"""Look-ups that share a statement, on a real database: each gets its own rows, as fresh as if it had asked alone, and
rights are never mixed up."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import asyncpg
import httpx
import pytest
from support.inside import Inside, inside
from support.oauth import ask, bearer, by_key, token_of
from support.parties import enrolment
from support.revising import digest_of
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.core.record.kinds import Grant, GrantRevocation, GrantScope
from ledger.errors import InvalidInput, Unavailable
from ledger.store.database import DatabasePool
from ledger.store.embedded import attach
from ledger.store.shared_reads import AT_ONCE, MOST_KEYS, Fetch, SharedReads

TIMES: Final = """SELECT k.place, k.name, n.time
FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS k (name, times, place)
CROSS JOIN LATERAL generate_series(1, k.times) AS n (time) ORDER BY n.time"""
"""Each name as many times as its key says."""
ENROLLED: Final = """SELECT k.place, (SELECT count(*) FROM organization), pg_advisory_xact_lock_shared(k.lock)
FROM unnest($1::bigint[]) WITH ORDINALITY AS k (lock, place)"""
"""The statement sees what was committed before it began, and then waits for a lock, if its key names one."""
WAITING: Final = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


class Counted:
    """Reads of a pool, counted. `keys` of each."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool
        self.keys: list[int] = []

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Fetch]:
        yield self._fetch

    async def _fetch(self, sql: str, *parameters: Any) -> list[asyncpg.Record]:
        self.keys.append(len(parameters[0]))
        return await self._pool.fetch(sql, *parameters)


@pytest.fixture(scope="module")
def ledger() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as opened:
        yield opened


def named(lists: list[list[asyncpg.Record]]) -> list[list[tuple[str, int]]]:
    return [[(row["name"], row["time"]) for row in rows] for rows in lists]


async def waiting(pool: DatabasePool, count: int) -> list[int]:
    """The sessions whose statements wait for a lock, as soon as there are so many."""
    async with asyncio.timeout(60):
        while True:
            rows = await pool.fetch(WAITING)
            if len(rows) == count:
                return [row["pid"] for row in rows]
            await asyncio.sleep(0.02)


def test_those_of_one_moment_take_one_statement_and_get_their_own_rows(ledger: Inside) -> None:
    counted = Counted(ledger.ledger.pool)

    async def ask() -> list[list[list[list[asyncpg.Record]]]]:
        shared = SharedReads(counted.session, [TIMES])
        return await asyncio.gather(*[
            shared.rows([(f"n{one}", one % 3), ("everybody's", 2)]) for one in range(50)])

    for one, (lists,) in enumerate(ledger.run(ask())):
        own = [(f"n{one}", time) for time in range(1, one % 3 + 1)]
        assert named(lists) == [own, [("everybody's", 1), ("everybody's", 2)]]
    # Equal keys are looked up once.
    assert counted.keys == [51]


def test_a_long_list_goes_alone_and_a_group_has_an_end(ledger: Inside) -> None:
    counted = Counted(ledger.ledger.pool)

    async def ask() -> None:
        shared = SharedReads(counted.session, [TIMES])
        long = [(f"n{one}", 1) for one in range(MOST_KEYS + 1)]
        answers = await asyncio.gather(
            shared.rows(long), shared.rows([]), *[shared.rows(long[start : start + 60]) for start in range(0, 180, 60)],
            *[shared.rows([(f"m{start}", 1)] * 60) for start in range(3)])
        assert [len(rows) for (rows,) in answers] == [MOST_KEYS + 1, 0, 60, 60, 60, 60, 60, 60]
        assert named(answers[0][0]) == [[key] for key in long]

    ledger.run(ask())
    assert sorted(counted.keys) == sorted([MOST_KEYS + 1, 180, 3])


def test_statements_that_are_needed_together_share_a_turn(ledger: Inside) -> None:
    counted = Counted(ledger.ledger.pool)
    once = TIMES.replace("k.times)", "1)")

    async def ask() -> list[Any]:
        shared = SharedReads(counted.session, [TIMES, once])
        return await asyncio.gather(
            shared.rows([("a", 2)], [("a", 2), ("b", 2)]), shared.rows([("c", 1)], []), shared.rows([], [("b", 2)]),
            shared.rows([], []), shared.rows([("bad\x00", 1)], [("a", 1)]), return_exceptions=True)

    both, first, second, neither, bad = ledger.run(ask())
    assert [named(rows) for rows in both] == [[[("a", 1), ("a", 2)]], [[("a", 1)], [("b", 1)]]]
    assert [named(rows) for rows in first] == [[[("c", 1)]], []]
    assert ([named(rows) for rows in second], neither) == ([[], [[("b", 1)]]], [[], []])
    assert isinstance(bad, InvalidInput)


def test_a_statement_without_keys_does_not_run(ledger: Inside) -> None:
    counted = Counted(ledger.ledger.pool)

    async def ask() -> None:
        shared = SharedReads(counted.session, [TIMES, TIMES])
        await asyncio.gather(*[shared.rows([(f"n{one}", 1)], []) for one in range(3)])

    ledger.run(ask())
    assert counted.keys == [3]


def test_a_value_that_no_row_can_hold_hurts_nobody_else(ledger: Inside) -> None:
    names = ["a", "b\x00", "c", "\ud800", "e"]

    async def ask() -> list[Any]:
        pool = ledger.ledger.pool
        return await asyncio.gather(*[pool.fetch_each(TIMES, [(name, 1)]) for name in names], return_exceptions=True)

    answers = ledger.run(ask())
    assert [isinstance(answer, InvalidInput) for answer in answers] == [False, True, False, True, False]
    assert [named(answer) for answer in answers[::2]] == [[[(name, 1)]] for name in names[::2]]


def test_no_answer_is_older_than_its_question(ledger: Inside) -> None:
    """Statements under way have seen the ledger before the record. Whoever asks after it waits for another one."""
    async def ask() -> tuple[list[int], list[int]]:
        pool = ledger.ledger.pool

        async def count(lock: int | None) -> int:
            ((row,),) = await pool.fetch_each(ENROLLED, [(lock,)])
            return int(row["count"])

        before = await count(None)
        async with pool.acquire() as holder:
            await holder.execute(f"SELECT pg_advisory_lock(n) FROM generate_series(1, {AT_ONCE}) AS n")
            slow = []
            for lock in range(1, AT_ONCE + 1):
                slow.append(asyncio.create_task(count(lock)))
                await waiting(pool, lock)
            shop = Workshop("newcomer")
            await ledger.must([(ledger.registrar, enrolment(
                shop.party, ledger.registrar, ledger.origin, shop.nonce()))])
            late = [asyncio.create_task(count(None)) for _ in range(20)]
            await asyncio.sleep(0)
            await holder.execute("SELECT pg_advisory_unlock_all()")
        return [await each - before for each in late], [await each - before for each in slow]

    assert ledger.run(ask()) == ([1] * 20, [0] * AT_ONCE)


def test_whoever_leaves_does_not_end_the_statement_of_others(ledger: Inside) -> None:
    async def ask() -> list[Any]:
        pool = ledger.ledger.pool
        async with pool.acquire() as holder:
            await holder.execute("SELECT pg_advisory_lock(1)")
            asking = [asyncio.create_task(pool.fetch_each(ENROLLED, [(1,)])) for _ in range(4)]
            await waiting(pool, 1)
            asking[0].cancel()
            asking[3].cancel()
            await asyncio.sleep(0)
            await holder.execute("SELECT pg_advisory_unlock_all()")
        return await asyncio.gather(*asking, return_exceptions=True)

    first, second, third, fourth = ledger.run(ask())
    assert isinstance(first, asyncio.CancelledError)
    assert isinstance(fourth, asyncio.CancelledError)
    assert [len(second), len(third)] == [1, 1]


def test_a_lost_session_is_told_to_all_that_shared_it(ledger: Inside) -> None:
    async def ask() -> list[Any]:
        pool = ledger.ledger.pool
        owner = await asyncpg.connect(attach(ledger.ledger.settings.home).owner_url)
        async with pool.acquire() as holder:
            await holder.execute("SELECT pg_advisory_lock(1)")
            asking = [asyncio.create_task(pool.fetch_each(ENROLLED, [(1,)])) for _ in range(3)]
            (session,) = await waiting(pool, 1)
            await owner.execute("SELECT pg_terminate_backend($1)", session)
            await holder.execute("SELECT pg_advisory_unlock_all()")
        await owner.close()
        return await asyncio.gather(*asking, return_exceptions=True)

    assert [type(answer) for answer in ledger.run(ask())] == [Unavailable] * 3
    assert len(ledger.run(ledger.ledger.pool.fetch_each(TIMES, [("again", 1)]))) == 1


def test_a_session_that_ends_beside_a_wrong_value_leaves_nobody_without_an_answer() -> None:
    statements = 0

    async def fetch(_: str, names: list[str]) -> list[Any]:
        nonlocal statements
        statements += 1
        if statements == 2:
            raise Unavailable("gone", code="database-down")
        if "bad" in names:
            raise InvalidInput("wrong", code="invalid-request")
        return [(place, name) for place, name in enumerate(names, 1)]

    @asynccontextmanager
    async def session() -> AsyncIterator[Any]:
        yield fetch

    async def ask() -> list[Any]:
        shared = SharedReads(session, [""])
        asking = [shared.rows([(name,)]) for name in ("a", "b", "bad", "c")]
        return await asyncio.wait_for(asyncio.gather(*asking, return_exceptions=True), 10)

    first, second, bad, last = asyncio.run(ask())
    assert [type(one) for one in (first, second, bad)] == [Unavailable, Unavailable, InvalidInput]
    assert [row[1] for row in last[0][0]] == ["c"]


def test_an_error_of_the_statement_is_told_too(ledger: Inside) -> None:
    async def ask() -> list[Any]:
        wrong = "SELECT k.place, 1 / k.divisor FROM unnest($1::int[]) WITH ORDINALITY AS k (divisor, place)"
        pool = ledger.ledger.pool
        return await asyncio.gather(*[pool.fetch_each(wrong, [(each,)]) for each in (1, 0)], return_exceptions=True)

    good, bad = ledger.run(ask())
    assert good[0][0][1] == 1
    assert isinstance(bad, InvalidInput)


ROUNDS = 12


class Readers(NamedTuple):
    server: Server
    mill: Workshop
    forge: Workshop


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        mill, forge = Workshop("mill"), Workshop("forge")
        for shop in (mill, forge):
            entered = enrolment(shop.party, server.registrar, server.origin, shop.nonce())
            server.post([(server.registrar, entered), *shop.opening(), shop.mine("x", "100")])
        yield Readers(server, mill, forge)


def statuses(url: str, asked: list[tuple[str, str | None]]) -> list[int]:
    """The status of each footprint: of a lot, with a token."""
    async def run() -> list[int]:
        async with httpx.AsyncClient(base_url=url, timeout=120, limits=httpx.Limits(max_connections=64)) as client:
            answers = await asyncio.gather(*[
                client.get("/v1/footprint", params={"lot": lot}, headers={} if token is None else bearer(token))
                for lot, token in asked])
        return [answer.status_code for answer in answers]

    return asyncio.run(run())


def test_each_reads_by_its_own_rights(readers: Readers) -> None:
    server, mill, forge = readers
    own, others, unknown = mill.name("x"), forge.name("x"), mill.name("nothing")
    whole = token_of(by_key(server.url, mill.party.key, mill.id))
    posting = token_of(by_key(server.url, mill.party.key, mill.id, scope="post"))
    smith = token_of(by_key(server.url, forge.party.key, forge.id))
    clients = f"{server.url}/auth/clients"
    client = httpx.post(clients, json={"name": "planning"}, headers=bearer(whole)).json()
    planning = token_of(ask(server.url, {"client_id": client["id"], "client_secret": client["secret"]}))
    expected = [
        (own, whole, 200), (others, whole, 404), (own, smith, 404), (others, smith, 200), (own, posting, 404),
        (own, None, 404), (unknown, whole, 404), (own, planning, 200), (own, f"{whole[:-4]}AAAA", 401),
    ]
    asked = [(lot, token) for lot, token, _ in expected * ROUNDS]
    assert statuses(server.url, asked) == [status for _, _, status in expected * ROUNDS]
    # A client that has ended ends among the others, who go on.
    assert httpx.delete(f"{clients}/{client['id']}", headers=bearer(whole)).status_code == 204
    assert statuses(server.url, asked) == [401 if token == planning else status
                                           for _, token, status in expected * ROUNDS]


def test_a_grant_begins_and_ends_for_its_grantee_alone(readers: Readers) -> None:
    server, mill, forge = readers
    own, others = mill.name("x"), forge.name("x")
    tokens = [token_of(by_key(server.url, shop.party.key, shop.id)) for shop in (mill, forge)]
    asked = [(lot, token) for lot in (own, others) for token in tokens] * ROUNDS
    assert statuses(server.url, asked) == [200, 404, 404, 200] * ROUNDS
    given = mill.signed(Grant(
        issuer=mill.id, nonce=mill.nonce(), grantee=forge.id, depth="totals", until="2034-12-31T00:00:00Z",
        purpose="a test", scope=GrantScope(lot=own)))
    server.post([given])
    assert statuses(server.url, asked) == [200, 200, 404, 200] * ROUNDS
    server.post([mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))])
    assert statuses(server.url, asked) == [200, 404, 404, 200] * ROUNDS

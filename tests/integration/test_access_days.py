"""The days of the access log on a real database: numbers without gaps, closing exactly once, proofs, expiry, kills."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import asyncpg
import pytest
from support import prefork
from support.databases import Database
from support.inside import Inside, inside
from support.server import environment, prepared_home
from support.waiting import until

from ledger.access.accesses import Access, open_day
from ledger.access.caller import Caller
from ledger.core.log.merkle import leaf_hash, tree_root, verify_inclusion
from ledger.errors import InvalidNote, NotFound, Unavailable, VerificationError
from ledger.host.clock import now
from ledger.service.access_log import access_log
from ledger.service.access_log.access_log import AccessLog
from ledger.service.access_log.closing import DayCloser, close_day, expire, session_of
from ledger.service.access_log.read import read_access_proofs, read_accesses, read_day_root, read_day_roots
from ledger.store.database import ERASER, WRITER
from ledger.store.embedded import attach

DAY_MS: Final = 86_400_000
MILL, FORGE = "urn:example:mill", "urn:example:forge"
READER: Final = Caller("urn:example:reader", frozenset({"read"}), "key")


@pytest.fixture(scope="module")
def place() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as ledger:
        yield ledger


@pytest.fixture
def database(place: Inside) -> Iterator[Database]:
    with Database(attach(place.ledger.settings.home).owner_url) as owner:
        yield owner


def url_of(place: Inside) -> str:
    return attach(place.ledger.settings.home).app_url


def day_before(days: int) -> date:
    return (datetime.now(UTC) - timedelta(days=days)).date()


def access(owner: str = MILL, name: str = "lot") -> Access:
    return Access(READER, owner, "party", "/v1/lots", (name,))


async def noted(place: Inside, days_ago: int, *accesses: Access) -> None:
    async with AccessLog(url_of(place), lambda: now() - days_ago * DAY_MS) as log:
        for each in accesses:
            await log.note(each)


def rows_of(database: Database, day: date) -> list[Any]:
    return database.fetch("SELECT number, owner, data, leaf_hash FROM access WHERE day = $1 ORDER BY number", day)


async def closed(place: Inside, *days: date) -> list[bool]:
    async with session_of(WRITER, url_of(place)) as connection:
        return [await close_day(connection, place.ledger.heads, day) for day in days]


def test_simultaneous_writers_leave_no_gap(place: Inside, database: Database) -> None:
    """Three writers with sessions of their own, as three server processes have, and many requests in each."""
    day = day_before(20)

    async def writer(name: int) -> None:
        async with AccessLog(url_of(place), lambda: now() - 20 * DAY_MS) as log:
            await asyncio.gather(*[
                log.note(access(MILL, f"{name}-{i}"), access(FORGE, f"{name}-{i}"), access(MILL, f"{name}-{i}"))
                for i in range(200)])

    async def all_writers() -> None:
        await asyncio.gather(*[writer(name) for name in range(3)])

    place.run(all_writers())
    rows = rows_of(database, day)
    assert [row["number"] for row in rows] == list(range(1_200)), "equal accesses of a request share a row"
    assert len({bytes(row["data"]) for row in rows}) == 1_200
    assert database.one("SELECT size FROM access_day WHERE day = $1", day) == 1_200


def test_requests_share_a_commit(place: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    write = AccessLog._write_once

    async def counted(self: AccessLog, accesses: Any) -> None:
        writes.append(len(accesses))
        await write(self, accesses)

    monkeypatch.setattr(AccessLog, "_write_once", counted)

    async def together() -> None:
        async with AccessLog(url_of(place), lambda: now() - 21 * DAY_MS) as log:
            await asyncio.gather(*[log.note(access(name=str(i))) for i in range(500)])

    place.run(together())
    assert sum(writes) == 500
    assert len(writes) < 5


def test_a_day_is_closed_exactly_once(place: Inside, database: Database) -> None:
    day = day_before(30)
    place.run(noted(place, 30, *[access(MILL if i % 3 else FORGE, str(i)) for i in range(300)]))

    async def at_once() -> list[list[date]]:
        closers = [DayCloser(url_of(place), place.ledger.heads, now, 400) for _ in range(3)]
        return await asyncio.gather(*[closer.look() for closer in closers])

    assert sum([one.count(day) for one in place.run(at_once())]) == 1
    rows = rows_of(database, day)
    root = tree_root([leaf_hash(bytes(row["data"])) for row in rows])
    note = place.run(read_day_root(place.ledger.pool, day.isoformat()))
    keys = place.ledger.heads.keyring.keys
    stated = open_day(note, day, keys)
    assert (stated.size, stated.root) == (300, root)
    with pytest.raises(VerificationError, match="another day"):
        open_day(note, day_before(31), keys)
    with pytest.raises((VerificationError, InvalidNote)):
        keys.opened(note)  # no note of a day is a checkpoint of the log
    own = [row["number"] for row in rows if row["owner"] == FORGE]
    answer = place.run(read_access_proofs(place.ledger.pool, FORGE, day.isoformat(), own))
    assert [proof.index for proof in answer.proofs] == own
    for proof in answer.proofs:
        leaf = bytes(rows[proof.index]["leaf_hash"])
        verify_inclusion(leaf, proof.index, 300, root, [bytes.fromhex(node) for node in proof.path])
    # Rows of others, and rows that do not exist, are equally unknown.
    for wrong in (1, 300, 1 << 40):
        with pytest.raises(NotFound, match=f"no row {wrong} of {day} in the access log is about data of {FORGE}"):
            place.run(read_access_proofs(place.ledger.pool, FORGE, day.isoformat(), [own[0], wrong]))


def test_a_closed_day_takes_no_rows(place: Inside, database: Database) -> None:
    day = day_before(40)
    place.run(noted(place, 40, access()))
    assert place.run(closed(place, day, day)) == [True, False]
    with pytest.raises(Unavailable, match="is closed") as caught:
        place.run(noted(place, 40, access()))
    assert caught.value.code == access_log.NOT_NOTED
    for statement, match in (
        (f"INSERT INTO access SELECT day, 1, owner, data, leaf_hash FROM access WHERE day = '{day}'", "is closed"),
        (f"UPDATE access_day SET closed = false WHERE day = '{day}'", "is closed"),
        (f"UPDATE access_day SET size = 9 WHERE day = '{day}'", "is closed"),
        (f"UPDATE access_root SET size = 9 WHERE day = '{day}'", "only grows"),
        (f"DELETE FROM access WHERE day = '{day}'", "only grows"),
        (f"DELETE FROM access_day WHERE day = '{day}'", "only grows"),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=match):
            database.execute(statement)
    assert len(rows_of(database, day)) == 1


def test_a_day_with_a_lost_row_is_not_signed(place: Inside, database: Database) -> None:
    day = day_before(50)
    place.run(noted(place, 50, *[access(name=str(i)) for i in range(5)]))
    database.tamper("DELETE FROM access WHERE day = $1 AND number = 2", day)
    with pytest.raises(Unavailable, match="noted 5 readings") as caught:
        place.run(closed(place, day))
    assert caught.value.code == "access-log-broken"
    with pytest.raises(NotFound, match="no closed day"):
        place.run(read_day_root(place.ledger.pool, day.isoformat()))


def test_today_is_open(place: Inside) -> None:
    place.run(noted(place, 0, access()))
    today = day_before(0)

    async def look() -> list[date]:
        return await DayCloser(url_of(place), place.ledger.heads, lambda: now() + 3 * DAY_MS, 400).look()

    assert today not in place.run(look()), "the clock of the database counts too"
    listed = place.run(read_accesses(place.ledger.pool, MILL, today.isoformat(), None, None, 1)).accesses[0]
    with pytest.raises(NotFound, match="not closed yet") as caught:
        place.run(read_access_proofs(place.ledger.pool, MILL, listed.day, [listed.index]))
    assert caught.value.code == "day-open"


def test_old_days_expire_and_their_roots_stay(place: Inside, database: Database) -> None:
    old, young, broken = day_before(500), day_before(399), day_before(501)
    for days in (500, 399, 501):
        place.run(noted(place, days, *[access(name=str(i)) for i in range(300)]))
    place.run(closed(place, old, young))
    note = place.run(read_day_root(place.ledger.pool, old.isoformat()))

    async def expired() -> int:
        async with session_of(ERASER, url_of(place)) as connection:
            return await expire(connection, day_before(400))

    assert place.run(expired()) == 1
    assert (len(rows_of(database, old)), len(rows_of(database, young))) == (0, 300)
    assert len(rows_of(database, broken)) == 300, "a day that is not closed keeps its rows"
    assert [database.one("SELECT count(*) FROM access_tile WHERE day = $1", day) for day in (old, young)] == [0, 3]
    assert place.run(read_day_root(place.ledger.pool, old.isoformat())) == note
    assert place.run(expired()) == 0
    with pytest.raises(NotFound):
        place.run(read_access_proofs(place.ledger.pool, MILL, old.isoformat(), [0]))


def test_pages_of_rows_and_of_days(place: Inside) -> None:
    owner = "urn:example:pages"
    for days in (60, 61, 62):
        place.run(noted(place, days, *[access(owner, str(i)) for i in range(7)]))
    place.run(closed(place, *[day_before(days) for days in (60, 61, 62)]))

    async def paged(since: str | None, until: str | None) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        after = None
        while True:
            page = await read_accesses(place.ledger.pool, owner, since, until, after, 4)
            found += [(row.day, row.index) for row in page.accesses]
            if (after := page.next) is None:
                return found

    everything = place.run(paged(None, None))
    assert len(everything) == 21
    assert everything == sorted(everything, reverse=True)
    middle = day_before(61).isoformat()
    assert {day for day, _ in place.run(paged(middle, day_before(60).isoformat()))} == {middle}
    roots = place.run(read_day_roots(place.ledger.pool, place.origin, day_before(63).isoformat(), day_before(9)))
    assert [each.day for each in roots.days][:3] == [day_before(days).isoformat() for days in (62, 61, 60)]


def test_a_database_that_refuses_is_no_reading(place: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused() -> None:
        async with AccessLog("postgresql://nobody@127.0.0.1:9/none", now) as log:
            await log.note(access())

    with pytest.raises(Unavailable):
        place.run(refused())
    monkeypatch.setattr(access_log, "MOST_WAITING", 1)

    async def full() -> None:
        async with AccessLog(url_of(place), now) as log:
            await log.note(access(), access(FORGE))

    with pytest.raises(Unavailable, match="too many rows") as caught:
        place.run(full())
    assert caught.value.code == access_log.NOT_NOTED


def test_a_session_that_was_lost_is_replaced(place: Inside, database: Database) -> None:
    async def twice() -> None:
        async with AccessLog(url_of(place), lambda: now() - 70 * DAY_MS) as log:
            await log.note(access(name="before"))
            assert log._connection is not None
            pid = log._connection.get_server_pid()
            owner = await asyncpg.connect(attach(place.ledger.settings.home).owner_url)
            await owner.execute(f"SELECT pg_terminate_backend({pid})")
            await owner.close()
            await log.note(access(name="after"))

    place.run(twice())
    assert [row["number"] for row in rows_of(database, day_before(70))] == [0, 1]


def test_a_name_that_no_row_can_hold_fails_alone(place: Inside, database: Database) -> None:
    async def mixed() -> list[Any]:
        async with AccessLog(url_of(place), lambda: now() - 71 * DAY_MS) as log:
            return await asyncio.gather(*[log.note(access(owner)) for owner in ("urn:a", "urn:\0", "urn:b")],
                                        return_exceptions=True)

    results = place.run(mixed())
    assert [result is None for result in results] == [True, False, True]
    assert [row["owner"] for row in rows_of(database, day_before(71))] == ["urn:a", "urn:b"]


def test_no_acknowledged_row_is_lost_in_a_kill(place: Inside, database: Database) -> None:
    """Three processes write at once and are killed; then the day is closed over exactly their rows."""
    day = day_before(80)
    names = [f"urn:example:killed-{i}" for i in range(3)]
    writers = [prefork.Popen(
        [sys.executable, "-m", "support.access_writer", url_of(place), name, "80"], stdout=subprocess.PIPE,
        env=environment(place.ledger.settings.home), cwd="/",
    ) for name in names]
    try:
        until(lambda: all(database.one("SELECT count(*) FROM access WHERE owner = $1", name) > 100 for name in names))
    finally:
        for writer in writers:
            writer.kill()
    acknowledged = [writer.communicate(timeout=60)[0].decode().splitlines()[:-1] for writer in writers]
    assert all(len(lines) > 5 for lines in acknowledged)
    place.run(noted(place, 80, access(name="last")))
    assert place.run(closed(place, day)) == [True]
    rows = rows_of(database, day)
    assert [row["number"] for row in rows] == list(range(len(rows)))
    written = {bytes(row["data"]) for row in rows}
    for name, lines in zip(names, acknowledged, strict=True):
        held = b"".join([data for data in written if name.encode() in data])
        for line in lines:
            reader, number = line.split()
            assert f'"asked":["{number}"],"organization":"urn:example:reader-{reader}"'.encode() in held, line

"""`carbon-ledger monitor` and `accesses` beside a real server: an access log that was changed afterwards is noticed."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from support.databases import Database
from support.server import Server, command, prepared_home
from support.waiting import until

from ledger.access.accesses import Access, AccessRight, sign_day
from ledger.access.caller import Caller
from ledger.core.log.note import NoteSigner
from ledger.core.record import canonical
from ledger.core.signatures.signing import SigningKey
from ledger.host.clock import now
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.access_log.access_log import AccessLog
from ledger.store.embedded import attach

MILL, FORGE = "urn:example:mill", "urn:example:forge"
CALLERS: Final = (
    (Caller("urn:example:reader", client="key"), "reader", None), (Caller(link="ab" * 32), "grant", 17),
    (Caller(operator=True), "operator", None),
)
_DAY_MS: Final = 86_400_000


def day_before(days: int) -> date:
    return (datetime.now(UTC) - timedelta(days=days)).date()


_TABLES: Final = ("access", "access_day", "access_root", "access_tile")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that found past days at its start, and closed them."""
    with prepared_home() as home:
        with Server(home) as first, Database(attach(first.home).owner_url) as database:
            for days in (3, 2, 0):
                note(first, database, days)
        with Server(home) as running:
            until(lambda: len(httpx.get(f"{running.url}/log/accesses").json()["days"]) == 2)
            yield running


@pytest.fixture
def database(server: Server) -> Iterator[Database]:
    """The access log is as before after each test."""
    with Database(attach(server.home).owner_url) as owner:
        for table in _TABLES:
            owner.execute(f"CREATE TEMPORARY TABLE kept_{table} AS TABLE {table}")
        yield owner
        owner.execute("SET session_replication_role = replica")
        for table in _TABLES:
            owner.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}")


def note(server: Server, database: Database, days: int) -> None:
    """Twelve readings of the mill's data, and as many of the forge's, so many days ago; the first ones three times."""
    url = attach(server.home).app_url

    async def write() -> None:
        async with AccessLog(url, lambda: now() - days * _DAY_MS) as log:
            for i in range(12):
                caller, right, grant = CALLERS[i % len(CALLERS)]
                kind: AccessRight = right  # type: ignore[assignment]
                for _ in range(1 if i else 3):
                    await log.note(*[Access(caller, owner, kind, "/v1/footprint", (f"{owner}:lot:{i}",), grant)
                                     for owner in (MILL, FORGE)])

    database.run(write())


def watch(server: Server, state: Path, *options: str) -> Any:
    return command(server.home, "monitor", server.url, "--vkey", server.vkey, "--state", str(state), "--once", *options)


def seen(server: Server, state: Path, *options: str) -> dict[str, Any]:
    ended = watch(server, state, *options)
    assert ended.returncode == 0, ended.stderr
    return json.loads(state.read_bytes())["accesses"]


def violation(server: Server, state: Path, *options: str) -> tuple[str, str]:
    """The code, and the evidence."""
    before = state.read_bytes()
    ended = watch(server, state, "--json", *options)
    assert ended.returncode == 1, ended.stdout
    assert state.read_bytes() == before
    (evidence,) = state.parent.glob(f"{state.name}-evidence-*")
    text = evidence.read_text()
    evidence.unlink()
    return str(json.loads("{" + ended.stderr.partition("{")[2])["code"]), text


def forged(server: Server, database: Database, day: date, size: int) -> str:
    """Another note for a day, signed by the log's own key."""
    signer = NoteSigner(server.origin, read_key(server.home / LOG_KEY).private)
    return sign_day(server.origin, day, size, bytes(32), [signer])


def test_an_honest_access_log(server: Server, database: Database, tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert sorted(seen(server, state)["days"]) == [day_before(3).isoformat(), day_before(2).isoformat()]
    own = seen(server, state, "--accesses", MILL)["own"]
    assert {day: (each["count"], each.get("proven", False)) for day, each in own.items()} == {
        day_before(3).isoformat(): (12, True), day_before(2).isoformat(): (12, True),
        day_before(0).isoformat(): (12, False)}
    note(server, database, 0)
    assert seen(server, state, "--accesses", MILL)["own"][day_before(0).isoformat()]["count"] == 24


@pytest.mark.parametrize(("size", "code"), [
    (24, "access-day-rewritten"), (23, "access-day-shortened"), (25, "access-day-rewritten")])
def test_another_root_of_a_day(server: Server, database: Database, tmp_path: Path, size: int, code: str) -> None:
    """Equivocation: both notes bear a valid signature of the log."""
    state, day = tmp_path / "state", day_before(3)
    kept = seen(server, state)["days"][day.isoformat()]
    other = forged(server, database, day, size)
    database.tamper("UPDATE access_root SET note = $2 WHERE day = $1", day, other)
    found, evidence = violation(server, state)
    assert found == code
    assert kept in evidence
    assert other in evidence


def test_a_day_that_is_gone(server: Server, database: Database, tmp_path: Path) -> None:
    state, day = tmp_path / "state", day_before(2)
    kept = seen(server, state)["days"][day.isoformat()]
    database.tamper("DELETE FROM access_root WHERE day = $1", day)
    code, evidence = violation(server, state)
    assert code == "access-day-missing"
    assert kept in evidence


def test_a_note_of_another_key_or_day(server: Server, database: Database, tmp_path: Path) -> None:
    day = day_before(3)
    stranger = NoteSigner(server.origin, SigningKey.from_seed(bytes(32)).private)
    signer = NoteSigner(server.origin, read_key(server.home / LOG_KEY).private)
    for i, wrong in enumerate([
        sign_day(server.origin, day, 24, bytes(32), [stranger]),
        sign_day(server.origin, day_before(4), 24, bytes(32), [signer]), "no note",
    ]):
        database.tamper("UPDATE access_root SET note = $2 WHERE day = $1", day, wrong)
        ended = watch(server, tmp_path / f"state-{i}")
        assert ended.returncode == 1
        assert f"the note of day {day} of the access log does not hold" in ended.stderr


@pytest.mark.parametrize("days", [3, 0])
@pytest.mark.parametrize("what", ["deleted", "changed", "all deleted"])
def test_rows_that_were_changed(
    server: Server, database: Database, tmp_path: Path, days: int, what: str
) -> None:
    """On a closed day and on the open one."""
    state, day = tmp_path / "state", day_before(days)
    seen(server, state, "--accesses", MILL)
    if what == "changed":
        (row,) = database.fetch("SELECT number, data FROM access WHERE day = $1 AND owner = $2 ORDER BY number LIMIT 1",
                                day, MILL)
        other = json.loads(row["data"]) | {"organization": "urn:example:nobody"}
        database.tamper(
            "UPDATE access SET data = $3, leaf_hash = sha256('\\x00'::bytea || $3) WHERE day = $1 AND number = $2",
            day, row["number"], canonical.encode(other))
    elif what == "deleted":
        database.tamper("DELETE FROM access WHERE day = $1 AND number = 4", day)
    else:
        database.tamper("DELETE FROM access WHERE day >= $1", day)
    code, _ = violation(server, state, "--accesses", MILL)
    assert code == ("access-rows-changed" if what == "changed" else "access-rows-gone")
    if days and what != "all deleted":
        # A monitor without a state finds a changed row too, and cannot find a deleted one.
        ended = watch(server, tmp_path / "fresh", "--accesses", MILL)
        assert (ended.returncode, "does not commit to rows" in ended.stderr) == (
            (1, True) if what == "changed" else (0, False))


def test_a_row_that_counts_further_readings_is_as_before_and_one_that_counts_fewer_is_not(
    server: Server, database: Database, tmp_path: Path
) -> None:
    state, day = tmp_path / "state", day_before(0)

    def count(readings: int) -> None:
        (row,) = database.fetch("SELECT data FROM access WHERE day = $1 AND number = 0", day)
        data = canonical.encode(json.loads(row["data"]) | {"readings": readings})
        database.tamper("UPDATE access SET data = $2, leaf_hash = sha256('\\x00'::bytea || $2) "
                        "WHERE day = $1 AND number = 0", day, data)

    assert seen(server, state, "--accesses", MILL)["own"][day.isoformat()]["readings"] == 14
    count(40)
    assert seen(server, state, "--accesses", MILL)["own"][day.isoformat()]["readings"] == 51
    count(39)
    assert violation(server, state, "--accesses", MILL)[0] == "access-rows-changed"


def test_a_row_that_was_added_to_a_closed_day(server: Server, database: Database, tmp_path: Path) -> None:
    state, day = tmp_path / "state", day_before(3)
    seen(server, state, "--accesses", MILL)
    database.tamper("INSERT INTO access SELECT day, 24, owner, data, leaf_hash FROM access "
                    "WHERE day = $1 AND number = 0", day)
    code, evidence = violation(server, state, "--accesses", MILL)
    assert code == "access-not-included"
    assert f"/accesses/{day}" in evidence


def test_a_day_that_is_never_closed(server: Server, database: Database, tmp_path: Path) -> None:
    note(server, database, 9)
    database.tamper("UPDATE access_day SET closed = true WHERE day = $1", day_before(9))
    ended = watch(server, tmp_path / "state", "--accesses", MILL)
    assert ended.returncode == 0
    assert f"the log has not signed the root of {day_before(9)}" in ended.stderr


def test_the_command_lists_and_verifies(server: Server, database: Database) -> None:
    def listed(*options: str) -> Any:
        return command(server.home, "accesses", "--organization", MILL, "--url", server.url, "--vkey", server.vkey,
                       *options)

    closed = ("--to", day_before(1).isoformat())
    rows = json.loads(listed("--json").stdout)["accesses"]
    assert (len(rows), [row["included"] for row in rows]) == (36, [False] * 12 + [True] * 24)
    first = rows[-1]
    assert (first["reader"], first["right"], first["route"], first["asked"], first["client"]) == (
        "urn:example:reader", "reader", "/v1/footprint", [f"{MILL}:lot:0"], "key")
    assert (rows[-2]["reader"], rows[-2]["grant"]) == (f"holder of link {'ab' * 32}", 17)
    assert rows[-3]["reader"] == "the operator"
    assert (first["readings"], first["time"] <= first["last"], rows[-2]["readings"]) == (3, True, 1)
    assert rows[-2]["time"] == rows[-2]["last"]
    table = listed(*closed)
    assert table.returncode == 0, table.stderr
    assert f"{MILL}:lot:11" in table.stdout
    whole = list(csv.DictReader(listed("--csv").stdout.splitlines()))
    assert (whole[-1]["readings"], whole[-1]["last"], whole[-2]["readings"]) == ("3", first["last"], "1")
    assert "not closed" not in table.stdout
    assert "not closed" in listed().stdout
    sheet = list(csv.DictReader(listed("--csv", "--limit", "5").stdout.splitlines()))
    assert [row["asked for"] for row in sheet] == [f"{MILL}:lot:{i}" for i in (11, 10, 9, 8, 7)]
    assert "--after" in listed("--limit", "5").stderr
    assert "no readings" in command(server.home, "accesses", "--organization", "urn:example:none", "--url",
                                    server.url).stdout
    wrong = listed("--from", "yesterday")
    assert (wrong.returncode, "YYYY-MM-DD" in wrong.stderr) == (1, True)
    database.tamper("UPDATE access_root SET note = $2 WHERE day = $1", day_before(3),
                    forged(server, database, day_before(3), 24))
    failed = listed(*closed)
    assert failed.returncode == 1
    assert f"the signed root of {day_before(3)} does not commit to rows" in failed.stderr
    assert listed("--from", day_before(2).isoformat()).returncode == 0


def test_the_public_routes(server: Server, tmp_path: Path) -> None:
    answer = httpx.get(f"{server.url}/log/accesses").json()
    assert (answer["origin"], answer["keptFrom"]) == (server.origin, day_before(400).isoformat())
    for listed in answer["days"]:
        served = httpx.get(f"{server.url}/log/accesses/{listed['day']}")
        assert served.text == listed["note"]
        assert "immutable" in served.headers["cache-control"]
        assert served.text.startswith(f"{server.origin}/accesses/{listed['day']}\n24\n")
    assert httpx.get(f"{server.url}/log/accesses", params={"after": answer["days"][0]["day"]}).json()["days"] == (
        answer["days"][1:])
    for path, status in (("2020-01-01", 404), ("today", 400), ("2020-1-1", 400)):
        assert httpx.get(f"{server.url}/log/accesses/{path}").status_code == status

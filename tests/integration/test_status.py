"""`status` of real homes: running, stopped, lost, on another database, with witnesses; growth and closings due."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.cli import run
from support.databases import Database
from support.publishing import NAMES, site, three_witnesses
from support.server import Server, prepared_home, temporary_home

from ledger.host.serving import FOLDER
from ledger.service.status.database import read_growth, read_tables
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.migrating.versions import BASELINE
from ledger.store.sql import queries


def status_of(home: Path, **variables: str) -> dict[str, Any]:
    done = run("status", "--home", home, "--json", **variables).succeeded()
    answer: dict[str, Any] = json.loads(done.out)
    return answer


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as running:
        yield running


def test_a_running_server(server: Server) -> None:
    answer = status_of(server.home)
    (process,) = answer["servers"]
    assert (process["pid"], process["url"]) == (server.process.pid, server.url)
    database = answer["database"]
    assert (database["kind"], database["running"], database["owner"]) == ("embedded", True, server.process.pid)
    assert database["schema"] == BASELINE
    assert sum(one["sessions"] for one in database["sessions"]) >= 1
    log = answer["log"]
    assert (log["origin"], log["vkey"], log["published"]) == (server.origin, server.vkey, log["size"])
    assert answer["anchor"] == {"kind": "file", "place": str(server.home / "anchor"), "size": log["size"]}
    assert 0 <= log["checkpointSeconds"] < 600
    assert {"record", "entry", "lot", "balance"} <= {table["name"] for table in answer["tables"]}
    assert [(one["days"], one["entries"]) for one in answer["growth"]] == [(7, log["size"]), (30, log["size"])]
    (disk,) = answer["disks"]
    assert disk["contains"] == ["the embedded database", "the home"]
    assert 0 < disk["free"] <= disk["total"]
    assert disk["daysUntilFull"] > 0
    assert "backup" not in answer
    assert "unknown" not in answer
    text = run("status", "--home", server.home).out
    assert f"server     {server.url}, process {server.process.pid}" in text
    assert "has written no backup" in text


def test_a_stopped_server_and_a_backup(tmp_path: Path) -> None:
    with prepared_home() as home:
        with Server(home) as server:
            # A process that was killed leaves a file without a lock.
            (home / FOLDER / "elsewhere-1.json").write_text("{}")
            origin = server.origin
            assert len(status_of(home)["servers"]) == 1
        run("backup", tmp_path / "b.tar", "--home", home, CARBON_LEDGER_PASSPHRASE="words").succeeded()
        answer = status_of(home)
        assert "servers" not in answer
        assert (answer["database"]["running"], answer["log"]["origin"]) == (False, origin)
        assert answer["backup"]["target"] == str(tmp_path / "b.tar")
        assert answer["backup"]["size"] == answer["log"]["size"]
        text = run("status", "--home", home).out
        assert "no server process runs with this home" in text
        assert "stopped; started for this command" in text


def test_parts_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    answer = status_of(tmp_path / "none")
    assert {one["part"] for one in answer["unknown"]} == {"database", "disks"}
    assert "carbon-ledger init" in answer["unknown"][0]["why"]
    with prepared_home() as home:
        assert f"anchor     file {home / 'anchor'}, MISSING: servers sign nothing" in run("status", "--home", home).out
        (home / "anchor").write_text("no checkpoint")
        (home / "last-backup").write_text("no backup")
        (home / "postgres" / "data" / "PG_VERSION").write_text("3\n")
        answer = status_of(home)
        assert {one["part"] for one in answer["unknown"]} == {"anchor", "backup", "database"}
        assert answer["disks"]
        assert "unknown    anchor: " in run("status", "--home", home).out


def test_an_external_database(tmp_path: Path) -> None:
    with (
        prepared_home() as home, EmbeddedPostgres(home) as postgres, temporary_home() as other,
        Server(other, postgres.owner_url) as server,
    ):
        answer = status_of(other, CARBON_LEDGER_DATABASE_URL=postgres.owner_url)
        assert (answer["database"]["kind"], answer["log"]["origin"]) == ("external", server.origin)
        assert answer["database"]["folder"] == str(home / "postgres" / "data")
        assert [disk["contains"] for disk in answer["disks"]] == [["the database", "the home"]]
        assert (answer["archive"], {one["part"] for one in answer["unknown"]}) == ({"mode": "off"}, {"backup"})
        password = (home / "postgres" / "ledger_owner.password").read_text().strip()
        assert password not in json.dumps(answer)
    answer = status_of(other, CARBON_LEDGER_DATABASE_URL="postgresql://u:hush@127.0.0.1:1/none")
    assert "database" in {one["part"] for one in answer["unknown"]}
    assert "hush" not in json.dumps(answer)


def test_witnesses_and_their_cosignatures() -> None:
    with site() as place, three_witnesses(place), place.serve() as server:
        assert server.registrar
        answer = status_of(place.home, **place.variables)
        witnesses = answer["witnesses"]
        assert (witnesses["quorum"], witnesses["policy"]) == (True, str(place.policy_file))
        assert [one["name"] for one in witnesses["witnesses"]] == list(NAMES)
        assert sum("cosigned" in one for one in witnesses["witnesses"]) >= 2
        assert answer["backlog"]["entries"] == answer["log"]["size"] - answer["log"]["published"]
        assert "a quorum has cosigned" in run("status", "--home", place.home, **place.variables).out


def packed(time: int) -> bytes:
    return bytes([1, 0]) + bytes(32 * 3 + 64) + time.to_bytes(8, "big")


def test_growth_is_measured_by_the_times_of_entries() -> None:
    """5 entries 40 days ago, 10 entries 20 days ago, 20 entries 3 days ago: by hand, 20 and 30 entries in 7 and 30
    days, 20 / 7 and 1 a day."""
    now = datetime.now(UTC)
    with prepared_home() as home, EmbeddedPostgres(home) as postgres, Database(postgres.owner_url) as database:
        times = [int((now - timedelta(days=days)).timestamp() * 1000)
                 for days, count in ((40, 5), (20, 10), (3, 20)) for _ in range(count)]
        for index, time in enumerate(times):
            database.run(database.session.execute(
                "INSERT INTO entry VALUES ($1, $2, sha256('\\x00'::bytea || $2))", index, packed(time)))
        growth = database.run(read_growth(database.session, len(times), 700.0, now))
        assert [(one.days, one.entries, one.entries_per_day, one.bytes_per_day) for one in growth] == [
            (7, 20, 2.9, 2000), (30, 30, 1.0, 700)]
        assert database.run(read_growth(database.session, 0, 700.0, now)) == []
        tables = {one.name: one for one in database.run(read_tables(database.session, 35))}
        assert tables["entry"].per_record == round(tables["entry"].bytes / 35, 1)


def due(database: Database, now: str) -> list[tuple[str, str, int]]:
    return [(row["facility"], row["month"], row["records"])
            for row in database.fetch(queries("status")["closings_due"], now)]


def test_closings_that_are_due() -> None:
    """A month is due once it has ended, until a closing covers the process, and again after a reopening; a record that
    an amendment made final or withdrew does not count."""
    with prepared_home() as home, EmbeddedPostgres(home) as postgres, Database(postgres.owner_url) as database:
        march = ("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z")
        april = ("2025-04-01T00:00:00Z", "2025-05-01T00:00:00Z")
        for record, process, period in ((1, "steel.a", march), (2, "steel.b", march), (3, "steel.a", april)):
            database.run(database.session.execute(
                "INSERT INTO provisional VALUES ($1, 'site', $2, $3, $4)", record, process, *period))
        assert due(database, "2025-03-31T00:00:00Z") == []
        assert due(database, "2025-04-10T00:00:00Z") == [("site", "2025-03", 2)]
        assert due(database, "2025-05-01T00:00:00Z") == [("site", "2025-03", 2), ("site", "2025-04", 1)]

        def revise(record: int, version: int, body: str | None) -> None:
            database.run(database.session.execute(
                "INSERT INTO revised VALUES ($1, $2, true, $3, NULL, sha256(''))", record, version,
                None if body is None else body.encode()))

        revise(2, 1, '{"basis":"final","start":"2025-03-01T00:00:00Z","end":"2025-04-01T00:00:00Z"}')
        assert due(database, "2025-04-10T00:00:00Z") == [("site", "2025-03", 1)]
        revise(1, 2, '{"basis":"provisional","start":"2025-03-01T00:00:00Z","end":"2025-04-01T00:00:00Z"}')
        assert due(database, "2025-04-10T00:00:00Z") == [("site", "2025-03", 1)]
        database.execute("SET session_replication_role = replica")
        database.execute("INSERT INTO closing VALUES (9, 'site', '2025-03-01T00:00:00Z', '2025-04-01T00:00:00Z', "
                         "'{steel.b}')")
        assert due(database, "2025-04-10T00:00:00Z") == [("site", "2025-03", 1)], "of another process"
        database.execute("INSERT INTO closing VALUES (10, 'site', '2025-03-01T00:00:00Z', '2025-04-01T00:00:00Z', "
                         "'{}')")
        assert due(database, "2025-04-10T00:00:00Z") == []
        database.execute("INSERT INTO reopening VALUES (10, 11)")
        assert due(database, "2025-04-10T00:00:00Z") == [("site", "2025-03", 1)]
        revise(1, 3, None)
        assert due(database, "2025-04-10T00:00:00Z") == []

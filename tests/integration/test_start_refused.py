"""A server that cannot start: one clear line, exit 1, and no process is left behind, be it a database or a worker."""

import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import prefork
from support.server import command, environment, temporary_home

from ledger.core.signatures.signing import SigningKey
from ledger.errors import ConfigurationError
from ledger.host.files.key_files import LOG_KEY
from ledger.registry.installed import installed
from ledger.registry.workers.trial import tried

SECONDS = 120
PLUGIN = "broken-1.0.0.dist-info"


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A home that is set up."""
    with temporary_home() as home:
        done = command(home, "init")
        assert done.returncode == 0, done.stderr
        yield home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Iterator[Path]:
    """It has its keys again afterwards."""
    kept = shutil.copytree(made, tmp_path / "kept", ignore=shutil.ignore_patterns("postgres"))
    yield made
    for file in kept.iterdir():
        if file.is_file():
            shutil.copy2(file, made / file.name)


def refused(home: Path, *options: str, installed: Path | None = None, **variables: str) -> str:
    """What a server says that does not start, checked for what all of them have in common."""
    paths = () if installed is None else (installed,)
    done = prefork.run(
        [*prefork.COMMAND, "serve", "--port", "0", *options], capture_output=True, text=True,
        env={**environment(home, installed=paths), **variables}, cwd="/", timeout=SECONDS, check=False,
    )
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    *before, last = done.stderr.splitlines()
    # Of the lines before, none is an error: they say how far it came.
    assert [line for line in before if re.search(r"error|ERROR|WARNING|Exception", line)] == [], done.stderr
    assert left_behind(home) == []
    return last


def left_behind(home: Path) -> list[str]:
    """Processes that name the home, in their arguments or their environment."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid():
            try:
                told = process.joinpath("cmdline").read_bytes(), process.joinpath("environ").read_bytes()
            except OSError:
                continue
            if any(os.fsencode(home) in part for part in told):
                found.append(told[0].replace(b"\0", b" ").decode())
    return found


@pytest.mark.parametrize(("url", "said"), [
    ("postgresql://nobody@127.0.0.1:1/none", "the database does not answer"),
    ("postgresql://nobody@no-such-host.invalid/none", "the database does not answer"),
    ("mysql://127.0.0.1/none", "CARBON_LEDGER_DATABASE_URL"),
    ("postgresql://nobody:secret@127.0.0.1:port/none", "the address of the database cannot be read"),
    ("postgresql://nobody:sec/ret@127.0.0.1/none", "the address of the database cannot be read"),
    ("postgresql://nobody@127.0.0.1:1/none?sslmode=no", "`sslmode` parameter must be one of"),
])
def test_a_database_that_is_not_there(home: Path, url: str, said: str) -> None:
    last = refused(home, CARBON_LEDGER_DATABASE_URL=url)
    assert said in last
    assert "sec" not in last


@pytest.mark.parametrize("kind", ["of another log", "none", "empty", "missing"])
def test_a_key_that_is_not_the_log_s(home: Path, kind: str) -> None:
    path = home / LOG_KEY
    path.chmod(0o600)
    match kind:
        case "of another log":
            path.write_bytes(SigningKey.from_seed(b"\7" * 32).to_pem())
        case "none":
            path.write_text("no key")
        case "empty":
            path.write_text("")
        case _:
            path.unlink()
    assert LOG_KEY in refused(home)


def test_a_port_that_is_taken(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"port {port}" in refused(home, "--port", str(port))


@pytest.mark.parametrize("host", ["no-such-host.invalid", "no..host", f"{'x' * 64}.invalid"])
def test_an_address_of_no_host(home: Path, host: str) -> None:
    assert f"cannot listen at {host}" in refused(home, "--host", host)


@pytest.mark.parametrize("text", [
    "raise RuntimeError('no licence')", "import nothing_of_that_name", "def f(:", "raise SystemExit(3)", "SECTOR = 7",
])
def test_a_plugin_that_does_not_load(home: Path, tmp_path: Path, text: str) -> None:
    assert "broken" in refused(home, installed=broken(tmp_path, text))


def test_what_a_plugin_prints_while_it_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing of it is taken for the address that a server prints."""
    monkeypatch.syspath_prepend(broken(tmp_path, r"print('http://elsewhere \x1b[2J')"))
    with pytest.raises(ConfigurationError, match="plugin broken cannot be loaded"):
        installed()
    out, err = capsys.readouterr()
    assert (out, err) == ("", "http://elsewhere \\x1b[2J\n")


def broken(folder: Path, text: str) -> Path:
    """A folder in which a plugin is installed that consists of this code."""
    (folder / PLUGIN).mkdir()
    (folder / PLUGIN / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0.0\n")
    (folder / PLUGIN / "entry_points.txt").write_text("[carbon_ledger.plugins]\nbroken = broken_plugin:SECTOR\n")
    (folder / "broken_plugin.py").write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize(("text", "how"), [
    ("import os; os._exit(0)", "it ended itself (the worker has ended)"),
    ("import os; os._exit(3)", "it ended itself with code 3"),
    ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "it was ended by SIGKILL"),
    ("import os\ndef SECTOR(): os._exit(4)", "it ended itself with code 4"),
])
def test_a_plugin_that_ends_the_process_that_loads_it(home: Path, tmp_path: Path, text: str, how: str) -> None:
    """The start names it, whoever loads plugins besides does, and none takes it for success."""
    folder = broken(tmp_path, text)
    wanted = f"error: plugin broken cannot be loaded by a worker: {how} (rule: "
    assert refused(home, installed=folder).startswith(wanted)
    for arguments in (["plugin", "list"], ["audit"]):
        done = command(home, *arguments, installed=[folder])
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert done.stderr.splitlines()[-1].startswith(wanted), arguments
    assert left_behind(home) == []


def test_a_plugin_that_does_not_come_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By name it is the first one that is loaded."""
    monkeypatch.setattr("ledger.registry.workers.process.START_SECONDS", 12.0)
    monkeypatch.syspath_prepend(broken(tmp_path, "import time; time.sleep(1000)"))
    with pytest.raises(ConfigurationError, match=r"plugin broken cannot be loaded .*: it does not finish") as caught:
        tried()
    assert (caught.value.code, caught.value.field, caught.value.value) == ("plugin-crashed", "plugin", "broken")


@pytest.mark.parametrize(("name", "text"), [("anchor", "no checkpoint"), ("policy", "no policy")])
def test_a_file_that_cannot_be_read(home: Path, tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert str(path) in refused(home, **{f"CARBON_LEDGER_{name.upper()}": str(path)})


def test_a_number_that_is_none(home: Path) -> None:
    assert "CARBON_LEDGER_WORKERS" in refused(home, CARBON_LEDGER_WORKERS="many")

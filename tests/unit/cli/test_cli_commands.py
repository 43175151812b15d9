"""The command tree: help, exit codes, one line for what goes wrong, and what works without the server's packages."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from support.cli import environment, run
from support.containing import Containing

from ledger.cli import main
from ledger.cli.lazy import SERVER_PACKAGES
from ledger.cli.root import COMMANDS, load

GROUPS = {"reader": ("appoint", "end", "list"),
          "key": ("new", "show", "request", "change", "recover", "object", "rotate-log", "rotate-tokens"),
          "plugin": ("list", "new", "factors", "activate", "retire", "fetch"), "export": (
              "log", "footprint", "bundle", "verification"),
          "anchor": ("show", "accept"), "clock": ("show", "accept"), "audit": ("sample",),
          "factors": ("search", "show", "list", "import"), "client": ("add", "list", "revoke")}
EVERY = [(name,) for name in COMMANDS] + [(group, name) for group, names in GROUPS.items() for name in names]
BASE = [("key", "new"), ("enrol",), ("sign",), ("verify",), ("submit",), ("footprint",), ("trace",), ("audit",),
        ("lots",), ("received",), ("delivered",), ("records",), ("show",), ("coverage",),
        ("plugin", "list"), ("factors", "list"), ("login",), ("logout",), ("client", "list")]
SERVER = [("init",), ("serve",), ("demo",), ("anchor", "show"), ("backup", "/none/b"), ("doctor",), ("status",),
          ("audit", "--home", "/none"),
          ("audit", "postgresql://host/none")]

BLOCKED = f"""
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {SERVER_PACKAGES!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
from ledger.cli import main
sys.exit(main(sys.argv[1:]))
"""


def without_server(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", BLOCKED, *arguments], capture_output=True, text=True, timeout=60, check=False,
        env=environment(),
    )


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_has_help(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*path, "--help"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Usage: carbon-ledger {' '.join(path)}")
    assert len(told.splitlines()) > 4


def test_help_lists_every_command_and_the_names_that_scripts_rely_on() -> None:
    done = run("--help")
    assert done.code == 0
    names = [line.split()[0] for line in done.out.partition("Commands:")[2].splitlines() if line.strip()]
    assert names == list(COMMANDS)
    assert set(names) >= {"init", "serve", "demo", "key", "enrol", "sign", "submit", "footprint", "trace", "audit",
                          "verify", "plugin"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_names_what_there_is(name: str) -> None:
    command = load(name, COMMANDS[name].target)
    assert command.name == name
    assert command.help
    assert set(getattr(command, "commands", {})) == set(GROUPS.get(name, ()))
    assert isinstance(command, click.Command)


RESULTS = [path for path in EVERY if path not in (
    ("serve",), ("demo",), ("sign",), ("key",), ("key", "request"), ("export",), ("plugin",), ("anchor",), ("clock",),
    ("witness",), ("psql",), ("factors",), ("reader",), ("client",),
)]


@pytest.mark.parametrize("path", RESULTS, ids=" ".join)
def test_commands_that_print_a_result_take_json(path: tuple[str, ...]) -> None:
    command = load(path[0], COMMANDS[path[0]].target)
    for name in path[1:]:
        command = getattr(command, "commands")[name]  # noqa: B009 - click.Command has none, its groups do
    assert "--json" in [option for parameter in command.params for option in parameter.opts]


@pytest.mark.parametrize("arguments", [
    ["nonsense"], ["sign"], ["sign", "x", "--nonsense"], ["footprint"], ["verify", "x"], ["key", "new"], ["enrol"],
    ["enrol", "--key", "x"], ["serve", "--port", "70000"], ["trace", "x", "--direction", "sideways"],
], ids=" ".join)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "Error:" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [
    ["key", "show", "/no/such/file"], ["verify", "/no/such/file", "--vkey", "/no/such/vkey"],
    ["footprint", "x", "--url", "http://127.0.0.1:1"], ["footprint", "x", "--url", "nonsense"],
    ["trace", "x", "--url", "http://127.0.0.1:1"], ["plugin", "list", "--url", "http://127.0.0.1:1"],
    ["submit", "/no/such/file"], ["audit", "http://127.0.0.1:1"], ["audit", "nonsense"],
    ["audit", "--home", "/no/such/home"],
    ["enrol", "--id", "urn:x", "--key", "/no/such/file", "--registrar-key", "/no/such/key"],
    ["sign", "/no/such/file", "--key", "/no/such/key", "--origin", "o"],
], ids=" ".join)
def test_what_goes_wrong_is_one_line_and_1(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert (captured.out, len(captured.err.splitlines())) == ("", 1)
    assert captured.err.startswith("error: ")


def test_errors_are_problems_with_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["footprint", "x", "--url", "http://127.0.0.1:1", "--json"]) == 1
    problem = json.loads(capsys.readouterr().err)
    assert problem == Containing({"code": "server-down", "type": "urn:carbon-ledger:problem:server-down"})
    assert "127.0.0.1:1" in problem["detail"]


@pytest.mark.parametrize("path", BASE, ids=" ".join)
def test_these_work_without_the_server(path: tuple[str, ...]) -> None:
    done = without_server(*path, "--help")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", SERVER, ids=" ".join)
def test_these_say_that_they_need_the_server(path: tuple[str, ...]) -> None:
    done = without_server(*path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "pip install 'carbon-ledger[server]'" in done.stderr


def test_help_needs_no_server() -> None:
    assert without_server("--help").returncode == 0


def test_plugins_are_listed_without_a_server() -> None:
    done = without_server("plugin", "list", "--json")
    assert done.returncode == 0
    assert {"circular", "equipment", "steel"} <= {one["name"] for one in json.loads(done.stdout)}


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "ledger.cli", "plugin", "list", "--json"], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment(),
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(120) in (0, 1)


def test_a_key_is_private_shown_and_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key.pem"
    assert main(["key", "new", str(path), "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert main(["key", "show", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == made
    public = tmp_path / "public"
    public.write_text(made["spki"])
    assert main(["key", "show", str(public), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == made
    before = path.read_bytes()
    assert main(["key", "new", str(path)]) == 1
    assert "never overwritten" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_a_passphrase_is_needed_where_one_was_given(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, right, wrong = tmp_path / "key.pem", tmp_path / "right", tmp_path / "wrong"
    right.write_text("correct horse\n")
    wrong.write_text("battery staple\n")
    assert main(["key", "new", str(path), "--passphrase-file", str(right)]) == 0
    assert b"ENCRYPTED" in path.read_bytes()
    capsys.readouterr()
    assert main(["key", "show", str(path), "--passphrase-file", str(right)]) == 0
    for options, reason in (
        (["--passphrase-file", str(wrong)], "wrong passphrase"), ([], "needs a passphrase"),
        (["--passphrase-file", str(tmp_path / "none")], "No such file"),
    ):
        capsys.readouterr()
        assert main(["key", "show", str(path), *options]) == 1
        told = capsys.readouterr().err
        assert reason in told
        assert len(told.splitlines()) == 1
    assert main(["key", "show", str(path), "--passphrase-file", str(right), "--prompt"]) == 2


def test_a_file_that_holds_no_key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key.pem"
    for content in (b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"\xff\xfe"):
        path.write_bytes(content)
        assert main(["key", "show", str(path)]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_request_is_only_for_its_ledger_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "key.pem"
    main(["key", "new", str(path)])
    capsys.readouterr()
    assert main(["key", "request", str(path), "--organization", "urn:example:own"]) == 2
    capsys.readouterr()
    assert main(["key", "request", str(path), "--organization", "urn:example:own", "--origin", "o/1",
                 "--prefix", "urn:example:own:", "--name-en", "X"]) == 0
    request = json.loads(capsys.readouterr().out)
    assert request == Containing({"organization": "urn:example:own", "origin": "o/1", "prefixes": ["urn:example:own:"]})
    assert set(request["key"]) == {"spki", "proof"}

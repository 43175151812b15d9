"""`config`, and the settings file as commands and servers use it."""

import json
from pathlib import Path

import httpx
import pytest
from support.cli import run
from support.diagnosing import finding_of
from support.server import Server, prepared_home

from ledger.service.configuration.resolve import settings_from


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_config_lists_value_source_meaning(tmp_path: Path) -> None:
    write(tmp_path / "ledger.toml", 'workers = 3\npassphrase = "hush"\n')
    done = run("config", "--home", tmp_path, "--json", CARBON_LEDGER_DATABASE_URL="postgresql://u:hush@db/ledger",
               CARBON_LEDGER_ANCOR="x")
    assert (done.code, "hush" in done.out + done.err) == (0, False)
    answer = json.loads(done.out)
    settings = {one["name"]: one for one in answer["settings"]}
    assert (answer["ok"], answer["file"], answer["unknown"]) == (
        True, str(tmp_path / "ledger.toml"), ["CARBON_LEDGER_ANCOR"])
    assert settings["workers"] == {
        "name": "workers", "value": "3", "source": "file", "place": f"{tmp_path / 'ledger.toml'}:workers",
        "meaning": "processes that run sectors, per server process", "allowed": "a whole number from 2 to 256",
        "default": "the cores, divided among the server processes, but at least 2",
        "variable": "CARBON_LEDGER_WORKERS",
    }
    assert (settings["database_url"]["value"], settings["database_url"]["source"]) == (
        "postgresql://***@db/ledger", "environment")
    assert (settings["home"]["value"], settings["home"]["place"]) == (str(tmp_path), "--home")
    assert (settings["passphrase"]["value"], settings["questions"]["source"]) == ("***", "default")
    text = run("config", "--home", tmp_path)
    assert (text.code, "(the embedded PostgreSQL)" in text.out, "hush" in text.out) == (0, True, False)
    assert "…" not in text.out, "no path is cut"


def test_config_check_prints_every_fault_on_a_line(tmp_path: Path) -> None:
    assert run("config", "--check", "--home", tmp_path) == (0, "", "")
    write(tmp_path / "ledger.toml", 'workers = 1\nancor = "x"\nhosts = 3\n')
    done = run("config", "--check", "--home", tmp_path)
    assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 3)
    assert "ledger.toml:workers is '1': it must be a whole number from 2 to 256" in done.err
    problems = json.loads(run("config", "--check", "--home", tmp_path, "--json").out)["faults"]
    assert [problem["field"] for problem in problems] == ["ancor", "hosts", "workers"]


@pytest.mark.parametrize("command", ["serve", "init", "doctor"])
def test_no_command_runs_with_faults(tmp_path: Path, command: str) -> None:
    write(tmp_path / "ledger.toml", "workers = 1\nhosts = 3\n")
    done = run(command, "--home", tmp_path)
    assert (done.code, done.out, done.err.splitlines()[-1]) == (1, "", "error: 2 faults in the settings")
    assert (len(done.err.splitlines()), [path.name for path in tmp_path.iterdir()]) == (3, ["ledger.toml"])


def test_a_secret_that_others_can_read(tmp_path: Path) -> None:
    path = write(tmp_path / "ledger.toml", 'passphrase = "hush"\n', 0o644)
    done = run("config", "--check", "--home", tmp_path)
    assert (done.code, len(done.err.splitlines()), "hush" in done.err) == (1, 1, False)
    assert f"chmod 600 '{path}'" in done.err


def test_a_server_takes_its_settings_from_the_file(tmp_path: Path) -> None:
    """A wrong port in the file would stop it; `--port` wins over the file. The name of the log is the file's."""
    path = write(tmp_path / "settings.toml", 'origin = "example.test/filed"\nport = 1\nhosts = ["ledger.test"]\n')
    with prepared_home() as home, Server(home, CARBON_LEDGER_CONFIG=str(path)) as server:
        assert server.origin == "example.test/filed"
        answers = {name: httpx.get(f"{server.url}/health/live", headers={"Host": name}).status_code
                   for name in ("ledger.test", "other.test")}
        assert answers == {"ledger.test": 200, "other.test": 421}


def test_the_environment_wins_over_the_file() -> None:
    with prepared_home() as home:
        write(home / "ledger.toml", 'origin = "example.test/filed"\n')
        told = run("init", "--home", home, "--json", CARBON_LEDGER_ORIGIN="example.test/spelled").succeeded()
    assert json.loads(told.out)["origin"] == "example.test/spelled"


def test_files_that_settings_name_are_read(tmp_path: Path) -> None:
    """The folder has none of them, and the tokens of another one can be guessed."""
    names = ("policy", "tls_cert", "tls_key", "ca", "metrics_token_file")
    write(tmp_path / "ledger.toml", "".join(f'{name} = "{name}.file"\n' for name in names))
    done = run("config", "--check", "--home", tmp_path)
    assert (done.code, [name for name in names if str(tmp_path / f"{name}.file") in done.err]) == (1, list(names))
    finding = finding_of("settings", settings_from({"CARBON_LEDGER_HOME": str(tmp_path)}, tmp_path))
    assert (finding.level, [name for name in names if f"{name}.file" in finding.message]) == ("error", list(names))
    for name in names:
        write(tmp_path / f"{name}.file", "short")
    done = run("config", "--check", "--home", tmp_path)
    assert (done.code, len(done.err.splitlines()), "openssl rand -hex 32" in done.err) == (1, 1, True)
    write(tmp_path / "metrics_token_file.file", "a" * 32)
    assert run("config", "--check", "--home", tmp_path).code == 0

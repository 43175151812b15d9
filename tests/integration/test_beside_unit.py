"""Commands beside a server that runs as the systemd unit runs it: under an account of its own, with a private temporary
folder and a runtime directory. The commands are root's, or `charts/beside-unit.sh` gives them the account.

`unshare` imitates the unit. Without root there is one account, and a stand-in for `runuser`.
"""

import json
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from support.server import TESTS, environment, temporary_home

from ledger.store.embedded import sockets
from ledger.store.embedded.account import Account

SCRIPT: Final = TESTS.parent / "charts" / "beside-unit.sh"
ROOT: Final = os.geteuid() == 0
ACCOUNT: Final = pwd.getpwnam("nobody") if ROOT else pwd.getpwuid(os.getuid())
_READ: Final = (Path(sys.executable).resolve(), Path(sys.executable), Path(os.__file__).resolve(), Path(__file__))
REACHED: Final = all(folder.stat().st_mode & 0o001 for file in _READ for folder in file.parents)
"""Whether every account can run this interpreter and read this source. Otherwise, as under root's own folder, the
account gets the right to read everything; whatever it writes is its own all the same, and it cannot write files of
others."""
_READING: Final = "" if REACHED else "--inh-caps=+dac_read_search --ambient-caps=+dac_read_search "
BECOMING: Final = f"setpriv --reuid={ACCOUNT.pw_uid} --regid={ACCOUNT.pw_gid} --clear-groups {_READING}"
_MOUNT: Final = 'mount -t tmpfs -o mode=1777 none "$TMPDIR" && exec '
PREFIX: Final = [
    "unshare", "-m" if ROOT else "-Urm", "sh", "-c",
    _MOUNT + (f'{BECOMING} "$@"' if ROOT else
              f'unshare -U --map-user={ACCOUNT.pw_uid} --map-group={ACCOUNT.pw_gid} "$@"'), "sh",
]
PROGRAM: Final = [sys.executable, "-m", "ledger.cli"]


class Unit:
    """The folders of the unit, all of its account."""

    def __init__(self, base: Path, runtime: Path) -> None:
        self.home, self.backups = base / "home", base / "backups"
        self.runtime, self._base = runtime, base
        for folder in (self.home, self.backups, runtime, base / "private"):
            folder.mkdir(mode=0o700, exist_ok=True)
            os.chown(folder, ACCOUNT.pw_uid, ACCOUNT.pw_gid)
        (base / "etc").mkdir()
        self.environment = base / "etc" / "environment"
        self.environment.write_text("CARBON_LEDGER_FACTOR_SETS=none\n")
        (base / "etc" / "passphrase").write_text("several words\n")
        (base / "etc" / "passphrase").chmod(0o600)
        bin_folder = base / "bin"
        bin_folder.mkdir()
        self._program(bin_folder / "carbon-ledger", f'exec {" ".join(PROGRAM)} "$@"')
        if not ROOT or not REACHED:
            self._program(bin_folder / "runuser", f'shift 3; exec {BECOMING if ROOT else ""}"$@"')

    def _program(self, path: Path, text: str) -> None:
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    @property
    def variables(self) -> Mapping[str, str]:
        return {**environment(self.home), "CARBON_LEDGER_PASSPHRASE": "several words"}

    @contextmanager
    def served(self) -> Iterator[None]:
        process = subprocess.Popen(
            [*PREFIX, *PROGRAM, "serve", "--port", "0"], stdout=subprocess.PIPE, cwd="/", text=True,
            env={**self.variables, "TMPDIR": str(self._base / "private"), "RUNTIME_DIRECTORY": str(self.runtime)})
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("http://")
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(120)
            process.stdout.close()
            assert code == 0

    def doctor(self) -> dict[str, tuple[str, str]]:
        """The findings, asked by root with its own temporary folder."""
        done = subprocess.run([*PROGRAM, "doctor", "--json"], env=self.variables, cwd="/", capture_output=True,
                              text=True, check=False, timeout=120)
        return {one["check"]: (one["level"], one["message"]) for one in json.loads(done.stdout)["findings"]}

    def beside(self, *arguments: str) -> Any:
        """What a command prints that the script runs."""
        done = self.run("carbon-ledger", *arguments, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        """Any command by the script."""
        return subprocess.run(
            [SCRIPT, *command], cwd="/", capture_output=True, text=True, check=False, timeout=120, env={
                "PATH": os.environ["PATH"], "PYTHONPATH": self.variables["PYTHONPATH"], "ACCOUNT": ACCOUNT.pw_name,
                "CARBON_LEDGER_HOME": str(self.home), "CONFIGURATION": str(self._base / "etc"),
                "PROGRAM": str(self._base / "bin"), "RUNTIME_DIRECTORY": str(self.runtime),
            })

    def foreign(self, home: Path | None = None) -> list[str]:
        """The files of the home that another account owns."""
        folder = home or self.home
        return [str(path) for path in [folder, *folder.rglob("*")] if path.lstat().st_uid != ACCOUNT.pw_uid]


@pytest.fixture
def unit() -> Iterator[Unit]:
    with temporary_home() as home, tempfile.TemporaryDirectory() as runtime:
        Path(runtime).chmod(0o711)
        yield Unit(home.parent, Path(runtime) / "unit")


def test_root_and_the_account_beside_the_unit(unit: Unit) -> None:
    with unit.served():
        findings = unit.doctor()
        assert (findings["database"][0], findings["server"][0]) == ("ok", "ok"), findings
        assert unit.foreign() == []
        assert unit.beside("doctor")["ok"]
        unit.beside("backup", "--into", str(unit.backups))
        assert list(unit.backups.iterdir())
        assert list(unit.runtime.iterdir()), "the database's socket"
    findings = unit.doctor()
    assert (findings["database"][0], findings["server"][0]) == ("ok", "error"), "root has started the database"
    assert unit.foreign() == []
    with unit.served():
        assert unit.beside("doctor")["ok"]


def test_the_script_reads_settings_as_the_unit_does(unit: Unit) -> None:
    """Nothing in a value is evaluated: an address of a database may have several parameters."""
    settings = {"CARBON_LEDGER_DATABASE_URL": "postgresql://db.example/ledger?sslmode=require&target_session_attrs=any",
                "CARBON_LEDGER_HOSTS": "a.example, b.example", "CARBON_LEDGER_NOTE": "$(id) `id` *"}
    quoted = 'CARBON_LEDGER_QUOTED="two words"'
    lines = [f"{name}={value}" for name, value in settings.items()]
    unit.environment.write_text("\n".join(["# a comment", "", *lines, quoted]))
    found = dict(line.split("=", 1) for line in unit.run("env").stdout.splitlines() if "=" in line)
    assert {name: found.get(name) for name in settings} == settings
    assert found["CARBON_LEDGER_QUOTED"] == "two words"
    unit.environment.write_text("CARBON_LEDGER_HOSTS\n")
    refused = unit.run("env")
    assert (refused.returncode, refused.stderr) == (
        1, f"beside-unit.sh: {unit.environment}: a line is not NAME=VALUE: CARBON_LEDGER_HOSTS\n")


def test_root_restores_for_the_account(unit: Unit) -> None:
    """Without the script: the files go to the owner of the folder, and the account's own commands use them."""
    unit.beside("init")
    unit.beside("backup", "--into", str(unit.backups))
    (backup,) = unit.backups.iterdir()
    home = unit.home.parent / "restored"
    home.mkdir()
    os.chown(home, ACCOUNT.pw_uid, ACCOUNT.pw_gid)
    subprocess.run([*PROGRAM, "restore", str(backup), "--home", str(home)], env=unit.variables, cwd="/", check=True,
                   capture_output=True, timeout=120)
    assert unit.foreign(home) == []
    unit.home = home
    assert unit.beside("status")["log"]["size"] > 0
    assert unit.foreign() == []


def test_the_socket_is_where_the_unit_sees_it(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command has started the database while the unit is stopped. systemd has removed the runtime directory at a
    start of the host; later it belongs to the account."""
    unit.beside("init")
    if ROOT:
        for folder in unit.runtime.iterdir():
            folder.rmdir()
        unit.runtime.rmdir()
    shown = unit.run("carbon-ledger", "psql", "--", "-c", r"\echo :HOST")
    assert shown.stdout.startswith(str(unit.runtime)), shown
    assert unit.runtime.stat().st_uid == ACCOUNT.pw_uid
    monkeypatch.setattr(sockets, "_ROOT_FOLDER", unit.runtime)
    account = Account(ACCOUNT.pw_name, ACCOUNT.pw_uid, ACCOUNT.pw_gid, switch=True)
    assert sockets._parents(account)[0] == unit.runtime, "root's commands without the script"

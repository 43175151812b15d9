"""Passphrases of key files: from a prompt, a file or the environment; wrong or missing, one clear line."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.cli import Done, command, environment, run

from ledger.cli import main
from ledger.core.signatures.signing import SigningKey
from ledger.host.files.key_files import PASSPHRASE

SECRET = "correct horse 电池"


def show(path: Path, *arguments: object, **env: str) -> Done:
    return run("key", "show", path, *arguments, "--json", **env)


@pytest.fixture(params=["ed25519", "p256"])
def key(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """Encrypted, by the environment's passphrase."""
    path = tmp_path / "key.pem"
    run("key", "new", path, "--algorithm", request.param, CARBON_LEDGER_PASSPHRASE=SECRET).succeeded()
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    return path


def prompted(*arguments: object, typed: str) -> Done:
    """In a session without a terminal, so that what is typed comes by stdin."""
    done = subprocess.run(command(*arguments), input=typed, capture_output=True, text=True, timeout=60, check=False,
                          env=environment(), start_new_session=True)
    return Done(done.returncode, done.stdout, done.stderr)


def test_the_environment_opens_what_it_closed(key: Path) -> None:
    assert SigningKey.from_pem(key.read_bytes(), SECRET.encode()).keyid.hex() == told(show(
        key, CARBON_LEDGER_PASSPHRASE=SECRET))["keyid"]


def told(done: Done) -> Any:
    assert done.code == 0, done.err
    return json.loads(done.out)


def test_all_three_ways_open_one_key(key: Path, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET + "\n", encoding="utf-8")
    by_environment = told(show(key, CARBON_LEDGER_PASSPHRASE=SECRET))
    assert told(show(key, "--passphrase-file", file)) == by_environment
    assert told(prompted("key", "show", key, "--prompt", "--json", typed=f"{SECRET}\n")) == by_environment


def test_what_is_given_in_words_comes_before_the_environment(key: Path, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(SECRET, encoding="utf-8")
    assert show(key, "--passphrase-file", file, CARBON_LEDGER_PASSPHRASE="another").code == 0
    file.write_text("another")
    assert show(key, "--passphrase-file", file, CARBON_LEDGER_PASSPHRASE=SECRET).code == 1


@pytest.mark.parametrize(("env", "said"), [
    ({}, "needs a passphrase"), ({"CARBON_LEDGER_PASSPHRASE": ""}, "needs a passphrase"),
    ({"CARBON_LEDGER_PASSPHRASE": "wrong"}, "wrong passphrase"),
])
def test_wrong_or_missing_is_one_line(key: Path, env: dict[str, str], said: str) -> None:
    for arguments in (("key", "show", key), ("key", "request", key, "--organization", "urn:x", "--origin", "o/1")):
        done = run(*arguments, **env)
        assert (done.code, done.out, len(done.err.splitlines())) == (1, "", 1)
        assert said in done.err
        assert str(key) in done.err
        assert SECRET not in done.err
    if said == "needs a passphrase":
        for way in ("--prompt", "--passphrase-file", PASSPHRASE):
            assert way in done.err


def test_advice_names_only_options_of_the_command(key: Path, tmp_path: Path) -> None:
    """`login` cannot ask at a prompt."""
    login = run("login", "--key", key, XDG_CONFIG_HOME=str(tmp_path))
    assert f"by --passphrase-file or {PASSPHRASE})" in login.err
    home = tmp_path / "home"
    home.mkdir()
    (home / "log-key.pem").write_bytes(key.read_bytes())
    (finding,) = [one for one in json.loads(run("doctor", "--home", home, "--json").out)["findings"]
                  if one["check"] == "keys"]
    assert finding["remedy"] == f"give it by --passphrase-file or {PASSPHRASE}"


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    done = run("login", "--key", tmp_path / "none.pem", XDG_CONFIG_HOME=str(tmp_path))
    assert (done.code, str(tmp_path / "none.pem") in done.err, "carbon-ledger key new" in done.err) == (1, True, True)
    done = run("plugin", "activate", "steel", "--home", tmp_path, "--url", "http://127.0.0.1:1")
    assert f"there is no file {tmp_path / 'registrar-key.pem'} with the registrar's key" in done.err


def test_the_environment_is_not_for_a_key_without(tmp_path: Path) -> None:
    """It may be that of another key; a passphrase that is given for this very key says that something is wrong."""
    path, file = tmp_path / "plain.pem", tmp_path / "secret"
    assert run("key", "new", path).code == 0
    assert b"ENCRYPTED" not in path.read_bytes()
    file.write_text(SECRET)
    assert show(path, CARBON_LEDGER_PASSPHRASE=SECRET).code == 0
    done = show(path, "--passphrase-file", file)
    assert (done.code, "not encrypted" in done.err) == (1, True)


def test_a_new_passphrase_is_typed_twice(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    done = prompted("key", "new", path, "--prompt", typed=f"{SECRET}\n{SECRET}\n").succeeded()
    assert SigningKey.from_pem(path.read_bytes(), SECRET.encode())
    assert SECRET not in done.out + done.err
    other = tmp_path / "other.pem"
    done = prompted("key", "new", other, "--prompt", typed=f"{SECRET}\nslip\n{SECRET}\n{SECRET}\n").succeeded()
    assert "do not match" in done.err


def test_an_empty_file_is_no_passphrase(key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "empty"
    file.write_text("\n")
    assert main(["key", "show", str(key), "--passphrase-file", str(file)]) == 1
    assert "is empty" in capsys.readouterr().err
    assert main(["key", "new", str(tmp_path / "n.pem"), "--passphrase-file", str(file)]) == 1
    assert not (tmp_path / "n.pem").exists()


def test_signing_with_an_encrypted_key(key: Path, tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.write_text('{"type": "facility", "id": "urn:x:f", "country": "CN"}')
    arguments = ("sign", records, "--key", key, "--issuer", "urn:x", "--origin", "o/1")
    done = run(*arguments, CARBON_LEDGER_PASSPHRASE=SECRET).succeeded()
    assert json.loads(done.out)["key"] == told(show(key, CARBON_LEDGER_PASSPHRASE=SECRET))["keyid"]
    assert run(*arguments).code == 1

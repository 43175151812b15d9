"""`backup`, `restore` and `doctor` on a ledger of one home: what is in a backup, what is refused, what is said."""

import asyncio
import json
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.cli import Done, run
from support.clusters import homes_on_disk
from support.diagnosing import finding_of
from support.server import prepared_home, temporary_home

from ledger.host.files.key_files import LOG_KEY, REGISTRAR_KEY, is_encrypted, read_key
from ledger.service.backup.manifest import MANIFEST, read_manifest
from ledger.service.backup.mark import MARK, mark
from ledger.service.doctor.diagnose import diagnose
from ledger.service.settings import Settings
from ledger.store.embedded import EmbeddedPostgres

PASSPHRASE = "a passphrase"


class Made(NamedTuple):
    """A ledger whose database runs, and a backup of it."""

    home: Path
    backup: Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    backup = tmp_path_factory.mktemp("backup") / "of-today"
    # In memory doctor warns that a restart of the host empties the home.
    with homes_on_disk(), prepared_home() as home, EmbeddedPostgres(home):
        run("init", "--home", home).succeeded()
        run("backup", backup, "--home", home, CARBON_LEDGER_PASSPHRASE=PASSPHRASE).succeeded()
        yield Made(home, backup)


def refused(done: Done, code: str) -> str:
    assert done.code == 1, done
    problem = json.loads(done.err.splitlines()[-1])
    assert problem["code"] == code
    return f"{problem['detail']} {problem.get('rule', '')}"


def test_what_is_in_a_backup(made: Made) -> None:
    manifest, _ = read_manifest(made.backup)
    assert {file.path for file in manifest.files} == {
        "database/base.tar", "database/pg_wal.tar", f"keys/{LOG_KEY}", f"keys/{REGISTRAR_KEY}",
    }
    assert manifest.origin in manifest.vkey
    for name in (LOG_KEY, REGISTRAR_KEY):
        copy = made.backup / "keys" / name
        assert is_encrypted(copy)
        assert read_key(copy, PASSPHRASE.encode()).keyid == read_key(made.home / name).keyid
    signed = (made.home / "anchor").read_bytes()
    for name in ("base.tar", "pg_wal.tar"):
        assert signed not in (made.backup / "database" / name).read_bytes(), "the anchor is in no backup"


def test_keys_that_anyone_could_read(made: Made, tmp_path: Path) -> None:
    said = refused(run("backup", tmp_path / "b", "--home", made.home, "--json"), "passphrase-needed")
    assert LOG_KEY in said
    assert "--passphrase-file" in said
    assert not (tmp_path / "b").exists()


def test_what_backup_refuses(made: Made, tmp_path: Path) -> None:
    refused(run("backup", made.backup, "--home", made.home, "--json"), "target-exists")
    said = refused(run("backup", tmp_path / "b", "--home", made.home, "--json",
                       CARBON_LEDGER_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing"), "external-database")
    assert "pg_dump" in said
    assert run("backup", tmp_path / "b", "--home", tmp_path / "none").code == 1
    for options, field in (
        ([], "target"), ([tmp_path / "b", "--into", tmp_path], "into"), ([tmp_path / "b", "--keep", "1"], "keep"),
    ):
        done = run("backup", *options, "--home", made.home, "--json")
        assert json.loads(done.err.splitlines()[-1])["field"] == field
    assert list(tmp_path.iterdir()) == []


def test_backups_of_every_night(made: Made, tmp_path: Path) -> None:
    """Only older backups of the same ledger are removed, never the one just made; a failed run removes nothing."""
    manifest, _ = read_manifest(made.backup)
    ours = f"backup-{manifest.origin.replace('/', '-')}-"
    old = [f"{ours}2024010{day}T000000Z.tar" for day in (1, 2, 3)]
    others = ["backup-another-20240101T000000Z.tar", f"{ours}99990101T000000Z.tar",
              f"{ours}\u0662\u0660\u0662\u0660\u0660\u0661\u0660\u0661T000000Z.tar", f"{ours}of-last-year.tar",
              "notes.txt"]
    for name in (*old, *others):
        (tmp_path / name).write_bytes(b"")
    options = ["--into", tmp_path, "--keep", "2", "--home", made.home, "--json"]
    refused(run("backup", *options), "passphrase-needed")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted((*old, *others))
    done = run("backup", *options, CARBON_LEDGER_PASSPHRASE=PASSPHRASE).succeeded()
    answer = json.loads(done.out)
    assert [Path(name).name for name in answer["removed"]] == old[:2]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        (old[2], *others, Path(answer["backup"]).name))
    with tarfile.open(answer["backup"]) as packed:
        assert {file["path"] for file in answer["manifest"]["files"]} < set(packed.getnames())


def damage(kind: str, folder: Path) -> None:
    file = folder / "database" / "pg_wal.tar"
    match kind:
        case "changed":
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
        case "missing":
            file.unlink()
        case "more":
            (folder / "keys" / "another.pem").write_text("", encoding="utf-8")
        case "link":
            (folder / "keys" / "another.pem").symlink_to("/etc/passwd")
        case "manifest":
            (folder / MANIFEST).write_text("{}", encoding="utf-8")
        case "root" | "size":
            told = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            (folder / MANIFEST).write_text(json.dumps({**told, kind: "no root" if kind == "root" else -1}))


@pytest.mark.parametrize("kind", ["changed", "missing", "more", "link", "manifest", "root", "size"])
def test_a_backup_that_was_changed(made: Made, tmp_path: Path, kind: str) -> None:
    shutil.copytree(made.backup, tmp_path / "copy")
    damage(kind, tmp_path / "copy")
    said = refused(run("restore", tmp_path / "copy", "--home", tmp_path / "home", "--json"), "broken-backup")
    assert str(tmp_path / "copy") in said
    assert [path.name for path in tmp_path.iterdir()] == ["copy"], "nothing is left"


@pytest.mark.parametrize("passphrase", ["", "another"])
def test_an_audit_needs_the_passphrase_before_anything_is_unpacked(
    made: Made, tmp_path: Path, passphrase: str
) -> None:
    done = run("restore", made.backup, "--home", tmp_path / "home", "--verify", "--json",
               **({"CARBON_LEDGER_PASSPHRASE": passphrase} if passphrase else {}))
    assert done.code == 1
    problem = json.loads(done.err.splitlines()[-1])
    assert problem["field"] == "passphrase-file"
    assert LOG_KEY in problem["detail"]
    assert "unpacking" not in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_leads_out_of_a_backup(made: Made, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as tar:
        tar.add(made.backup / MANIFEST, arcname="keys/../../outside")
    refused(run("restore", tmp_path / "evil.tar", "--home", tmp_path / "home", "--json"), "broken-backup")
    assert [path.name for path in tmp_path.iterdir()] == ["evil.tar"]


def test_nothing_is_restored_over_what_is_there(made: Made) -> None:
    before = sorted(path.name for path in made.home.iterdir())
    said = refused(run("restore", made.backup, "--home", made.home, "--json"), "home-not-empty")
    assert "anchor" in said
    assert sorted(path.name for path in made.home.iterdir()) == before


def test_the_environment_names_the_home_to_restore(made: Made) -> None:
    said = refused(run("restore", made.backup, "--json", CARBON_LEDGER_HOME=str(made.home)), "home-not-empty")
    assert said.startswith(f"{made.home} is not empty")


def test_restoring_beside_another_database(made: Made, tmp_path: Path) -> None:
    refused(run("restore", made.backup, "--home", tmp_path / "home", "--json",
                CARBON_LEDGER_DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing"), "external-database")
    assert list(tmp_path.iterdir()) == []


def test_a_restored_home_waits_for_the_anchor(made: Made) -> None:
    """It signs nothing, says so, and goes on once the anchor of the lost home is there."""
    with temporary_home() as home:
        assert run("restore", made.backup, "--home", home).code == 0
        assert (home / MARK).exists()
        variables = {"CARBON_LEDGER_PASSPHRASE": PASSPHRASE}
        with EmbeddedPostgres(home):
            said = refused(run("init", "--home", home, "--json", **variables), "anchor-missing")
            assert "carbon-ledger anchor accept" in said
            assert not (home / "anchor").exists()
            settings = Settings(home=home, passphrase=PASSPHRASE.encode())
            assert [found_by(check, settings)[0] for check in ("restored", "anchor")] == ["error", "error"]
            shutil.copy(made.home / "anchor", home / "anchor")
            assert found_by("restored", settings)[0] == "warning"
            assert run("init", "--home", home, **variables).code == 0
            assert not (home / MARK).exists()
            assert [found_by(check, settings)[0] for check in ("restored", "anchor")] == ["ok", "ok"]


def found_by(check: str, settings: Settings) -> tuple[str, str]:
    finding = finding_of(check, settings)
    return finding.level, f"{finding.message} {finding.remedy}"


def test_doctor_on_a_sound_home(made: Made) -> None:
    """A warning is no error: a file as anchor comes back with a copy of the disk."""
    done = run("doctor", "--home", made.home, "--json")
    told = json.loads(done.out)
    assert (done.code, told["ok"]) == (0, True), told
    levels = {one["check"]: one["level"] for one in told["findings"]}
    assert (levels.pop("place"), levels.pop("server")) == ("warning", "warning")
    assert levels.pop("disk") in ("ok", "warning"), "a test's disk may be small"
    assert set(levels.values()) == {"ok"}
    assert "copy of the whole disk" in run("doctor", "--home", made.home).out


def test_doctor_names_what_is_wrong(made: Made, tmp_path: Path) -> None:
    good = Settings(home=made.home)
    key, anchor = made.home / REGISTRAR_KEY, made.home / "anchor"
    key.chmod(0o644)
    assert found_by("modes", good) == ("error", f"other accounts can read '{key}' chmod 600 '{key}'")
    key.chmod(0o600)
    signed = anchor.read_bytes()
    anchor.write_bytes(b"what is this")
    level, said = found_by("anchor", good)
    assert (level, "holds no checkpoint" in said) == ("error", True)
    anchor.unlink()
    level, said = found_by("anchor", good)
    assert (level, "does not exist" in said) == ("error", True)
    anchor.write_bytes(signed)
    mark(made.home, b"{}")
    anchor.unlink()
    level, said = found_by("restored", good)
    assert (level, "carbon-ledger anchor accept" in said) == ("error", True)
    anchor.write_bytes(signed)
    (made.home / MARK).unlink()
    level, said = found_by("witnesses", Settings(home=made.home, policy=tmp_path / "none"))
    assert (level, "none" in said) == ("error", True)
    nowhere = Settings(home=tmp_path / "none")
    assert {one.check for one in asyncio.run(diagnose(nowhere)) if one.level == "error"} == {"home", "keys", "database"}
    done = run("doctor", "--home", tmp_path / "none", "--json")
    assert (done.code, json.loads(done.out)["ok"]) == (1, False)

"""The rules of a log: a new ledger begins with the newest, and whoever meets a log of other rules names them."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from msgspec import Raw
from support.inside import Inside, inside
from support.other_rules import OTHER
from support.server import Posted, Server, command, environment, prepared_home, temporary_home
from support.workshop import Workshop

from ledger.admission import rules
from ledger.admission.rules import NEWEST, RULES, VERSIONS, version_of
from ledger.core.record import canonical
from ledger.core.record.kinds import Activation, Amendment
from ledger.core.record.revisions import Change
from ledger.errors import ConfigurationError
from ledger.service.queries.plugins import rules_answer

OLD = "this log was begun by version 0.2 or earlier of the program"
FOURTH = f"this log has version 4 of the ledger's rules in force, with digest {OTHER.digest}"


class Other(NamedTuple):
    """A home whose log began with other rules, a backup of it, and the words that name them."""

    home: Path
    backup: Path
    words: str
    variables: Mapping[str, str]


@pytest.fixture(scope="module", params=["version 4", "none"])
def other(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Other]:
    variables = {"OLD_LOG": "yes"} if request.param == "none" else {}
    backup = tmp_path_factory.mktemp("other") / "backup"
    with prepared_home() as home:
        with Server(home, program="support.other_rules", **variables):
            pass
        done = subprocess.run(
            [sys.executable, "-m", "support.other_rules", "backup", str(backup)], check=False, capture_output=True,
            env={**environment(home), **variables, "CARBON_LEDGER_PASSPHRASE": "a long passphrase"}, cwd="/",
        )
        assert done.returncode == 0, done.stderr
        yield Other(home, backup, OLD if request.param == "none" else FOURTH, variables)


@pytest.mark.parametrize("arguments", [
    ("serve", "--port", "0"), ("init",), ("audit",), ("audit", "--json"), ("export", "log", "copy"), ("clock", "show"),
], ids=" ".join)
def test_commands_refuse_a_log_of_other_rules(other: Other, arguments: tuple[str, ...]) -> None:
    done = command(other.home, *arguments)
    assert done.returncode != 0
    assert other.words in done.stderr + done.stdout
    assert "tampered" not in done.stderr + done.stdout


def test_doctor_names_the_rules(other: Other) -> None:
    done = command(other.home, "doctor")
    assert (done.returncode, other.words in done.stdout) == (1, True)


def test_a_backup_of_a_log_of_other_rules_is_not_restored(other: Other) -> None:
    with temporary_home() as home:
        done = command(home, "restore", str(other.backup), "--home", str(home))
        assert (done.returncode == 0, other.words in done.stderr) == (False, True), done.stderr
        assert not home.exists() or not any(home.iterdir())


@pytest.mark.parametrize("access", ["open", "scoped"])
def test_audits_of_a_server_refuse_a_log_of_other_rules(other: Other, access: str) -> None:
    """With bodies, of the public log, and of the part that a caller may read."""
    variables = {**other.variables, **({} if access == "open" else {"CARBON_LEDGER_ACCESS": "parties"})}
    with Server(other.home, program="support.other_rules", **variables) as server:
        for options in ((), ("--public",)):
            done = command(other.home, "audit", server.url, "--vkey", server.vkey, *options)
            assert (done.returncode == 0, other.words in done.stderr) == (False, True), done.stderr
            assert "tampered" not in done.stderr + done.stdout


# A later version, which exists in tests alone

LATER = version_of("6", 1, ["gate-of-tests"])


def activation(ledger: Inside) -> Posted:
    registrar = ledger.registrar
    return registrar, Activation(issuer=registrar.id, nonce="AAAAAAAAAAAAAAAAAAAAAA", plugin=RULES,
                                 version=LATER.name, digest=LATER.digest)


def test_a_later_version_comes_into_force(monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of before stay and can be amended, and the whole log audits. A program that does not know the later
    version appends nothing more."""
    shop = Workshop("shop")
    early = shop.mine("early", "10")
    with prepared_home() as home:
        with monkeypatch.context() as later, inside(home) as ledger:
            ledger.post([shop.enrolment(ledger), *shop.opening(), early])
            later.setattr(rules, "VERSIONS", (*VERSIONS, LATER))
            ledger.post([activation(ledger)])
            digest = canonical.digest(canonical.encode(early[1])).hex()
            change = Change(record=digest, fields={"activity": Raw(b'{"co2":"3"}')})
            ledger.post([shop.signed(Amendment(
                issuer=shop.id, nonce=shop.nonce(), reason="a meter was misread", changes=[change]))])
            report = ledger.audited()
            assert report.ok, report.findings
            assert [one.version for one in report.rules] == [NEWEST.name, LATER.name]
        with pytest.raises(ConfigurationError, match="version 6 of the ledger's rules") as caught, inside(home):
            pass
        assert caught.value.code == "rules-version"


def test_a_new_ledger_begins_with_the_newest() -> None:
    with prepared_home() as home, Server(home) as server:
        listed = command(home, "plugin", "list", "--url", server.url, "--json")
        first = next(one for one in msgspec.json.decode(listed.stdout) if one["name"] == RULES)
        assert (first["inForce"], first["installed"]) == (NEWEST.name, True)
        audited = command(home, "audit", server.url, "--vkey", server.vkey)
        assert f"rules       version {NEWEST.name} from entry 2 on" in audited.stdout
        again = command(home, "plugin", "activate", RULES, "--url", server.url)
        assert (again.returncode, "in force already" in again.stderr) == (1, True)


def test_what_is_installed_says_which_rules_it_knows() -> None:
    answer = rules_answer()
    assert (answer.version, answer.digest, answer.in_force) == (NEWEST.name, NEWEST.digest, None)

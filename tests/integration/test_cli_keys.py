"""Keys on the command line against a real server: encrypted at rest, changed, recovered, objected to."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from support.cli import Done, Served, run, served, temporary_folder
from support.clusters import copy_cluster

SECRET = "correct horse"
MILL, PREFIX = "urn:example:mill", "urn:example:mill:"


class House(NamedTuple):
    """A server whose own keys are encrypted, and an enrolled organisation with key `mill.pem`, which is not."""

    folder: Path
    server: Served

    def run(self, *arguments: object, **env: str) -> Done:
        return run(*arguments, CARBON_LEDGER_URL=self.server.url, CARBON_LEDGER_ORIGIN=self.server.origin, **env)

    def told(self, *arguments: object, **env: str) -> Any:
        return json.loads(self.run(*arguments, "--json", **env).succeeded().out)

    def registrar(self, *arguments: object) -> Any:
        return self.told(*arguments, "--home", self.server.home, CARBON_LEDGER_PASSPHRASE=SECRET)

    def requested(self, name: str, organization: str = MILL) -> Path:
        """A new key, and the request for it."""
        assert self.run("key", "new", self.folder / f"{name}.pem").code == 0
        done = self.run("key", "request", self.folder / f"{name}.pem", "--organization", organization).succeeded()
        path = self.folder / f"{name}.json"
        path.write_text(done.out)
        return path

    def organization(self) -> Any:
        found = httpx.get(f"{self.server.url}/v1/organizations", params={"limit": 1000}, timeout=60).json()
        return next(one for one in found if one["id"] == MILL)

    def keyid(self, name: str) -> str:
        return str(self.told("key", "show", self.folder / f"{name}.pem")["keyid"])


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    with temporary_folder() as folder:
        (folder / "secret").write_text(SECRET + "\n")
        copy_cluster(folder / "home")
        run("init", "--home", folder / "home", CARBON_LEDGER_PASSPHRASE=SECRET).succeeded()
        with served(folder / "home", "--passphrase-file", str(folder / "secret")) as server:
            found = House(folder, server)
            found.registrar("enrol", "--request", found.requested("mill"), "--prefix", PREFIX)
            yield found


def test_the_ledger_s_own_keys_are_encrypted(house: House) -> None:
    for name in ("log-key.pem", "registrar-key.pem"):
        pem = (house.server.home / name).read_text()
        assert re.findall("-----BEGIN .*-----", pem) == ["-----BEGIN ENCRYPTED PRIVATE KEY-----"]


@pytest.mark.parametrize(("env", "said"), [({}, "needs a passphrase"),
                                           ({"CARBON_LEDGER_PASSPHRASE": "wrong"}, "wrong passphrase")])
def test_a_server_without_it_does_not_start(house: House, env: dict[str, str], said: str) -> None:
    for arguments in (("serve", "--port", "0"), ("init",), ("audit",)):
        done = run(*arguments, "--home", house.server.home, **env)
        assert (done.code, done.out) == (1, "")
        assert said in done.err.splitlines()[-1]
        assert "log-key.pem" in done.err.splitlines()[-1]
        assert "Traceback" not in done.err


def test_a_registrar_without_it_enrols_nobody(house: House) -> None:
    done = house.run("enrol", "--request", house.folder / "mill.json", "--home", house.server.home)
    assert (done.code, len(done.err.splitlines())) == (1, 1)
    assert "registrar-key.pem: the key file needs a passphrase" in done.err


def test_a_registrar_with_it_in_a_file(house: House) -> None:
    """For the registrar's key, and for --key if it is encrypted too."""
    options = ("--home", house.server.home, "--passphrase-file", house.folder / "secret")
    house.told("enrol", "--request", house.requested("bakery", "urn:example:bakery"), *options)
    own = house.folder / "dairy.pem"
    assert house.run("key", "new", own, "--passphrase-file", house.folder / "secret").code == 0
    house.told("enrol", "--key", own, "--id", "urn:example:dairy", *options)
    house.requested("plain")
    house.told("enrol", "--key", house.folder / "plain.pem", "--id", "urn:example:brewery", *options)
    refused = house.run("erase", "0" * 64, "--basis", "a law", *options)
    assert "passphrase" not in refused.err
    assert refused.code == 1


@pytest.mark.parametrize("arguments", [
    ("anchor", "show"), ("key", "rotate-tokens"), ("key", "rotate-log", "--prepare")])
def test_the_operator_names_the_file_that_holds_it(house: House, arguments: tuple[str, ...]) -> None:
    asked = (*arguments, "--home", house.server.home, "--json")
    assert "log-key.pem: the key file needs a passphrase" in run(*asked).err
    done = run(*asked, "--passphrase-file", house.folder / "secret")
    assert (done.code, done.err) == (0, "")


def test_an_audit_of_the_database_with_it(house: House) -> None:
    done = run("audit", "--home", house.server.home, "--json", CARBON_LEDGER_PASSPHRASE=SECRET).succeeded()
    assert json.loads(done.out)["ok"]


def test_keys_are_changed_online_and_offline(house: House) -> None:
    """With -o nothing listens at the server's address: the change is signed, and submitted later."""
    online = house.told("key", "change", MILL, "--key", house.folder / "mill.pem", "--add", house.requested("second"))
    assert [key.get("revoked") for key in house.organization()["keys"]] == [None, None]
    signed = house.folder / "change.signed"
    request = house.requested("third")
    done = run("key", "change", MILL, "--key", house.folder / "second.pem", "--add", request, "--revoke",
               house.keyid("mill"), "--compromised-since", online["index"], "--origin", house.server.origin, "-o",
               signed, CARBON_LEDGER_URL="http://127.0.0.1:1").succeeded()
    assert f"clients that a revoked key entered since entry {online['index']} end by this change" in done.err
    assert house.run("submit", signed).code == 0
    keys = {key["keyid"]: key for key in house.organization()["keys"]}
    old = keys[house.keyid("mill")]
    assert (old["compromisedSince"], old["revoked"] > online["index"]) == (online["index"], True)
    assert "revoked" not in keys[house.keyid("third")]
    done = house.run("key", "change", MILL, "--key", house.folder / "mill.pem", "--revoke", house.keyid("second"))
    assert (done.code, "is revoked" in done.err) == (1, True)


def test_a_recovery_and_an_objection(house: House) -> None:
    request = house.requested("recovered")
    owner = house.folder / "second.pem"
    if not owner.exists():  # this test alone
        house.told("key", "change", MILL, "--key", house.folder / "mill.pem", "--add", house.requested("second"))
    asked = house.registrar("key", "recover", MILL, "--request", request)
    waiting = house.organization()["recovery"]
    assert (waiting["request"], waiting["due"], waiting["keys"]) == (
        asked["digest"], asked["due"], [house.keyid("recovered")])
    early = house.run("key", "recover", MILL, "--complete", "--home", house.server.home,
                      CARBON_LEDGER_PASSPHRASE=SECRET)
    assert (early.code, len(early.err.splitlines())) == (1, 1)
    assert "entries confirm 0 of 7 days since the request" in early.err
    house.told("key", "object", MILL, "--key", owner)
    assert "recovery" not in house.organization()
    for arguments in (("recover", MILL, "--complete", "--home", house.server.home), ("object", MILL, "--key", owner)):
        done = house.run("key", *arguments, CARBON_LEDGER_PASSPHRASE=SECRET)
        assert (done.code, "no recovery of" in done.err) == (1, True)


@pytest.mark.parametrize("arguments", [
    ("recover", MILL), ("recover", MILL, "--complete", "--request", "r"),
    ("recover", MILL, "--request", "r", "--compromised-since", 1), ("change", MILL), ("object", MILL),
])
def test_wrong_usage(arguments: tuple[object, ...]) -> None:
    done = run("key", *arguments)
    assert (done.code, done.out) == (2, "")


def test_a_request_for_another_organisation(house: House) -> None:
    done = house.run("key", "change", MILL, "--key", house.folder / "mill.pem", "--add",
                     house.requested("foreign", "urn:example:forge"))
    assert (done.code, "is for urn:example:forge" in done.err) == (1, True)

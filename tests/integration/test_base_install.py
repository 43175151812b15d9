"""A machine with the base install alone: it knows kinds of records, and the processes and factor sets that its user's
server knows."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from support.cli import run
from support.fresh import FreshMachine, built_wheel, fresh_machine
from support.server import Server, prepared_home
from support.site import supply
from support.workshop import workshop

from ledger.client.verify.offline_file import FILE_NAME, offline_verifier, verifier_digest

ISSUER: Final = "urn:example:foundry"
PROCESS: Final = "equipment.casting"
NOBODY: Final = "http://127.0.0.1:1"
SHIFT: Final = {
    "key": "1", "type": "transformation", "process": PROCESS, "facility": f"{ISSUER}:site", "start": "2026-02-28",
    "end": "2026-02-28", "activity.furnace": "induction", "activity.temperature": "1.690,5",
    "inputs.0.lot": f"{ISSUER}:lot:in", "inputs.0.quantity.value": "1.600,5", "inputs.0.quantity.unit": "KGM",
    "outputs.0.lot": f"{ISSUER}:lot:out", "outputs.0.product": f"{ISSUER}:product:housing",
    "outputs.0.quantity.value": "1.500,25", "outputs.0.quantity.unit": "KGM", "outputs.0.role": "product",
}
"""A list that another program wrote in the German format of numbers."""
IMPORT: Final = ("import", "shift.csv", "--key", "own.pem", "--issuer", ISSUER, "--origin", "ledger.example",
                 "--numbers", "de", "--output", "signed.ndjson", "--patience", "0")
WAYS: Final = ("--url", "CARBON_LEDGER_URL", "carbon-ledger-steel")
MELT: Final = {
    "type": "transformation", "facility": f"{ISSUER}:site", "process": "steel.electricArcFurnace",
    "start": "2026-01-03T00:00:00Z", "end": "2026-01-03T12:00:00Z", "inputs": [], "activity": {},
    "outputs": [{"lot": f"{ISSUER}:lot:heat", "product": f"{ISSUER}:product:billet", "role": "product",
                 "quantity": {"value": "3800", "unit": "KGM"}}],
    "supplies": [{"material": "naturalGas", "quantity": {"value": "5000", "unit": "NM3"}}],
}
"""It burns a volume of gas, whose density a factor set has."""
SIGN: Final = ("sign", "melt.json", "--key", "own.pem", "--issuer", ISSUER, "--origin", "ledger.example",
               "--output", "signed.ndjson")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_FACTOR_SETS="all") as serving:
        yield serving


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> FreshMachine:
    folder = tmp_path_factory.mktemp("machine")
    return fresh_machine([built_wheel(folder)], folder)


@pytest.fixture
def foundry(machine: FreshMachine, tmp_path: Path) -> FreshMachine:
    """A user with a key, a list, and no earlier imports."""
    user = machine.another(tmp_path / "foundry")
    assert user.run("key", "new", "own.pem").code == 0
    table = "\n".join([";".join(SHIFT), ";".join(SHIFT.values())]) + "\n"
    (user.folder / "shift.csv").write_text(table, encoding="utf-8")
    (user.folder / "melt.json").write_text(json.dumps(MELT), encoding="utf-8")
    return user


@pytest.mark.parametrize("asked", [("schema", "--find", "aluminium"), ("schema", PROCESS), ("template", PROCESS)])
def test_without_a_server_it_says_what_to_name_or_install(machine: FreshMachine, asked: tuple[str, ...]) -> None:
    done = machine.run(*asked)
    assert (done.code, done.out) == (1, "")
    assert [way for way in WAYS if way not in done.err] == []


def test_without_a_server_it_lists_kinds_and_says_so(machine: FreshMachine) -> None:
    done = machine.run("schema", "--json")
    assert (done.code, {entry["of"] for entry in json.loads(done.out)}) == (0, {"kind"})
    assert [way for way in WAYS if way not in done.err] == []
    misspelt = machine.run("schema", "tranfer")
    assert (misspelt.code, "nearest: transfer" in misspelt.err) == (1, True)


@pytest.mark.parametrize("asked", [
    ("schema", "--find", "aluminium"), ("schema", "transfer"), ("schema", PROCESS, "--json"), ("template", PROCESS),
    ("template", "steel.electricArcFurnace", "--whole"),
    ("factors", "search", "natural", "gas"), ("factors", "show", "electricity", "--place", "DE", "--json"),
    ("factors", "show", "factors-open@2026.1:gravel/cradleToGate/*/2025"),
])
def test_it_answers_as_its_server(machine: FreshMachine, server: Server, asked: tuple[str, ...]) -> None:
    """A server that the environment names is enough, as for every other command."""
    done = machine.run(*asked, CARBON_LEDGER_URL=server.url)
    assert (done.code, done.err) == (0, "")
    assert done.out == run(*asked).out


def test_an_option_names_another_server_than_the_environment(machine: FreshMachine, server: Server) -> None:
    assert machine.run("schema", PROCESS, "--url", server.url, CARBON_LEDGER_URL=NOBODY).code == 0
    unreachable = machine.run("schema", PROCESS, CARBON_LEDGER_URL=NOBODY)
    assert (unreachable.code, NOBODY in unreachable.err) == (1, True)


@pytest.mark.parametrize("asked", [("factors", "search", "steel"), ("factors", "show", "electricity")])
def test_without_a_server_it_says_where_factors_are(machine: FreshMachine, asked: tuple[str, ...]) -> None:
    done = machine.run(*asked)
    assert (done.code, done.out) == (1, "")
    assert [way for way in (*WAYS[:2], "carbon-ledger-factors-open") if way not in done.err] == []


def test_what_the_servers_sets_do_not_have_is_said(machine: FreshMachine, server: Server) -> None:
    unknown = machine.run("factors", "show", "naturlGas", "--url", server.url)
    assert (unknown.code, "nearest: naturalGas" in unknown.err) == (1, True)
    version = machine.run("factors", "search", "steel", "--version", "1", "--url", server.url)
    assert (version.code, "has no version '1' (rule: one of 2026.1)" in version.err) == (1, True)


def test_sign_reads_densities_from_the_server_that_is_named(foundry: FreshMachine, server: Server) -> None:
    """The mass is written before the signature, and its maker sees it."""
    done = foundry.run(*SIGN, CARBON_LEDGER_URL=server.url)
    assert done.code == 0, done.err
    assert "supplies[0].mass: 5000 NM3 of naturalGas get 3788 KGM by the density of the factor set" in done.err
    assert _signed(foundry)["supplies"][0]["mass"] == {"value": "3788", "unit": "KGM"}


def test_sign_works_without_a_server(foundry: FreshMachine) -> None:
    """A server that only the environment names is dispensable; the command says what it did without it."""
    alone = foundry.run(*SIGN)
    assert (alone.code, "mass" in _signed(foundry)["supplies"][0]) == (0, False)
    silent = foundry.run(*SIGN, CARBON_LEDGER_URL=NOBODY)
    assert (silent.code, "mass" in _signed(foundry)["supplies"][0]) == (0, False)
    assert f"{NOBODY} does not answer" in silent.err
    named = foundry.run(*SIGN, "--url", NOBODY)
    assert (named.code, f"{NOBODY} does not answer" in named.err) == (1, True)


def test_an_import_reads_activities_as_its_server_describes_them(foundry: FreshMachine, server: Server) -> None:
    """The numbers of an activity too have the stated format; the command says whose description it follows."""
    done = foundry.run(*IMPORT, CARBON_LEDGER_URL=server.url)
    assert done.code == 0, done.err
    assert f"{PROCESS} is not installed here: its fields are read as {server.url} describes them" in done.err
    assert _signed(foundry)["activity"] == {"furnace": "induction", "temperature": "1690.5"}


def test_an_import_that_writes_a_file_asks_only_a_server_that_is_named(foundry: FreshMachine) -> None:
    done = foundry.run(*IMPORT)
    assert (done.code, "describes them" in done.err) == (0, False), done.err
    assert _signed(foundry)["activity"] == {"furnace": "induction", "temperature": "1.690,5"}
    assert foundry.run(*IMPORT, CARBON_LEDGER_URL=NOBODY).code == 1


def test_an_audit_without_sectors_compares_and_says_so(foundry: FreshMachine, server: Server) -> None:
    """The server's code never runs unasked. When the auditor has fetched it and names it, the audit recomputes."""
    shop = workshop(server, "kiln", ore="10")
    server.post([shop.make({"part": "5"}, {"ore": "5"}, supplies=[supply("electricity", "100 KWH")])])
    target = ("audit", server.url, "--vkey", server.vkey)
    compared = foundry.run(*target)
    assert (compared.code, "everything holds" in compared.out) == (1, False)
    last = compared.out.splitlines()[-1]
    assert last.startswith("compared, not recomputed: 2 records of ")
    assert [way for way in ("carbon-ledger plugin fetch DIR", "--plugins DIR") if way not in last] == []
    report = json.loads(foundry.run(*target, "--json").out)
    assert (report["ok"], report["findings"], sum(report["not_recomputed"].values())) == (False, [], 2)
    assert [foundry.run(*target, "--compare-only").code, foundry.run(*target, "--public").code] == [0, 0]
    assert foundry.run(*target, "--public", "--compare-only").code == 2
    assert foundry.run("plugin", "fetch", "code", "--url", server.url).code == 0
    recomputed = foundry.run(*target, "--plugins", "code")
    assert (recomputed.code, recomputed.out.splitlines()[-1]) == (0, "everything holds"), recomputed.out


def _signed(foundry: FreshMachine) -> dict[str, Any]:
    """The only record of the signed file."""
    (line,) = (foundry.folder / "signed.ndjson").read_text(encoding="utf-8").splitlines()
    body: dict[str, Any] = json.loads(base64.b64decode(json.loads(line)["body"]))
    return body


def test_it_writes_the_offline_verifier(machine: FreshMachine) -> None:
    done = machine.run("export", "verifier")
    assert (done.code, done.out) == (0, f"{FILE_NAME}: SHA-256 {verifier_digest()}\n")
    assert (machine.folder / FILE_NAME).read_bytes() == offline_verifier()

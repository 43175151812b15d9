"""`schema` on the command line and over HTTP: the same reference from a server and from what is installed here."""

from collections.abc import Iterator
from typing import Final

import httpx
import msgspec
import pytest
from support.cli import run
from support.server import Server, prepared_home

SILENT: Final = "http://127.0.0.1:1"
"""Nobody listens there."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as serving:
        yield serving


def test_the_list(server: Server) -> None:
    local, remote = run("schema", "--json"), run("schema", "--json", "--url", server.url)
    assert (local.code, remote.code) == (0, 0)
    assert msgspec.json.decode(remote.out) == httpx.get(f"{server.url}/v1/schema", timeout=60).json()
    assert {entry["name"] for entry in msgspec.json.decode(local.out)} >= {"transfer", "steel.electricArcFurnace"}
    text = run("schema")
    assert text.code == 0
    assert len(text.out.splitlines()) > 80


def test_a_process(server: Server) -> None:
    text = run("schema", "steel.electricArcFurnace", "--url", server.url)
    assert text.code == 0
    for part in ("charge", "list of Charge", "directReducedIron", "carbon-ledger schema transformation"):
        assert part in text.out
    answer = httpx.get(f"{server.url}/v1/schema/steel.electricArcFurnace", timeout=60).json()
    assert msgspec.json.decode(run("schema", "steel.electricArcFurnace", "--json").out) == answer
    schema = msgspec.json.decode(run("schema", "steel.electricArcFurnace", "--json-schema").out)
    assert schema == answer["jsonSchema"]


def test_a_unit_is_a_usual_one_and_not_the_only_one() -> None:
    lines = [" ".join(line.split()) for line in run("schema", "transfer").out.splitlines()]
    assert any(line.startswith("quantity Quantity yes usually KGM (kilogram) ") for line in lines)
    assert any(line.startswith("field type required allowed or usual unit meaning") for line in lines)


def test_words(server: Server) -> None:
    names = [one["name"] for one in httpx.get(f"{server.url}/v1/schema", params={"find": "arc furnace"}).json()]
    assert names[0] == "steel.electricArcFurnace"
    assert run("schema", "--find", "电弧炉").out.splitlines()[1].startswith("steel.electricArcFurnace")


@pytest.mark.parametrize("asked", [("schema", "--find", "arc furnace"), ("template", "steel.rolling", "--whole")])
def test_installed_sectors_answer_for_a_silent_server_of_the_environment(asked: tuple[str, ...]) -> None:
    """A server that the command names itself has to answer."""
    installed = run(*asked)
    silent = run(*asked, CARBON_LEDGER_URL=SILENT)
    assert (silent.code, silent.out) == (0, installed.out)
    (line,) = silent.err.splitlines()
    assert SILENT in line
    assert line.endswith("the plugins installed here answer instead")
    named = run(*asked, "--url", SILENT)
    assert (named.code, named.out, SILENT in named.err) == (1, "", True)


def test_errors(server: Server) -> None:
    unknown = run("schema", "steel.arcfurnace", "--url", server.url)
    assert (unknown.code, len(unknown.err.splitlines())) == (1, 1)
    assert "steel.electricArcFurnace" in unknown.err
    nothing = run("schema", "--find", "qqqq")
    assert (nothing.code, "nothing fits" in nothing.err) == (1, True)
    assert (run("schema", "transfer", "--find", "x").code, run("schema", "--json-schema").code) == (2, 2)
    assert httpx.get(f"{server.url}/v1/schema/none", timeout=60).status_code == 404

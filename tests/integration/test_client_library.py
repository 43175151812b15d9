"""The client library against a real server: its guide's own blocks, its queries, its errors, and long submissions."""

import ast
import asyncio
import base64
import importlib
import inspect
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import carbon_ledger_client
import httpx
import pytest
from carbon_ledger_client import (
    AsyncClient,
    Client,
    RecordSigner,
    SubmissionStopped,
    TrustedLog,
    answers,
    errors,
    new_nonce,
    records,
)
from support.parties import enrolment, nonces, party
from support.server import Server, command, prepared_home

import ledger.client
from ledger.client import posting, queries
from ledger.client.queries import Query

GUIDE = Path(__file__).parents[2] / "clients" / "python" / "README.md"
MACHINES = ("/log/", "/v1/audit/", "/health/", "/metrics", "/v1/plugins/{}/archive", "/.well-known/", "/auth/keys",
            "/01/", "/8003/", "/8004/")
"""Routes for other programs than this library."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with prepared_home() as home, Server(home) as serving:
        yield serving


@pytest.fixture(scope="module")
def signer(server: Server) -> RecordSigner:
    mill = party(9, "library-mill")
    server.post([(server.registrar, enrolment(mill, server.registrar, server.origin, next(nonces(9, "mill"))))])
    return RecordSigner(mill.key, server.origin, mill.id)


def facilities(signer: RecordSigner, count: int, start: int = 0) -> Iterator[bytes]:
    for number in range(start, start + count):
        yield signer.sign({"type": "facility", "id": f"{signer.issuer}:works-{number}", "country": "CN"})


def test_the_guide(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocks in their order, with the registrar's command after the first."""
    monkeypatch.chdir(tmp_path)
    enrol, *rest = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
    names: dict[str, Any] = {"URL": server.url, "ORIGIN": server.origin, "VKEY": server.vkey}

    def run(block: str) -> None:
        exec(compile(block, GUIDE.name, "exec"), names)  # noqa: S102 - the guide's own code

    run(enrol)
    assert b"ENCRYPTED" in (tmp_path / "mill.pem").read_bytes()
    entered = command(server.home, "enrol", "--request", str(tmp_path / "mill-request.json"), "--url", server.url)
    assert entered.returncode == 0, entered.stderr
    for block in rest:
        run(block)
    assert [type(receipt) for receipt in names["receipts"]] == [answers.Receipt] * 5
    assert (names["again"], names["footprint"]) == (names["receipts"], names["same"])
    assert names["footprint"].footprint > 0
    assert {node["id"] for node in names["trace"]["nodes"]} > {"urn:example:mill:lot:heat-1"}
    (lot,) = names["proved"].lots
    assert lot.lot == "urn:example:mill:lot:heat-1"
    assert float(names["claims"].figure.footprint) == names["footprint"].footprint
    assert names["size"] > names["proved"].index
    assert names["gaps"].lot == lot.lot


def test_the_package_has_the_names_of_the_library() -> None:
    assert set(carbon_ledger_client.__all__) == {*ledger.client.__all__, "errors"}
    for name in ledger.client.__all__:
        assert getattr(carbon_ledger_client, name) is getattr(ledger.client, name)
    assert (Path(carbon_ledger_client.__file__).parent / "py.typed").is_file()
    stub = ast.parse(Path(str(ledger.client.__file__)).with_suffix(".pyi").read_text(encoding="utf-8"))
    stated = {name.name: node.module for node in stub.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert set(stated) == set(ledger.client.__all__)
    for name, home in stated.items():
        own = getattr(ledger.client, name)
        assert getattr(importlib.import_module(str(home)), name) is own
    with pytest.raises(AttributeError, match="nothing"):
        ledger.client.nothing  # noqa: B018


def builders() -> dict[str, Callable[..., Query[Any]]]:
    return {name: build for name, build in vars(queries).items()
            if inspect.isfunction(build) and build.__module__ == queries.__name__ and not name.startswith("_")}


def test_both_clients_have_every_query() -> None:
    """With the parameters and the answer of the query."""
    for name, build in builders().items():
        expected = inspect.signature(build)
        for client in (Client, AsyncClient):
            own = inspect.signature(getattr(client, name))
            assert [one.replace(annotation="") for one in own.parameters.values()][1:] == [
                one.replace(annotation="") for one in expected.parameters.values()], (client, name)
            (answer,) = get_args(get_type_hints(build)["return"])
            assert get_type_hints(getattr(client, name))["return"] == answer, (client, name)
        assert inspect.iscoroutinefunction(getattr(AsyncClient, name))
        assert getattr(Client, name).__doc__ == getattr(AsyncClient, name).__doc__


def test_every_query_of_the_server_is_in_the_library(server: Server) -> None:
    """With all its parameters."""
    paths = httpx.get(f"{server.url}/schema/openapi.json", timeout=60).json()["paths"]
    routes = {re.sub(r"\{\w+\}", "{}", path): methods["get"] for path, methods in paths.items() if "get" in methods}
    values = {
        "period": queries.PeriodBounds("2026-01-01", "2026-02-01"), "page": queries.ListPage(5, 3, 2),
        "options": queries.MethodOptions("cut-off/1", "AR5", "mass", ["A=1"]), "names": ["x"],
        "stages": ["steel.rolling"], "shares": ["x=1"], "direction": "downstream",
        **dict.fromkeys(("averages", "all_findings", "in_stock"), True),
    }
    asked = set()
    for name, build in builders().items():
        query = build(**{one: values.get(one, "x") for one in inspect.signature(build).parameters})
        path = re.sub(r"/x(?=/|$)", "/{}", query.path)
        asked.add(path)
        own = {one["name"] for one in routes[path].get("parameters", []) if one["in"] == "query"}
        assert set(query.parameters) == own, name
    assert asked == {path for path in routes if not path.startswith(MACHINES)}


def test_a_long_submission_holds_one_request(
    server: Server, signer: RecordSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library takes no more envelopes than one request has, before it yields that request's results."""
    monkeypatch.setattr(posting, "MAX_LINES", 10)
    taken = 0

    def envelopes() -> Iterator[bytes]:
        nonlocal taken
        for envelope in facilities(signer, 35):
            taken += 1
            yield envelope

    with Client(server.url, patience=30) as client:
        for result in client.submit(envelopes()):
            assert result.error is None
            assert isinstance(result.answer, answers.Receipt)
            assert taken <= (result.number // 10 + 1) * 10 + 1
    assert result.number == 34


def test_refused_records_do_not_stop_the_others(server: Server, signer: RecordSigner) -> None:
    good = list(facilities(signer, 2, 100))
    wrong = signer.sign({"type": "facility", "id": "urn:example:other:works", "country": "CN"})
    with Client(server.url) as client:
        results = list(client.submit([good[0], wrong, b"{}", good[1]]))
    assert [result.number for result in results] == [0, 1, 2, 3]
    assert [result.error is None for result in results] == [True, False, False, True]
    refused, unread = results[1].error, results[2].error
    assert isinstance(refused, errors.Refused)
    assert (refused.code, refused.field is not None, refused.rule is not None) == (refused.code, True, True)
    assert isinstance(unread, errors.InvalidInput)

    async def repeated() -> list[Any]:
        async def stream() -> Any:
            for envelope in good:
                yield envelope

        async with AsyncClient(server.url) as asking:
            return [result.answer async for result in asking.submit(stream())]

    assert asyncio.run(repeated()) == [results[0].answer, results[3].answer]


def test_a_refusal_has_all_its_parts(server: Server, signer: RecordSigner) -> None:
    wrong = signer.sign(records.Transfer(
        issuer=str(signer.issuer), nonce=new_nonce(), lot="urn:example:no-lot", to="urn:example:nobody",
        quantity=records.Quantity(value="1", unit="KGM"), new_lot="urn:example:foreign", time="2026-01-01T00:00:00Z"))
    told = httpx.post(f"{server.url}/v1/records", content=wrong, timeout=60,
                      headers={"Content-Type": "application/json"}).json()
    with Client(server.url) as client:
        (result,) = client.submit([wrong])
    assert isinstance(result.error, errors.Refused)
    assert (result.error.message, result.error.code, result.error.field, result.error.value, result.error.rule) == (
        told["detail"], told["code"], told.get("field"), told.get("value"), told.get("rule"))
    assert len(told.get("errors", [])) == len(result.error.parts)
    assert [(part.message, part.code, part.field) for part in result.error.parts] == [
        (part["detail"], part["code"], part["field"]) for part in told.get("errors", [])]


def test_errors_are_those_of_the_server(server: Server) -> None:
    with Client(server.url) as client:
        with pytest.raises(errors.NotFound) as missing:
            client.footprint("urn:example:none")
        assert missing.value.code
        with pytest.raises(errors.InvalidInput):
            client.footprint("x", at=-1)
        with pytest.raises(errors.NotFound):
            client.schema("a/b")
    with pytest.raises(errors.InvalidInput):
        Client("nonsense")


def test_signing_checks_first(signer: RecordSigner) -> None:
    with pytest.raises(errors.InvalidBody) as caught:
        signer.sign({"type": "facility", "id": "x", "country": "China"})
    assert caught.value.field == "$.country"
    with pytest.raises(errors.InvalidBody):
        signer.sign(records.Facility(issuer=str(signer.issuer), nonce="short", id="x", country="CN"))
    with pytest.raises(errors.InvalidInput) as other:
        signer.sign({"type": "facility", "issuer": "urn:example:other", "id": "x", "country": "CN"})
    assert other.value.code == "wrong-issuer"
    typed = signer.sign({"type": "facility", "id": "x", "country": "CN", "capacity": {"value": "0.50", "unit": "t"}})
    body = base64.b64decode(json.loads(typed)["body"])
    assert json.loads(body)["capacity"] == {"value": "0.5", "unit": "TNE"}
    draft = {"type": "facility", "id": "x", "country": "CN"}
    assert signer.sign(draft) != signer.sign(draft), "each signature has a fresh nonce"


def test_what_is_verified(server: Server, signer: RecordSigner) -> None:
    envelope = next(facilities(signer, 1, 200))
    with Client(server.url) as client:
        (result,) = client.submit([envelope])
        note = client.checkpoint()
    log = TrustedLog(server.vkey)
    assert log.receipt(result.answer).index == result.answer.index
    assert log.checkpoint(note).size > result.answer.index
    changed = answers.Receipt(result.answer.index + 1, *[getattr(result.answer, name) for name in (
        "digest", "entry", "proof", "leaves")])
    with pytest.raises(errors.VerificationError):
        log.receipt(changed)
    other = TrustedLog(server.vkey.replace(server.origin, "example.org/other"))
    with pytest.raises((errors.VerificationError, errors.InvalidNote)):
        other.checkpoint(note)


def test_a_submission_that_stops_says_where(
    server: Server, signer: RecordSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its envelopes are those of the request that has no answer."""
    monkeypatch.setattr(posting, "MAX_LINES", 2)
    envelopes = list(facilities(signer, 5, 300))
    with Client("http://127.0.0.1:9") as client:
        with pytest.raises(SubmissionStopped) as stopped:
            list(client.submit(envelopes))
        assert (stopped.value.number, stopped.value.envelopes) == (0, tuple(envelopes[:2]))
        assert isinstance(stopped.value, errors.Unavailable)
        assert isinstance(stopped.value.__cause__, errors.Unavailable)

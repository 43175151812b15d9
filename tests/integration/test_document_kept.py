"""Every operation of the API's document, asked at and beyond the limits of each parameter, with a caller and without:
no answer is an error of the server, and each is in the document, in a form that its schema allows."""

import asyncio
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, cast

import httpx
import pytest
from jsonschema import Draft202012Validator
from support.callers import Callers
from support.inside import inside
from support.server import prepared_home
from support.workshop import Workshop

from ledger.app import create_app
from ledger.registry.reference.openapi import record_schemas
from ledger.service.ledger import Ledger
from ledger.web.document import complete_document

SEED: Final = 5
TOGETHER: Final = 8
"""Requests at a time."""
WRONG: Final = (
    "", " ", "0", "-1", "1", str(2 ** 31), str(2 ** 63 - 1), str(2 ** 63), str(2 ** 64), str(-(2 ** 63) - 1),
    "9" * 400, "1e400", "1.5", "NaN", "Infinity", "true", "null", "\x00", "a\x00b", "\ud7ff", "é", "\u202e", "%", "%00",
    "'; DROP TABLE lot; --", "../../etc/passwd", "[]", "{}", "x" * 2_000, "urn:example:mill", "2025-02-30T00:00:00Z",
    "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "2025-01-01", "0" * 64, "f" * 63, "1,2,3", ",,", "1," * 600,
)
BODIES: Final = (b"", b"{}", b"[]", b"null", b'{"a":', b"\xff\xfe", b"[" * 5_000, b'"x"', b"1" * 400, b'{"type":1}')
HEADERS: Final = ({"if-none-match": "*"}, {"accept": "application/openmetrics-text"}, {"accept": "x"})
METHODS: Final = ("get", "post", "put", "patch", "delete")


class Asked(NamedTuple):
    operation: str
    path: str
    how: Mapping[str, Any]


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Callers, Workshop]]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        mill = Workshop("mill")
        ledger.post([mill.enrolment(ledger), *mill.opening(), mill.mine("x", "10")])
        yield Callers(ledger), mill


@cache
def document() -> Mapping[str, Any]:
    return complete_document(create_app(cast(Ledger, None)).openapi_schema.to_schema(), record_schemas([]))


@pytest.mark.parametrize("member", [True, False])
def test_every_answer_is_as_the_document_says(place: tuple[Callers, Workshop], member: bool) -> None:
    callers, mill = place
    written = document()
    # The gate comes after the parameters have been read, which is the same for all callers.
    asked = list(_requests(written, mill, WRONG if member else WRONG[::3]))

    async def ask_all() -> list[httpx.Response]:
        turn = asyncio.Semaphore(TOGETHER)

        async def ask(request: Asked) -> httpx.Response:
            async with turn:
                method = request.operation.split(" ")[0].upper()
                return await callers.ask(method, mill.id if member else None, request.path, **request.how)

        return await asyncio.gather(*map(ask, asked))

    faults: dict[str, str] = {}
    for request, answer in zip(asked, callers.ledger.run(ask_all()), strict=True):
        fault = _fault(written, request.operation, answer)
        if fault:
            faults.setdefault(f"{request.operation}: {fault[:120]}", f"{request.path} {str(request.how)[:300]}")
    assert not faults, "\n".join(f"{fault}: {request}" for fault, request in faults.items())


def _requests(written: Mapping[str, Any], mill: Workshop, wrong: Sequence[str]) -> Iterator[Asked]:
    """With each parameter wrong in each way, the others right; and each wrong body."""
    drawn = random.Random(SEED)
    for path, item in written["paths"].items():
        for method in METHODS:
            # The tests' own sector has no files with explanations.
            if method not in item or path.startswith("/v1/schema"):
                continue
            operation = f"{method} {path}"
            parameters: list[dict[str, Any]] = item[method].get("parameters", [])
            right = {each["name"]: _right(each["name"], mill) for each in parameters if each.get("required")}
            yield _asked(operation, parameters, right)
            for headers in HEADERS:
                yield _asked(operation, parameters, right, headers=headers)
            for each in parameters:
                for value in wrong:
                    yield _asked(operation, parameters, right | {each["name"]: value})
            for _ in range(10):
                chosen = {each["name"]: drawn.choice(WRONG) for each in parameters}
                yield _asked(operation, parameters, right | chosen)
            for body in BODIES if method == "post" else ():
                for kind in ("application/json", "application/x-ndjson", "application/x-www-form-urlencoded"):
                    yield _asked(operation, parameters, right, content=body, headers={"content-type": kind})


def _asked(operation: str, parameters: Sequence[Mapping[str, Any]], given: Mapping[str, str], **how: Any) -> Asked:
    path = operation.split(" ")[1]
    for each in parameters:
        if each["in"] == "path":
            # A segment without text, or of dots, is another path.
            value = given[each["name"]] if given[each["name"]].strip("./ ") else "x"
            path = path.replace("{" + each["name"] + "}", httpx.QueryParams({"v": value}).__str__()[2:])
    names = [each["name"] for each in parameters if each["in"] == "query"]
    return Asked(operation, path, {"params": {name: given[name] for name in names if name in given}, **how})


def _right(name: str, mill: Workshop) -> str:
    return {
        "lot": mill.name("x"), "name": mill.name("x"), "facility": mill.name("site"), "product": mill.name("part"),
        "digest": "0" * 64, "year": "2025", "sector": "works", "method": "cbam/1", "key": "x", "path": "0/000.p/4",
    }.get(name, mill.id if name in ("organization", "party", "holder") else "0")


def _fault(written: Mapping[str, Any], operation: str, answer: httpx.Response) -> str:
    """What is wrong with an answer; empty if nothing is."""
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"{answer.status_code} {answer.text}"
    method, path = operation.split(" ")
    responses = written["paths"][path][method]["responses"]
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    described = responses.get(str(answer.status_code)) or responses.get("default")
    if described is None:
        return f"{answer.status_code} is not in the document: {answer.text}"
    if answer.content and media_type not in described.get("content", {}):
        return f"{answer.status_code} {media_type} is not in the document"
    if media_type not in ("application/json", "application/problem+json"):
        return ""
    validator = _validator(written, operation, described, media_type)
    error = next(iter(validator.iter_errors(json.loads(answer.content))), None)
    return "" if error is None else f"{answer.status_code} {error.json_path}: {error.message}"


_validators: Final[dict[tuple[str, int, str], Draft202012Validator]] = {}


def _validator(
    written: Mapping[str, Any], operation: str, described: Mapping[str, Any], media_type: str
) -> Draft202012Validator:
    """One for each answer that an operation describes: to make it takes longer than to use it."""
    key = operation, id(described), media_type
    if key not in _validators:
        schema = {**described["content"][media_type].get("schema", {}), "components": written["components"]}
        _validators[key] = Draft202012Validator(schema)
    return _validators[key]

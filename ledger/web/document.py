"""The OpenAPI document: the routes as the handlers state them, with all records, problems and examples.

It depends on the sectors in force, so it is built again after an activation, and kept until the next one.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec
from litestar import Litestar, Request, Response
from litestar.openapi.plugins import YamlRenderPlugin

from ledger.answers.checked import CheckedRecord
from ledger.answers.problems import Problem
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.signatures.envelope import Envelope, seal
from ledger.core.signatures.signing import SigningKey
from ledger.engine.sectors import Installed
from ledger.host.threads import in_thread
from ledger.registry.reference.openapi import PREFIX, RECORD, RecordSchemas, plain_schemas, record_schemas
from ledger.service.ledger import Ledger
from ledger.store.facts import FactLoader
from ledger.web.door.bodies import NDJSON
from ledger.web.identity_document import state_identity
from ledger.web.operation import MEDIA_TYPES
from ledger.web.problems import MEDIA_TYPE
from ledger.web.resources import CHANGING, resource

PATH: Final = "/schema"
JSON: Final = "application/json"
PROBLEMS: Final = {
    "400": "The request or a parameter of it is invalid", "401": "The access token does not hold, or is needed",
    "403": "Not for this caller", "404": "Not on the ledger, or not visible to the caller",
    "421": "This server does not answer for the host of the request",
    "429": "Too many requests, or a quota is used up: `Retry-After` says when to ask again",
    "503": "The server cannot answer now: ask again, with the same bytes",
}
TOO_LONG: Final = "The path with its query has more than 65,534 bytes. The answer has no body"
BODIES: Final = {"408": "The body is too slow", "413": "The body is too large"}
ERASED: Final = {"410": "The body of the record is erased: `erasure` has the record that erased it"}
FAILED: Final = {"422": "The sector's plugin gives no figure"}
REFUSALS: Final = {"422": "The rules of admission refuse the record: `errors` has each fault"}
EXAMPLE_ORIGIN: Final = "ledger.example/foundry"
OF_ROUTES: Final = {"/v1/records/{digest}": ERASED, "/v1/footprint/chain-method": FAILED}
"""Problems of some routes alone."""
_TYPES: Final = {"json": "application/vnd.oai.openapi+json", "yaml": "application/vnd.oai.openapi"}
AnyRequest = Request[Any, Any, Any]


class _Built(NamedTuple):
    sectors: frozenset[str]
    data: bytes


class OpenApiDocument:
    """Answers for the document below `/schema`. It is built in a thread, once for each set of sectors in force."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._loader = FactLoader()
        self._building = asyncio.Lock()
        self._built: _Built | None = None
        self._yaml: bytes | None = None

    async def answer(self, request: AnyRequest) -> Response[bytes] | None:
        """The document if the request asks for it; otherwise None."""
        name = request.url.path.removeprefix(f"{PATH}/openapi.")
        if name not in ("json", "yaml", "yml"):
            return None
        async with self._building:
            built = await self._newest(request.app)
            if name != "json" and self._yaml is None:
                self._yaml = await in_thread(_yaml, request, built.data)
            data = built.data if name == "json" else self._yaml or b""
        return resource(request, data, _TYPES["json" if name == "json" else "yaml"], CHANGING, compressible=True)

    async def _newest(self, app: Litestar) -> _Built:
        async with self._ledger.pool.acquire() as connection:
            in_force = (await self._loader.in_force(connection)).plugins
        sectors = {name: sector for name, sector in self._ledger.registry.sectors.items() if name in in_force}
        if self._built is None or self._built.sectors != sectors.keys():
            self._built = await in_thread(_build, app, sectors)
            self._yaml = None
        return self._built


def document_answers(ledger: Ledger) -> Callable[[AnyRequest], Awaitable[Response[bytes] | None]]:
    """Answers requests for the document of this ledger, before the handlers of Litestar do."""
    document = OpenApiDocument(ledger)

    async def answer(request: AnyRequest) -> Response[bytes] | None:
        # Litestar copies hooks, and whatever they are bound to.
        return await document.answer(request)

    return answer


def _build(app: Litestar, sectors: dict[str, Installed]) -> _Built:
    document = complete_document(app.openapi_schema.to_schema(), record_schemas(sectors.values()))
    return _Built(frozenset(sectors), msgspec.json.encode(document))


def _yaml(request: AnyRequest, data: bytes) -> bytes:
    return YamlRenderPlugin().render(request, msgspec.json.decode(data))


def complete_document(document: dict[str, Any], records: RecordSchemas) -> dict[str, Any]:
    """The document of the routes, with the schemas of records and problems, and all that `POST /v1/records` takes and
    answers. `document` is changed in place."""
    schemas = document["components"]["schemas"]
    schemas |= plain_schemas([Problem, Receipt, Acknowledgement, Envelope, CheckedRecord]) | records.schemas
    schemas["Envelope"]["properties"]["body"] = {
        "type": "string", "contentEncoding": "base64", "contentMediaType": JSON, "contentSchema": _ref(RECORD),
        "description": "Standard base64 of the record in canonical JSON (RFC 8785): see the schema Record",
    }
    schemas["Envelope"]["examples"] = [_envelope(schemas[records.kinds["facility"]]["examples"][0])]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            _state_problems(operation, PROBLEMS | OF_ROUTES.get(path, {}) | (BODIES if method != "get" else {}))
            _state_encoded(operation)
            operation["responses"]["414"] = {"description": TOO_LONG}
    body = _posted_body(records, schemas)
    posts = document["paths"]["/v1/records"]["post"]
    _state_lines(posts, body, {"anyOf": [_ref("Receipt"), _ref("Acknowledgement")]},
                 "a Receipt, an Acknowledgement or a Problem")
    posts["responses"]["201"] = {"description": "The record is new on the log",
                                 "content": {JSON: posts["responses"]["200"]["content"][JSON]}}
    _state_lines(document["paths"]["/v1/records/check"]["post"], body, _ref("CheckedRecord"),
                 "a CheckedRecord or a Problem")
    page = document["paths"]["/metrics"]["get"]["responses"]["200"]
    page["content"] = {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES}
    state_identity(document)
    return document


def _state_problems(operation: dict[str, Any], problems: dict[str, str]) -> None:
    for status, words in problems.items():
        operation["responses"][status] = {"description": words, "content": {MEDIA_TYPE: {"schema": _ref("Problem")}}}


def _state_encoded(operation: dict[str, Any]) -> None:
    """A handler that encodes its answer itself has the schema of a text alone, and answers with any JSON value."""
    for response in operation["responses"].values():
        content = response.get("content", {}).get(JSON, {})
        if content.get("schema", {}).get("type") == "string":
            content["schema"] = {"description": "JSON"}


def _posted_body(records: RecordSchemas, schemas: dict[str, Any]) -> dict[str, Any]:
    """The body of a post: an envelope, or one on each line."""
    examples = {kind: {"summary": schemas[name]["description"].partition(";")[0].partition(".")[0],
                       "value": _envelope(example)}
                for kind, name in records.kinds.items() for example in schemas[name].get("examples", ())}
    lines = "\n".join([msgspec.json.encode(example["value"]).decode() for example in list(examples.values())[:2]])
    return {"required": True, "description": "One signed record, or one per line", "content": {
        JSON: {"schema": _ref("Envelope"), "examples": examples},
        NDJSON[0]: {"schema": {"type": "string", "description": "An Envelope on each line, at most 20,000 lines"},
                    "example": lines + "\n"},
    }}


def _state_lines(operation: dict[str, Any], body: dict[str, Any], answer: dict[str, Any], line: str) -> None:
    """The body and the answers of a route that takes envelopes. `line`: the possible lines of an answer."""
    _state_problems(operation, REFUSALS)
    operation["requestBody"] = body
    words = f"On each line {line}, in the order of the request"
    operation["responses"]["200"] = {
        "description": "The answer to one record, or the answers to many",
        "content": {JSON: {"schema": answer}, NDJSON[0]: {"schema": {"type": "string", "description": words}}},
    }


def _envelope(example: dict[str, Any]) -> dict[str, str]:
    """An example of a record as an envelope, signed with a key that anyone can make."""
    key = SigningKey.from_seed(hashlib.sha256(b"an example").digest())
    envelope: dict[str, str] = msgspec.to_builtins(seal(canonical.record_of(example), key, EXAMPLE_ORIGIN))
    return envelope


def _ref(name: str) -> dict[str, str]:
    return {"$ref": PREFIX + name}

"""The hooks of Schemathesis, loaded in its process: names that are on the ledger, records that are signed, tokens.

A name of the ledger replaces most strings of a request that the schema allows, so that requests reach answers. Most
posts carry a variant of a record on the ledger, signed by its issuer. Both depend on the request alone: a case repeats.
"""

import atexit
import base64
import itertools
import json
import random
from collections import Counter
from typing import Any, Final
from urllib.parse import quote

import httpx
import msgspec
import schemathesis
from fuzz.plan import AskedCount, FuzzPlan, counts_file, plan_file

from ledger.client import KeyLogin, SecretLogin, SigningKey
from ledger.client.login import ENDPOINT, AccessToken, Login, encoded_form, issued_token
from ledger.core.record import canonical
from ledger.core.record.kinds import AnyRecord

NDJSON: Final = "application/x-ndjson"
KNOWN_PART: Final = 0.8
SIGNED_PART: Final = 0.9
EXAMPLES: Final = 5
"""Known values that the document gets as examples of a parameter."""
MOST_TEXT: Final = 255
POSTS: Final = frozenset({"/v1/records", "/v1/records/check"})
FORMS: Final = {"/auth/token": {"grant_type": "client_credentials"}, "/auth/revoke": {"token": "none"},
                "/auth/codes": {}}
"""Right forms, without the proof."""
PROVED_PART: Final = 0.3
SEVERAL_SEGMENTS: Final = frozenset({"path", "key"})
"""Path parameters with slashes in them."""
BRIEF_PART: Final = 0.5
"""Of requests that leave out most of their optional parameters."""
HEADERS_PART: Final = 0.2
HEADERS: Final = (
    {"If-None-Match": "*"}, {"Accept": "application/openmetrics-text"}, {"Accept": "text/html"}, {"Accept": "x"},
    {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity;q=0"}, {"Origin": "http://other.example"},
    {"Host": "other.example"}, {"X-Forwarded-For": "192.0.2.7"}, {"Range": "bytes=0-1"}, {"Expect": "nothing"},
    {"Authorization": "Bearer x"}, {"Authorization": "Basic x"}, {"Content-Encoding": "gzip"}, {"Cookie": "a=b; a"},
    {"traceparent": "00-x"}, {"X-Request-Id": "é" * 99}, {"Content-Type": "text/plain"},
)
"""One of them comes with some requests."""
WRONG: Final[tuple[Any, ...]] = (
    "", " ", "0", "-1", "1", "1e400", "1.5", "NaN", "x" * 300, "urn:example:mill:part", "2025-02-30T00:00:00Z",
    "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "a\x00b", "\u202e", "0.000000000000000001", "9" * 40, "KGM", "TNE",
    0, 1, -1, 2 ** 53, 2 ** 64, 1.5, True, None, [], {}, [""], {"": ""}, ["x"] * 50,
)
"""Values that a field of a record gets."""


class _Caller:
    """Signs in as the plan says, and again when the token ends."""

    def __init__(self, plan: FuzzPlan) -> None:
        self._server = plan.server
        self._login: Login | None = None
        if plan.client is not None:
            by_link = plan.client == plan.link
            self._login = SecretLogin(plan.link, plan.secret) if by_link else KeyLogin(keys[plan.client])
        self._token: AccessToken | None = None

    def headers(self) -> dict[str, str]:
        if self._login is None:
            return {}
        if self._token is None or not self._token.fresh:
            proof = self._login.proof(self._server)
            content = encoded_form(proof, {"grant_type": "client_credentials"})
            answer = httpx.post(f"{self._server}{ENDPOINT}", content=content, timeout=60, headers={
                **proof.headers, "Content-Type": "application/x-www-form-urlencoded"})
            self._token = issued_token(self._server, answer.status_code, answer.content, None)
        return {"Authorization": f"Bearer {self._token.value}"}

    def sign_in_again(self) -> None:
        self._token = None


plan = msgspec.json.decode(plan_file().read_bytes(), type=FuzzPlan)
keys = {name: SigningKey.from_pem(pem.encode()) for name, pem in plan.keys.items()}
caller = _Caller(plan)
records: list[AnyRecord] = [canonical.decode_record(body.encode()) for body in plan.bodies]
_number = itertools.count()
counts: Counter[tuple[str, int]] = Counter()


@atexit.register
def write_counts() -> None:
    asked = [AskedCount(operation, status, times) for (operation, status), times in sorted(counts.items())]
    counts_file(plan_file()).write_bytes(msgspec.json.encode(asked))


@schemathesis.serializer(NDJSON)
def lines(_: Any, value: Any) -> bytes:
    return str(value).encode("utf-8", "surrogatepass")


@schemathesis.hook
def before_load_schema(_: Any, raw_schema: dict[str, Any]) -> None:
    for item in raw_schema["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                known = _known(parameter["in"], parameter["name"])
                if known and parameter["name"] not in SEVERAL_SEGMENTS:
                    parameter["examples"] = {str(i): {"value": value} for i, value in enumerate(known[:EXAMPLES])}


@schemathesis.hook
def before_call(_: Any, case: Any, kwargs: Any) -> None:
    drawn = random.Random(repr((case.path, case.query, case.path_parameters, case.body)))
    if not (case.query or case.path_parameters):
        # Otherwise all requests of such an operation would be the same.
        drawn = random.Random(next(_number))
    elif drawn.random() < BRIEF_PART and not _is_wrong(case):
        _leave_out(drawn, case)
    case.headers.update(caller.headers())
    if _is_declared(case) and drawn.random() < HEADERS_PART:
        case.headers.update(drawn.choice(HEADERS))
    for place, given in (("query", case.query), ("path", case.path_parameters)):
        for name, value in list((given or {}).items()):
            known = plan.known.get(f"{case.path} {name}") or _known(place, name)
            if known:
                given[name] = _replaced(drawn, place, name, value, known)
    if case.path in POSTS and case.media_type == NDJSON:
        # Its schema is any text: nothing else can be sent.
        case.body = case.body if isinstance(case.body, str) else json.dumps(case.body, default=repr)
        if drawn.random() < SIGNED_PART:
            case.body = "\n".join([json.dumps(_variant(drawn)) for _ in range(drawn.randrange(1, 6))])
    elif case.path in POSTS and isinstance(case.body, dict) and drawn.random() < SIGNED_PART:
        case.body = _variant(drawn)
    elif case.path in FORMS and isinstance(case.body, dict) and drawn.random() < PROVED_PART:
        case.body = {**FORMS[case.path], "client_id": plan.link, "client_secret": plan.secret}


@schemathesis.hook
def after_call(_: Any, case: Any, response: Any) -> None:
    if _is_declared(case):
        counts[case.operation.label, response.status_code] += 1
    if response.status_code == 401:
        caller.sign_in_again()


def _is_wrong(case: Any) -> bool:
    """Whether the request shall not fit the document. Without its wrong parameter it would."""
    return bool(case.meta is not None and case.meta.generation.mode.is_negative)


def _is_declared(case: Any) -> bool:
    """Whether the document has the method of the request at its path."""
    return bool(case.method.upper() == case.operation.method.upper())


def _known(place: str, name: str) -> list[str | int]:
    return plan.known.get(f"{place}.{name}", [])


def _replaced(drawn: random.Random, place: str, name: str, value: Any, known: list[str | int]) -> Any:
    if isinstance(value, list):
        return [_replaced(drawn, place, name, each, known) for each in value]
    if (isinstance(value, str) and not 0 < len(value) <= MOST_TEXT) or drawn.random() > KNOWN_PART:
        return value
    own = [value for value in known if plan.client and str(value).startswith(plan.client)]
    chosen = drawn.choice(own if own and drawn.random() < 0.5 else known)
    if type(chosen) is not type(value):
        return value
    return quote(str(chosen), safe="/" if name in SEVERAL_SEGMENTS else "") if place == "path" else chosen


def _leave_out(drawn: random.Random, case: Any) -> None:
    """Takes optional parameters away: many of them together are seldom a right question."""
    needed = {parameter["name"] for parameter in case.operation.definition.raw.get("parameters", [])
              if parameter.get("required")}
    for name in set(case.query or ()) - needed:
        if drawn.random() < 0.75:
            del case.query[name]


def _variant(drawn: random.Random) -> dict[str, str]:
    """The envelope of a record on the ledger, most often with one or two values changed."""
    record = drawn.choice(records)
    tree = json.loads(canonical.encode(record))
    if drawn.random() < 0.9:
        tree["nonce"] = base64.urlsafe_b64encode(drawn.randbytes(16))[:22].decode()
    for _ in range(drawn.choice((0, 1, 1, 1, 2))):
        _change(drawn, tree)
    body = canonical.encode(tree)
    key = keys[record.issuer]
    signature = key.sign_record(plan.origin, record.kind, canonical.digest(body))
    return {"body": base64.b64encode(body).decode(), "key": key.keyid.hex(),
            "signature": base64.b64encode(signature).decode()}


def _change(drawn: random.Random, tree: Any) -> None:
    """Changes one value somewhere in the tree: to a wrong one, to one of another record, or away."""
    while True:
        name = drawn.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
        if isinstance(tree[name], dict | list) and tree[name] and drawn.random() < 0.8:
            tree = tree[name]
            continue
        how = drawn.random()
        if how < 0.15:
            del tree[name]
        elif how < 0.5 and isinstance(tree[name], str):
            tree[name] = drawn.choice([*plan.known["query.name"], *plan.known["query.lot"]])
        elif how < 0.7 and isinstance(tree[name], str) and tree[name].replace(".", "").isdigit():
            tree[name] = drawn.choice(("0.001", "1", "17", "1000000", "0.33"))
        else:
            tree[name] = drawn.choice(WRONG)
        return

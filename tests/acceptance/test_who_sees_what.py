"""No answer holds what its caller may not see, over random networks, for every endpoint of the API's document.

`support.planting` plants tokens into every record; `support.policy` says which of them a caller may be sent. Each
caller asks every endpoint about every name. What the policy allows is also answered.
"""

import asyncio
import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, cast

import httpx
import msgspec
import pytest
from litestar.openapi.spec import Operation
from msgspec import Raw
from support.callers import Callers
from support.examples import times
from support.inside import inside
from support.planting import Network, tokens_in
from support.policy import Asker, Policy, Sees
from support.sectors import NAME, Make
from support.server import prepared_home
from support.workshop import Workshop, kilograms

from ledger.access.caller import NOBODY, SCOPES, Caller
from ledger.app import create_app
from ledger.core.record.kinds import Amendment, Grant, Transfer, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.values import Flow, Output
from ledger.core.signatures.envelope import seal
from ledger.service.ledger import Ledger
from ledger.web.authorization import declarations

SEEDS: Final = (1, 2, 3)[: times()]
TOGETHER: Final = 8
"""Requests at a time."""
METHODS: Final = ("get", "post", "put", "patch", "delete")

LOT, ITEM, DIGEST, COMPANY, SITE, PRODUCT, ANY = "lot", "item", "digest", "company", "site", "product", "any"
ROWS: Final[Mapping[str, Mapping[str, str]]] = {
    "get /.well-known/oauth-authorization-server": {},
    "get /.well-known/openid-configuration": {},
    "get /01/{key}": {"key": ANY},
    "get /8003/{key}": {"key": ANY},
    "get /8004/{key}": {"key": ANY},
    "get /auth/clients": {},
    "post /auth/clients": {},
    "delete /auth/clients/{client}": {"client": ANY},
    "get /auth/keys": {},
    "post /auth/keys": {},
    "post /auth/codes": {},
    "post /auth/revoke": {},
    "post /auth/token": {},
    "get /health/live": {},
    "get /health/ready": {},
    "get /log/accesses": {},
    "get /log/accesses/{day}": {"day": "days"},
    "get /log/checkpoint": {},
    "get /log/keys": {},
    "get /log/policy": {},
    "get /log/tile/{path}": {"path": "tiles"},
    "get /log/vkey": {},
    "get /metrics": {},
    "get /v1/accesses": {"organization": COMPANY},
    "get /v1/accesses/proof": {"organization": COMPANY, "day": "days", "index": "zero"},
    "get /v1/audit/balances": {"lots": "numbers"},
    "get /v1/audit/batches": {},
    "get /v1/audit/entries": {"from": "zero", "to": "size"},
    "get /v1/audit/revised": {"index": "indexes"},
    "get /v1/audit/revisions": {},
    "get /v1/audit/scope": {},
    "get /v1/cbam": {"facility": SITE, "year": "year"},
    "get /v1/chain": {"lot": LOT},
    "get /v1/changes": {"holder": COMPANY},
    "get /v1/contributions": {"lot": LOT},
    "get /v1/coverage": {"organization": COMPANY},
    "get /v1/delivered": {"organization": COMPANY},
    "get /v1/footprint": {"lot": LOT},
    "get /v1/footprint/chain-method": {"lot": LOT, "method": "method"},
    "get /v1/footprint/method": {"lot": LOT},
    "get /v1/footprint/product": {"product": PRODUCT},
    "get /v1/footprint/received": {"organization": COMPANY, "party": COMPANY},
    "get /v1/gaps": {"lot": LOT},
    "get /v1/grants": {"organization": COMPANY},
    "get /v1/inventory": {"organization": COMPANY, "year": "year"},
    "get /v1/inventory/report": {"facility": SITE, "year": "year"},
    "get /v1/lot-list": {"holder": COMPANY},
    "get /v1/lots": {"lot": LOT},
    "get /v1/methods": {},
    "get /v1/organizations": {},
    "get /v1/passport": {"lot": LOT},
    "get /v1/plugins": {},
    "get /v1/plugins/versions": {},
    "get /v1/plugins/{digest}/archive": {"digest": DIGEST},
    "get /v1/readers": {},
    "get /v1/received": {"organization": COMPANY},
    "get /v1/record-list": {"issuer": COMPANY},
    "post /v1/records": {},
    "post /v1/records/check": {},
    "get /v1/records/{digest}": {"digest": DIGEST},
    "get /v1/records/{digest}/proof": {"digest": DIGEST},
    "get /v1/schema": {"find": "none"},
    "get /v1/schema/{name}": {"name": "none"},
    "get /v1/sectors/{sector}/indicators": {"sector": "sectors"},
    "get /v1/sensitivity": {"lot": LOT},
    "get /v1/sensitivity/factors": {"lot": LOT},
    "get /v1/show": {"name": ANY},
    "get /v1/statement": {"lot": LOT},
    "get /v1/uncertainty": {"lot": LOT},
    "get /v1/verification": {"lot": LOT},
}
"""By operation: what its parameters name. A new endpoint needs a row."""
PAGES: Final[Mapping[str, Mapping[str, str]]] = {
    "get /en": {},
    "get /en/compare?lot={lot}&lot={beside}": {"lot": LOT, "beside": LOT},
    "get /en/desk": {"id": COMPANY},
    "get /en/factors": {},
    "get /en/factors/{of}/{key}": {"of": "none"},
    "get /en/find": {"name": ANY},
    "get /en/inventory": {"id": COMPANY},
    "get /en/log": {},
    "get /en/login": {},
    "get /en/lot": {"lot": LOT},
    "get /en/lot.csv": {"lot": LOT},
    "get /en/organization": {"id": COMPANY},
    "get /en/passport": {"id": ANY},
    "get /en/plugins": {},
    "get /en/plugins/{name}": {"name": ANY},
    "get /en/product": {"product": PRODUCT},
    "get /en/questions": {},
    "get /en/record/{digest}": {"digest": DIGEST},
    "get /en/sectors": {},
    "get /en/sectors/{sector}": {"sector": "sectors"},
    "get /en/verify": {"lot": LOT},
}
"""By page in one of its languages: what its parameters name. A new page needs a row."""
ELSEWHERE: Final = ("get /en/{rest}",)
"""No page is there."""
OF_PAGES: Final = ("at", "by", "show", "nodes", "year")
"""The options of pages, of which a page takes those that it knows."""
ALTERNATIVES: Final = {
    "get /v1/lots": {"item": ITEM}, "get /v1/passport": {"item": ITEM},
    "get /v1/record-list": {"facility": SITE},
}
LISTED: Final = ({"owner": COMPANY}, {"facility": SITE}, {"product": PRODUCT})
OPTIONS: Final[Mapping[str, Sequence[str]]] = {
    "at": ("30", "38"), "by": ("organization", "lot", "country", "stage", "party"), "direction": ("downstream",),
    "findings": ("all",), "burden": ("absGhg",), "averages": ("true",), "gwp": ("AR5",), "allocation": ("economic",),
    "method": ("cbam/1",), "stock": ("true", "false"), "kind": ("transformation",), "depth": ("1", "50"),
    "limit": ("1", "1000"), "revised": ("true",), "content": ("mass",), "samples": ("16",), "share": ("0.5",),
    "show": ("mass",), "nodes": ("2", "60"), "year": ("2025",),
    "from": ("2025-03-02T00:00:00Z",), "to": ("2025-03-20T00:00:00Z",), "wait": ("0",), "since": ("20",),
}


class Question(NamedTuple):
    """One request. `given`: the parameters; a request with a body has `body`."""

    method: str
    path: str
    given: Mapping[str, str]
    body: bytes | None = None
    media_type: str = "application/json"

    @property
    def sent(self) -> bytes:
        """Everything of a caller's that the request holds."""
        return " ".join([self.path, *self.given.values()]).encode() + (self.body or b"")


class Grown(NamedTuple):
    network: Network
    policy: Policy
    callers: Callers
    names: Mapping[str, Sequence[str]]


@pytest.fixture(scope="module", params=SEEDS)
def grown(request: pytest.FixtureRequest) -> Iterator[Grown]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        network = Network(ledger, request.param)
        yield Grown(network, Policy(network.planted, network.parents), Callers(ledger), _names(network))


def operations() -> Mapping[str, Operation]:
    """All operations of the API's document, by method and path."""
    paths = create_app(cast(Ledger, None)).openapi_schema.paths or {}
    return {f"{method} {path}": operation for path, item in sorted(paths.items()) for method in METHODS
            if (operation := getattr(item, method)) is not None}


def test_every_endpoint_has_a_row() -> None:
    pages = {name.replace("GET", "get") for name in declarations(create_app(cast(Ledger, None)))
             if name.startswith("GET /en")}
    missing = sorted(operations().keys() - ROWS.keys() | pages - set(ELSEWHERE)
                     - {page.partition("?")[0] for page in PAGES})
    assert not missing, f"add rows of parameters for {missing}"


def test_no_answer_holds_what_its_caller_may_not_see(grown: Grown) -> None:
    leaks: dict[str, str] = {}
    for asker in _askers(grown.network):
        sees = grown.policy.sees(asker)
        hidden = frozenset(grown.network.tokens) - sees.tokens
        questions = list(_questions(grown, asker))
        for question, answer in zip(questions, _answers(grown, asker, questions), strict=True):
            leaked = tokens_in(answer, hidden) - tokens_in(question.sent, hidden)
            if leaked:
                where = f"{question.method} {question.path.replace(question.given.get('', '?'), '')}"
                key = f"{where.split('/k')[0][:60]} {sorted(question.given)}"
                leaks.setdefault(key, f"{asker} {question.given} {question.path}: {_described(grown, leaked)}: "
                                      f"{answer[-1500:]!r}")
    assert not leaks, f"{len(leaks)} kinds of answers leak:\n" + "\n".join(f"{k}: {v}" for k, v in leaks.items())


def test_what_the_policy_allows_is_answered(grown: Grown) -> None:
    """Records and figures of lots are answered exactly to those who may see them."""
    wrong = []
    for asker in _askers(grown.network):
        sees = grown.policy.sees(asker)
        for question, allowed, token in _allowed(grown, sees):
            answer = grown.callers.get(_caller(asker), question.path, question.given)
            held = token in answer.text if allowed else answer.status_code == 404
            if answer.status_code != (200 if allowed else 404) or not held:
                wrong.append((asker, question.path, dict(question.given), allowed, answer.status_code))
    assert not wrong, "\n".join(map(str, wrong[:20]))


def _allowed(grown: Grown, sees: Sees) -> Iterator[tuple[Question, bool, str]]:
    """Questions about records and lots, whether they have to be answered, and what the answer then holds."""
    for planted in grown.network.planted:
        question = Question("GET", f"/v1/records/{planted.digest}", {})
        if planted.position in sees.named - sees.bodies:
            yield question, True, planted.digest
        else:
            yield question, planted.position in sees.bodies, planted.record["nonce"]
    for lot in grown.policy.lots.values():
        for path in ("/v1/lots", "/v1/footprint"):
            yield Question("GET", path, {"lot": lot.id}), lot.id in sees.lots, lot.id


def _askers(network: Network) -> list[Asker]:
    return [Asker(), *[Asker(shop.id) for shop in network.shops], *[Asker(link=link) for link in network.links]]


def _caller(asker: Asker) -> Caller:
    if asker == Asker():
        return NOBODY
    return Caller(asker.organization, frozenset(SCOPES), "key", asker.link)


def _names(network: Network) -> Mapping[str, Sequence[str]]:
    """The values of parameters by kind: all names of the network."""
    lots = list(network.lots)
    digests = [planted.digest for planted in network.planted]
    companies = [shop.id for shop in network.shops]
    sites = [one.record["id"] for one in network.planted if one.record["type"] == "facility"]
    products = [one.record["id"] for one in network.planted if one.record["type"] == "product"]
    size = network.planted[-1].position + 1
    numbers = ",".join(str(index * 1024 + slot) for index in range(size) for slot in range(2))
    return {
        LOT: lots, ITEM: [*network.items, *lots[:2]], DIGEST: digests, COMPANY: companies, SITE: sites,
        PRODUCT: products,
        ANY: [*lots, *digests, *companies, *sites, *products], "numbers": [numbers], "zero": ["0"],
        "size": [str(size)], "indexes": [str(one.position) for one in network.planted if "changes" in one.record],
        "year": ["2025"], "method": ["cbam/1"], "sectors": [NAME], "none": [],
        "days": ["2026-11-28", "20000"], "tiles": ["0/000.p/40", "entries/000.p/40"],
    }


def _questions(grown: Grown, asker: Asker) -> Iterator[Question]:
    drawn = random.Random(str(asker))
    known_to = {name: {parameter.name for parameter in cast(Any, operation.parameters) or ()}
                for name, operation in operations().items()} | {page: set(OF_PAGES) for page in PAGES}
    for name, known in known_to.items():
        method, path = name.split(" ")
        rows = [{**ROWS, **PAGES}[name], *([ALTERNATIVES[name]] if name in ALTERNATIVES else [])]
        rows += LISTED if path == "/v1/lot-list" else ()
        for row in rows:
            for given in _filled(row, grown.names, drawn):
                filled = path.format_map(given)
                query = {key: value for key, value in given.items() if "{" + key + "}" not in path}
                yield Question(method.upper(), filled, query, b"{}" if method == "post" else None)
                option = drawn.choice([option for option in OPTIONS if option in known and option not in row] or [""])
                if option:
                    yield Question(method.upper(), filled, query | {option: drawn.choice(OPTIONS[option])})
    yield from _posts(grown, asker)


def _filled(
    row: Mapping[str, str], names: Mapping[str, Sequence[str]], drawn: random.Random
) -> Iterator[dict[str, str]]:
    """The first parameter takes every value, others take one at random."""
    if not row:
        yield {}
        return
    first, *others = row
    for value in names[row[first]]:
        yield {first: value} | {other: drawn.choice(names[row[other]]) for other in others}


def _posts(grown: Grown, asker: Asker) -> Iterator[Question]:
    """Records of a member that name things of everybody. Those that are posted take too much, and are refused."""
    shop = next((shop for shop in grown.network.shops if shop.id == asker.organization), None)
    if shop is None:
        return
    envelopes = [_sealed(grown, shop, record) for record in _tried(grown, shop)]
    for envelope in envelopes:
        yield Question("POST", "/v1/records/check", {}, envelope)
    refused = [_sealed(grown, shop, _taking(shop, lot, "99999999999")) for lot in grown.names[LOT]]
    yield Question("POST", "/v1/records", {}, b"\n".join(refused) + b"\n", "application/x-ndjson")
    yield Question("POST", "/v1/records/check", {}, b"\n".join(envelopes) + b"\n", "application/x-ndjson")


def _tried(grown: Grown, shop: Workshop) -> Iterator[Any]:
    to = next(other for other in grown.network.shops if other is not shop)
    site = next(one.record["id"] for one in grown.network.planted
                if one.record["type"] == "facility" and one.record["issuer"] == shop.id)
    for lot in grown.names[LOT]:
        yield _taking(shop, lot, "1")
        yield Transfer(issuer=shop.id, nonce=shop.nonce(), lot=lot, quantity=kilograms("99999999999"), to=to.id,
                       new_lot=shop.name("try"), time="2025-03-29T00:00:00Z")
    for product in grown.names[PRODUCT]:
        yield Transformation(
            issuer=shop.id, nonce=shop.nonce(), facility=site, process=f"{NAME}.make", start="2025-03-28T00:00:00Z",
            end="2025-03-29T00:00:00Z", activity=Raw(msgspec.json.encode(Make(co2="1"))),
            inputs=[Flow(lot=product, quantity=kilograms("1"))],
            outputs=[Output(lot=shop.name("try"), product=product, quantity=kilograms("1"), role="product")])
    for digest in islice(grown.names[DIGEST], 12, None):
        yield Amendment(issuer=shop.id, nonce=shop.nonce(), reason="a try",
                        changes=[Change(record=digest, fields={}, withdrawn=True)])
    yield Grant(issuer=shop.id, nonce=shop.nonce(), depth="full", until="2034-01-01T00:00:00Z", purpose="x",
                grantee=shop.id)


def _taking(shop: Workshop, lot: str, amount: str) -> Transfer:
    return Transfer(issuer=shop.id, nonce=shop.nonce(), lot=lot, quantity=kilograms(amount), to=shop.id,
                    new_lot=shop.name("taken"), time="2025-03-29T00:00:00Z")


def _sealed(grown: Grown, shop: Workshop, record: Any) -> bytes:
    return msgspec.json.encode(seal(record, shop.party.key, grown.network.ledger.origin))


def _answers(grown: Grown, asker: Asker, questions: Sequence[Question]) -> list[bytes]:
    """Headers and bodies."""
    caller = _caller(asker)

    async def ask(turn: asyncio.Semaphore, question: Question) -> bytes:
        how: dict[str, Any] = {}
        if question.body is not None:
            how |= {"content": question.body, "headers": {"content-type": question.media_type}}
        async with turn:
            asked = httpx.URL(question.path).copy_merge_params(dict(question.given))
            answer = await grown.callers.ask(question.method, caller, str(asked), **how)
        if answer.status_code >= 500 and answer.status_code != 503:
            raise AssertionError(f"{question}: {answer.text}")
        return repr(answer.headers.items()).encode() + answer.content

    async def ask_all() -> list[bytes]:
        turn = asyncio.Semaphore(TOGETHER)
        return await asyncio.gather(*[ask(turn, question) for question in questions])

    return grown.callers.ledger.run(ask_all())


def _described(grown: Grown, leaked: frozenset[str]) -> list[str]:
    """Where the leaked tokens stand."""
    return [
        f"{token} of {planted.record['type']} {planted.position} by {planted.record['issuer']}"
        for token in sorted(leaked)[:4] for planted in grown.network.planted if token in planted.tokens
    ]

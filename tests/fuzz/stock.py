"""A ledger to fuzz: the demo's story on the installed sectors, every table filled by the tests' own sector, passports
that GS1 Digital Links name, a grant with a link. `known_values` are the names and numbers in it, by parameter."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import msgspec
from support.everytable import UNTIL, fill_every_table
from support.parties import enrolment
from support.server import Posted, Server
from support.workshop import Workshop

from ledger.access.links import link_digest
from ledger.cli.demo.actors import ACTORS, REGISTRAR
from ledger.cli.demo.command import post_steps
from ledger.cli.demo.gearbox import MAKER
from ledger.cli.demo.scenario import NEW_GEARBOX, scenario
from ledger.cli.demo.writing import StoryStep
from ledger.client import Client
from ledger.core.receipts.receipt import Receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import AppointedReader, Grant, GrantScope, PassportPublication
from ledger.core.signatures.signing import SigningKey
from ledger.host.files.key_files import new_key, new_nonce

LINK_SECRET: Final = "a link for the fuzzers, of no use elsewhere"
"""Opens `Stock.link`."""
MOST_VALUES: Final = 60
"""Of one parameter: more of them make each rare."""
SHOPS: Final = ("mill", "smith", "auditor", "gs1-shop", "reader")
_ITEMS: Final = tuple([f"https://id.gs1.org{path}" for path in (
    "/01/09521234543213/21/7", "/8003/09521234543213:8", "/8004/952123454321:9")])
"""A serial number, a returnable asset and an asset."""
_PARAMETERS: Final = {
    "lot": ("lot", "newLot"), "item": ("item",), "product": ("product",), "facility": ("facility",),
    "organization": ("issuer", "to"), "holder": ("issuer", "to"), "owner": ("issuer",), "party": ("issuer", "to"),
    "issuer": ("issuer",), "kind": ("type",), "name": ("lot", "newLot", "product", "facility", "issuer"),
}
"""Fields of records whose values are right for a query parameter."""
_ANSWERS: Final[Mapping[str, Sequence[str | int]]] = {
    "query.by": ("stage", "organization", "facility", "country", "source", "year", "gas", "kind", "basis", "factor",
                 "park", "province", "record", "sector"),
    "query.gwp": ("AR5", "AR6"),
    "query.allocation": ("mass", "value", "energy", "moles", "declared"),
    "query.burden": ("footprint", "fossilGhgEmissions", "biogenicGhgEmissions"),
    "query.content": ("recycledPostConsumer:steel", "recycledPreConsumer:steel"),
    "query.year": (2022, 2024, 2025),
    "query.at": (1, 7, 40, 100, 200),
    "query.samples": (100, 500),
    "query.from": ("2022-01-01", "2025-03-01T00:00:00Z"),
    "query.to": ("2023-01-01", "2026-01-01T00:00:00Z"),
    "query.size": (1, 5, 60),
    "query.revised": (1, 30, 60),
    "query.index": (0, 1, 2, 7, 50, 70),
    "query.lots": ("1024", "2048,3072"),
    "path.path": ("0/000.p/5", "1/000", "entries/000", "entries/000.p/3"),
    "path.sector": ("works", "steel", "circular", "equipment", "industry"),
}
"""What no record names."""


class Stock(NamedTuple):
    """`keys`: by organisation; `link`: the id of the client that has the secret `LINK_SECRET`."""

    keys: Mapping[str, SigningKey]
    bodies: Sequence[bytes]
    link: str


MEMBER: Final = ACTORS[MAKER].id
READER: Final = Workshop("reader").id


class RecordingServer(Server):
    """`bodies`: of the records that `post` has posted."""

    def __init__(self, home: Path, **variables: str) -> None:
        self.bodies: list[bytes] = []
        super().__init__(home, None, (), None, **variables)

    def post(self, posted: Sequence[Posted]) -> list[Receipt]:
        self.bodies += [canonical.encode(record) for _, record in posted]
        return super().post(posted)


def fill(server: RecordingServer) -> Stock:
    """Posts it all."""
    fill_every_table(server)
    _publish_items(server)
    _appoint_reader(server)
    keys, steps = _tell_story(server)
    shops = {each.id: each.key for each in (Workshop(name).party for name in SHOPS)}
    told = [canonical.encode(step.record) for step in steps]
    return Stock({**shops, **keys}, [*server.bodies, *told], canonical.digest(told[-1]).hex())


def _appoint_reader(server: Server) -> None:
    shop = Workshop("reader")
    server.post([shop.enrolment(server), (server.registrar, AppointedReader(
        issuer=server.registrar.id, nonce=shop.nonce(), organization=shop.id, purpose="audit", until=UNTIL))])


def _publish_items(server: Server) -> None:
    shop = Workshop("gs1-shop")
    registrar, own = server.registrar, [item.rstrip("0123456789") for item in _ITEMS]
    entered = enrolment(shop.party, registrar, server.origin, shop.nonce(), prefixes=[shop.party.prefix, *own])
    server.post([(registrar, entered), *shop.opening(), shop.mine("ore", "100")])
    party, made = shop.make({"one": "5"}, {"ore": "15"})
    (output,) = made.outputs  # type: ignore[union-attr]
    outputs = [msgspec.structs.replace(output, item=item, lot=shop.name(f"item-{i}"))
               for i, item in enumerate(_ITEMS)]
    server.post([(party, msgspec.structs.replace(made, outputs=outputs)), shop.publish(product=shop.name("part"))])


def _tell_story(server: Server) -> tuple[dict[str, SigningKey], list[StoryStep]]:
    """The demo's keys by organisation, and its records; the last one is the grant with a link."""
    names = {name: actor.id for name, actor in ACTORS.items()}
    registrar = server.registrar
    keys = {REGISTRAR: registrar.key, **{name: new_key() for name in names}}
    steps = scenario(keys, server.origin, new_nonce, registrar.id)
    steps += [StoryStep(MAKER, record, "the maker shows its gearbox") for record in (
        PassportPublication(issuer=MEMBER, nonce=new_nonce(), lot=NEW_GEARBOX),
        Grant(issuer=MEMBER, nonce=new_nonce(), grantee=ACTORS["port"].id, depth="stages", until=UNTIL,
              purpose="purchase", scope=GrantScope(lot=NEW_GEARBOX)),
        Grant(issuer=MEMBER, nonce=new_nonce(), link=link_digest(LINK_SECRET), depth="full", until=UNTIL,
              purpose="purchase", scope=GrantScope(lot=NEW_GEARBOX)),
    )]
    with Client(server.url) as client:
        post_steps(client, steps, keys, server.origin)
    return {registrar.id: registrar.key, **{names[name]: keys[name] for name in names}}, steps


def known_values(server: Server, stock: Stock) -> dict[str, list[str | int]]:
    """Values by parameter, as `query.lot`, or of one path alone, as `/v1/plugins/{digest}/archive digest`. The order is
    the same for the same ledger."""
    fields: dict[str, set[str]] = {}
    for body in stock.bodies:
        for name, value in _members(json.loads(body)):
            fields.setdefault(name, set()).add(value)
    found: dict[str, list[str | int]] = {name: list(values) for name, values in _ANSWERS.items()}
    for parameter, names in _PARAMETERS.items():
        found[f"query.{parameter}"] = _some(value for name in names for value in fields.get(name, ()))
    methods = httpx.get(f"{server.url}/v1/methods", timeout=60).json()["methods"]
    found["query.method"] = [method["name"] for method in methods]
    found["query.day"] = [f"{datetime.now(UTC):%Y-%m-%d}"]
    digests = _some(hashlib.sha256(body).hexdigest() for body in stock.bodies)
    erased = [erasure["record"] for erasure in map(json.loads, stock.bodies) if erasure["type"] == "erasure"]
    found["path.digest"] = [*digests, *erased]
    plugins = httpx.get(f"{server.url}/v1/plugins/versions", timeout=60).json()
    found["/v1/plugins/{digest}/archive digest"] = [plugin["digest"] for plugin in plugins]
    # Who is read by the other callers.
    found["/v1/accesses/proof organization"] = [MEMBER]
    found["query.name"] += digests[:10]
    found["path.name"] = _some([*fields["type"], *fields["process"]])
    found["path.key"] = [*[item.split("/", 4)[4] for item in _ITEMS], "9521234543213/10/none"]
    return found


def _some(values: Iterable[str]) -> list[str | int]:
    """At most so many of them, always the same."""
    return sorted(set(values), key=lambda value: hashlib.sha256(value.encode()).digest())[:MOST_VALUES]  # type: ignore


def _members(tree: Any) -> Iterator[tuple[str, str]]:
    """Each text in a record, with the name of its field."""
    for name, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if isinstance(value, str) and isinstance(name, str):
            yield name, value
        elif isinstance(value, dict | list):
            yield from _members(value)

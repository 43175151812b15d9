"""Readers of different rights who ask at the same time: their rights are looked up together, and never mixed up."""

import asyncio
from collections.abc import Iterator
from typing import NamedTuple

import httpx
import pytest
from support.oauth import ask, bearer, by_key, token_of
from support.parties import enrolment
from support.revising import digest_of
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.core.record.kinds import Grant, GrantRevocation, GrantScope

ROUNDS = 12


class Readers(NamedTuple):
    server: Server
    mill: Workshop
    forge: Workshop


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        mill, forge = Workshop("mill"), Workshop("forge")
        for shop in (mill, forge):
            entered = enrolment(shop.party, server.registrar, server.origin, shop.nonce())
            server.post([(server.registrar, entered), *shop.opening(), shop.mine("x", "100")])
        yield Readers(server, mill, forge)


def statuses(url: str, asked: list[tuple[str, str | None]]) -> list[int]:
    """The status of each footprint: of a lot, with a token."""
    async def run() -> list[int]:
        async with httpx.AsyncClient(base_url=url, timeout=120, limits=httpx.Limits(max_connections=64)) as client:
            answers = await asyncio.gather(*[
                client.get("/v1/footprint", params={"lot": lot}, headers={} if token is None else bearer(token))
                for lot, token in asked])
        return [answer.status_code for answer in answers]

    return asyncio.run(run())


def test_each_reads_by_its_own_rights(readers: Readers) -> None:
    server, mill, forge = readers
    own, others, unknown = mill.name("x"), forge.name("x"), mill.name("nothing")
    whole = token_of(by_key(server.url, mill.party.key, mill.id))
    posting = token_of(by_key(server.url, mill.party.key, mill.id, scope="post"))
    smith = token_of(by_key(server.url, forge.party.key, forge.id))
    clients = f"{server.url}/auth/clients"
    client = httpx.post(clients, json={"name": "planning"}, headers=bearer(whole)).json()
    planning = token_of(ask(server.url, {"client_id": client["id"], "client_secret": client["secret"]}))
    expected = [
        (own, whole, 200), (others, whole, 404), (own, smith, 404), (others, smith, 200), (own, posting, 404),
        (own, None, 404), (unknown, whole, 404), (own, planning, 200), (own, f"{whole[:-4]}AAAA", 401),
    ]
    asked = [(lot, token) for lot, token, _ in expected * ROUNDS]
    assert statuses(server.url, asked) == [status for _, _, status in expected * ROUNDS]
    # A client that has ended ends among the others, who go on.
    assert httpx.delete(f"{clients}/{client['id']}", headers=bearer(whole)).status_code == 204
    assert statuses(server.url, asked) == [401 if token == planning else status
                                           for _, token, status in expected * ROUNDS]


def test_a_grant_begins_and_ends_for_its_grantee_alone(readers: Readers) -> None:
    server, mill, forge = readers
    own, others = mill.name("x"), forge.name("x")
    tokens = [token_of(by_key(server.url, shop.party.key, shop.id)) for shop in (mill, forge)]
    asked = [(lot, token) for lot in (own, others) for token in tokens] * ROUNDS
    assert statuses(server.url, asked) == [200, 404, 404, 200] * ROUNDS
    given = mill.signed(Grant(
        issuer=mill.id, nonce=mill.nonce(), grantee=forge.id, depth="totals", until="2034-12-31T00:00:00Z",
        purpose="a test", scope=GrantScope(lot=own)))
    server.post([given])
    assert statuses(server.url, asked) == [200, 200, 404, 200] * ROUNDS
    server.post([mill.signed(GrantRevocation(issuer=mill.id, nonce=mill.nonce(), grant=digest_of(given)))])
    assert statuses(server.url, asked) == [200, 404, 404, 200] * ROUNDS

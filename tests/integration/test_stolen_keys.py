"""A stolen key's clients end with the report of the theft, at every server: those that it entered since it was stolen,
and those that these entered. Clients of other keys, and of the time before, stay."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from support.cli import run
from support.inside import Inside, inside
from support.oauth import ask, bearer, by_key, token_of
from support.parties import enrolment
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.access.caller import SCOPES, Caller
from ledger.core.record.kinds import KeyChange
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.errors import Unauthenticated
from ledger.host.files.key_files import new_key
from ledger.service.identity.clients import add_client

Client = dict[str, Any]


class House(NamedTuple):
    """An organisation with two keys, at two servers of one ledger."""

    first: Server
    second: Server
    shop: Workshop
    other: SigningKey
    """Its second key, which is stolen."""

    @property
    def servers(self) -> tuple[Server, Server]:
        return self.first, self.second

    @property
    def own(self) -> str:
        return self.key_token(self.shop.party.key)

    def key_token(self, key: SigningKey) -> str:
        return token_of(by_key(self.first.url, key, self.shop.id))

    def enter(self, token: str, name: str, *scopes: str) -> Client:
        """A client of whoever has the token."""
        answer = httpx.post(f"{self.first.url}/auth/clients", headers=bearer(token),
                            json={"name": name, "scopes": scopes or ["read", "post", "admin"]})
        assert answer.status_code == 201, answer.text
        found: Client = answer.json()
        return found

    def login(self, client: Client, server: Server | None = None) -> httpx.Response:
        return ask((server or self.second).url, {"client_id": client["id"], "client_secret": client["secret"]})

    def token(self, client: Client) -> str:
        return token_of(self.login(client))

    def reads(self, token: str) -> list[int]:
        """The status of a reading at each server."""
        return [httpx.get(f"{server.url}/v1/footprint", params={"lot": self.shop.name("x")}, headers=bearer(token)
                          ).status_code for server in self.servers]

    def listed(self) -> dict[str, Client]:
        answer = httpx.get(f"{self.second.url}/auth/clients", params={"limit": 1000}, headers=bearer(self.own))
        return {one["name"]: one for one in answer.json()["clients"]}

    def work(self, short: str) -> int:
        """The log grows; the index of the entry."""
        return self.first.post([self.shop.mine(short, "1")])[0].index

    def revoke(self, since: int | None) -> int:
        """The second key is revoked, as stolen since an entry; the index of the change."""
        return self.first.post([self.shop.signed(KeyChange(
            issuer=self.shop.id, nonce=self.shop.nonce(), organization=self.shop.id, revoked=[self.other.keyid.hex()],
            compromised_since=since))])[0].index


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    with (
        prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as first,
        Server(home, CARBON_LEDGER_ACCESS="parties") as second,
    ):
        yield first, second


@pytest.fixture
def house(servers: tuple[Server, Server], request: pytest.FixtureRequest) -> House:
    first, second = servers
    shop, other = Workshop(f"mill-{abs(hash(request.node.name)) % 10 ** 9}"), new_key()
    first.post([(first.registrar, enrolment(shop.party, first.registrar, first.origin, shop.nonce())),
                *shop.opening(), shop.mine("x", "100")])
    first.post([shop.signed(KeyChange(issuer=shop.id, nonce=shop.nonce(), organization=shop.id,
                                      added=[public_key(other, first.origin, shop.id)]))])
    return House(first, second, shop, other)


def test_a_report_of_theft_ends_the_clients_since(house: House) -> None:
    """And their tokens, at the server that did not take the record too."""
    before = house.enter(house.key_token(house.other), "before")
    house.work("a")
    since = house.work("b")
    thief = house.key_token(house.other)
    stolen = house.enter(thief, "stolen")
    further = house.enter(house.token(stolen), "further")
    furthest = house.enter(house.token(further), "furthest")
    of_before, of_own = house.enter(house.token(before), "of-before"), house.enter(house.own, "own")
    stay, end = [before, of_before, of_own], [stolen, further, furthest]
    tokens = {client["name"]: house.token(client) for client in (*stay, *end)}
    assert {tuple(house.reads(token)) for token in tokens.values()} == {(200, 200)}
    change = house.revoke(since)
    for client in stay:
        assert house.reads(tokens[client["name"]]) == [200, 200], client["name"]
        assert house.login(client).status_code == 200
    assert house.reads(thief) == [401, 401]
    for client in end:
        assert house.reads(tokens[client["name"]]) == [401, 401], client["name"]
        for server in house.servers:
            assert (house.login(client, server).status_code, house.login(client).json()["error"]) == (
                401, "invalid_client")
        refused = httpx.post(f"{house.first.url}/auth/clients", json={"name": "again", "scopes": ["admin"]},
                             headers=bearer(tokens[client["name"]]))
        assert refused.status_code == 401
    listed = house.listed()
    assert {name: one.get("compromised") for name, one in listed.items()} == {
        **{client["name"]: None for client in stay}, **{client["name"]: change for client in end}}
    own, other = house.shop.party.key.keyid.hex(), house.other.keyid.hex()
    assert {name: one["key"] for name, one in listed.items()} == {
        name: own if name == "own" else other for name in listed}


def test_the_entry_of_the_theft_itself_counts(house: House) -> None:
    """A client that was entered between the last entry before the theft and the first one after it."""
    last = house.work("a")
    client = house.enter(house.key_token(house.other), "between")
    house.work("b")
    token = house.token(client)
    house.revoke(last + 2)
    assert house.reads(token) == [200, 200]
    house.revoke(last + 1)
    assert house.reads(token) == [401, 401]


def test_a_plain_revocation_ends_none_and_a_later_report_does(house: House) -> None:
    """Keys are renewed without their clients; the report of a theft may come later."""
    since = house.work("a")
    client = house.enter(house.key_token(house.other), "planning")
    token = house.token(client)
    house.revoke(None)
    assert house.reads(token) == [200, 200]
    assert house.login(client).status_code == 200
    house.revoke(since)
    assert house.reads(token) == [401, 401]
    assert house.login(client).status_code == 401


def test_clients_that_ended_leave_room(house: House) -> None:
    """An organisation has a thousand clients in force; a thief's do not count any more."""
    since = house.work("a")
    house.enter(house.key_token(house.other), "stolen")
    house.revoke(since)
    assert [one["name"] for one in house.listed().values() if one.get("compromised") is None] == []
    house.enter(house.own, "new")


def test_the_commands_show_which_key_entered_each(house: House, tmp_path_factory: pytest.TempPathFactory) -> None:
    since = house.work("a")
    house.enter(house.key_token(house.other), "stolen")
    house.enter(house.own, "own")
    change = house.revoke(since)
    key = tmp_path_factory.mktemp("key") / "mill.pem"
    key.write_bytes(house.shop.party.key.to_pem())
    key.chmod(0o600)
    done = run("client", "list", "--url", house.second.url, CARBON_LEDGER_KEY=str(key))
    assert done.code == 0, done.err
    lines = {line.split()[1]: line for line in done.out.splitlines()}
    assert house.other.keyid.hex()[:16] in lines["stolen"]
    assert f"key compromised: entry {change}" in lines["stolen"]
    assert house.shop.party.key.keyid.hex()[:16] in lines["own"]
    assert "compromised" not in lines["own"]


def test_a_client_is_entered_only_while_its_key_stands() -> None:
    """The hash of its secret takes a while: here the key is revoked between the check of the token and the entry."""
    shop, other = Workshop("mill"), new_key()
    with prepared_home() as home, inside(home, access="parties") as ledger:
        ledger.post([shop.enrolment(ledger), *shop.opening()])
        ledger.post([shop.signed(KeyChange(issuer=shop.id, nonce=shop.nonce(), organization=shop.id,
                                           added=[public_key(other, ledger.origin, shop.id)]))])
        callers = [Caller(shop.id, frozenset(SCOPES), key.keyid.hex()) for key in (other, shop.party.key)]
        admin = ledger.run(entered(ledger, callers[0]))
        callers.append(Caller(shop.id, frozenset(SCOPES), admin))
        ledger.post([shop.signed(KeyChange(
            issuer=shop.id, nonce=shop.nonce(), organization=shop.id, revoked=[other.keyid.hex()],
            compromised_since=0))])
        for caller in (callers[0], callers[2]):
            with pytest.raises(Unauthenticated):
                ledger.run(entered(ledger, caller))
        assert ledger.run(entered(ledger, callers[1]))
        assert ledger.run(ledger.ledger.pool.fetchval("SELECT count(*) FROM client")) == 2


async def entered(ledger: Inside, caller: Caller) -> str:
    """The id of a new client."""
    return (await add_client(ledger.ledger.pool, ledger.ledger.tokens.hasher, caller, "planning", SCOPES)).id

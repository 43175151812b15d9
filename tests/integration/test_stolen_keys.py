"""What a stolen key has let others see since ends with the report of the theft, at every server: the clients that it
entered and those that these entered, its grants with their links, its publications, and the readers that it appointed.
What other keys signed, and what it signed before, stays."""

import csv
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from support.cli import run
from support.inside import Inside, inside
from support.oauth import ask, bearer, by_key, token_of
from support.parties import Party, enrolment
from support.revising import digest_of
from support.server import Posted, Server, prepared_home
from support.workshop import Workshop

from ledger.access.caller import SCOPES, Caller
from ledger.access.links import link_digest
from ledger.core.record.kinds import AppointedReader, Depth, Grant, GrantScope, KeyChange, PassportPublication
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

    def by(self, key: SigningKey) -> Party:
        """The organisation, as whoever has one of its keys signs for it."""
        return self.shop.party._replace(key=key)

    def grant(self, key: SigningKey, depth: Depth = "totals", **terms: Any) -> Grant:
        """A grant that a key has signed, on the log."""
        given = Grant(issuer=self.shop.id, nonce=self.shop.nonce(), depth=depth, until="2034-12-31T00:00:00Z",
                      purpose="a test", **terms)
        self.first.post([(self.by(key), given)])
        return given

    def publish(self, key: SigningKey, **thing: str) -> None:
        self.first.post([(self.by(key), PassportPublication(issuer=self.shop.id, nonce=self.shop.nonce(), **thing))])

    def passports(self, **named: str) -> list[httpx.Response]:
        """The answer about a passport, to everyone, at each server."""
        return [httpx.get(f"{server.url}/v1/passport", params=named, timeout=60) for server in self.servers]

    def seen(self, token: str, *lots: str) -> list[int]:
        """The status of each lot, which is the same at each server."""
        found = [[httpx.get(f"{server.url}/v1/lots", params={"lot": self.shop.name(lot)}, headers=bearer(token),
                            timeout=60).status_code for lot in lots] for server in self.servers]
        assert found[0] == found[1]
        return found[0]

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
        # What earlier records were admitted by stays: a replay of the log still gives the same.
        done = first.audit()
        assert done.returncode == 0, done.stdout + done.stderr


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
    assert (house.reads(token), house.login(client).status_code) == ([200, 200], 200)
    house.revoke(since)
    assert (house.reads(token), house.login(client).status_code) == ([401, 401], 401)


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
    done = run("client", "list", "--url", house.second.url, CARBON_LEDGER_KEY=str(key)).succeeded()
    lines = {line.split()[1]: line for line in done.out.splitlines()}
    assert house.other.keyid.hex()[:16] in lines["stolen"]
    assert f"key compromised: entry {change}" in lines["stolen"]
    assert house.shop.party.key.keyid.hex()[:16] in lines["own"]
    assert "compromised" not in lines["own"]


def test_the_list_of_grants_says_which_have_ended_so(
    house: House, bank: Workshop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    since = house.work("a")
    house.grant(house.other, grantee=bank.id)
    change = house.revoke(since)
    key = tmp_path_factory.mktemp("key") / "mill.pem"
    key.write_bytes(house.shop.party.key.to_pem())
    key.chmod(0o600)
    arguments = ("grants", "--organization", house.shop.id, "--url", house.second.url)
    shown, table = [run(*arguments, *more, CARBON_LEDGER_KEY=str(key)) for more in ((), ("--csv",))]
    assert (shown.code, "compromised" in shown.out) == (0, True), shown.err
    (row,) = csv.DictReader(io.StringIO(table.out))
    assert (row["state"], row["key compromised by entry"]) == ("compromised", str(change))


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


@pytest.fixture
def bank(house: House) -> Workshop:
    """Another organisation, to which the house grants things."""
    bank = Workshop(f"bank-of-{house.shop.party.id.rpartition(':')[2]}")
    house.first.post([(house.first.registrar, enrolment(
        bank.party, house.first.registrar, house.first.origin, bank.nonce())), *bank.opening()])
    return bank


def test_a_report_of_theft_ends_the_grants_since(house: House, bank: Workshop) -> None:
    """Those of all records too. The owner can grant the same again."""
    own, stolen = house.shop.party.key, house.other
    token = token_of(by_key(house.second.url, bank.party.key, bank.id))
    lots = ("x", "a", "b", "c")
    since = [house.work(lot) for lot in ("a", "b", "c")][-1] + 2
    assert house.seen(token, *lots) == [404] * 4
    hidden = httpx.get(f"{house.first.url}/v1/lots", params={"lot": house.shop.name("c")}, headers=bearer(token))
    before = house.grant(stolen, grantee=bank.id, scope=GrantScope(lot=house.shop.name("x")))
    given = [house.grant(stolen, grantee=bank.id, scope=GrantScope(lot=house.shop.name("a"))),
             house.grant(stolen, "full", grantee=bank.id)]
    honest = house.grant(own, grantee=bank.id, scope=GrantScope(lot=house.shop.name("b")))
    assert house.seen(token, *lots) == [200] * 4
    change = house.revoke(since)
    assert house.seen(token, *lots) == [200, 404, 200, 404]
    for server in house.servers:
        assert httpx.get(f"{server.url}/v1/lots", params={"lot": house.shop.name("c")}, headers=bearer(token)
                         ).content == hidden.content
    for organization, reading in ((house.shop.id, house.own), (bank.id, token)):
        listed = httpx.get(f"{house.second.url}/v1/grants", params={"organization": organization},
                           headers=bearer(reading)).json()["grants"]
        assert {one["record"]: (one["state"], one.get("compromised")) for one in listed} == {
            digest_of((house.shop.party, one)): ("compromised", change) if one in given else ("inForce", None)
            for one in (before, *given, honest)}
    house.grant(own, grantee=bank.id, scope=GrantScope(lot=house.shop.name("a")))
    assert house.seen(token, *lots) == [200, 200, 200, 404]


def test_the_entry_of_the_theft_counts_for_grants_and_a_report_may_come_later(house: House, bank: Workshop) -> None:
    last = house.work("a")
    house.grant(house.other, grantee=bank.id, scope=GrantScope(lot=house.shop.name("a")))
    token = token_of(by_key(house.second.url, bank.party.key, bank.id))
    house.revoke(None)
    assert house.seen(token, "a") == [200]
    house.revoke(last + 2)
    assert house.seen(token, "a") == [200]
    house.revoke(last + 1)
    assert house.seen(token, "a") == [404]


def test_grants_of_a_stolen_key_crowd_out_no_others(house: House, bank: Workshop) -> None:
    """The newest thousand of a grantor count: a thief's do not count any more."""
    honest = {lot: GrantScope(lot=house.shop.name(lot)) for lot in ("x", "a")}
    since = house.work("a") + 2
    house.grant(house.shop.party.key, grantee=bank.id, scope=honest["x"])
    house.first.post([(house.by(house.other), Grant(
        issuer=house.shop.id, nonce=house.shop.nonce(), grantee=bank.id, depth="totals", until="2034-12-31T00:00:00Z",
        purpose="a test", scope=honest["a"])) for _ in range(1000)])
    token = token_of(by_key(house.second.url, bank.party.key, bank.id))
    assert house.seen(token, "x", "a") == [404, 200]
    house.revoke(since)
    assert house.seen(token, "x", "a") == [200, 404]


def test_links_of_a_stolen_key_end(house: House) -> None:
    """With their tokens, and they give no others."""
    scope = GrantScope(lot=house.shop.name("x"))
    before = house.grant(house.other, link=link_digest("of before"), scope=scope)
    since = house.work("a")
    links = {"of before": before, "stolen": house.grant(house.other, link=link_digest("stolen"), scope=scope),
             "own": house.grant(house.shop.party.key, link=link_digest("own"), scope=scope)}

    def opened(secret: str, server: Server) -> httpx.Response:
        return ask(server.url, {"client_id": digest_of((house.shop.party, links[secret])), "client_secret": secret})

    tokens = {secret: token_of(opened(secret, house.first)) for secret in links}
    assert {secret: house.seen(token, "x") for secret, token in tokens.items()} == {secret: [200] for secret in links}
    house.revoke(since)
    assert {secret: house.seen(token, "x") for secret, token in tokens.items()} == {
        "of before": [200], "stolen": [401], "own": [200]}
    for server in house.servers:
        assert {secret: opened(secret, server).status_code for secret in links} == {
            "of before": 200, "stolen": 401, "own": 200}


def test_publications_of_a_stolen_key_end(house: House) -> None:
    """Of lots and of products, for everyone; the answer is that for what was never published."""
    own, stolen, part = house.shop.party.key, house.other, house.shop.name("part")
    house.publish(stolen, lot=house.shop.name("x"))
    since = [house.work(lot) for lot in ("a", "b", "c")][-1]
    unknown = house.passports(lot=house.shop.name("none"))[0]
    house.publish(own, lot=house.shop.name("a"))
    house.publish(stolen, lot=house.shop.name("b"))
    named = [{"lot": house.shop.name(lot)} for lot in ("x", "a", "b", "c")]
    assert [[one.status_code for one in house.passports(**each)] for each in named] == [[200] * 2] * 3 + [[404] * 2]
    house.publish(stolen, product=part)
    assert [one.status_code for each in (*named, {"product": part}) for one in house.passports(**each)] == [200] * 10
    house.revoke(since)
    for each, shown in zip((*named, {"product": part}), (True, True, False, False, False), strict=True):
        for answer in house.passports(**each):
            assert answer.status_code == (200 if shown else 404), each
            assert shown or answer.content == unknown.content
    house.publish(own, product=part)
    assert [one.status_code for each in (*named, {"product": part}) for one in house.passports(**each)] == [200] * 10


def test_readers_that_a_stolen_key_of_the_registrar_appointed_end(house: House, bank: Workshop) -> None:
    registrar, other = house.first.registrar, new_key()
    token, shop = token_of(by_key(house.second.url, bank.party.key, bank.id)), house.shop

    def appoint(key: SigningKey, purpose: str) -> Posted:
        return registrar._replace(key=key), AppointedReader(
            issuer=registrar.id, nonce=shop.nonce(), organization=bank.id, purpose=purpose)

    house.first.post([(registrar, KeyChange(issuer=registrar.id, nonce=shop.nonce(), organization=registrar.id,
                                            added=[public_key(other, house.first.origin, registrar.id)]))])
    appointed = house.first.post([appoint(other, "theft")])[0].index
    assert house.seen(token, "x") == [200]
    change = house.first.post([(registrar, KeyChange(
        issuer=registrar.id, nonce=shop.nonce(), organization=registrar.id, revoked=[other.keyid.hex()],
        compromised_since=appointed))])[0].index
    assert house.seen(token, "x") == [404]
    (listed,) = [one for one in httpx.get(f"{house.second.url}/v1/readers").json()["readers"]
                 if one["organization"] == bank.id]
    assert (listed["state"], listed["compromised"]) == ("compromised", change)
    house.first.post([appoint(registrar.key, "supervision")])
    assert house.seen(token, "x") == [200]

"""Tokens of replicas that share a database, of rotated keys, and of links."""

import base64
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.jwk import OKPKey
from joserfc.util import urlsafe_b64encode
from support.databases import Database
from support.oauth import KIND, ask, assertion, bearer, by_key, token_of
from support.parties import enrolment
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.access.links import link_digest
from ledger.core.record import canonical
from ledger.core.record.kinds import Grant, GrantRevocation, GrantScope
from ledger.service.identity.tokens import ROTATION
from ledger.store.embedded import attach


class Replicas(NamedTuple):
    first: Server
    second: Server
    shop: Workshop
    database: Database

    def read(self, server: Server, token: str) -> httpx.Response:
        return httpx.get(f"{server.url}/v1/footprint", params={"lot": self.shop.name("x")}, headers=bearer(token))

    def token(self, server: Server) -> str:
        return token_of(by_key(server.url, self.shop.party.key, self.shop.id))


@pytest.fixture(scope="module")
def replicas() -> Iterator[Replicas]:
    with (
        prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as first,
        Server(home, CARBON_LEDGER_ACCESS="parties") as second, Database(attach(home).owner_url) as database,
    ):
        shop = Workshop("mill")
        entered = enrolment(shop.party, first.registrar, first.origin, shop.nonce())
        first.post([(first.registrar, entered), *shop.opening()])
        first.post([shop.mine("x", "100")])
        yield Replicas(first, second, shop, database)


def key_of(token: str) -> str:
    return str(json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"])


def test_each_verifies_the_tokens_of_the_other(replicas: Replicas) -> None:
    for issuer, reader in ((replicas.first, replicas.second), (replicas.second, replicas.first)):
        assert replicas.read(reader, replicas.token(issuer)).status_code == 200
    assert httpx.get(f"{replicas.first.url}/auth/keys").json() == httpx.get(f"{replicas.second.url}/auth/keys").json()


def test_an_assertion_is_used_once_at_all_of_them(replicas: Replicas) -> None:
    """It names both of them, and both may take it."""
    audiences = [replicas.first.url, replicas.second.url]
    signed = assertion(replicas.shop.party.key, replicas.shop.id, "", aud=audiences)
    form = {"client_assertion": signed, "client_assertion_type": KIND}
    token_of(ask(replicas.first.url, form))
    refused = ask(replicas.second.url, form)
    assert (refused.status_code, refused.json()["error_description"]) == (401, "the client assertion was used before")


def test_a_revocation_at_one_acts_at_the_other(replicas: Replicas) -> None:
    clients = f"{replicas.first.url}/auth/clients"
    own = bearer(replicas.token(replicas.first))
    client = httpx.post(clients, json={"name": "planning"}, headers=own).json()
    token = token_of(ask(replicas.second.url, {"client_id": client["id"], "client_secret": client["secret"]}))
    for server in (replicas.first, replicas.second):
        assert replicas.read(server, token).status_code == 200
    assert httpx.delete(f"{clients}/{client['id']}", headers=own).status_code == 204
    assert replicas.read(replicas.second, token).status_code == 401


def test_a_revoked_token_is_refused_by_the_other(replicas: Replicas) -> None:
    token = replicas.token(replicas.first)
    assert replicas.read(replicas.second, token).status_code == 200
    signed = assertion(replicas.shop.party.key, replicas.shop.id, replicas.first.url)
    form = {"token": token, "client_assertion": signed, "client_assertion_type": KIND}
    assert ask(replicas.first.url, form, "/auth/revoke").status_code == 200
    assert replicas.read(replicas.second, token).status_code == 401


def test_a_new_key_each_day_and_old_tokens_hold(replicas: Replicas) -> None:
    """A day passes by moving the keys back in time, as only the owner of the database can."""
    before = replicas.token(replicas.first)
    shift = f"UPDATE token_key SET begins = begins - interval '{ROTATION - 60} seconds'"
    replicas.database.execute("ALTER TABLE token_key DISABLE TRIGGER ALL")
    replicas.database.execute(shift)
    with Server(replicas.first.home, CARBON_LEDGER_ACCESS="parties") as third:
        # The key still has a minute, so the token may have been issued by it.
        assert (replicas.read(third, before).status_code, key_of(replicas.token(third))) == (200, key_of(before))
    replicas.database.execute("UPDATE token_key SET begins = begins - interval '120 seconds'")
    with Server(replicas.first.home, CARBON_LEDGER_ACCESS="parties") as third:
        after = replicas.token(third)
        assert int(key_of(after)) == int(key_of(before)) + 1
        assert replicas.read(replicas.second, after).status_code == 200
        kids = [key["kid"] for key in httpx.get(f"{third.url}/auth/keys").json()["keys"]]
        assert {key_of(before), key_of(after)} <= {*kids}


def test_whoever_reads_the_database_makes_no_token(replicas: Replicas) -> None:
    """Its salt is no key, and leads to none without the log's key."""
    token = replicas.token(replicas.first)
    row = replicas.database.fetch("SELECT * FROM token_key ORDER BY number DESC LIMIT 1")[0]
    assert {*row.keys()} == {"number", "salt", "log_key", "begins", "replaces"}
    purpose = f"carbon-ledger/token-key/v1\n{replicas.first.origin}\n{row['number']}".encode()
    public = row["log_key"].encode()
    seeds = [row["salt"], *[HKDF(hashes.SHA256(), 32, row["salt"], purpose).derive(key) for key in (b"", public)]]
    for seed in seeds:
        key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": "", "d": urlsafe_b64encode(seed).decode()})
        content = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        forged = jwt.encode({"alg": "Ed25519", "typ": "at+jwt", "kid": key_of(token)}, content, key, ["Ed25519"])
        assert replicas.read(replicas.first, forged).status_code == 401
    assert replicas.read(replicas.first, token).status_code == 200


def test_expired_ids_are_dropped(replicas: Replicas) -> None:
    replicas.database.execute("INSERT INTO spent_id (id, expires) SELECT sha256(i::text::bytea), "
                              "now() - interval '1 hour' FROM generate_series(1, 6) i")
    for _ in range(2):
        replicas.token(replicas.first)
    assert replicas.database.one("SELECT count(*) FROM spent_id WHERE expires < now()") == 0
    assert replicas.database.one("SELECT count(*) FROM spent_id") > 0


def test_a_link_gives_a_token_until_the_grant_is_revoked(replicas: Replicas) -> None:
    server, shop, secret = replicas.first, replicas.shop, secrets.token_urlsafe(32)
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    granted = shop.signed(Grant(
        issuer=shop.id, nonce=shop.nonce(), link=link_digest(secret), depth="totals", until=until, purpose="a tender",
        scope=GrantScope(lot=shop.name("x"))))
    server.post([granted])
    grant = canonical.digest(canonical.encode(granted[1])).hex()
    token = token_of(ask(server.url, {"client_id": grant, "client_secret": secret}))
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert (claims["scope"], claims["link"]) == ("read", grant)
    assert replicas.read(replicas.second, token).status_code == 200
    assert httpx.get(f"{server.url}/auth/clients", headers=bearer(token)).status_code == 401
    for client, guess in ((grant, "guess"), ("0" * 64, secret), (grant, "")):
        refused = ask(server.url, {"client_id": client, "client_secret": guess})
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    server.post([shop.signed(GrantRevocation(issuer=shop.id, nonce=shop.nonce(), grant=grant))])
    assert replicas.read(replicas.second, token).status_code == 401
    refused = ask(server.url, {"client_id": grant, "client_secret": secret})
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


def test_a_replaced_key_is_replaced_at_all_of_them(replicas: Replicas) -> None:
    """Last of the file: all earlier tokens end."""
    before = [replicas.token(server) for server in (replicas.first, replicas.second)]
    transport = httpx.HTTPTransport(uds=str(replicas.first.home / "serve.sock"))
    with (
        Server(replicas.first.home, CARBON_LEDGER_ACCESS="parties"),
        httpx.Client(transport=transport, base_url="http://localhost") as operator,
    ):
        assert operator.post("/auth/keys").status_code == 200
    for server in (replicas.first, replicas.second):
        assert [replicas.read(server, token).status_code for token in before] == [401, 401]
    for issuer, reader in ((replicas.first, replicas.second), (replicas.second, replicas.first)):
        assert replicas.read(reader, replicas.token(issuer)).status_code == 200

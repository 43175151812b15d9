"""Access tokens of a real server: every way to get one, and every attack that must fail."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey
from support.oauth import KIND, ask, assertion, bearer, by_key, token_of
from support.parties import enrolment
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.core.record.kinds import KeyChange
from ledger.core.signatures.signing import public_key
from ledger.host.files.key_files import new_key


class Mill(NamedTuple):
    server: Server
    shop: Workshop
    rival: Workshop

    @property
    def lot(self) -> str:
        return self.shop.name("x")

    def token(self, **form: str) -> str:
        return token_of(by_key(self.server.url, self.shop.party.key, self.shop.id, **form))

    def read(self, token: str | None) -> httpx.Response:
        headers = {} if token is None else bearer(token)
        return httpx.get(f"{self.server.url}/v1/footprint", params={"lot": self.lot}, headers=headers)

    def client(self, *scopes: str) -> dict[str, Any]:
        answer = httpx.post(f"{self.server.url}/auth/clients", headers=bearer(self.token()),
                            json={"name": "planning", "scopes": list(scopes)})
        assert answer.status_code == 201, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def secret_token(self, client: dict[str, Any]) -> str:
        return token_of(ask(self.server.url, {"client_id": client["id"], "client_secret": client["secret"]}))


@pytest.fixture(scope="module")
def mill() -> Iterator[Mill]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        shops = [Workshop("mill"), Workshop("rival")]
        for shop in shops:
            entered = enrolment(shop.party, server.registrar, server.origin, shop.nonce())
            server.post([(server.registrar, entered), *shop.opening()])
        server.post([shops[0].mine("x", "100")])
        yield Mill(server, *shops)


def check_refused(response: httpx.Response, status: int, error: str) -> None:
    """An error of OAuth 2 (RFC 6749, 5.2)."""
    assert (response.status_code, response.json()["error"]) == (status, error), response.text
    assert response.json()["error_description"]
    assert response.headers["Cache-Control"] == "no-store"
    if status == 401:
        assert response.headers["WWW-Authenticate"].startswith("Basic")


def check_unauthorized(response: httpx.Response) -> None:
    assert (response.status_code, response.json()["code"]) == (401, "invalid-token"), response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


def parts_of(token: str) -> list[dict[str, Any]]:
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2]]


# --- a ledger key ----------------------------------------------------------------------------------------------------


def test_a_key_gets_a_token_that_opens_its_own_lots(mill: Mill) -> None:
    response = by_key(mill.server.url, mill.shop.party.key, mill.shop.id)
    assert response.headers["Cache-Control"] == "no-store"
    answer = response.json()
    assert (answer["token_type"], answer["expires_in"], answer["scope"]) == ("Bearer", 600, "admin post read")
    assert (mill.read(answer["access_token"]).status_code, mill.read(None).status_code) == (200, 404)
    rival = token_of(by_key(mill.server.url, mill.rival.party.key, mill.rival.id))
    assert mill.read(rival).status_code == 404


def test_a_token_is_of_rfc_9068(mill: Mill) -> None:
    token = mill.token(scope="read")
    header, claims = parts_of(token)
    assert (header, claims["aud"]) == ({"alg": "Ed25519", "typ": "at+jwt", "kid": header["kid"]}, mill.server.origin)
    assert (claims["sub"], claims["client_id"]) == (mill.shop.id, mill.shop.party.key.keyid.hex())
    assert (claims["scope"], claims["exp"] - claims["iat"], claims["iss"]) == ("read", 600, mill.server.url)
    keys = httpx.get(f"{mill.server.url}/auth/keys").json()["keys"]
    (key,) = [key for key in keys if key["kid"] == header["kid"]]
    assert "d" not in key
    # Any library verifies it by the published key.
    assert jwt.decode(token, OKPKey.import_key(key), ["Ed25519"]).claims == claims


def test_the_discovery_names_the_endpoints(mill: Mill) -> None:
    answers = [httpx.get(f"{mill.server.url}/.well-known/{name}").json()
               for name in ("openid-configuration", "oauth-authorization-server")]
    assert (answers[0], answers[0]["issuer"]) == (answers[1], mill.server.url)
    assert httpx.get(answers[0]["jwks_uri"]).json()["keys"]
    assert ask("", {}, answers[0]["token_endpoint"]).status_code == 401


def test_the_keyid_may_be_the_subject(mill: Mill) -> None:
    key = mill.shop.party.key
    assert parts_of(token_of(by_key(mill.server.url, key, key.keyid.hex())))[1]["sub"] == mill.shop.id


@pytest.mark.parametrize("change", [
    {"aud": "https://other.example/auth/token"}, {"aud": []}, {"iss": "urn:example:rival"},
    {"sub": "urn:example:rival", "iss": "urn:example:rival"}, {"exp": int(time.time()) - 100},
    {"exp": int(time.time()) + 3600}, {"iat": int(time.time()) + 3600}, {"nbf": int(time.time()) + 3600},
    {"jti": ""}, {"jti": "x" * 201}, {"jti": 5}, {"exp": "soon"}, {"exp": None},
])
def test_assertions_that_are_refused(mill: Mill, change: dict[str, Any]) -> None:
    signed = assertion(mill.shop.party.key, mill.shop.id, **{"audience": f"{mill.server.url}/auth/token", **change})
    check_refused(ask(mill.server.url, {"client_assertion": signed, "client_assertion_type": KIND}), 401,
                  "invalid_client")


def test_an_assertion_is_used_once(mill: Mill) -> None:
    signed = assertion(mill.shop.party.key, mill.shop.id, mill.server.url)
    form = {"client_assertion": signed, "client_assertion_type": KIND}
    token_of(ask(mill.server.url, form))
    check_refused(ask(mill.server.url, form), 401, "invalid_client")


def test_an_assertion_of_another_key_is_refused(mill: Mill) -> None:
    """Under the keyid of an enrolled key, and under its own."""
    stranger = new_key()
    for kid in (mill.shop.party.key.keyid.hex(), stranger.keyid.hex(), "no keyid", "0" * 64):
        signed = assertion(stranger, mill.shop.id, mill.server.url, kid=kid)
        check_refused(ask(mill.server.url, {"client_assertion": signed, "client_assertion_type": KIND}), 401,
                      "invalid_client")


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "ES256"}, {"alg": ["Ed25519"]}, {},
                                    {"alg": "Ed25519", "crit": ["x"], "x": 1}])
def test_an_assertion_with_a_confused_algorithm_is_refused(mill: Mill, header: dict[str, Any]) -> None:
    """`HS256` is signed with the public key, which everybody has."""
    key = mill.shop.party.key
    claims = parts_of(assertion(key, mill.shop.id, mill.server.url))[1]
    signed = forged({**header, "kid": key.keyid.hex()}, claims, key.spki)
    check_refused(ask(mill.server.url, {"client_assertion": signed, "client_assertion_type": KIND}), 401,
                  "invalid_client")


def forged(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """A token with this header: signed with a secret for HS256, otherwise without a signature."""
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = b""
    if header.get("alg") == "HS256":
        signature = base64.urlsafe_b64encode(hmac.digest(secret, b".".join(encoded), "sha256")).rstrip(b"=")
    return b".".join([*encoded, signature]).decode()


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "é.é.é", "." * 4096, "W10.W10.", f"{'WyJb' * 2000}..",
                                  base64.urlsafe_b64encode(b'{"alg":' + b"[" * 2900).decode() + ".e30."])
def test_texts_that_are_no_assertions(mill: Mill, text: str) -> None:
    response = ask(mill.server.url, {"client_assertion": text, "client_assertion_type": KIND})
    assert response.status_code in (400, 401), response.text
    check_refused(response, response.status_code, response.json()["error"])


# --- requests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "status", "error"), [
    ({}, 401, "invalid_client"),
    ({"grant_type": ""}, 400, "invalid_request"),
    ({"grant_type": "password", "client_id": "x", "client_secret": "y"}, 400, "unsupported_grant_type"),
    ({"client_id": "x"}, 401, "invalid_client"),
    ({"client_id": "", "client_secret": "y"}, 401, "invalid_client"),
    ({"client_id": "x", "client_secret": "y", "client_assertion": "z"}, 400, "invalid_request"),
    ({"client_assertion": "z"}, 400, "invalid_request"),
    ({"client_assertion": "z", "client_assertion_type": "urn:other"}, 400, "invalid_request"),
    ({"client_id": "a\0b", "client_secret": "y"}, 401, "invalid_client"),
    ({"client_id": "x" * 5000, "client_secret": "y"}, 401, "invalid_client"),
])
def test_requests_that_are_refused(mill: Mill, form: dict[str, str], status: int, error: str) -> None:
    check_refused(ask(mill.server.url, form), status, error)


@pytest.mark.parametrize("body", [b"grant_type=client_credentials&grant_type=client_credentials", b"{}", b"\xff=\xff",
                                  b"&".join([b"a%d=1" % number for number in range(50)])])
def test_bodies_that_are_no_forms(mill: Mill, body: bytes) -> None:
    response = httpx.post(f"{mill.server.url}/auth/token", content=body,
                          headers={"Content-Type": "application/x-www-form-urlencoded"})
    check_refused(response, 400, "invalid_request")


def test_a_scope_that_is_not_allowed(mill: Mill) -> None:
    check_refused(by_key(mill.server.url, mill.shop.party.key, mill.shop.id, scope="read everything"), 400,
                  "invalid_scope")


# --- tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "EdDSA"}, {"typ": "JWT"},
                                    {"kid": "0"}, {"kid": None}, {"crit": ["b64"], "b64": False}])
def test_a_token_with_another_header_is_refused(mill: Mill, header: dict[str, Any]) -> None:
    own, claims = parts_of(mill.token())
    public = httpx.get(f"{mill.server.url}/auth/keys").json()["keys"][0]["x"].encode()
    check_unauthorized(mill.read(forged({**own, **header}, claims, public)))


@pytest.mark.parametrize("claim", [{"aud": "other.example/log"}, {"exp": int(time.time()) - 1}, {"sub": "urn:x"},
                                   {"iat": int(time.time()) + 900}, {"exp": int(time.time()) + 90_000}])
def test_a_token_with_other_claims_is_refused(mill: Mill, claim: dict[str, Any]) -> None:
    """With the signature of the real one, and with one of a key of the forger."""
    token = mill.token()
    head, content, signature = token.split(".")
    own, claims = parts_of(token)
    changed = base64.urlsafe_b64encode(json.dumps({**claims, **claim}).encode()).rstrip(b"=").decode()
    check_unauthorized(mill.read(f"{head}.{changed}.{signature}"))
    check_unauthorized(mill.read(jwt.encode(own, {**claims, **claim}, OKPKey.generate_key("Ed25519"), ["Ed25519"])))
    assert mill.read(f"{head}.{content}.{signature}").status_code == 200


@pytest.mark.parametrize("text", ["x", "a.b.c", "." * 20, "x" * 9000, "e30.e30."])
def test_texts_that_are_no_tokens(mill: Mill, text: str) -> None:
    check_unauthorized(mill.read(text))


def test_a_client_assertion_is_no_token(mill: Mill) -> None:
    check_unauthorized(mill.read(assertion(mill.shop.party.key, mill.shop.id, mill.server.origin)))


def test_several_authorization_fields_are_refused(mill: Mill) -> None:
    fields = [("Authorization", f"Bearer {mill.token()}")] * 2
    check_unauthorized(httpx.get(f"{mill.server.url}/v1/plugins", headers=fields))


def test_a_revoked_token_is_refused_at_once(mill: Mill) -> None:
    token, other = mill.token(), mill.token()
    assert mill.read(token).status_code == 200
    signed = assertion(mill.shop.party.key, mill.shop.id, mill.server.url)
    answer = ask(mill.server.url, {"token": token, "client_assertion": signed, "client_assertion_type": KIND},
                 "/auth/revoke")
    assert answer.status_code == 200, answer.text
    check_unauthorized(mill.read(token))
    assert mill.read(other).status_code == 200


def test_nobody_revokes_the_token_of_another(mill: Mill) -> None:
    token = mill.token()
    signed = assertion(mill.rival.party.key, mill.rival.id, mill.server.url)
    form = {"client_assertion": signed, "client_assertion_type": KIND}
    check_refused(ask(mill.server.url, {"token": token, **form}, "/auth/revoke"), 400, "unauthorized_client")
    assert mill.read(token).status_code == 200
    check_refused(ask(mill.server.url, {"token": token}, "/auth/revoke"), 401, "invalid_client")


def test_a_revoked_key_has_no_tokens_any_more(mill: Mill) -> None:
    server, shop = mill.server, Workshop("renewed")
    server.post([(server.registrar, enrolment(shop.party, server.registrar, server.origin, shop.nonce()))])
    old, new = shop.party.key, new_key("p256")
    token = token_of(by_key(server.url, old, shop.id))
    clients = f"{server.url}/auth/clients"
    assert httpx.get(clients, headers=bearer(token)).status_code == 200
    server.post([shop.signed(KeyChange(
        issuer=shop.id, nonce=shop.nonce(), organization=shop.id, added=[public_key(new, server.origin, shop.id)],
        revoked=[old.keyid.hex()], compromised_since=0))])
    check_unauthorized(httpx.get(clients, headers=bearer(token)))
    check_refused(by_key(server.url, old, shop.id), 401, "invalid_client")
    assert httpx.get(clients, headers=bearer(token_of(by_key(server.url, new, shop.id)))).status_code == 200


# --- clients with a secret -------------------------------------------------------------------------------------------


def test_a_client_gets_a_token_in_both_ways(mill: Mill) -> None:
    client = mill.client("read")
    token = mill.secret_token(client)
    assert (parts_of(token)[1]["scope"], mill.read(token).status_code) == ("read", 200)
    basic = ask(mill.server.url, {}, auth=(client["id"], client["secret"]))
    assert mill.read(token_of(basic)).status_code == 200


def test_a_client_without_the_scope_does_not_administer(mill: Mill) -> None:
    reader, admin = mill.client("read"), mill.client("admin")
    url = f"{mill.server.url}/auth/clients"
    refused = httpx.get(url, headers=bearer(mill.secret_token(reader)))
    assert (refused.status_code, refused.json()["code"]) == (403, "scope-needed")
    assert httpx.get(url, headers=bearer(mill.secret_token(admin))).status_code == 200
    # And whoever administers does not read.
    assert mill.read(mill.secret_token(admin)).status_code == 404
    nobody = httpx.get(url)
    assert (nobody.status_code, nobody.json()["code"]) == (401, "token-needed")
    assert "error=" not in nobody.headers["WWW-Authenticate"]


@pytest.mark.parametrize(("own", "given", "admitted"), [
    (["admin"], ["read"], False), (["admin"], ["read", "post", "admin"], False), (["admin"], ["admin"], True),
    (["read", "admin"], ["post"], False), (["read", "admin"], ["read"], True),
])
def test_a_client_gives_at_most_its_own_scopes(mill: Mill, own: list[str], given: list[str], admitted: bool) -> None:
    token = bearer(mill.secret_token(mill.client(*own)))
    answer = httpx.post(f"{mill.server.url}/auth/clients", json={"name": "other", "scopes": given}, headers=token)
    if admitted:
        assert (answer.status_code, answer.json()["scopes"]) == (201, given)
    else:
        assert (answer.status_code, answer.json()["code"]) == (403, "scope-needed")


def test_a_narrow_token_of_a_key_gives_at_most_its_scopes(mill: Mill) -> None:
    narrow = token_of(by_key(mill.server.url, mill.shop.party.key, mill.shop.id, scope="admin"))
    answer = httpx.post(f"{mill.server.url}/auth/clients", json={"name": "other"}, headers=bearer(narrow))
    assert (answer.status_code, answer.json()["code"]) == (403, "scope-needed")


def test_a_revoked_client_is_refused_at_once(mill: Mill) -> None:
    client = mill.client("read")
    token = mill.secret_token(client)
    assert mill.read(token).status_code == 200
    url = f"{mill.server.url}/auth/clients"
    rival = token_of(by_key(mill.server.url, mill.rival.party.key, mill.rival.id))
    assert httpx.delete(f"{url}/{client['id']}", headers=bearer(rival)).status_code == 404
    assert mill.read(token).status_code == 200
    for _ in range(2):
        assert httpx.delete(f"{url}/{client['id']}", headers=bearer(mill.token())).status_code == 204
    check_unauthorized(mill.read(token))
    check_refused(ask(mill.server.url, {"client_id": client["id"], "client_secret": client["secret"]}), 401,
                  "invalid_client")
    listed = httpx.get(url, params={"limit": 1000}, headers=bearer(mill.token())).json()["clients"]
    (entry,) = [one for one in listed if one["id"] == client["id"]]
    assert entry["revoked"]
    # Its name, which may be a person's, is gone; that of a client in force stands.
    assert not {"secret", "name"} & entry.keys()
    assert all(one.get("name") for one in listed if not one.get("revoked"))


def test_clients_are_listed_in_pages(mill: Mill) -> None:
    mine = {mill.client("read")["id"] for _ in range(3)}
    url, seen, after = f"{mill.server.url}/auth/clients", set[str](), ""
    while after is not None:
        page = httpx.get(url, params={"limit": 2, "after": after}, headers=bearer(mill.token())).json()
        seen |= {one["id"] for one in page["clients"]}
        after = page.get("next")
    assert mine <= seen
    rival = token_of(by_key(mill.server.url, mill.rival.party.key, mill.rival.id))
    assert httpx.get(url, headers=bearer(rival)).json() == {"clients": []}


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x", "scopes": []}, {"name": "x", "scopes": ["root"]},
                                  {"name": "a\nb"}, {"name": "x" * 201}, {"name": "x", "id": "y"}])
def test_clients_that_are_refused(mill: Mill, body: dict[str, Any]) -> None:
    answer = httpx.post(f"{mill.server.url}/auth/clients", json=body, headers=bearer(mill.token()))
    assert answer.status_code == 400, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_guessing_a_secret_is_limited(mill: Mill) -> None:
    """At the address that guesses. The right secret is refused then too: otherwise guessing would go on."""
    client = mill.client("read")
    with httpx.Client(base_url=mill.server.url) as http:
        form = {"grant_type": "client_credentials", "client_id": client["id"], "client_secret": "guess"}
        answers = [http.post("/auth/token", data=form) for _ in range(25)]
        for answer in answers[:20]:
            check_refused(answer, 401, "invalid_client")
        for answer in answers[20:]:
            check_refused(answer, 429, "temporarily_unavailable")
            assert 0 < int(answer.headers["Retry-After"]) <= 60
        check_refused(http.post("/auth/token", data={**form, "client_secret": client["secret"]}), 429,
                      "temporarily_unavailable")


def test_a_token_without_the_scope_post_posts_nothing(mill: Mill) -> None:
    """Of a client, a narrowed token of a key, and one that may only administer. The same record is taken without a
    token and with the scope; a dry run appends nothing and is for all."""
    reading = mill.secret_token(mill.client("read"))
    posting = mill.secret_token(mill.client("post"))
    (envelope,) = mill.server.envelopes([mill.shop.mine("posted-by-token", "5")])
    url = f"{mill.server.url}/v1/records"
    for token in (reading, mill.token(scope="read"), mill.token(scope="read admin")):
        for media_type in ("application/json", "application/x-ndjson"):
            refused = httpx.post(url, content=envelope, headers={**bearer(token), "Content-Type": media_type})
            assert (refused.status_code, refused.json()["code"]) == (403, "scope-needed")
        assert httpx.post(f"{url}/check", content=envelope, headers=bearer(token)).status_code == 200
    digest = httpx.post(f"{url}/check", content=envelope).json()["digest"]
    assert httpx.get(f"{url}/{digest}", headers=bearer(mill.token())).status_code == 404
    assert httpx.post(url, content=envelope, headers=bearer(posting)).status_code == 201
    for headers in (bearer(mill.token(scope="post")), bearer(mill.token()), {}):
        assert httpx.post(url, content=envelope, headers=headers).status_code == 200

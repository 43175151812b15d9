"""Sessions of browsers at two replicas: how they begin, what they read, everything that ends them, and attacks."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from support.oauth import KIND, ask, assertion, bearer, by_key, token_of
from support.parties import enrolment
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.access.links import link_digest
from ledger.core.record import canonical
from ledger.core.record.kinds import Grant, GrantRevocation, GrantScope, KeyChange
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.host.files.key_files import new_key

COOKIE = "__Host-carbon-ledger"


class Browsers(NamedTuple):
    first: Server
    second: Server
    shop: Workshop

    @property
    def lot(self) -> str:
        return self.shop.name("x")

    def code(self, key: SigningKey | None = None) -> str:
        signer = key or self.shop.party.key
        signed = assertion(signer, self.shop.id, f"{self.first.url}/auth/token")
        answer = ask(self.first.url, {"client_assertion": signed, "client_assertion_type": KIND}, "/auth/codes")
        assert (answer.status_code, answer.json()["expires_in"]) == (200, 60), answer.text
        return str(answer.json()["code"])

    def post(self, path: str, form: dict[str, str] | None = None, server: Server | None = None, **headers: str
             ) -> httpx.Response:
        url = (server or self.first).url
        return httpx.post(url + path, data=form, headers={"Origin": url, "Sec-Fetch-Site": "same-origin", **headers})

    def begun(self, form: dict[str, str] | None = None) -> str:
        """The cookie of a new session."""
        answer = self.post("/auth/session", form or {"code": self.code()})
        assert answer.status_code == 200, answer.text
        return answer.headers["Set-Cookie"].partition(";")[0]

    def read(self, cookie: str, server: Server | None = None) -> int:
        """The status of the page of the lot; the same as of its figure."""
        base = (server or self.second).url
        statuses = {httpx.get(base + path, params={"lot": self.lot}, headers={"Cookie": cookie}).status_code
                    for path in ("/en/lot", "/zh/lot", "/v1/footprint")}
        (status,) = statuses
        return status


@pytest.fixture(scope="module")
def browsers() -> Iterator[Browsers]:
    with (
        prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as first,
        Server(home, CARBON_LEDGER_ACCESS="parties") as second,
    ):
        shop = Workshop("mill")
        entered = enrolment(shop.party, first.registrar, first.origin, shop.nonce())
        first.post([(first.registrar, entered), *shop.opening()])
        first.post([shop.mine("x", "100")])
        yield Browsers(first, second, shop)


def check_ended(browsers: Browsers, cookie: str) -> None:
    """At both replicas, whose answers also take the cookie away."""
    for server in (browsers.first, browsers.second):
        answer = httpx.get(f"{server.url}/en/lot", params={"lot": browsers.lot}, headers={"Cookie": cookie})
        assert (answer.status_code, answer.headers["Set-Cookie"].partition(";")[0]) == (401, f"{COOKIE}=")
        assert "Your access has ended" in answer.text


def test_a_code_begins_a_session_at_every_replica(browsers: Browsers) -> None:
    code = browsers.code()
    opener = browsers.post("/auth/session/opener", {"code": code})
    assert (opener.status_code, opener.json()["organization"]) == (200, browsers.shop.id)
    assert (opener.json()["link"], opener.json()["seconds"]) == (False, 28_800)
    answer = browsers.post("/auth/session", {"code": code})
    cookie, *attributes = answer.headers["Set-Cookie"].split("; ")
    assert {each.lower() for each in attributes} == {"path=/", "max-age=28800", "secure", "httponly", "samesite=lax"}
    assert (cookie.partition("=")[0], answer.headers["Cache-Control"]) == (COOKIE, "no-store")
    assert (browsers.read(cookie), browsers.read("")) == (200, 404)
    page = httpx.get(f"{browsers.second.url}/en/", headers={"Cookie": cookie})
    assert (page.headers["Cache-Control"], page.headers["Vary"]) == ("no-store", "Authorization, Cookie")
    assert "Log out" in page.text
    figure = httpx.get(f"{browsers.first.url}/v1/footprint", params={"lot": browsers.lot}, headers={"Cookie": cookie})
    assert figure.headers["Cache-Control"] == "no-store"


def test_a_code_works_once_also_in_a_race(browsers: Browsers) -> None:
    code = browsers.code()
    servers = [browsers.first, browsers.second] * 6
    with ThreadPoolExecutor(len(servers)) as pool:
        answers = list(pool.map(lambda server: browsers.post("/auth/session", {"code": code}, server), servers))
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * (len(servers) - 1)]
    assert {answer.json()["error"] for answer in answers if answer.status_code != 200} == {"invalid_grant"}
    used = browsers.post("/auth/session/opener", {"code": code})
    assert (used.status_code, used.json()["error"]) == (400, "invalid_grant")


def test_the_end_of_a_session(browsers: Browsers) -> None:
    cookie = browsers.begun()
    ended = browsers.post("/auth/session/end", Cookie=cookie)
    assert (ended.status_code, ended.headers["Location"], ended.headers["Clear-Site-Data"]) == (303, "/", '"cache"')
    assert ended.headers["Set-Cookie"].startswith(f"{COOKIE}=;") or f'{COOKIE}=""' in ended.headers["Set-Cookie"]
    check_ended(browsers, cookie)
    assert browsers.post("/auth/session/end", Cookie=cookie).status_code == 303
    assert browsers.post("/auth/session/end").status_code == 303


def test_a_new_session_ends_the_one_before(browsers: Browsers) -> None:
    before = browsers.begun()
    answer = browsers.post("/auth/session", {"code": browsers.code()}, Cookie=before)
    after = answer.headers["Set-Cookie"].partition(";")[0]
    check_ended(browsers, before)
    assert (after != before, browsers.read(after)) == (True, 200)


def test_a_revoked_key_ends_sessions_and_codes(browsers: Browsers) -> None:
    shop, key = browsers.shop, new_key("ed25519")
    change = {"issuer": shop.id, "organization": shop.id}
    browsers.first.post([shop.signed(KeyChange(
        **change, nonce=shop.nonce(), added=[public_key(key, browsers.first.origin, shop.id)]))])
    code, cookie = browsers.code(key), browsers.begun({"code": browsers.code(key)})
    assert browsers.read(cookie) == 200
    browsers.first.post([shop.signed(KeyChange(**change, nonce=shop.nonce(), revoked=[key.keyid.hex()]))])
    check_ended(browsers, cookie)
    assert browsers.post("/auth/session", {"code": code}).json()["error"] == "invalid_grant"


def test_a_link_opens_a_session_until_its_grant_ends(browsers: Browsers) -> None:
    shop, secret = browsers.shop, secrets.token_urlsafe(32)
    until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    granted = shop.signed(Grant(
        issuer=shop.id, nonce=shop.nonce(), link=link_digest(secret), depth="totals", until=until, purpose="a tender",
        scope=GrantScope(lot=browsers.lot)))
    browsers.first.post([granted])
    grant = canonical.digest(canonical.encode(granted[1])).hex()
    form = {"client_id": grant, "client_secret": secret}
    opener = browsers.post("/auth/session/opener", form).json()
    assert (opener["organization"], opener["link"]) == (shop.id, True)
    cookie = browsers.begun(form)
    assert browsers.read(cookie) == 200
    assert "signed in by a link" in httpx.get(f"{browsers.second.url}/en/log", headers={"Cookie": cookie}).text
    guessed = browsers.post("/auth/session", {**form, "client_secret": "guess"})
    assert (guessed.status_code, guessed.json()["error"]) == (401, "invalid_client")
    browsers.first.post([shop.signed(GrantRevocation(issuer=shop.id, nonce=shop.nonce(), grant=grant))])
    check_ended(browsers, cookie)
    assert browsers.post("/auth/session", form).json()["error"] == "invalid_client"


def test_a_client_without_the_scope_to_read_gets_no_session(browsers: Browsers) -> None:
    token = token_of(by_key(browsers.first.url, browsers.shop.party.key, browsers.shop.id))

    def entered(*scopes: str) -> dict[str, Any]:
        client: dict[str, Any] = httpx.post(f"{browsers.first.url}/auth/clients", headers=bearer(token),
                                            json={"name": "a person", "scopes": list(scopes)}).json()
        return client

    reading, posting = entered("read"), entered("post")
    forms = [{"client_id": one["id"], "client_secret": one["secret"]} for one in (reading, posting)]
    cookie = browsers.begun(forms[0])
    assert browsers.read(cookie) == 200
    assert ask(browsers.first.url, forms[1], "/auth/codes").json()["error"] == "invalid_scope"
    assert browsers.post("/auth/session", forms[1]).json()["error"] == "invalid_scope"
    httpx.delete(f"{browsers.first.url}/auth/clients/{reading['id']}", headers=bearer(token)).raise_for_status()
    check_ended(browsers, cookie)


# --- attacks ---------------------------------------------------------------------------------------------------------


def test_tokens_count_in_their_place_alone(browsers: Browsers) -> None:
    access = token_of(by_key(browsers.first.url, browsers.shop.party.key, browsers.shop.id))
    code, session = browsers.code(), browsers.begun().partition("=")[2]
    for token in (access, code, session[:-8], "", "a;b", f"{session}; {COOKIE}={session}"):
        assert browsers.read(f"{COOKIE}={token}") == 404, token
    for token in (code, session):
        answer = httpx.get(f"{browsers.first.url}/v1/footprint", params={"lot": browsers.lot}, headers=bearer(token))
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid-token")
    for token in (access, session):
        assert browsers.post("/auth/session", {"code": token}).json()["error"] == "invalid_grant"
    forgotten = httpx.get(f"{browsers.first.url}/en/", headers={"Cookie": f"{COOKIE}={access}"})
    assert (forgotten.status_code, f"{COOKIE}=;" in forgotten.headers["Set-Cookie"]) == (200, True)


def test_a_session_only_reads(browsers: Browsers) -> None:
    cookie, url = browsers.begun(), browsers.first.url
    new = httpx.post(f"{url}/auth/clients", json={"name": "x", "scopes": ["read"]}, headers={"Cookie": cookie})
    assert (new.status_code, new.json()["code"]) == (401, "token-needed")
    listed = httpx.get(f"{url}/auth/clients", headers={"Cookie": cookie})
    assert (listed.status_code, listed.json()["code"]) == (403, "scope-needed")


def test_pages_of_other_sites_begin_and_end_nothing(browsers: Browsers) -> None:
    cookie, code = browsers.begun(), browsers.code()
    for foreign in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"}):
        for path, form in (("/auth/session", {"code": code}), ("/auth/session/end", None)):
            answer = browsers.post(path, form, Cookie=cookie, **foreign)
            assert (answer.status_code, "Set-Cookie" in answer.headers) == (403, False)
    shown = browsers.post("/en/login", {"code": code}, Origin="null", **{"Sec-Fetch-Site": "cross-site"})
    assert (shown.status_code, "Set-Cookie" in shown.headers, code in shown.text) == (200, False, True)
    assert browsers.read(cookie) == 200
    assert browsers.post("/auth/session", {"code": code}).status_code == 200
    hostile = browsers.post("/en/login", {"code": '"><script>x</script>'})
    assert "<script>x" not in hostile.text


def test_the_script_is_of_the_login_alone(browsers: Browsers) -> None:
    url = browsers.first.url
    login, start = httpx.get(f"{url}/en/login"), httpx.get(f"{url}/en/")
    policies = [answer.headers["Content-Security-Policy"] for answer in (login, start)]
    assert ["script-src 'self'" in policy for policy in policies] == [True, False]
    assert [answer.headers["Referrer-Policy"] for answer in (login, start)] == ["same-origin", "same-origin"]
    assert "frame-ancestors 'none'" in policies[0]
    assert httpx.get(f"{url}/script/none.js").status_code == 404
    for path in ("/auth/session", "/auth/session/opener", "/auth/session/end"):
        assert httpx.get(url + path).status_code == 405


def test_cookies_of_others_are_not_read(browsers: Browsers) -> None:
    """Of any bytes and length: regular expressions for cookies can take the square of it."""
    own = browsers.begun().encode()
    for other in (b"x=\x85", b"x=\xff", b"a=" + b" " * 60_000 + b'"', b'a="' + b"\\" * 20_000, b"x;" * 10_000, b"="):
        for cookie, status in ((other + b"; " + own, 200), (other, 404)):
            answer = httpx.get(f"{browsers.first.url}/v1/footprint", params={"lot": browsers.lot},
                               headers={b"Cookie": cookie})
            assert answer.status_code == status, other[:20]
    answer = httpx.get(f"{browsers.first.url}/en/", headers={b"Cookie": f"{COOKIE}=".encode() + b"\xff"})
    assert (answer.status_code, f"{COOKIE}=;" in answer.headers["Set-Cookie"]) == (200, True)


def test_faulty_forms_are_refused(browsers: Browsers) -> None:
    for form in ({}, {"code": ""}, {"code": "x"}, {"client_id": "x"}, {"code": "a" * 5_000}, {"code": "<" * 20_000}):
        for path in ("/auth/session", "/auth/session/opener"):
            answer = browsers.post(path, form)
            assert (answer.status_code in (400, 401), bool(answer.json()["error_description"])) == (True, True)
    assert len(browsers.post("/en/login", {"code": "<" * 20_000}).text) < 10_000

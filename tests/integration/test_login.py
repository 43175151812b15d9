"""Sessions of the command line and logins of the library, against a real server whose data are not public."""

import asyncio
import json
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from support.cli import Done, run
from support.oauth import bearer
from support.parties import enrolment
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.cli.identity.sessions import KeptSession, forget_session, keep_session, kept_session
from ledger.client import AsyncClient, Client, KeyLogin, SecretLogin
from ledger.errors import InvalidInput, LedgerError, NotFound, Unauthenticated
from ledger.host.files.key_files import new_key, write_key


class Mill(NamedTuple):
    server: Server
    shop: Workshop

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def lot(self) -> str:
        return self.shop.name("x")


class User:
    """A user with a configuration folder and the mill's key."""

    def __init__(self, mill: Mill, folder: Path) -> None:
        self.mill, self.folder, self.key = mill, folder, folder / "mill.pem"
        write_key(self.key, mill.shop.party.key)

    def __call__(self, *arguments: object, **env: str) -> Done:
        return run(*arguments, XDG_CONFIG_HOME=str(self.folder / "config"),
                   **{"CARBON_LEDGER_URL": self.mill.url, **env})

    def footprint(self, **env: str) -> Done:
        return self("footprint", self.mill.lot, "--json", **env)

    def login(self) -> None:
        self("login", "--key", self.key).succeeded()

    def file(self, name: str) -> Path:
        return self.folder / "config" / "carbon-ledger" / name

    def change_tokens(self, **values: Any) -> None:
        """Changes the cached tokens."""
        tokens = json.loads(self.file("tokens.json").read_bytes())
        for one in tokens:
            one["token"] |= values
        self.file("tokens.json").write_text(json.dumps(tokens))

    def token(self) -> str:
        (cached,) = json.loads(self.file("tokens.json").read_bytes())
        return str(cached["token"]["value"])


@pytest.fixture(scope="module")
def mill() -> Iterator[Mill]:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties") as server:
        shop = Workshop("mill")
        entered = enrolment(shop.party, server.registrar, server.origin, shop.nonce())
        server.post([(server.registrar, entered), *shop.opening()])
        server.post([shop.mine("x", "100")])
        yield Mill(server, shop)


@pytest.fixture
def user(mill: Mill, tmp_path: Path) -> User:
    return User(mill, tmp_path)


def check_read(done: Done) -> None:
    assert done.code == 0, done.err
    assert json.loads(done.out)["lot"]["lot"]


def check_unseen(done: Done) -> None:
    assert done.code == 1
    assert "not visible to you" in done.err, done.err


def test_a_session_is_used_without_being_asked(user: User) -> None:
    for done in (user.footprint(), user("client", "list"), user("lots", "--holder", user.mill.shop.id)):
        assert (done.code, "carbon-ledger login --key KEY" in done.err) == (1, True), done.err
    user.login()
    unknown = user("footprint", user.mill.shop.name("none"))
    assert (unknown.code, f"you ask as {user.mill.shop.id}" in unknown.err) == (1, True), unknown.err
    check_read(user.footprint())
    # And by other commands, in every module that asks a server.
    for arguments in (("lots", "--holder", user.mill.shop.id), ("gaps", user.mill.lot), ("trace", user.mill.lot),
                      ("show", user.mill.lot)):
        assert user(*arguments).code == 0, arguments
    user("logout").succeeded()
    check_unseen(user.footprint())
    done = user("logout")
    assert (done.code, "there is no session" in done.err) == (1, True)


def test_files_are_private_and_hold_no_key(user: User) -> None:
    user.login()
    check_read(user.footprint())
    for name in ("sessions.json", "tokens.json"):
        assert stat.S_IMODE(user.file(name).stat().st_mode) == 0o600
        assert "PRIVATE" not in user.file(name).read_text()
    assert stat.S_IMODE(user.file("").stat().st_mode) == 0o700


def test_logout_revokes_the_token(user: User) -> None:
    user.login()
    headers = bearer(user.token())
    read = {"url": f"{user.mill.url}/v1/footprint", "params": {"lot": user.mill.lot}, "headers": headers}
    assert (httpx.get(**read).status_code, user("logout").code, httpx.get(**read).status_code) == (200, 0, 401)


def test_a_token_is_kept_for_the_next_command(user: User) -> None:
    user.login()
    token = user.token()
    check_read(user.footprint())
    assert user.token() == token


@pytest.mark.parametrize("change", [{"expires": 0}, {"value": "revoked"}])
def test_a_token_is_renewed(user: User, change: dict[str, Any]) -> None:
    """Before it expires, and once after a 401."""
    user.login()
    user.change_tokens(**change)
    check_read(user.footprint())
    assert user.token() != "revoked"


def test_a_damaged_file_is_named(user: User) -> None:
    user.login()
    user.file("sessions.json").write_text("{")
    done = user.footprint()
    assert done.code == 1
    assert "log in again" in done.err


def test_a_session_without_its_key_says_how_to_end_it(user: User) -> None:
    user.login()
    user.change_tokens(expires=0)
    user.key.unlink()
    done = user.footprint()
    assert done.code == 1
    assert f"there is no file {user.key}" in done.err
    assert f"carbon-ledger logout --url {user.mill.url}" in done.err
    assert user("logout").code == 0
    check_unseen(user.footprint())


def test_sessions_that_begin_at_the_same_time_are_all_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    begun = [KeptSession(f"http://127.0.0.1:{port}", "mill.pem") for port in range(1_001, 1_101)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keep_session, begun))
    assert all(kept_session(one.url) == one for one in begun)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(forget_session, begun[10:]))
    assert [one for one in begun if kept_session(one.url)] == begun[:10]


def test_a_login_that_fails_keeps_no_session(user: User) -> None:
    stranger = user.folder / "stranger.pem"
    write_key(stranger, new_key())
    done = user("login", "--key", stranger)
    assert (done.code, "refuses the login" in done.err) == (1, True)
    assert not user.file("sessions.json").exists()
    done = user("login", "--key", user.key, "--organization", "urn:example:rival")
    assert (done.code, "iss and sub" in done.err) == (1, True)
    assert (user("login", "--key", user.folder / "missing.pem").code, user("login").code) == (1, 2)


def test_an_encrypted_key_asks_for_its_passphrase_each_time(user: User) -> None:
    key = user.folder / "encrypted.pem"
    write_key(key, user.mill.shop.party.key, b"open sesame")
    secret = {"CARBON_LEDGER_PASSPHRASE": "open sesame"}
    assert (user("login", "--key", key).code, user("login", "--key", key, **secret).code) == (1, 0)
    check_read(user.footprint())
    user.change_tokens(expires=0)
    assert "passphrase" in user.footprint().err
    check_read(user.footprint(**secret))
    (user.folder / "words").write_text("open sesame\n")
    assert user("login", "--key", key, "--passphrase-file", user.folder / "words").code == 0
    user.change_tokens(expires=0)
    check_read(user.footprint())


def test_the_environment_names_a_key_or_a_client(user: User) -> None:
    check_read(user.footprint(CARBON_LEDGER_KEY=str(user.key)))
    user.login()
    done = user("client", "add", "planning", "--scope", "read", "--json").succeeded()
    client = json.loads(done.out)
    assert user("logout").code == 0
    pair = {"CARBON_LEDGER_CLIENT_ID": client["id"], "CARBON_LEDGER_CLIENT_SECRET": client["secret"]}
    check_read(user.footprint(**pair))
    check_unseen(user.footprint())
    done = user.footprint(CARBON_LEDGER_CLIENT_ID=client["id"])
    assert (done.code, "CARBON_LEDGER_CLIENT_SECRET" in done.err) == (1, True)
    user.file("tokens.json").unlink()
    done = user.footprint(**{**pair, "CARBON_LEDGER_CLIENT_SECRET": "wrong"})
    assert (done.code, "wrong secret" in done.err) == (1, True)


def test_clients_are_entered_listed_and_revoked(user: User) -> None:
    done = user("client", "list")
    assert (done.code, "has no access token" in done.err) == (1, True)
    user.login()
    added = json.loads(user("client", "add", "meters", "--scope", "read", "--scope", "post", "--json").out)
    listed = user("client", "list")
    assert added["id"] in listed.out
    assert "meters" in listed.out
    assert added["secret"] not in listed.out
    pair = {"CARBON_LEDGER_CLIENT_ID": added["id"], "CARBON_LEDGER_CLIENT_SECRET": added["secret"]}
    check_read(user.footprint(**pair))
    assert user("client", "revoke", added["id"]).code == 0
    # At once: although its token is in the cache.
    done = user.footprint(**pair)
    assert (done.code, "refuses the login" in done.err) == (1, True)
    done = user("client", "revoke", "unknown")
    assert (done.code, "has no client" in done.err) == (1, True)
    (entry,) = [one for one in json.loads(user("client", "list", "--json").out)["clients"] if one["id"] == added["id"]]
    assert entry["revoked"]
    assert user("client", "add", "x", "--scope", "root").code == 2


def test_the_library_proves_who_asks(mill: Mill) -> None:
    login = KeyLogin(mill.shop.party.key, mill.shop.id)
    with Client(mill.url) as client, pytest.raises(NotFound):
        client.footprint(mill.lot)
    with Client(mill.url, auth=login) as client:
        assert client.footprint(mill.lot).lot.lot == mill.lot
        new = client.add_client("library")
        assert [one.id for one in client.clients(limit=1).clients]
    with Client(mill.url, auth=SecretLogin(new.id, new.secret)) as reader:
        assert reader.footprint(mill.lot).lot.lot == mill.lot
        with Client(mill.url, auth=login) as client:
            client.revoke_client(new.id)
        with pytest.raises(Unauthenticated, match="refuses the login"):
            reader.footprint(mill.lot)
    assert new.secret not in repr(SecretLogin(new.id, new.secret))

    async def together() -> int:
        """Requests at the same time share a token."""
        async with AsyncClient(mill.url, auth=login) as client:
            return len(await asyncio.gather(*[client.footprint(mill.lot) for _ in range(8)]))

    assert asyncio.run(together()) == 8


def test_no_token_goes_over_a_network_without_tls(mill: Mill) -> None:
    login = KeyLogin(mill.shop.party.key)
    with pytest.raises(InvalidInput, match="without TLS"):
        Client("http://ledger.example:8080", auth=login)


class Stranger(BaseHTTPRequestHandler):
    """Another server, which gives tokens and sends readers on to a further address."""

    further: str
    seen: list[tuple[str, str, str | None]]

    def do_GET(self) -> None:
        self._note()
        self.send_response(302)
        self.send_header("Location", self.further)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        self._note()
        self.rfile.read(int(self.headers["Content-Length"]))
        content = b'{"access_token": "of-the-stranger", "token_type": "Bearer", "expires_in": 600}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass

    def _note(self) -> None:
        self.seen.append((self.command, self.path.partition("?")[0], self.headers["Authorization"]))


@contextmanager
def stranger(further: str) -> Iterator[tuple[str, list[tuple[str, str, str | None]]]]:
    """Its address, and the requests that it has seen."""
    handler = type("Handler", (Stranger,), {"further": further, "seen": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", handler.seen
        finally:
            server.shutdown()
            thread.join()


def test_a_token_follows_no_redirect(mill: Mill) -> None:
    with stranger("http://127.0.0.1:9/") as (further, at_further), stranger(f"{further}/v1/footprint") as (url, seen):
        with Client(url, auth=SecretLogin("id", "secret")) as client, pytest.raises(LedgerError):
            client.footprint(mill.lot)
        assert [(method, path) for method, path, _ in seen] == [("POST", "/auth/token"), ("GET", "/v1/footprint")]
        assert (seen[1][2], at_further) == ("Bearer of-the-stranger", [])


def test_tokens_and_secrets_stay_with_their_server(user: User) -> None:
    """A command that asks another server besides sends nothing of them there."""
    user.login()
    pair = {"CARBON_LEDGER_CLIENT_ID": "id", "CARBON_LEDGER_CLIENT_SECRET": "secret"}
    with stranger("http://127.0.0.1:9/") as (url, seen):
        assert user("audit", url, "--vkey", user.mill.server.vkey, **pair).code == 1
        assert user("organizations", "--url", url).code == 1
    assert seen
    assert {authorization for _, _, authorization in seen} == {None}


def test_an_assertion_for_another_server_opens_nothing(mill: Mill) -> None:
    """A server at which a user logs in cannot log in elsewhere with what it gets."""
    proof = KeyLogin(mill.shop.party.key).proof("https://stranger.example")
    answer = httpx.post(f"{mill.url}/auth/token", data={"grant_type": "client_credentials", **proof.form})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_client_for_reading_posts_nothing(user: User) -> None:
    """The command says what is missing, and the same file is taken with the scope."""
    user.login()
    file = user.folder / "signed.ndjson"
    file.write_bytes(b"\n".join(user.mill.server.envelopes([user.mill.shop.mine("by-client", "1")])))

    def posted(*scopes: str) -> Done:
        options = [option for scope in scopes for option in ("--scope", scope)]
        new = json.loads(user("client", "add", "plant", *options, "--json").out)
        return user("submit", file, CARBON_LEDGER_CLIENT_ID=new["id"], CARBON_LEDGER_CLIENT_SECRET=new["secret"])

    refused = posted()
    assert refused.code == 1
    assert "the token does not have the scope post" in refused.err
    assert "or no token at all" in refused.err
    done = posted("read", "post")
    assert (done.code, "1 on the ledger" in done.out) == (0, True), done.err

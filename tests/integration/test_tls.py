"""HTTPS by the server itself: what it takes and refuses, new files without a restart, and clients that check it."""

import http.client
import json
import os
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import httpx
import pytest
from support.certificates import Authority, key_pem, new_key, pem
from support.cli import run
from support.publishing import site
from support.server import Server, command, prepared_home
from support.waiting import until

from ledger.host.files.key_files import REGISTRAR_KEY

ROOT: Final = Authority()
OTHER: Final = Authority("another authority")
_NO_CONTEXT: Final = "certificate that is not trusted"


class Pair:
    """The files of a server's pair; each writing brings a new key."""

    def __init__(self, folder: Path) -> None:
        self.cert, self.key, self.ca = folder / "server.pem", folder / "server.key", folder / "ca.pem"
        self.variables = {"CARBON_LEDGER_TLS_CERT": str(self.cert), "CARBON_LEDGER_TLS_KEY": str(self.key)}
        ROOT.write(self.ca)
        self.write()

    def write(self) -> bytes:
        """The certificate, as the peer shows it."""
        key = new_key()
        certificate = ROOT.issue(key)
        for path, content in ((self.key, key_pem(key)), (self.cert, pem(certificate))):
            fresh = path.with_suffix(".new")
            fresh.write_bytes(content)
            fresh.replace(path)
        return ssl.PEM_cert_to_DER_cert(pem(certificate).decode())


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Pair(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def server(pair: Pair) -> Iterator[Server]:
    with prepared_home() as home, Server(home, **pair.variables) as started:
        yield started


def _port(server: Server) -> int:
    return int(server.url.rpartition(":")[2])


def _shown(server: Server) -> bytes:
    """The certificate that the server shows to a new connection."""
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", _port(server))))


def test_the_address_is_https(server: Server) -> None:
    assert server.url.startswith("https://127.0.0.1:")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(server: Server, version: ssl.TLSVersion) -> None:
    context = ROOT.context()
    context.minimum_version = context.maximum_version = version
    connection = http.client.HTTPSConnection("localhost", _port(server), context=context, timeout=60)
    connection.request("GET", "/health/live")
    assert connection.getresponse().status == 200
    connection.close()


def test_older_versions_are_refused(server: Server) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    connection = http.client.HTTPSConnection("127.0.0.1", _port(server), context=context, timeout=60)
    try:
        with pytest.raises(ssl.SSLError):
            connection.connect()
    finally:
        connection.close()


def _get(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/health/live")
    return connection.getresponse().status


def test_plain_http_is_not_answered(server: Server) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", _port(server), timeout=60)
    try:
        connection.connect()
        with pytest.raises((http.client.HTTPException, OSError)):
            _get(connection)
    finally:
        connection.close()


def test_clients_trust_the_authority_that_they_are_told(server: Server, pair: Pair, tmp_path: Path) -> None:
    asked = ["methods", "--url", server.url]
    assert command(server.home, *asked, "--ca", str(pair.ca)).returncode == 0
    for options in ([], ["--ca", str(OTHER.write(tmp_path / "other.pem"))]):
        refused = command(server.home, *asked, *options)
        assert refused.returncode == 1
        assert _NO_CONTEXT in refused.stderr
        assert "--ca FILE" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    unusable = command(server.home, *asked, "--ca", str(pair.key))
    assert unusable.returncode == 1
    assert "PEM file with one or more CA certificates" in unusable.stderr


def test_a_login_remembers_the_authority(server: Server, pair: Pair, tmp_path: Path) -> None:
    """Until it ends; for this server, and for commands without a login too."""
    env = {"XDG_CONFIG_HOME": str(tmp_path), "CARBON_LEDGER_URL": server.url}
    key = ["--key", server.home / REGISTRAR_KEY]
    run("login", *key, "--ca", pair.ca, **env).succeeded()
    for asked in (["organizations"], ["login", *key], ["organizations"], ["audit", server.url, "--public"]):
        run(*asked, **env).succeeded()
    assert _NO_CONTEXT in run("organizations", "--ca", OTHER.write(tmp_path / "other.pem"), **env).err
    run("logout", **env).succeeded()
    assert _NO_CONTEXT in run("organizations", **env).err


def test_an_auditor_too(server: Server, pair: Pair) -> None:
    assert server.audit("--ca", str(pair.ca)).returncode == 0
    assert _NO_CONTEXT in server.audit().stderr


def _closed(connection: http.client.HTTPSConnection | None) -> None:
    if connection is not None:
        connection.close()


class Client(threading.Thread):
    """Asks over one connection, as long as the server keeps it, with pauses. `failures`: requests without an answer,
    and connections that did not come about."""

    def __init__(self, server: Server, pause: float) -> None:
        super().__init__(daemon=True)
        self.answers: Counter[bytes] = Counter()
        self.failures: list[Exception] = []
        self._port, self._pause = _port(server), pause
        self._enough = threading.Event()

    def run(self) -> None:
        context, connection = ROOT.context(), None
        while not self._enough.wait(self._pause):
            if connection is None:
                connection = http.client.HTTPSConnection("localhost", self._port, context=context, timeout=120)
                try:
                    connection.connect()
                except OSError as error:
                    self.failures.append(error)
                    connection = _closed(connection)
                    continue
            try:
                connection.request("GET", "/health/live")
                answer = connection.getresponse()
                answer.read()
                shown = connection.sock.getpeercert(binary_form=True) if connection.sock else b""
                self.answers[shown or b""] += 1
                if answer.will_close:
                    connection = _closed(connection)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(error)
                connection = _closed(connection)
        _closed(connection)

    def finish(self) -> None:
        self._enough.set()
        self.join(120)


def test_new_files_are_used_without_a_lost_request(server: Server, pair: Pair) -> None:
    clients = [Client(server, pause) for pause in (0.0, 0.0, 0.05, 0.3, 1.0)]
    for client in clients:
        client.start()
    fresh = pair.write()
    until(lambda: _shown(server) == fresh, "the new certificate is not in use")
    until(lambda: all(client.answers[fresh] for client in clients[:4]), "connections stay with the old one")
    # The old server accepts no connection any more.
    assert {_shown(server) for _ in range(10)} == {fresh}
    for client in clients:
        client.finish()
    assert [failure for client in clients for failure in client.failures] == []


@pytest.mark.parametrize("fault", ["another key", "expired", "no certificate", "missing", "a pipe"])
def test_a_wrong_new_pair_is_reported_and_the_old_one_stays(server: Server, pair: Pair, fault: str) -> None:
    before, said = _shown(server), server.log().count("new TLS files are not used")
    key = new_key()
    match fault:
        case "another key":
            pair.cert.write_bytes(pem(ROOT.issue(key)))
        case "expired":
            pair.cert.write_bytes(pem(ROOT.issue(key, days=(-9, -1))))
            pair.key.write_bytes(key_pem(key))
        case "no certificate":
            pair.cert.write_bytes(b"nothing")
        case "a pipe":
            pair.key.unlink()
            os.mkfifo(pair.key)
        case _:
            pair.cert.unlink()
    until(lambda: server.log().count("new TLS files are not used") > said, "nothing is said")
    assert _shown(server) == before
    fresh = pair.write()
    until(lambda: _shown(server) == fresh, "the right pair is not in use")


def test_every_process_takes_the_new_pair(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    with prepared_home() as home, Server(home, CARBON_LEDGER_PROCESSES="2", **pair.variables) as server:
        fresh = pair.write()
        until(lambda: {_shown(server) for _ in range(20)} == {fresh}, "a process keeps the old certificate")
        assert server.stop() == 0


def test_the_pair_may_be_in_the_settings_file(tmp_path: Path) -> None:
    """Its paths begin at the folder of the file. All processes serve it, and say so to the operator."""
    pair = Pair(tmp_path)
    with prepared_home() as home:
        file = tmp_path / "settings.toml"
        file.write_text(f'tls_cert = "server.pem"\ntls_key = "server.key"\nprocesses = 2\nhome = "{home}"\n')
        variables = {"CARBON_LEDGER_CONFIG": str(file)}
        with Server(home, **variables) as server:
            assert _shown(server) == ssl.PEM_cert_to_DER_cert(pair.cert.read_text())
            status = json.loads(run("status", "--json", **variables).out)
            assert [one["url"] for one in status["servers"]] == [server.url] * 2
            assert server.url.startswith("https://")
        settings = {one["name"]: one for one in json.loads(run("config", "--json", **variables).out)["settings"]}
        assert settings["tls_key"]["place"] == f"{file}:tls_key"


def test_a_server_trusts_witnesses_by_the_authority_in_the_settings_file(tmp_path: Path) -> None:
    pair = Pair(tmp_path)
    options = ["--tls-cert", str(pair.cert), "--tls-key", str(pair.key)]
    with site() as place, place.witness("alpha", *options) as alpha:
        assert alpha.url.startswith("https://")
        place.write_policy([f"witness alpha {alpha.vkey} {alpha.url}", "quorum alpha"])
        (place.home / "ledger.toml").write_text(f'ca = "{pair.ca}"\n')
        with place.serve() as server:
            # The empty log needs no quorum.
            until(lambda: httpx.get(f"{server.url}/log/checkpoint").text.splitlines()[1] != "0", "nothing is published")
            assert list(place.checkpoint(server.url).times) == ["alpha"]


WRONG: Final = {
    "unreadable": ("none.pem", "server.key", "tls-cert", "No such file"),
    "mismatched": ("server.pem", "other.key", "tls-key", "does not belong"),
    "expired": ("expired.pem", "server.key", "tls-cert", "expired at"),
    "critical": ("critical.pem", "server.key", "tls-cert", "UnsupportedCriticalExtension"),
    "alone": ("server.pem", None, "tls-key", "without"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_pair_stops_the_start_before_anything_listens(tmp_path: Path, name: str) -> None:
    cert, key, field, text = WRONG[name]
    own = new_key()
    (tmp_path / "server.key").write_bytes(key_pem(own))
    (tmp_path / "other.key").write_bytes(key_pem(new_key()))
    (tmp_path / "server.pem").write_bytes(pem(ROOT.issue(own)))
    (tmp_path / "expired.pem").write_bytes(pem(ROOT.issue(own, days=(-9, -1))))
    (tmp_path / "critical.pem").write_bytes(pem(ROOT.issue(own, unknown=True)))
    options = ["--tls-cert", str(tmp_path / cert)] + ([] if key is None else ["--tls-key", str(tmp_path / key)])
    began = time.monotonic()
    refused = command(tmp_path / "home", "serve", "--port", "0", *options)
    assert refused.returncode == 1, time.monotonic() - began
    assert refused.stdout == ""
    assert text in refused.stderr
    assert field in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    with suppress(FileNotFoundError):
        assert list((tmp_path / "home").iterdir()) == []

"""`charts/nginx.conf`, run by a real nginx in front of a real server: what goes through, and what does not."""

import contextlib
import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import msgspec
import pytest
from support.certificates import Authority, key_pem, new_key, pem
from support.server import Server, command, prepared_home
from support.tools import tool
from support.waiting import until
from support.workshop import workshop

RECIPE: Final = Path(__file__).parents[2] / "charts" / "nginx.conf"
_MAIN: Final = """
daemon off; pid {folder}/pid; error_log {folder}/error.log; {user}
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/ledger.conf;
}}
"""
NDJSON: Final = {"Content-Type": "application/x-ndjson"}


class Proxied(NamedTuple):
    """A server, and the proxy before it. `inside`: the server's own address. `ca`: the proxy's authority."""

    server: Server
    inside: str
    url: str
    ca: Path
    client: httpx.Client


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _configured(folder: Path, port: int, *servers: str) -> None:
    """The recipe with the names, files and ports of this test, and nothing else changed."""
    text = RECIPE.read_text(encoding="utf-8")
    changes = {
        "server 127.0.0.1:8080;": "".join([f"server {one.removeprefix('http://')};" for one in servers]),
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "server_name ledger.example;": "server_name ledger.test localhost;",
        "/etc/ssl/ledger.example/": f"{folder}/",
    }
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    (folder / "ledger.conf").write_text(text, encoding="utf-8")
    user = "user root;" if Path("/proc/self").owner() == "root" else ""
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user), encoding="utf-8")


@contextlib.contextmanager
def _nginx(folder: Path, url: str, client: httpx.Client) -> Iterator[None]:
    command = [tool("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)

    def answers() -> bool:
        if process.poll() is not None:
            raise AssertionError(process.stderr.read() if process.stderr else "nginx ended")
        try:
            return client.get(f"{url}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    try:
        until(answers, "the proxy does not answer")
        yield
    finally:
        process.terminate()
        process.wait(60)
        if process.stderr is not None:
            process.stderr.close()


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxied]:
    folder, authority, key, port = tmp_path_factory.mktemp("nginx"), Authority(), new_key(), _free_port()
    ca = authority.write(folder / "ca.pem")
    (folder / "fullchain.pem").write_bytes(pem(authority.issue(key, names=("localhost", "ledger.test"))))
    (folder / "privkey.pem").write_bytes(key_pem(key))
    variables = {"CARBON_LEDGER_PUBLIC_URL": f"https://ledger.test:{port}", "CARBON_LEDGER_PROXIES": "127.0.0.0/30",
                 "CARBON_LEDGER_LOG_FORMAT": "json"}
    with prepared_home() as home, Server(home, **variables) as server, httpx.Client(
        verify=authority.context(), timeout=120
    ) as client:
        assert server.url == f"https://ledger.test:{port}"
        (inside,) = re.findall(r'listening at ([^\s"]+)', server.log())
        _configured(folder, port, inside)
        url = f"https://localhost:{port}"
        with _nginx(folder, url, client):
            yield Proxied(server, inside, url, ca, client)


def _as(proxied: Proxied, host: str) -> httpx.Response:
    return proxied.client.get(
        f"{proxied.url}/health/live", headers={"Host": host}, extensions={"sni_hostname": "ledger.test"})


def test_the_servers_public_name_and_no_other(proxied: Proxied) -> None:
    assert _as(proxied, "ledger.test").status_code == 200
    refused = _as(proxied, "other.example")
    assert (refused.status_code, refused.json()["code"]) == (421, "unknown-host")


def test_a_client_chooses_neither_its_address_nor_the_id_of_its_request(proxied: Proxied) -> None:
    spoofed = {"X-Request-Id": "chosen-by-the-client", "X-Forwarded-For": "203.0.113.9"}
    answer = proxied.client.get(f"{proxied.url}/health/live", headers=spoofed)
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    until(lambda: answer.headers["x-request-id"] in proxied.server.log(), "the request is not logged")
    lines = [json.loads(line) for line in proxied.server.log().splitlines()]
    assert {line["client"] for line in lines if line.get("request") == answer.headers["x-request-id"]} == {"127.0.0.1"}


def test_post_read_verify_and_audit(proxied: Proxied, tmp_path: Path) -> None:
    server = proxied.server
    server.url, before = proxied.inside, server.url
    try:
        shop = workshop(server, "behind", pot="1000")
        envelopes = server.envelopes([shop.make({f"lot-{i}": "1"}, {"pot": "1"}) for i in range(30)])
    finally:
        server.url = before
    signed, receipts = tmp_path / "signed.ndjson", tmp_path / "receipts.ndjson"
    signed.write_bytes(b"\n".join(envelopes) + b"\n")
    through = ["--url", proxied.url, "--ca", str(proxied.ca)]
    posted = command(server.home, "submit", str(signed), "--receipts", str(receipts), *through)
    assert posted.returncode == 0, posted.stderr
    assert len(receipts.read_bytes().splitlines()) == 30
    assert command(server.home, "footprint", shop.name("lot-7"), *through).returncode == 0
    checked = command(server.home, "verify", str(receipts), "--vkey", server.vkey, "--log", proxied.url,
                      "--ca", str(proxied.ca))
    assert checked.returncode == 0, checked.stderr
    audited = command(server.home, "audit", proxied.url, "--vkey", server.vkey, "--ca", str(proxied.ca))
    assert audited.returncode == 0, audited.stderr


def test_a_large_upload_and_its_long_answer(proxied: Proxied) -> None:
    """40 MB up; the answer has a line for each line and comes as lines."""
    lines = 20_000
    with proxied.client.stream(
        "POST", f"{proxied.url}/v1/records", content=(b"x" * 2_000 + b"\n") * lines, headers=NDJSON
    ) as answer:
        assert answer.status_code == 200
        problems = [msgspec.json.decode(line) for line in answer.iter_lines()]
    assert (len(problems), {problem["status"] for problem in problems}) == (lines, {400})


def test_a_body_beyond_the_limit_ends_at_the_proxy(proxied: Proxied) -> None:
    with contextlib.suppress(httpx.WriteError):
        # The proxy may answer and close before it has read everything.
        answer = proxied.client.post(f"{proxied.url}/v1/records", content=b"x" * (65 << 20), headers=NDJSON)
        assert answer.status_code == 413


def test_a_replica_that_is_away_costs_no_answer(proxied: Proxied, tmp_path: Path) -> None:
    """Its requests go to the other one, posts too, which have not been sent."""
    for name in ("fullchain.pem", "privkey.pem"):
        (tmp_path / name).write_bytes((proxied.ca.parent / name).read_bytes())
    port, away = _free_port(), [f"http://127.0.0.1:{_free_port()}" for _ in range(3)]
    _configured(tmp_path, port, *away, proxied.inside)
    url = f"https://localhost:{port}"
    with _nginx(tmp_path, url, proxied.client):
        # After a failure nginx asks a server no more for ten seconds, so another nginx asks first for each of them.
        answers = [proxied.client.post(f"{url}/v1/records", content=b"{}", headers=NDJSON) for _ in range(4)]
        answers += [proxied.client.get(f"{url}/log/checkpoint") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}

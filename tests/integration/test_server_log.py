"""The log of a server: JSON lines on request, with a line for each request and without secrets, queries or bodies."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from typing import Any

import httpx
import pytest
from support.server import Server, environment, prepared_home
from support.workshop import workshop


def lines_of(server: Server) -> list[dict[str, Any]]:
    server._log.seek(0)
    return [json.loads(line) for line in server._log.read().decode("ascii").splitlines()]


def test_each_line_is_json_and_each_request_has_one() -> None:
    secret = "urn:example:secret-lot"
    with prepared_home() as home, Server(home, CARBON_LEDGER_LOG_FORMAT="json") as server:
        shop = workshop(server, "logged", pot="10")
        (refused,) = server.submit(server.envelopes([shop.make({"x": "50"}, {"pot": "50"})]))
        answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": secret})
        single = httpx.post(f"{server.url}/v1/records", content=b"{}")
        httpx.get(f"{server.url}/%1b%5b31mred%0a%7b%22level%22%3a%22forged%22%7d%e2%80%ae%7f")
        server.stop()
        lines = lines_of(server)
        raw = server._log
        raw.seek(0)
        text = raw.read().decode("ascii")
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert {line["level"] for line in lines} <= {"info", "warning"}
    requests = {line["request"]: line for line in lines if line["logger"] == "ledger.access"}
    found = requests[answer.headers["x-request-id"]]
    assert (found["method"], found["path"], found["route"], found["status"]) == (
        "GET", "/v1/footprint", "/v1/footprint", 404)
    assert (found["client"], found["code"]) == ("127.0.0.1", answer.json()["code"])
    assert 0 < found["seconds"] < 600
    assert requests[single.headers["x-request-id"]]["code"] == single.json()["code"]
    assert isinstance(refused, dict)
    for words in (secret, "secret-lot", shop.id, "nonce", "PRIVATE KEY"):
        assert words not in text, words
    assert any("\x1b[31mred\n{" in line.get("path", "") for line in lines), "the path is not escaped but lost"
    assert all(character.isprintable() or character == "\n" for character in text)
    assert {line["level"] for line in lines if line["logger"] == "ledger"} == {"info"}


def test_text_stays_the_default() -> None:
    with prepared_home() as home, Server(home) as server:
        httpx.get(f"{server.url}/health/live")
        server.stop()
        text = server.log()
    assert "activating" in text
    assert "/health/live" not in text
    assert "{" not in text


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_that_nobody_reads_stops_no_server(form: str) -> None:
    reader, writer = os.pipe()
    with prepared_home() as home, contextlib.ExitStack() as stack:
        process = stack.enter_context(subprocess.Popen(
            [sys.executable, "-m", "ledger.cli", "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=writer,
            cwd="/", env={**environment(home), "CARBON_LEDGER_LOG_FORMAT": form},
        ))
        stack.callback(process.kill)
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        # Until no byte more fits.
        os.set_blocking(writer, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writer, b"x")
        os.set_blocking(writer, True)
        for _ in range(5):
            assert httpx.get(f"{url}/v1/nothing", timeout=60).status_code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    os.close(reader)
    os.close(writer)

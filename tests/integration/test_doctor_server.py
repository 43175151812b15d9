"""`doctor` and `status` ask the running servers: one that has stopped signing, one whose witnesses are silent, one that
hangs, one that was killed, and none."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.cli import run
from support.publishing import acknowledged, lines_of, site
from support.server import Server, prepared_home
from support.stalled import Stalled
from support.waiting import PATIENCE, until
from support.workshop import workshop

from ledger.host.serving import FOLDER
from ledger.service.doctor import log_checks
from ledger.service.doctor.diagnose import diagnose
from ledger.service.doctor.installation import DoctorFinding
from ledger.service.settings import Settings
from ledger.store.embedded import attach


def doctor(home: Path, **variables: str) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and level and message of each check."""
    began = time.monotonic()
    done = run("doctor", "--home", home, "--json", **variables)
    # No bound of speed, which `make drill-night` measures: it does not wait for what does not answer.
    assert time.monotonic() - began < PATIENCE / 2
    return done.code, {one["check"]: (one["level"], one["message"]) for one in json.loads(done.out)["findings"]}


def condition(home: Path, **variables: str) -> dict[str, Any]:
    """What `status` says of the one server."""
    (server,) = json.loads(run("status", "--home", home, "--json", **variables).succeeded().out)["servers"]
    found: dict[str, Any] = server
    return found


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with prepared_home() as found:
        yield found


def test_a_server_that_runs_and_none(home: Path) -> None:
    assert run("init", "--home", home).code == 0
    code, found = doctor(home)
    assert (code, found["server"]) == (0, ("warning", "no server of this home has run yet"))
    with Server(home) as server:
        code, found = doctor(home)
        assert (code, found["server"][0]) == (0, "ok"), found
        assert condition(home)["state"]["size"] >= 1
        assert ": ready" in run("status", "--home", home).out
        assert server.process.pid
    code, found = doctor(home)
    assert (code, found["server"]) == (1, ("error", "no server process of this home runs: nobody answers"))


def test_a_server_that_was_killed(home: Path) -> None:
    with Server(home) as server:
        pid = server.process.pid
        server.kill()
    code, found = doctor(home)
    assert (code, found["server"][0]) == (1, "error")
    assert f"process {pid} on {os.uname().nodename} has ended without a stop" in found["server"][1]
    with Server(home):
        assert doctor(home)[1]["server"][0] == "ok"
    assert list((home / FOLDER).iterdir()) == []


def test_a_replica_that_hangs(home: Path) -> None:
    with Server(home), Server(home) as other:
        other.process.send_signal(signal.SIGSTOP)
        try:
            code, found = doctor(home)
        finally:
            other.process.send_signal(signal.SIGCONT)
        assert (code, found["server"][0]) == (1, "error")
        assert f"process {other.process.pid} at {other.url}: it has not answered within" in found["server"][1]
        assert found["database"][0] == "ok"


def test_a_server_that_has_stopped_signing(home: Path) -> None:
    """The anchor is gone, and back: the server says so while the database and the home look right."""
    with Server(home):
        anchor = (home / "anchor").read_bytes()
        (home / "anchor").unlink()
        until(lambda: "unready" in condition(home)["state"])
        (home / "anchor").write_bytes(anchor)
        until(lambda: "unready" not in condition(home)["state"])
    (home / "anchor").unlink()
    with Server(home):
        code, found = doctor(home)
        assert code == 1
        assert "it is not ready, anchor-missing: " in found["server"][1]
        assert "NOT READY, the anchor" in run("status", "--home", home).out
        (home / "anchor").write_bytes(anchor)
        until(lambda: doctor(home)[1]["server"][0] == "ok")


@pytest.mark.parametrize("passing", [0, 1, 2, 4, 6, 9, 14, 20, 30])
def test_a_database_that_stops_answering(home: Path, passing: int) -> None:
    """At once, while a session is opened, or later: it accepts connections and keeps them open. One fault says so, and
    the checks that need the database are unknown; no check waits for it until its own time is over."""
    async def diagnosed(url: str) -> list[DoctorFinding]:
        async with Stalled(url, passing) as stalled, asyncio.timeout(PATIENCE / 2):
            return await diagnose(Settings(home=home, database_url=stalled.url), {})

    with Server(home):
        found = asyncio.run(diagnosed(attach(home).owner_url))
    (fault,) = [one for one in found if one.level == "error"]
    assert "the database does not answer" in fault.message
    unknown = [one.check for one in found if one.level == "unknown"]
    assert {"commit", "plugins", "anchor"} <= {*unknown, fault.check}


def test_a_silent_witness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of two are the quorum. With one silent, entries are acknowledged and not published."""
    monkeypatch.setattr(log_checks, "LATE_SECONDS", 1)
    with site() as place, place.witness("alpha") as alpha, place.witness("beta") as beta:
        place.write_policy(lines_of(("alpha", "beta"), [(one.vkey, one.url) for one in (alpha, beta)]))
        settings = Settings(home=place.home, policy=place.policy_file, origin=place.origin)

        def quorum() -> DoctorFinding:
            (found,) = [one for one in asyncio.run(diagnose(settings, {})) if one.check == "quorum"]
            return found

        with place.serve() as server:
            shop = workshop(server, "works", pot="100")
            until(lambda: quorum().level == "ok")
            beta.stop()
            acknowledged(server, [shop.use({"pot": "1"})])
            until(lambda: quorum().level == "error")
            message = quorum().message
            assert message.startswith("1 entries wait for cosignatures, the oldest for "), message
            assert "silent: beta at 2" in message, "its last answer has a time"
            assert "alpha" not in message
            text = run("status", "--home", place.home, **place.variables).out
            assert "1 entries WAIT FOR A QUORUM, the oldest for " in text
            assert "has signed" in text

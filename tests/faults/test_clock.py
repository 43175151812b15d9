"""A server's clock is set back an hour, and forward: times on the log never decrease, and never lead."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from support.clock import Clock
from support.load import Load, check_promises, wait_for
from support.revising import amend, change
from support.server import Posted, Server, command, prepared_home
from support.witness import Witness, audited, entries_of
from support.workshop import Workshop, workshop

from ledger.core.log.entry import parse_entry
from ledger.host.clock import AHEAD

HOUR = 3_600


def times(server: Server) -> list[int]:
    """Of all entries, in ms."""
    size = Witness(server.vkey).look(server.url).size
    return [parse_entry(entry).time for entry in entries_of(server.url, size)]


def one(server: Server, shop: Workshop, lot: str) -> int:
    """Posts a record, and says its time."""
    server.post([shop.make({lot: "1"}, {"pot": "1"})])
    return times(server)[-1]


def refused(server: Server, posted: Posted) -> str:
    """The code of the answer to a record that is not taken."""
    answer = httpx.post(f"{server.url}/v1/records", content=server.envelopes([posted])[0],
                        headers={"Content-Type": "application/json"}, timeout=60)
    assert answer.status_code == 503, answer.text
    return str(answer.json()["code"])


def test_the_clock_is_set_back_an_hour(tmp_path: Path) -> None:
    """What is appended meanwhile has the time of the newest entry; afterwards time goes on."""
    clock = Clock(tmp_path / "clock")
    with prepared_home() as home, Server(home, installed=[clock.folder]) as server:
        shop = workshop(server, "works", pot="100")
        before = one(server, shop, "before")
        clock.set(-HOUR)
        assert one(server, shop, "back") == before
        assert one(server, shop, "still-back") == before
        clock.set(0)
        assert one(server, shop, "right-again") > before
        assert times(server) == sorted(times(server))
        assert audited(server).ok


def test_the_clock_is_set_forward(tmp_path: Path) -> None:
    """Nothing is appended, by a restarted server neither, until the clock is right again or the operator settles it;
    what is on the log is answered."""
    clock = Clock(tmp_path / "clock")
    with prepared_home() as home:
        with Server(home, installed=[clock.folder]) as server:
            shop = workshop(server, "works", pot="100")
            made = shop.make({"before": "1"}, {"pot": "1"})
            (receipt,) = server.post([made])
            before = times(server)
            clock.set(8 * 24 * HOUR)
            assert refused(server, shop.make({"ahead": "1"}, {"pot": "1"})) == AHEAD
            assert refused(server, amend(shop, change(made))) == AHEAD
            assert server.post([made]) == [receipt]
            ready = httpx.get(f"{server.url}/health/ready", timeout=30)
            assert (ready.status_code, ready.json()["code"]) == (503, AHEAD)
        with Server(home, installed=[clock.folder]) as server:
            assert refused(server, shop.make({"ahead": "1"}, {"pot": "1"})) == AHEAD
            assert times(server) == before
            clock.set(0)
            assert before[-1] < one(server, shop, "right-again") < before[-1] + HOUR * 1_000


def test_the_operator_says_that_the_clock_is_right(tmp_path: Path) -> None:
    """To servers that run; with the time that the clock says."""
    clock = Clock(tmp_path / "clock")
    with prepared_home() as home, Server(home, installed=[clock.folder]) as server:
        shop = workshop(server, "works", pot="100")
        before = one(server, shop, "before")
        clock.set(2 * HOUR)
        for hours, code in ((0, 1), (2, 0)):
            assert refused(server, shop.make({"ahead": "1"}, {"pot": "1"})) == AHEAD
            shown = command(home, "clock", "show", installed=[clock.folder])
            assert (shown.returncode, "nothing is appended" in shown.stdout) == (1, True), shown.stderr
            said = f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"
            ended = command(home, "clock", "accept", "--time", said, installed=[clock.folder])
            assert ended.returncode == code, ended.stderr
        assert one(server, shop, "settled") >= before + 2 * HOUR * 1_000
        assert command(home, "clock", "show", installed=[clock.folder]).returncode == 0


def test_two_replicas_whose_clocks_differ(tmp_path: Path) -> None:
    """By an hour, under load: whoever is behind follows."""
    clock = Clock(tmp_path / "clock")
    clock.set(-HOUR)
    with prepared_home() as home, Server(home) as right, Server(home, installed=[clock.folder]) as behind:
        witness = Witness(right.vkey)
        before = witness.look(right.url).size
        loads = [Load(server, f"works-{i}", lambda server=server: server.url) for i, server in
                 enumerate([right, behind])]
        for load in loads:
            load.start()
        wait_for(loads, 4)
        clock.set(-2 * HOUR)
        wait_for(loads, 4)
        for load in loads:
            load.finish()
        found = times(right)
        assert found == sorted(found)
        check_promises(behind, loads, witness, before)

"""A server's clock is set back an hour, and forward again: times on the log never decrease."""

from pathlib import Path

from support.clock import Clock
from support.load import Load, check_promises, wait_for
from support.server import Server, temporary_home
from support.witness import Witness, audited, entries_of
from support.workshop import Workshop, workshop

from ledger.core.entry import parse_entry

HOUR = 3_600


def times(server: Server) -> list[int]:
    """Of all entries, in ms."""
    size = Witness(server.vkey).look(server.url).size
    return [parse_entry(entry).time for entry in entries_of(server.url, size)]


def one(server: Server, shop: Workshop, lot: str) -> int:
    """Posts a record, and says its time."""
    server.post([shop.make({lot: "1"}, {"pot": "1"})])
    return times(server)[-1]


def test_the_clock_is_set_back_an_hour(tmp_path: Path) -> None:
    """What is appended meanwhile has the time of the newest entry; afterwards time goes on."""
    clock = Clock(tmp_path / "clock")
    with temporary_home() as home, Server(home, installed=[clock.folder]) as server:
        shop = workshop(server, "works", pot="100")
        before = one(server, shop, "before")
        clock.set(-HOUR)
        assert one(server, shop, "back") == before
        assert one(server, shop, "still-back") == before
        clock.set(HOUR)
        ahead = one(server, shop, "ahead")
        assert ahead >= before + HOUR * 1_000
        clock.set(0)
        assert one(server, shop, "right-again") == ahead
        assert times(server) == sorted(times(server))
        assert audited(server).ok


def test_two_replicas_whose_clocks_differ(tmp_path: Path) -> None:
    """By an hour, under load: whoever is behind follows."""
    clock = Clock(tmp_path / "clock")
    clock.set(-HOUR)
    with temporary_home() as home, Server(home) as right, Server(home, installed=[clock.folder]) as behind:
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

"""The access log end to end: two organisations with sessions, on a real server with two processes."""

import json
from pathlib import Path

from support.cli import run
from support.server import Server, prepared_home
from support.workshop import Workshop

from ledger.client import Client, KeyLogin
from ledger.host.files.key_files import write_key


def test_a_session_lists_and_monitors_its_own_readings(tmp_path: Path) -> None:
    with prepared_home() as home, Server(home, CARBON_LEDGER_ACCESS="parties", CARBON_LEDGER_PROCESSES="2") as server:
        mill, forge = Workshop("mill"), Workshop("forge")
        server.post([mill.enrolment(server), forge.enrolment(server), *mill.opening(), *forge.opening()])
        server.post([mill.mine("x", "100")])
        (sent,) = server.post([mill.send("x", "10", forge, "x-sent")])
        write_key(tmp_path / "mill.pem", mill.party.key)
        for _ in range(8):
            # Each client has a connection of its own, so both processes answer.
            with Client(server.url, auth=KeyLogin(forge.party.key)) as buyer:
                assert buyer.record(sent.digest)
        session = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "CARBON_LEDGER_URL": server.url}
        refused = run("accesses", "--organization", mill.id, **session)
        assert (refused.code, "not visible to you" in refused.err) == (1, True)
        assert run("login", "--key", tmp_path / "mill.pem", **session).code == 0
        listed = run("accesses", "--organization", mill.id, "--json", **session).succeeded()
        rows = json.loads(listed.out)["accesses"]
        # Equal readings of an hour share a row at each process, and a new hour may begin in between.
        assert [(row["index"], row["reader"], row["right"], row["asked"]) for row in rows] == [
            (index, forge.id, "party", [sent.digest]) for index in reversed(range(len(rows)))]
        assert (len(rows) <= 4, sum(row["readings"] for row in rows)) == (True, 8)
        assert {row["client"] for row in rows} == {forge.party.key.keyid.hex()}
        state = tmp_path / "state"
        run("monitor", server.url, "--vkey", server.vkey, "--state", state, "--accesses", mill.id, "--once",
            **session).succeeded()
        (own,) = json.loads(state.read_bytes())["accesses"]["own"].values()
        assert (own["count"], own["readings"]) == (len(rows), 8)
        assert run("monitor", server.url, "--vkey", server.vkey, "--state", tmp_path / "other", "--accesses", forge.id,
                   "--once", **session).code == 1

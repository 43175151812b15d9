"""Readers beside writers: what they are told is of one moment, and the audit of a growing log does not cry wolf."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import httpx
from support.load import Load, check_promises, wait_for
from support.server import Server
from support.witness import Witness, audited

from ledger.core.log import merkle
from ledger.core.log.tiles import consistency_path_from_tiles, consistency_tiles, tile_path


@contextmanager
def growing(server: Server, names: str) -> Iterator[list[Load]]:
    """The log grows as long as the block lasts; then every promise is checked."""
    witness = Witness(server.vkey)
    before = witness.look(server.url).size
    loads = [Load(server, f"{names}-{i}", lambda: server.url, (1, 5, 20)) for i in range(2)]
    for load in loads:
        load.start()
    try:
        wait_for(loads, 2)
        yield loads
    finally:
        for load in loads:
            load.finish()
    check_promises(server, loads, witness, before)


def test_an_audit_of_a_log_that_grows(server: Server) -> None:
    """Balances are read later than the checkpoint; what has been taken since is no finding."""
    with growing(server, "audited") as loads:
        sizes = []
        for _ in range(2):
            report = audited(server)
            assert report.ok, report.findings
            sizes.append(report.size)
            wait_for(loads, 1)
        assert sizes == sorted(set(sizes)), "the log did not grow under the audits"


def test_checkpoints_follow_each_other(server: Server) -> None:
    """Each later one is proved to extend each earlier one by the tiles of that moment."""
    with growing(server, "proved") as loads:
        witness = Witness(server.vkey)
        checkpoints = []
        for _ in range(3):
            checkpoints.append(witness.look(server.url))
            wait_for(loads, 1)
        for old, new in pairwise(checkpoints):
            tiles = {}
            for tile in consistency_tiles(old.size, new.size):
                response = httpx.get(f"{server.url}/log/{tile_path(tile)}")
                assert response.status_code == 200, response.text
                tiles[tile] = response.content
            path = consistency_path_from_tiles(old.size, new.size, tiles)
            merkle.verify_consistency(old.size, new.size, old.root, new.root, path)


def test_a_footprint_is_of_one_moment(server: Server) -> None:
    """A lot's figures never change; only what is left of it does, and never upwards."""
    with growing(server, "asked") as loads:
        pot = loads[0].workshop.name("pot")
        answers = []
        for _ in range(20):
            answers.append(httpx.get(f"{server.url}/v1/footprint", params={"lot": pot}).json())
        left = [int(answer["lot"].pop("remaining")) for answer in answers]
        assert left == sorted(left, reverse=True)
        assert all(answer == answers[0] for answer in answers)

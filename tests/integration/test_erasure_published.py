"""Of a log with witnesses an erasure is carried out once a published head covers it. Until then no answer gives the
record, and an auditor, who sees no entry beyond the published head, still finds the body that it commits to."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest
from integration.test_erasure import SECRET, bodies, erasure, secret
from integration.test_erasure_steps import audited_from, locked, waiting
from support.databases import Database
from support.publishing import Site, acknowledged, site, three_witnesses
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Posted, Server, command
from support.waiting import until
from support.witness import audited
from support.witnesses import WitnessProcess
from support.workshop import Workshop, workshop

from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.service.erasure.erase import ErasedBody, carry_out
from ledger.service.erasure.purge import Purged
from ledger.store.embedded import attach

_SOON: Final = 40.0
"""Seconds; by itself a server looks a minute after it was woken last."""


@pytest.fixture
def place() -> Iterator[Site]:
    with site() as found:
        yield found


def held(server: Server, witnesses: list[WitnessProcess], shop: Workshop) -> tuple[Posted, Posted]:
    """A record and its amendment are published, and their erasures only on the log: two of three witnesses are gone."""
    a = secret(shop.mine("a", "100"))
    amended = amend(shop, change(a, activity=Make(co2="2")))
    server.post([a, amended, shop.make({"b": "60"}, {"a": "80"})])
    for one in witnesses[:2]:
        one.kill()
    done = acknowledged(server, [erasure(server, shop, amended), erasure(server, shop, a)])
    assert all(isinstance(one, Acknowledgement) for one in done)
    return a, amended


def carried_out(server: Server) -> ErasedBody:
    return asyncio.run(carry_out(attach(server.home).app_url))


def check(server: Server, erased: int) -> None:
    """The audit of the published head, over HTTP."""
    report = audited(server)
    assert (report.ok, report.erased) == (True, erased), report.findings


def gone(database: Database) -> bool:
    return SECRET.encode() not in bodies(database)


def test_while_the_quorum_is_down(place: Site, tmp_path: Path) -> None:
    with (
        three_witnesses(place) as witnesses, place.serve() as server,
        Database(attach(place.home).owner_url) as database,
    ):
        both = held(server, witnesses, workshop(server, "shop", pot="1000"))
        assert carried_out(server) == ErasedBody(erased=0, waiting=2)
        for one in both:
            assert httpx.get(f"{server.url}/v1/records/{digest_of(one)}", timeout=60).status_code == 410
        check(server, 0)
        before = audited_from(server, tmp_path / "state")
        assert before.ok, before.findings
        assert SECRET.encode() in (tmp_path / "state").read_bytes()
        purged = command(place.home, "purge", "--json")
        assert purged.returncode == 1
        told = msgspec.json.decode(purged.stdout, type=Purged)
        assert (told.erased, told.waiting) == (0, 2)
        assert "2 erasures wait for the log's witnesses" in command(place.home, "purge").stdout
        assert not gone(database)
        witnesses[0].start()
        until(lambda: gone(database), _SOON)
        check(server, 2)
        after = audited_from(server, tmp_path / "state")
        assert after.ok, after.findings
        assert after.start == before.size
        assert SECRET.encode() not in (tmp_path / "state").read_bytes()
        assert (carried_out(server), command(place.home, "purge").returncode) == (ErasedBody(erased=0, waiting=0), 0)


def test_the_operator_publishes_by_another_policy(place: Site) -> None:
    """Without witnesses, as when they are gone for good: what waits goes at the next start."""
    with three_witnesses(place) as witnesses:
        with place.serve() as server:
            held(server, witnesses, workshop(server, "shop", pot="1000"))
            assert carried_out(server).waiting == 2
        place.write_policy(["quorum none"])
        place.accept()
        with place.serve() as server, Database(attach(place.home).owner_url) as database:
            until(lambda: gone(database), _SOON)
            check(server, 2)


def test_what_was_public_before_there_were_witnesses(place: Site) -> None:
    """A log gets them while an erasure is still to be carried out: its head is public, and nobody has to cosign it."""
    with place.serve(policy=False) as server:
        shop = workshop(server, "shop", pot="1000")
        a = secret(shop.mine("a", "100"))
        (receipt,) = server.post([a])
        with locked(place.home, receipt.index) as watcher:
            server.post([erasure(server, shop, a)])
            until(lambda: waiting(watcher))
            server.kill()
    with three_witnesses(place) as witnesses:
        for one in witnesses:
            one.kill()
        with place.serve() as server, Database(attach(place.home).owner_url) as database:
            until(lambda: gone(database), _SOON)
            # Nothing is signed until a quorum has said what it was shown.
            for one in witnesses:
                one.start()
            until(lambda: httpx.get(f"{server.url}/log/checkpoint").is_success, _SOON)
            check(server, 1)

"""Witnesses that are down, slow, lying, or remember more than the database; servers that die while they feed."""

import asyncio
import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx
import msgspec
import pytest
from support.cli import run
from support.liars import LIES, lying
from support.publishing import NAMES, Site, acknowledged, lines_of, proof, receipt, site, three_witnesses
from support.server import Server, command
from support.waiting import PATIENCE, until
from support.witness import Witness, audited, entries_of
from support.witnesses import WitnessProcess
from support.workshop import Workshop, workshop

from ledger.core.log.add_checkpoint import AddCheckpoint, encode_request
from ledger.core.log.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.log.inclusion_proof import parse_proof
from ledger.core.log.merkle import consistency_path, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner
from ledger.core.log.policy import open_cosigned
from ledger.core.receipts.acknowledgement import Acknowledgement
from ledger.core.receipts.receipt import Receipt, verify_receipt
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.doctor.diagnose import diagnose
from ledger.service.settings import Settings
from ledger.store.embedded.layout import Layout
from ledger.store.embedded.pidfile import running_postmaster

_numbers = count(1)


@pytest.fixture
def place() -> Iterator[Site]:
    with site() as found:
        yield found
        left = running_postmaster(Layout.at(found.home).data)
        if left is not None:
            os.kill(left.pid, signal.SIGQUIT)


def posted(server: Server, wait: float = 60) -> Receipt | Acknowledgement:
    (one,) = acknowledged(server, [Workshop(f"member-{next(_numbers)}").enrolment(server)], wait)
    return one


def check(server: Server) -> None:
    """Everything is published, and the whole log is verified."""
    assert isinstance(posted(server), Receipt)
    Witness(server.vkey).check(server.url)
    report = audited(server)
    assert report.ok, report.findings
    assert report.entries == report.size


def test_liars_neither_count_nor_delay(place: Site) -> None:
    """All of them at once, beside two that are honest: two signatures are a quorum, and one liar's would be enough."""
    with three_witnesses(place) as (alpha, beta, _), lying(*LIES) as liars:
        names = ["alpha", "beta", *LIES]
        addresses = [(alpha.vkey, alpha.url), (beta.vkey, beta.url), *[(one.vkey, one.url) for one in liars]]
        place.write_policy(lines_of(names, addresses))
        with place.serve() as server:
            for _ in range(3):
                assert isinstance(posted(server), Receipt)
                assert sorted(place.checkpoint(server.url).times) == ["alpha", "beta"]
            # A witness whose connection failed waits, and may miss the short rounds.
            give_up = time.monotonic() + PATIENCE
            while left := [one.name for one in liars if not one.asked]:
                assert time.monotonic() < give_up, f"never asked: {left}"
                assert isinstance(posted(server), Receipt)
            beta.kill()
            held = posted(server, wait=1)
            assert isinstance(held, Acknowledgement)
            assert proof(server, held.digest).json()["code"] == "not-published-yet"
            assert httpx.get(f"{server.url}/health/ready").status_code == 200, "the word of one liar stops nothing"
            beta.start()
            assert receipt(proof(server, held.digest, wait=60)).index == held.index
            check(server)


def test_a_rollback_shows_by_what_witnesses_have_signed(place: Site) -> None:
    """The witnesses are shown a longer history under the log's key, as they were before a database was restored."""
    with three_witnesses(place) as witnesses, place.serve() as server:
        before = posted(server)
        head = place.checkpoint(server.url)
        size = head.checkpoint.size
        lost = _longer(place, server, size, 3)
        # A witness that the quorum did not wait for may still be at an older size.
        at_the_head = [one for name, one in zip(NAMES, witnesses, strict=True) if name in head.times]
        for one in at_the_head[:2]:
            assert one.post(encode_request(lost)).status_code == 200
        held = posted(server, wait=2)
        assert isinstance(held, Acknowledgement)
        while (ready := httpx.get(f"{server.url}/health/ready")).status_code == 200:
            posted_or_refused(server)
        problem = ready.json()
        assert problem["code"] == "log-mismatch"
        assert f"{size + 3} were shown to witness" in problem["detail"]
        assert "are missing" in problem["detail"]
        assert "signs nothing" in problem["detail"]
        for path in ("/log/checkpoint", f"/v1/records/{before.digest}/proof"):
            assert httpx.get(server.url + path).json()["code"] == "log-mismatch"
        # Whatever is posted: the keys and lots that a record needs may be among the missing entries.
        refused = httpx.post(f"{server.url}/v1/records", json={})
        assert (refused.status_code, refused.json()["code"]) == (503, "log-mismatch")
        settings = Settings(home=place.home, policy=place.policy_file)
        findings = {finding.check: finding for finding in asyncio.run(diagnose(settings))}
        assert findings["seen"].level == "error"
        assert f"was shown {size + 3} entries by this log" in findings["seen"].message


def posted_or_refused(server: Server) -> None:
    httpx.get(f"{server.url}/v1/records/{'0' * 64}/proof", params={"wait": 0.1}, timeout=120)


def _longer(place: Site, server: Server, size: int, more: int) -> AddCheckpoint:
    leaves = [leaf_hash(entry) for entry in entries_of(server.url, size)]
    longer = [*leaves, *[leaf_hash(b"lost" + bytes([i])) for i in range(more)]]
    signer = NoteSigner(place.origin, read_key(place.home / LOG_KEY).private)
    note = sign_checkpoint(Checkpoint(place.origin, size + more, tree_root(longer)), signer)
    return AddCheckpoint(size, tuple(consistency_path(longer, size)), note)


def test_the_bare_word_of_a_quorum_stops_signing_and_that_of_one_does_not(place: Site) -> None:
    with lying("ahead", "honest", "also-ahead") as (ahead, honest, also):
        also.answer = ahead.answer
        addresses = {one.name: (one.vkey, one.url) for one in (ahead, honest, also)}
        place.write_policy(lines_of(["ahead", "honest"], [addresses["ahead"], addresses["honest"]]))
        with place.serve() as server:
            assert isinstance(posted(server, wait=2), Acknowledgement)
            assert httpx.get(f"{server.url}/health/ready").status_code == 200
        place.write_policy(lines_of(["ahead", "also-ahead"], [addresses["ahead"], addresses["also-ahead"]]))
        with place.serve() as server:
            # Until it has asked them, it is ready, or waits for what they say.
            while (ready := httpx.get(f"{server.url}/health/ready")).json().get("code") in (None, "unsettled"):
                posted_or_refused(server)
            assert ready.json()["code"] == "log-mismatch"
            assert "a quorum of witnesses" in ready.json()["detail"]


def test_a_log_gets_witnesses_and_others_later(place: Site) -> None:
    """From none to two of three, to others, to none again; receipts stay what they were."""
    with place.serve(policy=False) as server:
        shop = workshop(server, "early", pot="10")
        (early,) = server.post([shop.make({"a": "1"}, {"pot": "1"})])
        began = place_size(server)
    with three_witnesses(place) as (alpha, beta, _):
        with place.serve() as server:
            assert place_size(server) >= began, "what was public stays so"
            assert proof(server, early.digest).content == msgspec.json.encode(early)
            middle = posted(server)
            assert isinstance(middle, Receipt)
            assert len(place.checkpoint(server.url).times) >= 2
            check(server)
        with place.witness("delta") as delta:
            # One that has never seen this log; with beta down it is needed.
            known = [(alpha.vkey, alpha.url), (beta.vkey, beta.url), (delta.vkey, delta.url)]
            place.write_policy(lines_of(["alpha", "beta", "delta"], known))
            beta.kill()
            with place.serve() as server:
                assert isinstance(posted(server), Receipt)
                assert sorted(place.checkpoint(server.url).times) == ["alpha", "delta"]
                for one in (early, middle):
                    assert proof(server, one.digest).content == msgspec.json.encode(one)
    without = command(place.home, "serve", "--port", "0")
    assert without.returncode == 1
    assert "CARBON_LEDGER_POLICY has to name a policy" in without.stderr
    place.write_policy(["quorum none"])
    with place.serve() as server:
        ready = httpx.get(f"{server.url}/health/ready").json()
        assert ready["code"] == "unsettled", "nobody can say what they signed"
        assert "goes on by itself" in ready["rule"]
        text = run("status", "--home", place.home, cwd=None, **place.variables).out
        assert "NOT READY" in text
        assert "carbon-ledger anchor accept" in text
        place.accept()
        until(lambda: is_ready(server))
        assert isinstance(posted(server), Receipt)
        assert not place.checkpoint(server.url).times
        for one in (early, middle):
            assert proof(server, one.digest).content == msgspec.json.encode(one)
        check(server)


def is_ready(server: Server) -> bool:
    """Also while it opens its ledger anew."""
    try:
        return httpx.get(f"{server.url}/health/ready", timeout=60).status_code == 200
    except httpx.TransportError:
        return False


def place_size(server: Server) -> int:
    return Witness(server.vkey).look(server.url).size


def test_another_server_feeds_when_the_one_that_did_is_killed(place: Site) -> None:
    with three_witnesses(place), place.serve() as first, place.serve() as second:
        ones = [posted(first), posted(second), posted(first)]
        assert all(isinstance(one, Receipt) for one in ones)
        first.kill()
        later = posted(second)
        assert isinstance(later, Receipt)
        for one in ones:
            assert proof(second, one.digest).content == msgspec.json.encode(one)
        check(second)


@pytest.mark.faults_long
def test_witnesses_are_killed_at_random_under_load(place: Site) -> None:
    """Every acknowledged record gets one receipt, with a quorum, and keeps it; no witness signs two histories."""
    with three_witnesses(place) as witnesses, place.serve() as server:
        shops = [workshop(server, f"load-{i}", pot="100000") for i in range(3)]
        stop = [False]

        def load(shop: Workshop) -> list[Receipt | Acknowledgement]:
            found: list[Receipt | Acknowledgement] = []
            while not stop[0]:
                part = [shop.make({f"lot-{len(found)}-{i}": "1"}, {"pot": "1"}) for i in range(5)]
                found += acknowledged(server, part, wait=2)
            return found

        chance = random.Random(5)
        with ThreadPoolExecutor(len(shops)) as pool:
            loads = [pool.submit(load, shop) for shop in shops]
            for _ in range(25):
                down: WitnessProcess = chance.choice(witnesses)
                down.kill()
                posted(server, wait=chance.random())
                down.start()
            stop[0] = True
            done = [one for each in loads for one in each.result(120)]
        assert isinstance(posted(server), Receipt)
        assert len(done) > 100
        for one in done:
            proven = receipt(proof(server, one.digest, wait=60))
            assert verify_receipt(proven, server.vkey).entry.digest.hex() == one.digest
            assert proven.index == one.index
            open_cosigned(parse_proof(proven.proof).checkpoint_note, place.policy, place.policy.logs[0].verifier)
            assert not isinstance(one, Receipt) or one == proven
        check(server)


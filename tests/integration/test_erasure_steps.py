"""An erasure is answered before the body goes. In between a server may be killed, the record may be locked, an audit
may run: the body goes all the same, once, by whichever server comes to it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import msgspec
from support.cli import run
from support.databases import Database
from support.revising import amend, change, co2e, digest_of
from support.sectors import Make
from support.server import Posted, Server, command, prepared_home
from support.waiting import until
from support.witness import audited, registry
from support.workshop import Workshop, workshop

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import http_source
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Erasure
from ledger.host.files.key_files import REGISTRAR_KEY
from ledger.service.erasure.erase import carry_out
from ledger.store.embedded import attach

BASIS: Final = "GDPR Art. 17(1)(d)"


def erasure(server: Server, shop: Workshop, record: Posted) -> Posted:
    return server.registrar, Erasure(
        issuer=server.registrar.id, nonce=shop.nonce(), record=digest_of(record), legal_basis=BASIS)


@contextmanager
def locked(home: Path, index: int) -> Iterator[Database]:
    """Nobody else changes the record's row meanwhile; others may refer to it. A session to look on with. Both may be
    lost together with the server that is killed."""
    holder, watcher = Database(attach(home).owner_url), Database(attach(home).owner_url)
    holder.execute(f"BEGIN; SELECT FROM record WHERE index = {index} FOR NO KEY UPDATE")
    try:
        yield watcher
    finally:
        for session in (holder, watcher):
            with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                session.close()


def erased(database: Database, index: int) -> bool:
    return bool(database.one("SELECT erased FROM record WHERE index = $1", index))


def waiting(database: Database, sessions: int = 1) -> bool:
    """Whether so many sessions wait for locks."""
    return bool(database.one(
        "SELECT count(*) >= $1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'", sessions))


def erasures(server: Server) -> int:
    """How many the audit of the whole log counts, which holds."""
    report = audited(server)
    assert report.ok, report.findings
    return report.erased


def test_a_server_that_is_killed_before_the_body_goes() -> None:
    """The answer is durable, the deletion is made up for at the next start."""
    with prepared_home() as home:
        with Server(home) as server:
            shop = workshop(server, "shop", pot="1000")
            a = shop.mine("a", "100")
            (receipt,) = server.post([a])
            with locked(home, receipt.index) as watcher:
                (done,) = server.post([erasure(server, shop, a)])
                until(lambda: waiting(watcher))
                assert not erased(watcher, receipt.index)
                assert watcher.one("SELECT subject FROM erasure WHERE record = $1", done.index) == receipt.index
                server.kill()
        with Server(home) as again, Database(attach(home).owner_url) as database:
            until(lambda: erased(database, receipt.index))
            assert erasures(again) == 1


def test_another_server_comes_to_it(server: Server, shop: Workshop) -> None:
    """Two of them, and the one that logged the erasure is killed: the other one erases what the log asks for with its
    own next erasure, and now and then by itself."""
    first, home, before = server, server.home, erasures(server)
    with Server(home) as second:
        a, b = shop.mine("a", "100"), shop.mine("b", "100")
        at_a, at_b = first.post([a, b])
        with locked(home, at_a.index) as watcher:
            second.post([erasure(second, shop, a)])
            until(lambda: waiting(watcher))
            for one in (first, second):
                answer = httpx.get(f"{one.url}/v1/records/{digest_of(a)}", timeout=60)
                assert answer.status_code == 410
            second.kill()
        first.post([erasure(first, shop, b)])
        with Database(attach(home).owner_url) as database:
            until(lambda: erased(database, at_a.index) and erased(database, at_b.index))
    assert erasures(first) == before + 2


def test_the_order_is_that_of_the_log(server: Server, shop: Workshop) -> None:
    """One that has to wait is waited for, or it would not be found again behind one that is done."""
    home, before = server.home, erasures(server)
    a, b, c = shop.mine("a", "100"), shop.mine("b", "100"), shop.mine("c", "100")
    at_a, at_b, at_c = [receipt.index for receipt in server.post([a, b, c])]
    server.post([erasure(server, shop, c)])
    with locked(home, at_b) as watcher:
        until(lambda: erased(watcher, at_c))
        server.post([erasure(server, shop, b), erasure(server, shop, a)])
        until(lambda: waiting(watcher))
        assert not erased(watcher, at_a)
    with Database(attach(home).owner_url) as database:
        until(lambda: erased(database, at_a) and erased(database, at_b))
    assert erasures(server) == before + 3


def test_a_revision_that_is_under_way(server: Server, shop: Workshop) -> None:
    """It was prepared with the body; the erasure is logged before it takes the lock. So it begins anew: what it would
    change is refused, what it passes through keeps its assessment, and nothing is written with words of the body."""
    home, before = server.home, erasures(server)
    with ThreadPoolExecutor(2) as threads:
        a, b = shop.mine("a", "100", co2="50"), shop.make({"b": "60"}, {"a": "80"})
        server.post([a, b])
        upstream = amend(shop, change(a, activity=Make(co2="100")))
        for erasing, posted in ((b, upstream), (a, amend(shop, change(a, activity=Make(co2="9"))))):
            gone = [erasing] if erasing is b else [upstream, a]
            with Database(attach(home).owner_url) as holder, Database(attach(home).owner_url) as watcher:
                holder.execute("BEGIN; SELECT FROM head FOR UPDATE")
                first = threads.submit(server.submit, server.envelopes([erasure(server, shop, one) for one in gone]))
                until(lambda watcher=watcher: waiting(watcher))
                second = threads.submit(server.submit, server.envelopes([posted]))
                until(lambda watcher=watcher: waiting(watcher, 2))
                holder.execute("ROLLBACK")
            assert all(isinstance(answer, Receipt) for answer in first.result())
            (answer,) = second.result()
            assert isinstance(answer, Receipt) if erasing is b else answer["code"] == "erased"
        asyncio.run(carry_out(attach(home).app_url))
        assert co2e(server, shop, "a", "b") == [100.0, 81.0]
        assert erasures(server) == before + 3


def test_an_audit_that_goes_on_from_its_state(server: Server, shop: Workshop, tmp_path: Path) -> None:
    """What was audited with its body may be erased afterwards; what is erased when it is read, counts."""
    a, b = shop.mine("a", "100"), shop.mine("b", "100")
    server.post([a])
    state = tmp_path / "state"
    first = audited_from(server, state)
    server.post([erasure(server, shop, a), b, erasure(server, shop, b)])
    server.post([shop.make({"c": "5"}, {"a": "5", "b": "5"})])
    asyncio.run(carry_out(attach(server.home).app_url))
    report = audited_from(server, state)
    assert (first.ok, report.ok, report.counted("erased")) == (True, True, 1), report.findings
    assert report.start == first.size
    again = server.submit(server.envelopes([erasure(server, shop, a)]))
    assert again[0]["code"] == "erased"
    server.post([shop.make({"d": "5"}, {"a": "5"})])
    assert audited_from(server, state).ok


def audited_from(server: Server, state: Path) -> AuditReport:
    async def audited_now() -> AuditReport:
        async with http_source(server.url) as source:
            return await audit(source, registry(), AuditOptions(vkey=server.vkey, state=state))

    return asyncio.run(audited_now())


def test_on_the_command_line(server: Server, shop: Workshop, tmp_path: Path) -> None:
    """By `erase`, or signed offline like any record and submitted."""
    home = server.home
    a, b = shop.mine("a", "100"), shop.mine("b", "100")
    server.post([a, b])
    done = command(home, "erase", digest_of(a), "--basis", BASIS, "--url", server.url, "--json")
    assert done.returncode == 0, done.stderr
    told = msgspec.json.decode(done.stdout)
    assert told["record"] == digest_of(a)
    found = httpx.get(f"{server.url}/v1/records/{digest_of(a)}", timeout=60).json()
    assert (found["erasure"]["index"], found["erasure"]["digest"]) == (told["index"], told["digest"])
    twice = command(home, "erase", digest_of(a), "--basis", BASIS, "--url", server.url)
    assert (twice.returncode, twice.stdout) == (1, "")
    assert "is erased" in twice.stderr
    asked = tmp_path / "erasure.json"
    asked.write_text(msgspec.json.encode({"type": "erasure", "record": digest_of(b), "legalBasis": BASIS}).decode())
    signed = tmp_path / "signed.ndjson"
    assert run("sign", asked, "--key", home / REGISTRAR_KEY, "--issuer", server.registrar.id, "--origin",
               server.origin, "-o", signed).code == 0
    (receipt,) = server.submit([signed.read_bytes().strip()])
    assert isinstance(receipt, Receipt)
    assert httpx.get(f"{server.url}/v1/records/{digest_of(b)}", timeout=60).status_code == 410

"""Erasures on a server: the body is gone, what rests on it stays, and in the end the whole log is audited, over HTTP
and from the database."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from support.databases import Database
from support.revising import add, amend, change, close, co2e, digest_of, gas, outputs, pool, problem, reopen, stock
from support.sectors import Make
from support.server import Posted, Server
from support.witness import registry
from support.workshop import END, START, Workshop, kilograms

from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.core.log.note import NoteSigner
from ledger.core.receipts.receipt import Receipt, verify_receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import Declaration, Erasure
from ledger.core.record.redacted import NONCE, residue
from ledger.core.record.values import Evidence, Supply
from ledger.host.files.key_files import LOG_KEY, read_key
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.erasure.erase import carry_out
from ledger.service.setup import Identity
from ledger.store.database import open_pool
from ledger.store.embedded import attach

SECRET: Final = "Frau Lindqvist, Schicht 3"
BASIS: Final = "GDPR Art. 17(1)(b)"


@pytest.fixture(scope="module")
def database(serving: Server) -> Iterator[Database]:
    """Afterwards the audit of the database holds too, which sees rows that no leaf commits to; and what the database
    says of itself."""
    with Database(attach(serving.home).owner_url) as found:
        yield found
        assert found.fetch("SELECT * FROM verify_log()") == []
    report = asyncio.run(audited_database(serving))
    assert report.ok, report.findings


async def audited_database(server: Server) -> AuditReport:
    signer = NoteSigner(server.origin, read_key(server.home / LOG_KEY).private)
    sessions = await open_pool(attach(server.home).app_url)
    try:
        source = DatabaseSource(sessions, Identity(server.origin, server.vkey, signer))
        return await audit(source, registry(), AuditOptions(vkey=server.vkey))
    finally:
        await sessions.close()


def erasure(server: Server, shop: Workshop, record: Posted | str) -> Posted:
    digest = record if isinstance(record, str) else digest_of(record)
    return server.registrar, Erasure(
        issuer=server.registrar.id, nonce=shop.nonce(), record=digest, legal_basis=BASIS)


def erase(server: Server, shop: Workshop, *records: Posted) -> list[Receipt]:
    """The bodies are gone when this returns, by the server's own step or by this one."""
    receipts = server.post([erasure(server, shop, record) for record in records])
    asyncio.run(carry_out(attach(server.home).app_url))
    return receipts


def secret(posted: Posted) -> Posted:
    """The record with words in it that nobody but its issuer wrote."""
    party, record = posted
    evidence = [Evidence(digest="ab" * 32, media_type="text/plain", kind=SECRET)]
    supplies = [replace(one, description=SECRET) for one in record.supplies]
    return party, replace(record, evidence=evidence, supplies=supplies)


def ore(amount: str) -> Supply:
    return Supply(material="ore", quantity=kilograms(amount), origin="nature")


def bodies(database: Database) -> bytes:
    """All that is stored of what records say."""
    rows = database.fetch("SELECT body FROM record UNION ALL SELECT body FROM revised WHERE body IS NOT NULL")
    return b"\n".join(row["body"] for row in rows)


def get(server: Server, path: str, **parameters: Any) -> Any:
    answer = httpx.get(f"{server.url}{path}", params=parameters, timeout=60)
    answer.raise_for_status()
    return answer.json()


# --- what goes and what stays ----------------------------------------------------------------------------------------


def test_the_body_goes_and_what_rests_on_it_stays(server: Server, database: Database, shop: Workshop) -> None:
    a, b = secret(shop.mine("a", "100", co2="50")), shop.make({"b": "60"}, {"a": "80"})
    receipts = server.post([a, b])
    before = co2e(server, shop, "a", "b"), stock(server, shop, "a", "b")
    assert SECRET.encode() in bodies(database)
    (done,) = erase(server, shop, a)
    assert SECRET.encode() not in bodies(database)
    assert (co2e(server, shop, "a", "b"), stock(server, shop, "a", "b")) == before
    assert database.one("SELECT body FROM record WHERE index = $1", receipts[0].index) == canonical.encode(
        residue(a[1]))
    # Whoever has kept the body can still show what was in it, to whom the receipt proves that it was logged.
    verify_receipt(receipts[0], server.vkey, body=canonical.encode(a[1]))
    assert get(server, f"/v1/records/{digest_of(a)}/proof") == msgspec.json.decode(msgspec.json.encode(receipts[0]))
    server.post([shop.make({"c": "10"}, {"a": "10"}), shop.use({"b": "5"})])
    assert done.index == receipts[-1].index + 1


def test_the_answer_for_an_erased_record(server: Server, database: Database, shop: Workshop) -> None:
    a = secret(shop.mine("a", "100"))
    (receipt,) = server.post([a])
    (done,) = erase(server, shop, a)
    answer = httpx.get(f"{server.url}/v1/records/{digest_of(a)}", timeout=60)
    assert answer.status_code == 410
    found = answer.json()
    assert (found["code"], found["value"]) == ("erased", digest_of(a))
    assert BASIS in found["detail"]
    assert {name: one for name, one in found["erasure"].items() if name != "entry"} == {
        "index": done.index, "digest": done.digest, "legalBasis": BASIS, "record": receipt.index,
        "type": "transformation", "issuer": shop.id,
    }
    assert SECRET not in answer.text
    assert get(server, f"/v1/records/{done.digest}")["body"]["legalBasis"] == BASIS


def test_posted_again(server: Server, database: Database, shop: Workshop) -> None:
    """Whoever kept the envelope gets the first receipt; the body does not come back."""
    a = secret(shop.mine("a", "100"))
    envelopes = server.envelopes([a])
    (first,) = server.submit(envelopes)
    erase(server, shop, a)
    assert server.submit(envelopes) == [first]
    assert SECRET.encode() not in bodies(database)


def test_of_the_same_request(server: Server, database: Database, shop: Workshop) -> None:
    a = secret(shop.mine("a", "100"))
    server.post([a, erasure(server, shop, a), shop.make({"b": "60"}, {"a": "80"})])
    asyncio.run(carry_out(attach(server.home).app_url))
    assert SECRET.encode() not in bodies(database)


def test_twice(server: Server, database: Database, shop: Workshop) -> None:
    a = shop.mine("a", "100")
    first, again = erasure(server, shop, a), erasure(server, shop, a)
    server.post([a, first])
    answers = server.submit(server.envelopes([first, again]))
    assert isinstance(answers[0], Receipt)
    assert answers[1]["code"] == "erased"


def test_a_residue_cannot_be_posted(server: Server, database: Database, shop: Workshop) -> None:
    party, record = shop.mine("a", "100")
    found = problem(server, (party, residue(record)))
    assert (found["code"], found["field"], found["value"]) == ("residue", "nonce", NONCE)


def test_master_data(server: Server, database: Database) -> None:
    """Of a site and a product the ids and what is computed with stay, so production goes on."""
    mill = Workshop("erased-mill")
    (_, site), (_, product) = mill.opening()
    opening = [(mill.party, replace(one, names={"en": SECRET})) for one in (site, product)]
    server.post([mill.enrolment(server), *opening, mill.mine("a", "100")])
    before = co2e(server, mill, "a")
    erase(server, mill, *opening)
    assert SECRET.encode() not in bodies(database)
    server.post([mill.mine("z", "100"), mill.make({"b": "60"}, {"a": "80"})])
    assert co2e(server, mill, "a") == before


# --- erasures among revisions ----------------------------------------------------------------------------------------


def test_it_changes_no_more(server: Server, database: Database, shop: Workshop) -> None:
    a = secret(shop.mine("a", "100", co2="50"))
    server.post([a])
    erase(server, shop, a)
    found = problem(server, amend(shop, change(a, activity=Make(co2="20"))))
    assert (found["code"], found["field"], found["value"]) == ("erased", "changes[0].record", digest_of(a))
    server.post([amend(shop, change(a))])
    assert stock(server, shop, "a")[0][1] == "0"


@pytest.mark.parametrize("together", [True, False], ids=["one request", "one by one"])
def test_what_changes_upstream_passes_through(
    server: Server, database: Database, shop: Workshop, together: bool
) -> None:
    """Changed figures are carried on; so are changed quantities, with the assessment that there is."""
    a, b = shop.mine("a", "100", co2="50"), secret(shop.make({"b": "60"}, {"a": "80"}, activity=Make(co2="7")))
    server.post([a, b, shop.make({"c": "30"}, {"b": "30"})])
    erase(server, shop, b)
    later = [
        amend(shop, change(a, activity=Make(co2="100"))),
        amend(shop, change(a, outputs=outputs(shop, {"a": "160"}), supplies=[ore("160")])),
    ]
    for one in [later] if together else [[record] for record in later]:
        server.post(one)
    assert co2e(server, shop, "a", "b", "c") == pytest.approx([100, 100 * 80 / 160 + 7, (57 / 2) + 1])


def test_amendments_go_first(server: Server, database: Database, shop: Workshop) -> None:
    """Both hold words of the record; so do its readings in between."""
    a = shop.mine("a", "100", co2="50")
    said = [Evidence(digest="cd" * 32, media_type="text/plain", kind=SECRET)]
    first = amend(shop, change(a, activity=Make(co2="60"), evidence=said))
    second = amend(shop, change(a, activity=Make(co2="70")))
    server.post([a, shop.make({"b": "50"}, {"a": "50"}), first, second])
    before = co2e(server, shop, "a", "b")
    found = problem(server, erasure(server, shop, a))
    assert (found["code"], found["field"]) == ("amended", "record")
    assert digest_of(first) in found["rule"]
    erase(server, shop, first)
    assert SECRET.encode() not in bodies(database)
    assert get(server, f"/v1/records/{digest_of(a)}")["body"]["type"] == "transformation"
    assert [one.get("erased", False) for one in get(server, f"/v1/records/{digest_of(a)}")["revisions"]] == [True, True]
    erase(server, shop, second, a)
    assert co2e(server, shop, "a", "b") == before


def test_an_erased_amendment_freezes_what_it_changed(server: Server, database: Database, shop: Workshop) -> None:
    a = shop.mine("a", "100", co2="50")
    first = amend(shop, change(a, activity=Make(co2="60")))
    server.post([a, first])
    erase(server, shop, first)
    found = problem(server, amend(shop, change(a, activity=Make(co2="70"))))
    assert (found["code"], found["field"], co2e(server, shop, "a")) == ("erased", "changes[0].record", [60])


def test_a_closing_leaves_an_erased_record_its_part(server: Server, database: Database, shop: Workshop) -> None:
    """Of 40 kg of gas it keeps the 10 that it stated; the others share the rest."""
    p = secret(shop.make({"p": "100"}, supplies=[gas("10"), ore("100")], basis="provisional"))
    q = shop.make({"q": "100"}, supplies=[ore("100")], basis="provisional")
    server.post([p, q])
    erase(server, shop, p)
    closing = close(shop, gas("40"))
    server.post([closing])
    assert co2e(server, shop, "p", "q") == pytest.approx([1 + 10 * 2.75, 1 + 30 * 2.75])
    server.post([reopen(shop, closing), close(shop, gas("50"))])
    assert co2e(server, shop, "p", "q") == pytest.approx([1 + 10 * 2.75, 1 + 40 * 2.75])


def test_an_erased_closing(server: Server, database: Database, shop: Workshop) -> None:
    """What it made of others stays; their readings go with its words, their own bodies do not."""
    p = shop.make({"p": "100"}, supplies=[ore("100")], basis="provisional")
    closing = close(shop, replace(gas("40"), description=SECRET))
    server.post([p, closing])
    before = co2e(server, shop, "p")
    erase(server, shop, closing)
    assert SECRET.encode() not in bodies(database)
    assert co2e(server, shop, "p") == before
    assert get(server, f"/v1/records/{digest_of(p)}")["body"]["basis"] == "provisional"
    server.post([reopen(shop, closing)])
    assert problem(server, close(shop, gas("50")))["code"] == "nothing-to-close"
    server.post([close(shop)])
    assert co2e(server, shop, "p") == before


def test_a_pool_hands_on_through_an_erased_addition(server: Server, database: Database, shop: Workshop) -> None:
    a, b = shop.mine("a", "100", co2="50"), shop.mine("b", "100", co2="20")
    first, second = add(shop, "heap", {"a": "60"}), add(shop, "heap", {"b": "40"})
    server.post([a, b, pool(shop, "heap"), first, second, shop.make({"c": "10"}, {"heap": "10"})])
    erase(server, shop, first, second)
    server.post([amend(shop, change(a, activity=Make(co2="100")))])
    server.post([amend(shop, change(a, outputs=outputs(shop, {"a": "120"}), supplies=[ore("120")]))])
    assert co2e(server, shop, "heap:1") == [50.0]


def test_a_declaration_that_prices_others(server: Server, database: Database, shop: Workshop) -> None:
    declared = shop.signed(Declaration(
        issuer=shop.id, nonce=shop.nonce(), start=START, end=END, basis="study", boundary="cradleToGate",
        burdens={"fossilGhgEmissions": "3"}, per=kilograms("1"),
        evidence=[Evidence(digest="ef" * 32, media_type="text/plain", kind=SECRET)],
    ))
    priced = Supply(material="paint", quantity=kilograms("5"), declaration=digest_of(declared))
    server.post([declared, shop.make({"a": "10"}, supplies=[ore("10"), priced])])
    erase(server, shop, declared)
    assert SECRET.encode() not in bodies(database)
    server.post([shop.make({"b": "10"}, supplies=[ore("10"), priced])])
    assert co2e(server, shop, "a", "b") == [16.0, 16.0]

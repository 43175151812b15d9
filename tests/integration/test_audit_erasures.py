"""An owner of the database who forges what erasures leave, triggers off: the audit names the rule and the index. And
the role that erases, which can do nothing but what the log asks for.

Each case works on a copy of one ledger of lots a, b, c, each of the one before, in which b's record is erased.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import asyncpg
import pytest
from integration.test_audit import Copy, Origin, stopped_ledger
from support.databases import copied
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Posted, Server
from support.workshop import Workshop

from ledger.client.audit.sample.draw import SampleRequest
from ledger.client.audit.sample.population import DrawnSample, take_sample
from ledger.client.audit.source.http import http_source
from ledger.core.record import canonical
from ledger.core.record.canonical import decode_record
from ledger.core.record.kinds import Erasure, Transformation
from ledger.core.record.redacted import residue
from ledger.core.record.values import Evidence
from ledger.service.erasure.erase import carry_out

SAID: Final = [Evidence(digest="ab" * 32, media_type="text/plain", kind="weighed by Mrs Lindqvist")]
ERASER: Final = "SET ROLE carbon_ledger_eraser"


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    def fill(server: Server, mill: Workshop) -> Mapping[str, Posted]:
        server.post([mill.enrolment(server), *mill.opening()])
        a = mill.mine("a", "100", co2="50")
        b = mill.make({"b": "60"}, {"a": "80"}, activity=Make(co2="7"), evidence=SAID)
        c = mill.make({"c": "30"}, {"b": "30"})
        amended = amend(mill, change(c, activity=Make(co2="3")))
        erasure = Erasure(issuer=server.registrar.id, nonce=mill.nonce(), record=digest_of(b), legal_basis="GDPR")
        return {"a": a, "b": b, "c": c, "amended": amended, "erasure": (server.registrar, erasure)}

    with stopped_ledger(fill) as found:
        # As the next server would: the one that was stopped may not have come to it.
        asyncio.run(carry_out(found.postgres.owner_url))
        yield found


@pytest.fixture
def copy(origin: Origin) -> Iterator[Copy]:
    with copied(origin.postgres) as database:
        yield Copy(origin, database)


def body(copy: Copy, lot: str) -> bytes:
    (row,) = copy.fetch("SELECT body FROM record WHERE index = $1", copy.origin.index(lot))
    return row["body"]


def forge(copy: Copy, lot: str, **fields: Any) -> None:
    """Puts fields into what is stored of a record."""
    tree = json.loads(body(copy, lot)) | fields
    copy.tamper("UPDATE record SET body = $2, erased = true WHERE index = $1", copy.origin.index(lot),
                canonical.encode(canonical.record_of(tree)))


def test_an_untouched_copy_holds(copy: Copy) -> None:
    report = copy.audit()
    assert (report.ok, report.erased) == (True, 1), report.findings
    assert [note for note in report.notes if "not recomputed (erased): 1 records" in note]
    assert b"Lindqvist" not in body(copy, "b")
    assert isinstance(decode_record(body(copy, "b")), Transformation)


def test_a_sample_says_what_is_erased(copy: Copy) -> None:
    """Its figures stand in it, the evidence that a verifier would look at is gone."""
    question = SampleRequest(copy.origin.mill.name("site"), "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "seed")

    async def sampled(url: str) -> DrawnSample:
        async with http_source(url) as source:
            return await take_sample(source, question, vkey=copy.origin.identity.vkey, policy=None,
                                     progress=lambda *_: None)

    with copy.served() as server:
        found = {one.index: one for one in asyncio.run(sampled(server.url)).records}
    assert {index for index, one in found.items() if one.erased} == {copy.origin.index("b")}
    assert (found[copy.origin.index("b")].evidence, found[copy.origin.index("b")].emissions) == ([], 7.0)
    assert found[copy.origin.index("a")].emissions == 50.0


# --- what is forged --------------------------------------------------------------------------------------------------


def test_another_quantity_in_a_residue(copy: Copy) -> None:
    """The outcome commits to the figures that come of it."""
    forge(copy, "b", inputs=[{"lot": copy.origin.mill.name("a"), "quantity": {"value": "70", "unit": "KGM"}}])
    found = copy.findings()
    assert {("outcome", copy.origin.index("b")), ("flows", copy.origin.index("b"))} <= set(found)


def test_words_in_a_residue(copy: Copy) -> None:
    forge(copy, "b", evidence=[{"digest": "cd" * 32, "mediaType": "text/plain", "kind": "certified by nobody"}])
    assert ("body", copy.origin.index("b")) in copy.findings()


def test_another_assessment_of_an_erased_record(copy: Copy) -> None:
    index = copy.origin.index("b")
    copy.tamper("UPDATE record SET outcome = convert_to(replace(convert_from(outcome, 'UTF8'), $2, $3), 'UTF8') "
                "WHERE index = $1", index, '"7"', '"6"')
    assert ("outcome", index) in copy.findings()


def test_another_seed_of_an_erased_record(copy: Copy) -> None:
    index = copy.origin.index("b")
    copy.tamper("UPDATE record SET seed = sha256(seed) WHERE index = $1", index)
    assert ("outcome", index) in copy.findings()


def test_a_body_that_goes_without_an_erasure(copy: Copy) -> None:
    index = copy.origin.index("a")
    left = canonical.encode(residue(decode_record(body(copy, "a"))))
    copy.tamper("UPDATE record SET body = $2, erased = true WHERE index = $1", index, left)
    assert copy.findings() == [("erasure", index)]
    with copy.served() as server:
        told = json.loads(server.audit("--json").stdout)
    assert [(one["rule"], one.get("index")) for one in told["findings"]] == [("erasure", index)]


def test_an_erasure_that_is_not_on_the_log(copy: Copy) -> None:
    """Servers would erase by the row; the audit sees that no record entered it."""
    index = copy.origin.index("c")
    copy.tamper("INSERT INTO erasure VALUES ($1, $2, 'nothing')", index, copy.origin.index("a"))
    assert copy.findings() == [("names", index)]


def test_an_erasure_whose_row_is_gone(copy: Copy) -> None:
    copy.tamper("DELETE FROM erasure")
    assert copy.findings() == [("names", copy.origin.index("erasure"))]


def test_a_public_body_is_never_erased(copy: Copy) -> None:
    (row,) = copy.fetch("SELECT index FROM record WHERE type = 'organization' ORDER BY index DESC LIMIT 1")
    copy.tamper("UPDATE record SET erased = true WHERE index = $1", row["index"])
    assert ("body", row["index"]) in copy.findings()


def test_a_reading_that_goes_without_an_erasure(copy: Copy) -> None:
    index = copy.origin.index("c")
    (row,) = copy.fetch("SELECT body FROM revised WHERE record = $1 AND own", index)
    copy.tamper("UPDATE revised SET body = $2 WHERE record = $1", index,
                canonical.encode(residue(decode_record(row["body"]))))
    assert copy.findings() == [("erasure", index)]


def test_an_erasure_that_waits(copy: Copy) -> None:
    """The log asks for it and nobody has come to it: nothing is wrong, and nothing counts as erased."""
    again = Workshop("mill")
    for _ in ("enrolment", "site", "part", "a"):
        again.nonce()
    whole = canonical.encode(again.make({"b": "60"}, {"a": "80"}, activity=Make(co2="7"), evidence=SAID)[1])
    assert canonical.digest(whole).hex() == copy.origin.receipts["b"].digest
    copy.tamper("UPDATE record SET body = $2, erased = false WHERE index = $1", copy.origin.index("b"), whole)
    report = copy.audit()
    assert (report.ok, report.erased) == (True, 0), report.findings


# --- what the role may do --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", [
    "UPDATE record SET type = 'product'", "UPDATE record SET seed = sha256(seed)", "UPDATE record SET outcome = NULL",
    "DELETE FROM record", "TRUNCATE record CASCADE", "INSERT INTO erasure SELECT 1, 1, 'me'", "DELETE FROM erasure",
    "UPDATE revised SET outcome = sha256(outcome)", "UPDATE revised SET leaf = NULL", "DELETE FROM revised",
    "UPDATE entry SET data = data", "UPDATE head SET size = 0", "UPDATE balance SET remaining = 0",
    "UPDATE lot SET quantity = 1", "CREATE TABLE mine (a int)",
])
def test_the_eraser_does_nothing_else(copy: Copy, statement: str) -> None:
    copy.execute(ERASER)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        copy.execute(statement)


@pytest.mark.parametrize("lot", ["a", "c"])
def test_the_eraser_erases_nothing_that_the_log_does_not_name(copy: Copy, lot: str) -> None:
    left = canonical.encode(residue(decode_record(body(copy, lot)))).hex()
    copy.execute(ERASER)
    for statement in (
        f"UPDATE record SET body = '\\x{left}', erased = true WHERE index = {copy.origin.index(lot)}",
        f"UPDATE revised SET body = '\\x{left}' WHERE record = {copy.origin.index('c')}",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no erasure on the log asks for this"):
            copy.execute(statement)


def test_what_is_erased_stays_so(copy: Copy) -> None:
    """Nor is anything else put in its place."""
    copy.execute(ERASER)
    for change_back in ("body = sha256(body)", "erased = false", "body = body"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no erasure on the log"):
            copy.execute(f"UPDATE record SET {change_back} WHERE index = {copy.origin.index('b')}")


@pytest.mark.parametrize("role", ["carbon_ledger_writer", "ledger_owner"])
def test_nobody_else_erases(copy: Copy, role: str) -> None:
    copy.execute(f"SET ROLE {role}")
    for statement in ("UPDATE record SET body = body", "UPDATE revised SET body = body"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            copy.execute(statement)

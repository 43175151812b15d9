"""The access log on a real database: who read which data of whom, through the routes of the API; and its days: numbers
without gaps, closing exactly once, proofs, expiry, kills."""

import asyncio
import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

import asyncpg
import msgspec
import pytest
from support import prefork
from support.callers import Callers
from support.databases import Database
from support.inside import Inside, inside
from support.parties import enrolment
from support.revising import amend, change
from support.sectors import Make
from support.server import environment, prepared_home
from support.waiting import until
from support.workshop import Workshop

from ledger.access.accesses import Access, open_day
from ledger.access.caller import Caller
from ledger.app import create_app
from ledger.core.log.merkle import leaf_hash, tree_root, verify_inclusion
from ledger.core.record import canonical
from ledger.core.record.kinds import AppointedReader, Grant
from ledger.errors import InvalidNote, NotFound, Unavailable, VerificationError
from ledger.host.clock import now
from ledger.service.access_log import access_log, merging
from ledger.service.access_log.access_log import AccessLog
from ledger.service.access_log.closing import DayCloser, close_day, expire, session_of
from ledger.service.access_log.read import read_access_proofs, read_accesses, read_day_root, read_day_roots
from ledger.store.database import ERASER, WRITER
from ledger.store.embedded import attach
from ledger.web.authorization import declarations


class Place(NamedTuple):
    callers: Callers
    mill: Workshop
    forge: Workshop
    reader: Workshop
    sent: str


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = [Workshop(name) for name in ("mill", "forge", "reader")]
        for shop in shops:
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        mill, forge, reader = shops
        sent = mill.send("x", "10", forge, "x-sent")
        ledger.post([mill.mine("x", "100")])
        ledger.post([sent])
        ledger.post([(ledger.registrar, AppointedReader(
            issuer=ledger.registrar.id, nonce=mill.nonce(), organization=reader.id, purpose="audit",
            until="2034-12-31T00:00:00Z"))])
        yield Place(Callers(ledger), mill, forge, reader, canonical.digest(canonical.encode(sent[1])).hex())


def rows(place: Place, owner: str, asker: str | None = None, **parameters: str) -> list[dict[str, Any]]:
    answer = place.callers.get(asker or owner, "/v1/accesses", {"organization": owner, **parameters})
    assert answer.status_code == 200, answer.text
    return [listed["row"] for listed in answer.json()["accesses"]]


def test_readings_by_others_are_noted_and_own_ones_are_not(place: Place) -> None:
    before = len(rows(place, place.mill.id))
    lot, record = place.mill.name("x"), f"/v1/records/{place.sent}"
    assert (place.callers.get(place.mill.id, record).status_code, len(rows(place, place.mill.id))) == (200, before)
    assert place.callers.get(place.forge.id, record).status_code == 200
    (row, *_) = rows(place, place.mill.id)
    assert (row["organization"], row["client"], row["owner"], row["right"], row["route"], row["asked"]) == (
        place.forge.id, "key", place.mill.id, "party", "/v1/records/{digest}", [place.sent])
    assert place.callers.get(place.reader.id, "/v1/footprint", {"lot": lot}).status_code == 200
    (row, *_) = rows(place, place.mill.id)
    assert (row["organization"], row["right"], row["asked"]) == (place.reader.id, "reader", [lot])


def test_the_log_of_others_is_as_unknown_as_that_of_nobody(place: Place) -> None:
    for path, more in (("/v1/accesses", {}), ("/v1/accesses/proof", {"day": "2026-01-01", "index": "0"})):
        for asker in (place.forge.id, None):
            answers = [place.callers.get(asker, path, {"organization": name, **more})
                       for name in (place.mill.id, f"{place.mill.id}-2")]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content.replace(place.mill.id.encode(), b"?") == answers[1].content.replace(
                f"{place.mill.id}-2".encode(), b"?")


def test_public_data_and_refused_readings_are_not_noted(place: Place) -> None:
    before = len(rows(place, place.mill.id))
    for path, parameters in (("/v1/organizations", {}), ("/v1/show", {"name": place.mill.id}), ("/log/checkpoint", {}),
                             ("/log/accesses", {})):
        assert place.callers.get(place.forge.id, path, parameters).status_code == 200, path
    assert place.callers.get(place.forge.id, "/v1/record-list", {"issuer": place.mill.id}).status_code == 404
    assert place.callers.get(place.forge.id, "/v1/footprint", {"lot": place.mill.name("x")}).status_code == 404
    assert len(rows(place, place.mill.id)) == before


def test_a_grant_is_named_by_its_log_index(place: Place) -> None:
    ledger = place.callers.ledger
    grants = [Grant(issuer=place.mill.id, nonce=place.mill.nonce(), depth=depth, until="2034-12-31T00:00:00Z",
                    purpose="purchase", **to) for depth, to in (
        ("totals", {"grantee": place.forge.id}), ("full", {"grantee": place.forge.id}),
        ("full", {"link": hashlib.sha256(b"secret").hexdigest()}))]
    receipts = ledger.post([place.mill.signed(grant) for grant in grants])
    assert place.callers.get(place.forge.id, "/v1/record-list", {"issuer": place.mill.id}).status_code == 200
    (row, *_) = rows(place, place.mill.id)
    assert (row["right"], row["grant"], row["asked"]) == ("grant", receipts[1].index, [place.mill.id])
    holder = Caller(scopes=frozenset({"read"}), link=receipts[2].digest)
    assert place.callers.get(holder, "/v1/lot-list", {"holder": place.mill.id}).status_code == 200
    (row, *_) = rows(place, place.mill.id)
    assert (row["link"], row["grant"], row.get("organization")) == (receipts[2].digest, receipts[2].index, None)


def test_a_reading_that_cannot_be_noted_is_not_answered(place: Place) -> None:
    ledger, record = place.callers.ledger, f"/v1/records/{place.sent}"
    with Database(attach(ledger.ledger.settings.home).owner_url) as owner:
        owner.execute("ALTER TABLE access ADD CONSTRAINT nothing CHECK (number < 0) NOT VALID")
        try:
            refused = place.callers.get(place.forge.id, record)
            assert (refused.status_code, refused.json()["code"]) == (503, "access-not-noted")
            assert place.sent not in refused.text
            assert place.callers.get(place.mill.id, record).status_code == 200, "own data need no row"
        finally:
            owner.execute("ALTER TABLE access DROP CONSTRAINT nothing")
    assert place.callers.get(place.forge.id, record).status_code == 200


def test_no_body_and_no_value_enters_the_access_log(place: Place) -> None:
    """The reader asks every route for the mill's things. Then every column of every row is searched."""
    values = {"organization": place.mill.id, "holder": place.mill.id, "issuer": place.mill.id, "party": place.forge.id,
              "lot": place.mill.name("x"), "name": place.mill.name("x"), "product": place.mill.name("part"),
              "facility": place.mill.name("site"), "digest": place.sent, "year": "2025", "sector": "works"}
    asked = 0
    for route, declared in declarations(create_app(place.callers.ledger.ledger)).items():
        method, path = route.split(" ")
        parameters = {name: value for name, value in values.items() if any(
            name in getattr(one, "parameters", ()) or name == getattr(one, "parameter", "") for one in declared)}
        if method == "GET" and parameters:
            answer = place.callers.get(place.reader.id, path.replace("{digest}", place.sent).replace(
                "{digest:str}", place.sent), parameters)
            asked += answer.status_code == 200
    assert asked > 10
    with Database(attach(place.callers.ledger.ledger.settings.home).owner_url) as owner:
        written = [row["line"] for row in owner.fetch(
            "SELECT a::text || convert_from(data, 'UTF8') AS line FROM access a")]
        bodies = [json.loads(row["body"])
                  for row in owner.fetch("SELECT body FROM record WHERE issuer = $1", place.mill.id)]
        rows_read = [json.loads(row["data"]) for row in owner.fetch("SELECT data FROM access")]
    assert len(written) > 10
    nonces = [body["nonce"] for body in bodies]
    assert nonces
    assert not [row for row in written if any(nonce in row for nonce in nonces)]
    assert set().union(*rows_read) <= {
        "time", "salt", "owner", "right", "route", "asked", "organization", "client", "link", "operator", "grant",
        "readings", "last"}
    assert set().union(*[row.get("asked", []) for row in rows_read]) <= {*values.values(), place.mill.id}


@pytest.mark.parametrize("path", [
    "/v1/contributions", "/v1/chain", "/v1/gaps", "/v1/footprint/method", "/v1/sensitivity", "/v1/sensitivity/factors",
    "/v1/uncertainty", "/v1/verification"])
def test_the_owners_of_a_chain_are_noted(place: Place, path: str) -> None:
    """Whoever reads the forge's figure through the mill's records reads the mill's data. The mill may not see the
    forge's lot, so its row does not name it."""
    ledger, mill, forge = place.callers.ledger, place.mill, place.forge
    name = f"deep{path.replace('/', '-')}"
    ledger.post([mill.signed(Grant(
        issuer=mill.id, nonce=mill.nonce(), depth="full", until="2034-12-31T00:00:00Z", purpose="audit",
        grantee=forge.id))])
    made = forge.make({name: "0.25"}, {"x-sent": "0.25"})[1]
    taken = [msgspec.structs.replace(flow, lot=mill.name("x-sent")) for flow in made.inputs]
    ledger.post([forge.signed(msgspec.structs.replace(made, inputs=taken))])
    before = {owner: len(rows(place, owner)) for owner in (mill.id, forge.id)}
    assert place.callers.get(forge.id, path, {"lot": forge.name(name)}).status_code == 200
    (row, *_) = rows(place, mill.id)
    assert (row["organization"], row["right"], row["route"], row.get("asked")) == (forge.id, "grant", path, None)
    assert place.callers.get(place.reader.id, path, {"lot": forge.name(name)}).status_code == 200
    (row, *_) = rows(place, forge.id)
    assert (row["right"], row["asked"]) == ("reader", [forge.name(name)])
    after = {owner: len(rows(place, owner)) for owner in (mill.id, forge.id)}
    assert after == {mill.id: before[mill.id] + 2, forge.id: before[forge.id] + 1}, "one row for each owner and request"


def test_a_row_names_only_what_its_owner_may_see(place: Place) -> None:
    """A question can name the lots of several organisations. The receiver of a lot may see it, as its maker may."""
    ledger, mill, forge = place.callers.ledger, place.mill, place.forge
    lots = [mill.name("shared"), forge.name("own"), forge.name("to-mill")]
    ledger.post([mill.mine("shared", "1"), forge.mine("own", "2")])
    ledger.post([forge.send("own", "1", mill, "to-mill")])
    seen = readings(place, mill.id), readings(place, forge.id)
    answer = place.callers.get(place.reader.id, "/v1/chain", [("lot", lot) for lot in lots])
    assert answer.status_code == 200, answer.text
    assert [[row["asked"] for row in owner.added()] for owner in seen] == [[[lots[0], lots[2]]], [lots[1:]]]


def test_a_dry_run_names_to_each_supplier_its_own_lots(place: Place) -> None:
    ledger, mill, reader, forge = place.callers.ledger, place.mill, place.reader, place.forge
    ledger.post([mill.mine("iron", "5"), reader.mine("coal", "5")])
    ledger.post([mill.send("iron", "5", forge, "iron-sent"), reader.send("coal", "5", forge, "coal-sent")])
    made = forge.make({"alloy": "2"}, {"a": "1", "b": "1"})[1]
    lots = [mill.name("iron-sent"), reader.name("coal-sent")]
    tried = msgspec.structs.replace(made, inputs=[
        msgspec.structs.replace(flow, lot=lot) for flow, lot in zip(made.inputs, lots, strict=True)])
    seen = readings(place, mill.id), readings(place, reader.id)
    checked = place.callers.post(None, "/v1/records/check", ledger.envelopes([forge.signed(tried)])[0])
    assert len(checked.json()["inputs"]) == 2, checked.text
    assert [[row["asked"] for row in owner.added()] for owner in seen] == [[lots[:1]], [lots[1:]]]


RECEIVED: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("/v1/received", {"organization": ""}), ("/v1/lot-list", {"holder": ""}), ("/v1/coverage", {"organization": ""}),
    ("/v1/footprint/received", {"organization": "", "party": "mill"}), ("/v1/audit/balances", {}),
    ("/v1/footprint", {"lot": "tool"}), ("/v1/chain", {"lot": "tool"}), ("/v1/statement", {"lot": "tool"}),
)


def test_goods_received_are_the_data_of_their_receiver(place: Place) -> None:
    """A row says who named a lot of the mill, not which lists of a customer have it. A reader's row is the
    customer's."""
    ledger, mill, buyer = place.callers.ledger, place.mill, Workshop("buyer")
    bought = mill.name("bought")
    ledger.post([(ledger.registrar, enrolment(buyer.party, ledger.registrar, ledger.origin, buyer.nonce())),
                 *buyer.opening(), mill.mine("stock", "9")])
    ledger.post([mill.send("stock", "4", buyer, "bought")])
    made = buyer.make({"tool": "1"}, {"x": "1"})[1]
    ledger.post([buyer.signed(msgspec.structs.replace(
        made, inputs=[msgspec.structs.replace(made.inputs[0], lot=bought)]))])
    names = {"": buyer.id, "mill": mill.id, "tool": buyer.name("tool")}
    seen = readings(place, mill.id), readings(place, buyer.id)
    shown = set()
    for path, parameters in RECEIVED:
        answer = place.callers.get(buyer.id, path, {name: names[value] for name, value in parameters.items()})
        assert answer.status_code == 200, (path, answer.text)
        shown |= {path} if bought in answer.text or mill.id in answer.text else set()
    assert len(shown) >= 5, shown
    for path, parameters in RECEIVED[:2]:
        read = place.callers.get(place.reader.id, path, {name: names[value] for name, value in parameters.items()})
        assert bought in read.text, read.text
    assert ([row["route"] for row in seen[1].added()], seen[0].added()) == (["/v1/lot-list", "/v1/received"], [])
    assert place.callers.get(buyer.id, "/v1/lots", {"lot": bought}).status_code == 200
    assert [(row["organization"], row["right"], row["asked"]) for row in seen[0].added()] == [
        (buyer.id, "party", [bought])]


def test_an_audit_is_noted_for_each_owner_of_a_page(place: Place) -> None:
    before = {owner: len(rows(place, owner)) for owner in (place.mill.id, place.forge.id)}
    answer = place.callers.get(place.reader.id, "/v1/audit/entries", {"from": "0", "to": "1000"})
    assert answer.status_code == 200, answer.text
    for owner, count in before.items():
        read = rows(place, owner)
        assert len(read) == count + 1
        assert (read[0]["organization"], read[0]["right"], read[0]["route"]) == (
            place.reader.id, "reader", "/v1/audit/entries")
    assert place.callers.get(None, "/v1/audit/entries", {"from": "0", "to": "1000"}).status_code == 200
    assert len(rows(place, place.mill.id)) == before[place.mill.id] + 1, "the public sees hashes"


class Readings(NamedTuple):
    """Rows of an owner, before and after a request."""

    place: Place
    owner: str
    before: dict[str, int]

    def added(self) -> list[dict[str, Any]]:
        """Rows that are new, or have further readings."""
        return [row for row in rows(self.place, self.owner) if row.get("readings", 1) > self.before.get(row["salt"], 0)]


def readings(place: Place, owner: str) -> Readings:
    return Readings(place, owner, {row["salt"]: row.get("readings", 1) for row in rows(place, owner)})


@pytest.mark.parametrize(("path", "parameters", "owners"), [
    ("/v1/audit/balances", {}, ("mill", "forge")),
    ("/v1/sectors/works/indicators", {}, ("mill", "forge")),
    ("/v1/inventory", {"organization": "mill", "year": "2025"}, ("mill",)),
    ("/v1/chain", {"lot": "mill:x", "direction": "downstream"}, ("mill", "forge")),
    ("/v1/chain", {"lot": "mill:x"}, ("mill",)),
])
def test_whoever_reads_everything_is_noted_for_each_owner(
    place: Place, path: str, parameters: dict[str, str], owners: tuple[str, ...]
) -> None:
    ledger, forge, mill = place.callers.ledger, place.forge, place.mill
    ledger.post([used_up(place, f"used-{path.replace('/', '-')}-{len(parameters)}")])
    names = {mill.id: "mill", forge.id: "forge", place.reader.id: "reader"}
    given = {key: f"urn:example:{value}" if key in ("organization", "lot") else value
             for key, value in parameters.items()}
    seen = {name: readings(place, owner) for owner, name in names.items()}
    answer = place.callers.get(place.reader.id, path, given)
    assert answer.status_code == 200, answer.text
    for name in owners:
        assert [(row["organization"], row["right"], row["route"].replace("{sector}", "works"))
                for row in seen[name].added()] == [(place.reader.id, "reader", path)], name
    for name in set(seen) - set(owners):
        assert seen[name].added() == [], name


def used_up(place: Place, lot: str) -> Any:
    """The forge makes a lot of what the mill has sent."""
    mill, forge = place.mill, place.forge
    made = forge.make({lot: "0.5"}, {"x-sent": "0.5"})[1]
    return forge.signed(msgspec.structs.replace(
        made, inputs=[msgspec.structs.replace(flow, lot=mill.name("x-sent")) for flow in made.inputs]))


def test_the_results_of_a_revision_are_noted_for_the_owners_of_revised_records(place: Place) -> None:
    ledger, mill, forge = place.callers.ledger, place.mill, place.forge
    made = mill.mine("y", "10")
    sent = mill.send("y", "4", forge, "y-sent")
    ledger.post([made])
    ledger.post([sent])
    (receipt,) = ledger.post([amend(mill, change(made, activity=Make(co2="7")))])
    before = readings(place, mill.id), readings(place, forge.id)
    answer = place.callers.get(place.reader.id, "/v1/audit/revised", {"index": str(receipt.index)})
    assert (len(answer.json()), [row["route"] for row in before[0].added()]) == (2, ["/v1/audit/revised"])
    assert before[1].added() == []
    assert place.callers.get(None, "/v1/audit/revised", {"index": str(receipt.index)}).json() == []
    assert len(before[0].added()) == 1


def test_a_dry_run_is_noted_for_the_makers_of_its_inputs(place: Place) -> None:
    ledger, mill, forge = place.callers.ledger, place.mill, place.forge
    before = readings(place, mill.id), readings(place, forge.id)
    checked = place.callers.post(
        None, "/v1/records/check", ledger.envelopes([used_up(place, "tried")])[0])
    assert checked.json()["inputs"], checked.text
    (row,) = before[0].added()
    assert (row["organization"], row["client"], row["route"], row["asked"]) == (
        forge.id, forge.party.key.keyid.hex(), "/v1/records/check", [mill.name("x-sent")])
    own = place.callers.post(None, "/v1/records/check", ledger.envelopes([mill.make({"z": "1"}, {"x": "1"})])[0])
    assert own.json()["inputs"], own.text
    assert (len(before[0].added()), before[1].added()) == (1, [])


def test_sums_over_organisations_are_noted_for_nobody(place: Place) -> None:
    before = readings(place, place.mill.id)
    assert (place.callers.get(None, "/v1/sectors/works/indicators").status_code, before.added()) == (200, [])


def test_many_readings_of_one_thing_are_one_row_that_counts_them(place: Place) -> None:
    """The owner sees how often, from when to when; the one reading of another lot stays a row of its own."""
    mill, reader = place.mill, place.reader
    place.callers.ledger.post([mill.mine("often", "1"), mill.mine("once", "1")])
    seen, often, once = readings(place, mill.id), mill.name("often"), mill.name("once")
    for lot in (*[often] * 150, once, *[often] * 150):
        assert place.callers.get(reader.id, "/v1/footprint", {"lot": lot}).status_code == 200
    added = {row["asked"][0]: row for row in seen.added()}
    by_hour = [row["readings"] for row in seen.added() if row["asked"] == [often]]
    assert (sum(by_hour), len(by_hour) <= 2, len(added)) == (300, True, 2), "two rows if the hour ended meanwhile"
    assert added[often]["time"] < added[often]["last"]
    assert {"readings", "last"}.isdisjoint(added[once])
    assert place.callers.get(place.reader.id, "/v1/chain", {"lot": often}).status_code == 200
    assert {row["route"] for row in seen.added()} == {"/v1/footprint", "/v1/chain"}


DAY_MS: Final = 86_400_000
MILL_ID, FORGE_ID = "urn:example:mill", "urn:example:forge"
READER: Final = Caller("urn:example:reader", frozenset({"read"}), "key")


@pytest.fixture(scope="module")
def inner() -> Iterator[Inside]:
    with prepared_home() as home, inside(home) as ledger:
        yield ledger


@pytest.fixture
def database(inner: Inside) -> Iterator[Database]:
    with Database(attach(inner.ledger.settings.home).owner_url) as owner:
        yield owner


def url_of(inner: Inside) -> str:
    return attach(inner.ledger.settings.home).app_url


def day_before(days: int) -> date:
    return (datetime.now(UTC) - timedelta(days=days)).date()


def access(owner: str = MILL_ID, name: str = "lot") -> Access:
    return Access(READER, owner, "party", "/v1/lots", (name,))


async def noted(inner: Inside, days_ago: int, *accesses: Access) -> None:
    async with AccessLog(url_of(inner), lambda: now() - days_ago * DAY_MS) as log:
        for each in accesses:
            await log.note(each)


def rows_of(database: Database, day: date) -> list[Any]:
    return database.fetch("SELECT number, owner, data, leaf_hash FROM access WHERE day = $1 ORDER BY number", day)


async def closed(inner: Inside, *days: date) -> list[bool]:
    async with session_of(WRITER, url_of(inner)) as connection:
        return [await close_day(connection, inner.ledger.heads, day) for day in days]


def test_simultaneous_writers_leave_no_gap(inner: Inside, database: Database) -> None:
    """Three writers with sessions of their own, as three server processes have, and many requests in each."""
    day = day_before(20)

    async def writer(name: int) -> None:
        async with AccessLog(url_of(inner), lambda: now() - 20 * DAY_MS) as log:
            await asyncio.gather(*[
                log.note(*[access(owner, f"{name}-{i}") for owner in (MILL_ID, FORGE_ID, MILL_ID)])
                for i in range(200)])

    async def all_writers() -> None:
        await asyncio.gather(*[writer(name) for name in range(3)])

    inner.run(all_writers())
    rows = rows_of(database, day)
    assert [row["number"] for row in rows] == list(range(1_200)), "equal accesses of a request share a row"
    assert len({bytes(row["data"]) for row in rows}) == 1_200
    assert database.one("SELECT size FROM access_day WHERE day = $1", day) == 1_200


def test_requests_share_a_commit(inner: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    writes: list[int] = []
    write = AccessLog._write_once

    async def noted_rows(self: AccessLog, rows: Any) -> Any:
        writes.append(len(rows))
        return await write(self, rows)

    monkeypatch.setattr(AccessLog, "_write_once", noted_rows)

    async def together() -> None:
        async with AccessLog(url_of(inner), lambda: now() - 21 * DAY_MS) as log:
            await asyncio.gather(*[log.note(access(name=str(i))) for i in range(500)])

    inner.run(together())
    assert sum(writes) == 500
    assert len(writes) < 5


def counted(database: Database, day: date) -> list[tuple[str, str, tuple[str, ...], int]]:
    """Reader, owner, names and readings of each row of a day."""
    rows = [json.loads(row["data"]) for row in rows_of(database, day)]
    return [(row["organization"], row["owner"], tuple(row.get("asked", ())), row.get("readings", 1)) for row in rows]


def test_a_flood_of_one_reader_is_few_rows_and_hides_nothing(
    inner: Inside, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """5,000 readings of other lots each. Beyond a budget they share a row for each owner, right and hour; all are
    counted, and the one reading of somebody else has its own row."""
    monkeypatch.setattr(merging, "OWNER_ROWS", 20)
    flood, other = READER.organization, "urn:example:other"
    assert flood is not None

    async def read() -> None:
        async with AccessLog(url_of(inner), lambda: now() - 90 * DAY_MS) as log:
            for first in range(0, 5_000, 500):
                await asyncio.gather(*[
                    log.note(access((MILL_ID, FORGE_ID)[i % 2], str(i))._replace(
                        caller=READER._replace(client=f"client-{i % 3}"))) for i in range(first, first + 500)])
                if first == 2_000:
                    await log.note(access(name="quiet")._replace(caller=Caller(other)))
            await log.note(access(name="0")._replace(caller=READER._replace(client="client-0")))

    inner.run(read())
    rows = counted(database, day_before(90))
    of_flood = [row for row in rows if row[0] == flood]
    assert sum([row[3] for row in of_flood]) == 5_001
    assert len([row for row in of_flood if row[2]]) == 40
    assert len(of_flood) <= 40 + 2 * 2, "two owners, and two hours if one ended meanwhile"
    assert [row for row in rows if row[0] == other] == [(other, MILL_ID, ("quiet",), 1)]


def test_a_row_counts_within_its_hour(inner: Inside, database: Database) -> None:
    """And the budget of a reader is for a day."""
    begin = datetime(2026, 3, 1, 22, 59, 59, 900_000, tzinfo=UTC)
    times = iter([begin + timedelta(milliseconds=step) for step in (0, 50, 99, 100, 3_600_100)])

    async def read() -> None:
        async with AccessLog(url_of(inner), lambda: int(next(times).timestamp() * 1000)) as log:
            for _ in range(5):
                await log.note(access())

    inner.run(read())
    first, second = [json.loads(row["data"]) for row in rows_of(database, begin.date())]
    assert (first["time"], first["last"], first["readings"]) == (
        "2026-03-01T22:59:59.900Z", "2026-03-01T22:59:59.999Z", 3)
    assert (second["time"], "last" in second) == ("2026-03-01T23:00:00.000Z", False)
    assert len(rows_of(database, begin.date() + timedelta(days=1))) == 1


def test_the_database_lets_a_row_only_count(inner: Inside, database: Database) -> None:
    day = day_before(91)

    async def twice() -> None:
        async with AccessLog(url_of(inner), lambda: now() - 91 * DAY_MS) as log:
            await log.note(access())
            await log.note(access())

    inner.run(twice())
    (row,) = rows_of(database, day)
    before = json.loads(row["data"])
    for changes in ({"readings": 1}, {"asked": ["another"]}, {"organization": "urn:example:nobody"}, {"last": None},
                    {"last": "2026-01-01T00:00:00.000Z", "readings": 3}, {"time": before["last"], "readings": 3},
                    {"last": f"{before['last'][:14]}00:00.000Z", "readings": 3}):
        data = canonical.encode(before | changes).hex()
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="only counts further readings"):
            database.execute(f"""UPDATE access SET data = '\\x{data}', leaf_hash = sha256('\\x00{data}')
                                 WHERE day = '{day}'""")
    assert rows_of(database, day) == [row]


def test_a_row_of_a_closed_day_does_not_count(inner: Inside, database: Database) -> None:
    """Nor does the day take another one, whether or not its root is there yet."""
    day = day_before(93)
    inner.run(noted(inner, 93, access()))
    database.execute(f"UPDATE access_day SET closed = true WHERE day = '{day}'")
    (row,) = rows_of(database, day)
    before = json.loads(row["data"])
    data = canonical.encode(before | {"last": before["time"], "readings": 2}).hex()
    for statement in (
        f"UPDATE access SET data = '\\x{data}', leaf_hash = sha256('\\x00{data}') WHERE day = '{day}'",
        f"INSERT INTO access SELECT day, 1, owner, data, leaf_hash FROM access WHERE day = '{day}'",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="closed"):
            database.execute(statement)
    assert rows_of(database, day) == [row]


def test_a_clock_that_is_set_back_moves_no_reading(inner: Inside, database: Database) -> None:
    begin = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
    times = iter([begin + timedelta(seconds=step) for step in (0, 9, 5)])

    async def read() -> None:
        async with AccessLog(url_of(inner), lambda: int(next(times).timestamp() * 1000)) as log:
            for _ in range(3):
                await log.note(access())

    inner.run(read())
    (row,) = [json.loads(row["data"]) for row in rows_of(database, begin.date())]
    assert (row["last"], row["readings"]) == ("2026-03-04T10:30:09.000Z", 3)


def test_readings_after_a_failed_write_are_all_counted(inner: Inside, database: Database) -> None:
    async def read() -> list[Any]:
        results = []
        async with AccessLog(url_of(inner), lambda: now() - 92 * DAY_MS) as log:
            for broken in (False, True, False, False):
                if broken:
                    await owner.execute("ALTER TABLE access ADD CONSTRAINT nothing CHECK (number < 0) NOT VALID")
                results += await asyncio.gather(log.note(access()), return_exceptions=True)
                if broken:
                    await owner.execute("ALTER TABLE access DROP CONSTRAINT nothing")
        return results

    async def with_owner() -> list[Any]:
        nonlocal owner
        owner = await asyncpg.connect(attach(inner.ledger.settings.home).owner_url)
        try:
            return await read()
        finally:
            await owner.close()

    owner: asyncpg.Connection
    results = inner.run(with_owner())
    assert [isinstance(result, Unavailable) for result in results] == [False, True, False, False]
    assert [row[3] for row in counted(database, day_before(92))] == [3], "the refused write began no other row"


def test_a_day_is_closed_exactly_once(inner: Inside, database: Database) -> None:
    day = day_before(30)
    inner.run(noted(inner, 30, *[access(MILL_ID if i % 3 else FORGE_ID, str(i)) for i in range(300)]))

    async def at_once() -> list[list[date]]:
        closers = [DayCloser(url_of(inner), inner.ledger.heads, now, 400) for _ in range(3)]
        return await asyncio.gather(*[closer.look() for closer in closers])

    assert sum([one.count(day) for one in inner.run(at_once())]) == 1
    rows = rows_of(database, day)
    root = tree_root([leaf_hash(bytes(row["data"])) for row in rows])
    note = inner.run(read_day_root(inner.ledger.pool, day.isoformat()))
    keys = inner.ledger.heads.keyring.keys
    stated = open_day(note, day, keys)
    assert (stated.size, stated.root) == (300, root)
    with pytest.raises(VerificationError, match="another day"):
        open_day(note, day_before(31), keys)
    with pytest.raises((VerificationError, InvalidNote)):
        keys.opened(note)  # no note of a day is a checkpoint of the log
    own = [row["number"] for row in rows if row["owner"] == FORGE_ID]
    answer = inner.run(read_access_proofs(inner.ledger.pool, FORGE_ID, day.isoformat(), own))
    assert [proof.index for proof in answer.proofs] == own
    for proof in answer.proofs:
        leaf = bytes(rows[proof.index]["leaf_hash"])
        verify_inclusion(leaf, proof.index, 300, root, [bytes.fromhex(node) for node in proof.path])
    # Rows of others, and rows that do not exist, are equally unknown.
    for wrong in (1, 300, 1 << 40):
        with pytest.raises(NotFound, match=f"no row {wrong} of {day} in the access log is about data of {FORGE_ID}"):
            inner.run(read_access_proofs(inner.ledger.pool, FORGE_ID, day.isoformat(), [own[0], wrong]))


def test_a_closed_day_takes_no_rows(inner: Inside, database: Database) -> None:
    day = day_before(40)
    inner.run(noted(inner, 40, access()))
    assert inner.run(closed(inner, day, day)) == [True, False]
    with pytest.raises(Unavailable, match="is closed") as caught:
        inner.run(noted(inner, 40, access()))
    assert caught.value.code == access_log.NOT_NOTED

    async def counted_after_the_closing() -> None:
        async with AccessLog(url_of(inner), lambda: now() - 41 * DAY_MS) as log:
            await log.note(access())
            async with session_of(WRITER, url_of(inner)) as connection:
                assert await close_day(connection, inner.ledger.heads, day_before(41))
            await log.note(access())

    with pytest.raises(Unavailable, match="is closed"):
        inner.run(counted_after_the_closing())
    assert [row[3] for row in counted(database, day_before(41))] == [1]
    for statement, match in (
        (f"INSERT INTO access SELECT day, 1, owner, data, leaf_hash FROM access WHERE day = '{day}'", "is closed"),
        (f"UPDATE access_day SET closed = false WHERE day = '{day}'", "is closed"),
        (f"UPDATE access_day SET size = 9 WHERE day = '{day}'", "is closed"),
        (f"UPDATE access_root SET size = 9 WHERE day = '{day}'", "only grows"),
        (f"DELETE FROM access WHERE day = '{day}'", "only grows"),
        (f"DELETE FROM access_day WHERE day = '{day}'", "only grows"),
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match=match):
            database.execute(statement)
    assert len(rows_of(database, day)) == 1


def test_a_day_with_a_lost_row_is_not_signed(inner: Inside, database: Database) -> None:
    day = day_before(50)
    inner.run(noted(inner, 50, *[access(name=str(i)) for i in range(5)]))
    database.tamper("DELETE FROM access WHERE day = $1 AND number = 2", day)
    with pytest.raises(Unavailable, match="noted 5 readings") as caught:
        inner.run(closed(inner, day))
    assert caught.value.code == "access-log-broken"
    with pytest.raises(NotFound, match="no closed day"):
        inner.run(read_day_root(inner.ledger.pool, day.isoformat()))


def test_today_is_open(inner: Inside) -> None:
    inner.run(noted(inner, 0, access()))
    today = day_before(0)

    async def look() -> list[date]:
        return await DayCloser(url_of(inner), inner.ledger.heads, lambda: now() + 3 * DAY_MS, 400).look()

    assert today not in inner.run(look()), "the clock of the database counts too"
    listed = inner.run(read_accesses(inner.ledger.pool, MILL_ID, today.isoformat(), None, None, 1)).accesses[0]
    with pytest.raises(NotFound, match="not closed yet") as caught:
        inner.run(read_access_proofs(inner.ledger.pool, MILL_ID, listed.day, [listed.index]))
    assert caught.value.code == "day-open"


def test_old_days_expire_and_their_roots_stay(inner: Inside, database: Database) -> None:
    old, young, broken = day_before(500), day_before(399), day_before(501)
    for days in (500, 399, 501):
        inner.run(noted(inner, days, *[access(name=str(i)) for i in range(300)]))
    inner.run(closed(inner, old, young))
    note = inner.run(read_day_root(inner.ledger.pool, old.isoformat()))

    async def expired() -> int:
        async with session_of(ERASER, url_of(inner)) as connection:
            return await expire(connection, day_before(400))

    assert (inner.run(expired()), len(rows_of(database, old)), len(rows_of(database, young))) == (1, 0, 300)
    assert len(rows_of(database, broken)) == 300, "a day that is not closed keeps its rows"
    assert [database.one("SELECT count(*) FROM access_tile WHERE day = $1", day) for day in (old, young)] == [0, 3]
    assert (inner.run(read_day_root(inner.ledger.pool, old.isoformat())), inner.run(expired())) == (note, 0)
    with pytest.raises(NotFound):
        inner.run(read_access_proofs(inner.ledger.pool, MILL_ID, old.isoformat(), [0]))


def test_pages_of_rows_and_of_days(inner: Inside) -> None:
    owner = "urn:example:pages"
    for days in (60, 61, 62):
        inner.run(noted(inner, days, *[access(owner, str(i)) for i in range(7)]))
    inner.run(closed(inner, *[day_before(days) for days in (60, 61, 62)]))

    async def paged(since: str | None, until: str | None) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        after = None
        while True:
            page = await read_accesses(inner.ledger.pool, owner, since, until, after, 4)
            found += [(row.day, row.index) for row in page.accesses]
            if (after := page.next) is None:
                return found

    everything = inner.run(paged(None, None))
    assert (len(everything), everything) == (21, sorted(everything, reverse=True))
    middle = day_before(61).isoformat()
    assert {day for day, _ in inner.run(paged(middle, day_before(60).isoformat()))} == {middle}
    roots = inner.run(read_day_roots(inner.ledger.pool, inner.origin, day_before(63).isoformat(), day_before(9)))
    assert [each.day for each in roots.days][:3] == [day_before(days).isoformat() for days in (62, 61, 60)]


def test_a_database_that_refuses_is_no_reading(inner: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused() -> None:
        async with AccessLog("postgresql://nobody@127.0.0.1:9/none", now) as log:
            await log.note(access())

    with pytest.raises(Unavailable):
        inner.run(refused())
    monkeypatch.setattr(access_log, "MOST_WAITING", 1)

    async def full() -> None:
        async with AccessLog(url_of(inner), now) as log:
            await log.note(access(), access(FORGE_ID))

    with pytest.raises(Unavailable, match="too many rows") as caught:
        inner.run(full())
    assert caught.value.code == access_log.NOT_NOTED


def test_a_session_that_was_lost_is_replaced(inner: Inside, database: Database) -> None:
    async def twice() -> None:
        async with AccessLog(url_of(inner), lambda: now() - 70 * DAY_MS) as log:
            await log.note(access(name="before"))
            pid = log._connection.get_server_pid()
            owner = await asyncpg.connect(attach(inner.ledger.settings.home).owner_url)
            await owner.execute(f"SELECT pg_terminate_backend({pid})")
            await owner.close()
            await log.note(access(name="after"))

    inner.run(twice())
    assert [row["number"] for row in rows_of(database, day_before(70))] == [0, 1]


def test_a_name_that_no_row_can_hold_fails_alone(inner: Inside, database: Database) -> None:
    async def mixed() -> list[Any]:
        async with AccessLog(url_of(inner), lambda: now() - 71 * DAY_MS) as log:
            return await asyncio.gather(*[log.note(access(owner)) for owner in ("urn:a", "urn:\0", "urn:b")],
                                        return_exceptions=True)

    results = inner.run(mixed())
    assert [result is None for result in results] == [True, False, True]
    assert [row["owner"] for row in rows_of(database, day_before(71))] == ["urn:a", "urn:b"]


def test_no_acknowledged_row_is_lost_in_a_kill(inner: Inside, database: Database) -> None:
    """Three processes write at once and are killed; then the day is closed over exactly their rows."""
    day = day_before(80)
    names = [f"urn:example:killed-{i}" for i in range(3)]
    writers = [prefork.Popen(
        [sys.executable, "-m", "support.access_writer", url_of(inner), name, "80"], stdout=subprocess.PIPE,
        env=environment(inner.ledger.settings.home), cwd="/",
    ) for name in names]
    try:
        until(lambda: all(database.one("SELECT count(*) FROM access WHERE owner = $1", name) > 100 for name in names))
    finally:
        for writer in writers:
            writer.kill()
    acknowledged = [writer.communicate(timeout=60)[0].decode().splitlines()[:-1] for writer in writers]
    assert all(len(lines) > 5 for lines in acknowledged)
    inner.run(noted(inner, 80, access(name="last")))
    assert inner.run(closed(inner, day)) == [True]
    rows = rows_of(database, day)
    assert [row["number"] for row in rows] == list(range(len(rows)))
    written = Counter[tuple[str, str, tuple[str, ...]]]()
    for reader, owner, asked, count in counted(database, day):
        written[reader, owner, asked] += count
    for name, lines in zip(names, acknowledged, strict=True):
        expected = Counter(
            [(f"urn:example:reader-{reader}", name, (asked,)) for reader, asked in map(str.split, lines)])
        assert expected <= written

"""`POST /v1/records/check`: it answers what posting would, figure by figure and problem by problem, and writes nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, get_args

import httpx
import msgspec
import pytest
from support.databases import LOGGED, Database
from support.everytable import fill_every_table
from support.revising import amend, change, close, digest_of, gas, reopen, revised_by
from support.sectors import Gap, Make
from support.server import Posted, Server, prepared_home
from support.waiting import until
from support.workshop import Workshop

from ledger.admission.title_limit import LIMIT_SETTING, digest_of_limit
from ledger.answers.checked import CheckedRecord
from ledger.core.outcome.leaves import LotLeaf, outcome_root, read
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Activation, AnyRecord
from ledger.footprint.stored.burdens import footprint, vector_of
from ledger.store.embedded import attach
from ledger.store.sql import queries

NDJSON: Final = {"Content-Type": "application/x-ndjson"}
TABLES: Final = (*LOGGED, "head", "balance", "schema_version")
_leaf = msgspec.json.Decoder(LotLeaf, strict=False)


def check(server: Server, envelopes: Sequence[bytes]) -> list[dict[str, Any]]:
    response = httpx.post(f"{server.url}/v1/records/check", content=b"\n".join(envelopes), headers=NDJSON, timeout=120)
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"].startswith("application/x-ndjson")
    return [msgspec.json.decode(line) for line in response.content.splitlines()]


def foreseen(server: Server, *posted: Posted) -> list[CheckedRecord]:
    """The answers about records that would all be taken."""
    return [msgspec.convert(one, CheckedRecord) for one in check(server, server.envelopes(posted))]


ROWS: Final = " UNION ALL ".join([
    f"SELECT '{table} ' || t.ctid::text || ' ' || t.xmin::text || ' ' || t::text AS line FROM {table} t"
    for table in TABLES]) + " ORDER BY line"


def contents(database: Database) -> list[str]:
    """Every row of every table, with its place on disk and the transaction that wrote it."""
    return [row["line"] for row in database.fetch(ROWS)]


class Foreseeing(Server):
    """Checks each record before it posts it, and compares. `kinds`: the types of the records so far."""

    database: Database
    kinds: set[str]

    def post(self, posted: Sequence[Posted]) -> list[Receipt]:
        receipts = []
        for record in posted:
            until(lambda: not self.database.fetch(queries("erase")["pending"]), "an erasure is not carried out")
            before = contents(self.database)
            (expected,) = foreseen(self, record)
            assert contents(self.database) == before, record
            (receipt,) = super().post([record])
            compare(expected, receipt, record)
            self.kinds.add(expected.type)
            receipts.append(receipt)
        return receipts


def compare(expected: CheckedRecord, receipt: Receipt, posted: Posted) -> None:
    """The leaves are those of the receipt, and the answer says what they say."""
    leaves = [bytes(shown.leaf) for shown in receipt.leaves]
    assert (expected.digest, expected.index) == (receipt.digest, receipt.index) == (digest_of(posted), expected.index)
    assert (expected.outcome, expected.on_ledger, expected.undecided) == (outcome_root(leaves).hex(), False, None)
    lots = [_leaf.decode(leaf) for leaf in leaves if msgspec.json.decode(leaf)["leaf"] == "lot"]
    assert [(lot.lot, lot.footprint, lot.burdens) for lot in expected.lots] == [
        (lot.lot, footprint(vector_of(read(lot.burdens))), read(lot.burdens)) for lot in lots]
    assert (0 if expected.restatement is None else expected.restatement.records) == len(revised_by(receipt))


@pytest.fixture(scope="module")
def home_server() -> Iterator[Foreseeing]:
    with prepared_home() as home, Foreseeing(home) as server, Database(attach(home).owner_url) as database:
        server.database, server.kinds = database, set()
        yield server


def test_a_check_of_every_kind_foresees_all_and_writes_nothing(home_server: Foreseeing) -> None:
    """Every kind of record, each checked, compared with an unchanged database, posted, and compared with its
    receipt."""
    limit = Activation(issuer=home_server.registrar.id, nonce=Workshop("limit").nonce(), plugin=LIMIT_SETTING,
                       version="0.05", digest=digest_of_limit("0.05"))
    home_server.post([(home_server.registrar, limit)])
    fill_every_table(home_server)
    assert home_server.kinds == {str(kind.__struct_config__.tag) for kind in get_args(AnyRecord)}


def problems_of(server: Server, *posted: Posted) -> list[dict[str, Any] | None]:
    """The problem of each record, posted one after the other, the same from a check just before; None for records that
    are taken."""
    found: list[dict[str, Any] | None] = []
    for envelope in server.envelopes(posted):
        (before,), (answer,) = check(server, [envelope]), server.submit([envelope])
        assert (before if "code" in before else None) == (None if isinstance(answer, Receipt) else answer)
        found.append(None if isinstance(answer, Receipt) else answer)
    return found


def codes_of(server: Server, *posted: Posted) -> list[str | None]:
    return [None if one is None else one["code"] for one in problems_of(server, *posted)]


def test_refused_records_get_the_same_problem(server: Server, shop: Workshop) -> None:
    made = shop.make({"a": "10"}, {"pot": "10"})
    other = Workshop("nobody")
    posted = [
        made,
        shop.make({"b": "10"}, {"pot": "5000"}),
        shop.make({"c": "10"}, {"nothing": "1"}),
        shop.make({"a": "1"}, {"pot": "1"}),
        other.make({"x": "1"}, ore="1"),
        shop.make({"d": "2000"}, {"pot": "10"}),
        amend(shop, change("0" * 64, activity=Make(co2="1"))),
    ]
    codes = codes_of(server, *posted)
    assert codes[0] is None
    assert None not in codes[1:]
    assert len(set(codes)) >= 5, codes


def test_bad_envelopes_get_the_same_problem(server: Server, shop: Workshop) -> None:
    (good,) = server.envelopes([shop.make({"e": "1"}, {"pot": "1"})])
    forged = msgspec.json.encode({**msgspec.json.decode(good), "signature": server_signature(server, shop)})
    lines = [b"{}", b"nonsense", forged, good[:-5]]
    checked = check(server, lines)
    assert checked == server.submit(lines)
    assert all("code" in one for one in checked)


def server_signature(server: Server, shop: Workshop) -> str:
    """A signature by the right key of something else."""
    return msgspec.json.decode(server.envelopes([shop.use({"pot": "1"})])[0])["signature"]


def test_one_envelope_as_json(server: Server, shop: Workshop) -> None:
    good, bad = server.envelopes([shop.make({"f": "1"}, {"pot": "1"}), shop.make({"f": "1"}, {"pot": "2000"})])
    json = {"Content-Type": "application/json"}
    answer = httpx.post(f"{server.url}/v1/records/check", content=good, headers=json, timeout=60)
    assert (answer.status_code, answer.json()["lots"][0]["lot"]) == (200, shop.name("f"))
    refused = httpx.post(f"{server.url}/v1/records/check", content=bad, headers=json, timeout=60)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json() == httpx.post(f"{server.url}/v1/records", content=bad, headers=json, timeout=60).json()


def test_later_records_take_what_earlier_ones_make(server: Server, shop: Workshop) -> None:
    """Across chunks of a request too; the whole file is posted afterwards, with the same outcomes."""
    chain = [shop.make({"lot-0": "10"}, {"pot": "10"})]
    chain += [shop.make({f"lot-{i}": "10"}, {f"lot-{i - 1}": "10"}) for i in range(1, 1_010)]
    expected = foreseen(server, *chain, shop.make({"last": "10"}, {"lot-1009": "10"}))
    receipts = server.post(chain)
    assert [one.outcome for one in expected[:-1]] == [
        outcome_root([bytes(leaf.leaf) for leaf in receipt.leaves]).hex() for receipt in receipts]
    assert [one.index for one in expected[:-1]] == [receipt.index for receipt in receipts]
    inputs = expected[-1].inputs
    assert [(one.lot, one.footprint) for one in inputs] == [(shop.name("lot-1009"), expected[-2].lots[0].footprint)]
    both = server.envelopes([shop.make({"g": "990"}, {"pot": "990"}), shop.make({"h": "1"}, {"pot": "1"})])
    twice = check(server, both)
    assert ["code" in one for one in twice] == [False, True]
    assert twice[1]["code"] == codes_of(server, shop.make({"i": "991"}, {"pot": "991"}))[0]


def test_what_is_on_the_ledger_is_flagged(server: Server, shop: Workshop) -> None:
    made = shop.make({"j": "1"}, {"pot": "1"})
    new, twice = foreseen(server, made, made)
    assert (new.on_ledger, twice.on_ledger) == (False, True)
    (receipt,) = server.post([made])
    (known,) = foreseen(server, made)
    assert known == CheckedRecord(digest=receipt.digest, type="transformation", on_ledger=True)


def test_titles_and_inputs_are_those_of_the_footprint(server: Server, shop: Workshop) -> None:
    """One lot with an estimate beyond the limit of its title, one without a gap."""
    posted = [
        shop.make({"clean": "10"}, {"pot": "10"}),
        shop.make({"gappy": "10"}, {"pot": "10"}, activity=Make(co2="1", gaps=[Gap(what="paint", estimate="40")])),
    ]
    expected = foreseen(server, *posted)
    server.post(posted)
    for one in expected:
        (lot,) = one.lots
        answer = httpx.get(f"{server.url}/v1/footprint", params={"lot": lot.lot}, timeout=60).json()
        assert (lot.title, lot.footprint) == (answer["title"], answer["footprint"])
        assert [(taken.lot, taken.footprint) for taken in one.inputs] == [
            (taken["lot"], taken["footprint"]) for taken in answer["inputs"]]
    assert expected[0].lots[0].title != expected[1].lots[0].title
    assert [one.estimate for one in expected[1].omitted] == [40.0]


def test_restated_lots_are_those_of_changes(server: Server, shop: Workshop) -> None:
    """An amendment restates a chain; the answer names the lots with both figures, which `/v1/changes` states later."""
    made = shop.make({"k": "10"}, {"pot": "10"})
    takers = [shop.make({f"k-{i}": "0.1"}, {"k": "0.1"}) for i in range(30)]
    server.post([made, *takers])
    amended = amend(shop, change(made, activity=Make(co2="5")))
    (expected,) = foreseen(server, amended)
    restated = expected.restatement
    assert (restated.records, len(restated.lots), restated.left_off) == (31, 20, 11)
    (receipt,) = server.post([amended])
    answer = httpx.get(f"{server.url}/v1/changes", timeout=60,
                       params={"holder": shop.id, "since": receipt.index, "limit": 100}).json()
    changes = {one["lot"]: (one["footprintBefore"], one["footprint"]) for one in answer["changes"]}
    assert (len(changes), restated.lots[0].lot) == (31, shop.name("k"))
    assert all(changes[lot.lot] == (lot.footprint_before, lot.footprint) for lot in restated.lots)
    withdrawn = foreseen(server, amend(shop, change(takers[3])))[0].restatement
    assert [(lot.lot, lot.withdrawn, lot.footprint) for lot in withdrawn.lots] == [(shop.name("k-3"), True, 0.0)]


def test_later_records_see_what_an_amendment_restates(server: Server, shop: Workshop) -> None:
    """In one request, as in one posting: the figures after the restatement, or a word that they are undecided."""
    made = shop.make({"m": "10"}, {"pot": "10"})
    server.post([made])
    posted = [amend(shop, change(made, activity=Make(co2="7"))), shop.make({"n": "5"}, {"m": "5"})]
    expected = foreseen(server, *posted)
    assert [one.undecided for one in expected] == [None, None]
    receipts = server.post(posted)
    assert [one.outcome for one in expected] == [
        outcome_root([bytes(leaf.leaf) for leaf in receipt.leaves]).hex() for receipt in receipts]


def test_revisions_of_what_the_request_brings_are_undecided(server: Server, shop: Workshop) -> None:
    """The records that an amendment names or restates come earlier in the request: the check says that it does not
    know, instead of a figure or a refusal. A revision beside them is foreseen."""
    old, aside = shop.make({"o": "10"}, {"pot": "10"}), shop.make({"p": "10"}, {"pot": "10"})
    server.post([old, aside])
    new = shop.make({"q": "5"}, {"o": "5"})
    posted = [
        shop.make({"r": "1"}, {"p": "1"}), amend(shop, change(old, activity=Make(co2="3"))), new,
        amend(shop, change(new, activity=Make(co2="4"))), shop.make({"s": "1"}, {"q": "1"}),
    ]
    expected = foreseen(server, *posted)
    assert [one.undecided is not None for one in expected] == [False, False, False, True, True]
    assert expected[1].restatement is not None
    server.post(posted)


def test_closings_after_new_heats_are_undecided(server: Server, shop: Workshop) -> None:
    heat = shop.make({"u": "10"}, {"pot": "10"}, basis="provisional")
    closing = close(shop, gas("40"))
    expected = foreseen(server, heat, closing)
    assert [one.undecided is not None for one in expected] == [False, True]
    server.post([heat])
    (alone,) = foreseen(server, closing)
    assert alone.undecided is None
    assert [lot.lot for lot in alone.restatement.lots] == [shop.name("u")]
    server.post([closing])
    opened = reopen(shop, closing)
    again = close(shop, gas("50"))
    assert [one.undecided is not None for one in foreseen(server, opened, again)] == [False, True]

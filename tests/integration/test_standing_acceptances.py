"""Deliveries that are accepted on arrival, on a real server: receipts, answers, revisions, erasures, and audits that
continue from a state or hold next to nothing in memory."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
import pytest
from acceptance.greenwashing.mixing import EPD, stated
from support.databases import Database
from support.market import MARCH, SOLD, Company, Market, RecordRefused, quantity, trading_server
from support.parties import Party
from support.server import Server

from ledger.admission.lookups import names_of
from ledger.admission.state import State
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.report import AuditReport
from ledger.client.audit.run import audit
from ledger.client.audit.source.http import http_source
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.receipts.receipt import Receipt
from ledger.core.record.kinds import Acceptance, AnyRecord, Erasure, StandingAcceptance, Transfer
from ledger.registry.installed import installed
from ledger.service.erasure.erase import carry_out
from ledger.store.batches import BatchNeeds, connect_writer, load_state
from ledger.store.embedded import attach
from ledger.store.facts import FactLoader

TOLERANCE: Final = "0.02"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state") / "audit.state"


@pytest.fixture(scope="module")
def server(state: Path) -> Iterator[Server]:
    """Audited after the module: from zero, continued from a state, with one lot in memory, and by the database."""
    with trading_server() as serving:
        yield serving
        for options in ({}, {"state": state}, {"lots_in_memory": 1}):
            report = audited(serving, **options)
            assert report.ok, report.findings
        with Database(attach(serving.home).owner_url) as database:
            assert database.fetch("SELECT * FROM verify_log()") == []


def audited(server: Server, **options: Any) -> AuditReport:
    async def run() -> AuditReport:
        async with http_source(server.url) as source:
            return await audit(source, installed(), AuditOptions(vkey=server.vkey, **options))

    return asyncio.run(run())


class Shop(Market):
    """A mill with 100 t of bars, and a buyer."""

    def __init__(self, server: Server, case: str) -> None:
        super().__init__(server, case)
        self.mill = self.company("mill").products("steel", bar="steel")
        self.buyer = self.company("buyer", "DE").products("steel", part="steel")
        self.made = stated(self.mill, "bar", 100, 2.34, EPD)

    def index(self, digest: str) -> int:
        index: int = self.ask(f"/v1/records/{digest}")["index"]
        return index

    def rule(self, **fields: Any) -> int:
        """A rule of the buyer for the mill's bars; its log index."""
        fields = {"sender": self.mill.id, "valid_from": MARCH[0], "tolerance": TOLERANCE,
                  "product": self.mill.name("product:bar"), **fields}
        return self.index(self.buyer.post(StandingAcceptance, **fields))

    def send(self, amount: str, name: str, **fields: Any) -> str:
        """The digest of a delivery of bars."""
        return self.mill.post(Transfer, **{
            "lot": self.mill.name("bar"), "quantity": quantity(amount), "to": self.buyer.id,
            "new_lot": self.mill.name(name), "time": SOLD, **fields})

    def answer(self, transfer: str, **fields: Any) -> str:
        return self.buyer.post(Acceptance, transfer=transfer, **fields)

    def lot(self, name: str, **parameters: Any) -> Any:
        (lot,) = self.ask("/v1/lots", lot=self.mill.name(name), **parameters)
        assert self.ask("/v1/footprint", lot=self.mill.name(name), **parameters)["lot"].items() >= {
            key: lot[key] for key in ("accepted", "onArrival", "frozen") if key in lot}.items()
        return lot

    def accepted_by(self, transfer: str) -> int | None:
        """The rule in leaf 0 of a delivery, as it reads now."""
        answer = self.ask(f"/v1/records/{transfer}")
        rule: int | None = [answer, *answer.get("revisions", [])][-1]["leaves"][0]["leaf"].get("acceptedBy")
        return rule


def refused(code: str, post: Any, *args: Any, **fields: Any) -> RecordRefused:
    with pytest.raises(RecordRefused) as caught:
        post(*args, **fields)
    assert caught.value.code == code, caught.value
    return caught.value


def test_the_receipt_and_the_lot_name_the_rule(server: Server) -> None:
    shop = Shop(server, "named")
    rule = shop.rule()
    record = Transfer(issuer=shop.mill.id, nonce=shop.nonce(), lot=shop.mill.name("bar"), quantity=quantity("20 TNE"),
                      to=shop.buyer.id, new_lot=shop.mill.name("sent"), time=SOLD)
    (receipt,) = server.post([(shop.mill.party, record)])
    assert msgspec.json.decode(receipt.leaves[0].leaf, type=AssessmentLeaf).accepted_by == rule
    assert (shop.lot("sent")["accepted"], shop.lot("sent")["onArrival"]) == (rule, True)
    assert not shop.lot("bar").keys() & {"accepted", "onArrival"}
    refused("accepted", shop.answer, receipt.digest)


def test_an_acceptance_by_a_record_is_shown_as_before(server: Server) -> None:
    shop = Shop(server, "by-record")
    sent = shop.send("20 TNE", "sent")
    assert "accepted" not in shop.lot("sent")
    accepted = shop.index(shop.answer(sent))
    assert shop.lot("sent")["accepted"] == accepted
    assert "onArrival" not in shop.lot("sent")


class OneRequest(Shop):
    """Keeps its records and posts them together."""

    def __init__(self, server: Server, case: str) -> None:
        self.waiting: list[tuple[Party, AnyRecord]] | None = None
        super().__init__(server, case)
        self.waiting = []

    def post(self, signer: Party, record: AnyRecord) -> str:
        if self.waiting is None:
            return super().post(signer, record)
        self.waiting.append((signer, record))
        return ""

    def flush(self) -> list[Receipt]:
        waiting, self.waiting = self.waiting or [], None
        return self.server.post(waiting)


def test_rule_and_deliveries_in_one_request(server: Server) -> None:
    """The order within the request decides; the lots of the last delivery are made in it too."""
    shop = OneRequest(server, "one-request")
    rule = {"sender": shop.mill.id, "valid_from": MARCH[0], "tolerance": TOLERANCE}
    shop.send("1 TNE", "early")
    shop.buyer.post(StandingAcceptance, **rule)
    shop.send("1 TNE", "covered")
    stated(shop.mill, "bar", 10, 2.34, EPD, name="more")
    shop.mill.post(Transfer, lot=shop.mill.name("more"), quantity=quantity("5 TNE"), to=shop.buyer.id,
                   new_lot=shop.mill.name("made"), time=SOLD)
    shop.buyer.post(StandingAcceptance, sender=shop.mill.id, withdrawn=True)
    shop.send("1 TNE", "late")
    receipts = shop.flush()
    found = {name: shop.lot(name).get("accepted") for name in ("early", "covered", "made", "late")}
    assert found == {"early": None, "covered": receipts[1].index, "made": receipts[1].index, "late": None}


def test_a_dispute_of_what_was_accepted_lets_the_sender_withdraw(server: Server) -> None:
    shop = Shop(server, "disputed")
    rule = shop.rule()
    sent = shop.send("20 TNE", "sent")
    refused("accepted", shop.mill.withdraw, sent)
    refused("accepted", shop.mill.amend, sent, quantity={"value": "19", "unit": "TNE"})
    size = shop.index(sent) + 1
    shop.answer(sent, disputed=True, reason="the wrong alloy")
    lot = shop.lot("sent")
    assert (lot["frozen"], lot.keys() & {"accepted", "onArrival"}) == (True, set())
    before = shop.lot("sent", at=size)
    assert (before["accepted"], before["onArrival"], before.get("frozen", False)) == (rule, True, False)
    shop.mill.withdraw(sent)
    assert shop.lot("sent")["withdrawn"]


def test_a_large_shortage_is_claimed_across_requests(server: Server) -> None:
    shop = Shop(server, "short")
    shop.rule()
    sent = shop.send("20 TNE", "sent")
    refused("accepted", shop.answer, sent, received=quantity("19.6 TNE"), return_lot=shop.buyer.name("back"))
    accepted = shop.index(shop.answer(sent, received=quantity("19.5 TNE"), return_lot=shop.buyer.name("back")))
    assert (shop.lot("sent")["accepted"], shop.lot("sent")["remaining"]) == (accepted, "19.5")


def test_a_correction_upstream_leaves_it_accepted(server: Server) -> None:
    shop = Shop(server, "upstream")
    rule = shop.rule()
    sent = shop.send("20 TNE", "sent")
    before = shop.lot("sent")
    shop.mill.amend(shop.ask("/v1/lots", lot=shop.mill.name("bar"))[0]["record"],
                    burdens={"fossilGhgEmissions": "300000"})
    assert shop.footprint(shop.mill.name("sent"))["footprint"] == pytest.approx(60_000)
    assert shop.lot("sent") | {"questioned": 0, "findings": []} == before | {"questioned": 0, "findings": []}
    assert shop.accepted_by(sent) == rule


def test_an_amended_delivery_stays_accepted(server: Server) -> None:
    """Its time is corrected to one outside of the rule: it has arrived, and was accepted then. Nor is a delivery
    accepted that is corrected into the rule."""
    shop = Shop(server, "amended")
    rule = shop.rule()
    inside, outside = shop.send("10 TNE", "inside"), shop.send("10 TNE", "outside", time="2025-02-28T00:00:00Z")
    shop.mill.amend(inside, time="2025-02-28T00:00:00Z")
    shop.mill.amend(outside, time=SOLD)
    assert (shop.accepted_by(inside), shop.accepted_by(outside)) == (rule, None)
    assert (shop.lot("inside")["accepted"], shop.lot("outside").get("accepted")) == (rule, None)
    refused("accepted", shop.answer, inside)
    shop.answer(outside)


def test_a_replaced_rule_stays_that_of_its_deliveries(server: Server, state: Path) -> None:
    """An audit in between leaves its state: the next one knows the rule from there."""
    shop = Shop(server, "replaced")
    first = shop.rule()
    sent = shop.send("10 TNE", "one")
    report = audited(server, state=state)
    assert report.ok, report.findings
    shop.send("10 TNE", "again")
    second = shop.rule(tolerance="0.05")
    shop.send("10 TNE", "two", tolerance="0.04")
    found = [shop.lot(name)["accepted"] for name in ("one", "again", "two")]
    assert found == [first, first, second]
    # The tolerance is that of the rule which accepted it.
    shop.answer(sent, received=quantity("9.7 TNE"), return_lot=shop.buyer.name("back"))
    report = audited(server, state=state, lots_in_memory=1)
    assert report.ok, report.findings


def test_an_erased_rule_goes_on(server: Server) -> None:
    shop = Shop(server, "erased")
    digest = shop.buyer.post(StandingAcceptance, sender=shop.mill.id, valid_from=MARCH[0], tolerance=TOLERANCE)
    index = shop.index(digest)
    registrar = server.registrar
    server.post([(registrar, Erasure(issuer=registrar.id, nonce=shop.nonce(), record=digest, legal_basis="GDPR 17"))])
    asyncio.run(carry_out(attach(server.home).app_url))
    shop.send("10 TNE", "sent")
    assert shop.lot("sent")["accepted"] == index


def test_a_product_that_is_new_to_the_rule(server: Server) -> None:
    """The rule for all products accepts what the batch makes; the one for a product does not accept another."""
    shop = Shop(server, "products")
    shop.rule()
    shop.mill.products("steel", rod="steel")
    stated(shop.mill, "rod", 10, 2.34, EPD)
    sent = shop.mill.send("rod", "1 TNE", shop.buyer)
    assert "accepted" not in shop.ask("/v1/lots", lot=sent)[0]


def test_a_batch_loads_the_rules_for_its_lots(server: Server) -> None:
    """Rules for other products stay unread, unless the batch makes the lot or changes a rule itself."""
    shop = Shop(server, "loaded")
    goods = ["bar", "sheet", "wire"]
    shop.mill.products("steel", sheet="steel", wire="steel")
    rules = {name: shop.rule(product=shop.mill.name(f"product:{name}")) for name in goods}
    rules[""] = shop.rule(product=None)

    def loaded(*records: AnyRecord) -> set[int]:
        return asyncio.run(_loaded_rules(server, records))

    def transfer(lot: str) -> Transfer:
        return Transfer(issuer=shop.mill.id, nonce=shop.nonce(), lot=shop.mill.name(lot), quantity=quantity("1 TNE"),
                        to=shop.buyer.id, new_lot=shop.mill.name(f"of-{lot}"), time=SOLD)

    ended = StandingAcceptance(issuer=shop.buyer.id, nonce=shop.nonce(), sender=shop.mill.id, withdrawn=True)
    assert loaded(transfer("bar")) == {rules["bar"], rules[""]}
    assert loaded(transfer("unmade")) == loaded(transfer("bar"), ended) == set(rules.values())
    newer = shop.rule(tolerance="0.05")
    assert loaded(transfer("bar")) == {newer, rules[""]}


async def _loaded_rules(server: Server, records: Sequence[AnyRecord]) -> set[int]:
    """The log indexes of the rules that the state of a batch with these records holds."""
    names, state = names_of(records), State(server.origin)
    connection = await connect_writer(attach(server.home).app_url)
    try:
        await load_state(connection, FactLoader(), BatchNeeds(names, names), state, {})
    finally:
        await connection.close()
    return {rule.index for rules in state.standing.values() for rule in rules.values()}


def test_a_site_has_received_what_was_accepted_on_arrival(server: Server) -> None:
    """Nothing was taken from it, so without the rule it would be in no balance of the buyer's site; and a disputed
    delivery is in none."""
    shop = Shop(server, "received")
    shop.rule(valid_from="2025-01-01T00:00:00Z")
    shop.send("20 TNE", "ruled", time="2025-03-10T00:00:00Z")
    shop.send("20 TNE", "open", time="2025-03-10T00:00:00Z", tolerance="0.03")
    for name, tolerance in (("taken-back", "0"), ("never-accepted", "0.03")):
        sent = shop.send("7 TNE", name, time="2025-03-10T00:00:00Z", tolerance=tolerance)
        shop.answer(sent, disputed=True, reason="wet")
    shop.buyer.close()
    report = shop.ask("/v1/inventory/report", facility=shop.buyer.name("site"), year=2025)["reconciliation"]
    (closed,) = report["closed"]
    (bars,) = [one for one in closed["balances"] if one["name"] == shop.mill.name("product:bar")]
    assert bars["received"] == "20000"


def test_lists_and_a_check_name_the_rule(server: Server) -> None:
    shop = Shop(server, "listed")
    rule = shop.rule()
    sent = {name: shop.send("10 TNE", name) for name in ("kept", "disputed", "short")}
    shop.answer(sent["disputed"], disputed=True, reason="wet")
    claim = shop.index(shop.answer(sent["short"], received=quantity("9 TNE"), return_lot=shop.buyer.name("back")))
    rows = {row["lot"]: (row["state"], row.get("accepted"), row.get("onArrival", False))
            for row in shop.ask("/v1/received", organization=shop.buyer.id)["transfers"]}
    assert rows == {
        shop.mill.name("kept"): ("accepted", rule, True), shop.mill.name("short"): ("accepted", claim, False),
        shop.mill.name("disputed"): ("disputed", None, False),
    }
    record = Transfer(issuer=shop.mill.id, nonce=shop.nonce(), lot=shop.mill.name("bar"), quantity=quantity("1 TNE"),
                      to=shop.buyer.id, new_lot=shop.mill.name("foreseen"), time=SOLD)
    (envelope,) = server.envelopes([(shop.mill.party, record)])
    checked = httpx.post(f"{server.url}/v1/records/check", content=envelope,
                         headers={"Content-Type": "application/json"}, timeout=60)
    assert checked.json()["acceptedBy"] == rule, checked.text


def test_a_rule_says_nothing_of_figures(server: Server) -> None:
    """Questions and data gaps of a delivery stay, whatever was accepted."""
    shop = Shop(server, "figures")
    stated(shop.mill, "bar", 10, 0.1, name="low")
    shop.rule()
    shop.mill.post(Transfer, lot=shop.mill.name("low"), quantity=quantity("5 TNE"), to=shop.buyer.id,
                   new_lot=shop.mill.name("sent"), time=SOLD)
    assert shop.lot("sent")["onArrival"]
    answer = shop.footprint(shop.mill.name("sent"))
    assert answer["questioned"] > 0
    assert answer["title"] != "footprint"


def test_the_dispute_of_a_sister_is_no_dispute(server: Server) -> None:
    """A sister of the buyer neither accepts nor disputes for it."""
    shop = Shop(server, "sisters")
    sister: Company = shop.company("sister", "DE", parent=shop.buyer)
    rule = shop.rule()
    sister.post(StandingAcceptance, sender=shop.mill.id, valid_from=MARCH[0], tolerance="0.1")
    sent = shop.send("20 TNE", "sent")
    assert shop.lot("sent")["accepted"] == rule
    refused("unknown-transfer", sister.post, Acceptance, transfer=sent, disputed=True, reason="wet")
    other = shop.send("20 TNE", "loose", tolerance="0.1")
    assert shop.accepted_by(other) is None
    assert "accepted" not in shop.lot("loose")

"""What the owner of goods sees of the records of those who hold them and work on them, and who is a party to an
acceptance."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace
from support.callers import Callers
from support.inside import inside
from support.parties import enrolment
from support.recipes import leaks, taking
from support.revising import digest_of
from support.sectors import Make
from support.server import Posted, prepared_home
from support.workshop import END, ISSUED, Workshop, kilograms

from ledger.core.receipts.receipt import read_receipt, verify_receipt
from ledger.core.record.kinds import Acceptance, Consumption, Grant, Transfer
from ledger.core.record.values import Flow, Supply

UNTIL = "2034-12-31T00:00:00Z"
RECIPE = ("toller:site", "works.bind", "8765.25", "77.8125", "toller:own")
"""What only the toller may see."""


class Tolling(NamedTuple):
    """The owner gives ore to the toller, who makes a plate of it for the owner together with a lot of its own, loses
    some of the ore, and has the store keep the plate. The owner sells the rest of the ore to the buyer."""

    callers: Callers
    shops: dict[str, Workshop]
    posted: dict[str, Posted]

    def __getitem__(self, name: str) -> Workshop:
        return self.shops[name]

    def get(self, caller: str | None, record: str, path: str = "") -> Any:
        name = None if caller is None else self[caller].id
        return self.callers.get(name, f"/v1/records/{digest_of(self.posted[record])}{path}")


def moved(posted: Posted, **fields: Any) -> Posted:
    party, record = posted
    assert isinstance(record, Transfer)
    return party, replace(record, **fields)


@pytest.fixture(scope="module")
def tolling() -> Iterator[Tolling]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = {name: Workshop(name) for name in ("owner", "toller", "store", "buyer", "rival")}
        for shop in shops.values():
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        owner, toller, store, buyer, _ = shops.values()
        given = moved(owner.send("ore", "40", toller, "given"), purpose="custody")
        party, made = toller.make({"plate": "30", "own2": "11"}, {"x": "20", "own": "16"}, route="bind", supplies=[
            Supply(material="water", quantity=kilograms("8765.25"), origin="nature")], activity=Make(co2="77.8125"))
        made = taking((party, made), owner.name("given"))[1]
        outputs: Any = made
        made = replace(outputs, outputs=[replace(outputs.outputs[0], owner=owner.id),
                                         replace(outputs.outputs[1], owner=toller.id)])
        sold = owner.send("ore", "50", buyer, "sold")
        kept = moved(toller.send("plate", "12", store, "kept"), purpose="storage")
        resold = buyer.send("", "5", shops["rival"], "resold")
        posted: dict[str, Posted] = {
            "ore": owner.mine("ore", "100"), "own": toller.mine("own", "16"), "given": given,
            "given-accepted": toller.signed(Acceptance(
                issuer=toller.id, nonce=toller.nonce(), transfer=digest_of(given))),
            "plate": (party, made), "kept": kept,
            "kept-accepted": store.signed(Acceptance(
                issuer=store.id, nonce=store.nonce(), transfer=digest_of(kept), received=kilograms("9"),
                return_lot=store.name("back"))),
            "lost": toller.signed(Consumption(
                issuer=toller.id, nonce=toller.nonce(), time=END, purpose="loss",
                inputs=[Flow(lot=owner.name("given"), quantity=kilograms("3.5"))], evidence=ISSUED)),
            "sold": sold,
            "sold-accepted": buyer.signed(Acceptance(
                issuer=buyer.id, nonce=buyer.nonce(), transfer=digest_of(sold), received=kilograms("46.5"),
                return_lot=buyer.name("short"))),
            "resold": moved(resold, lot=owner.name("sold")),
        }
        for one in posted.values():
            ledger.post([one])
        yield Tolling(Callers(ledger), shops, posted)


def test_the_owner_sees_its_goods_in_the_record_of_the_toller(tolling: Tolling) -> None:
    answer = tolling.get("owner", "plate")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert (shown["sight"], shown["issuer"]) == ("totals", tolling["toller"].id)
    assert shown["taken"] == [{"lot": tolling["owner"].name("given"), "quantity": {"value": "20", "unit": "KGM"}}]
    (leaf,) = shown["leaves"]
    assert (leaf["index"], leaf["leaf"]["lot"]) == (1, tolling["toller"].name("plate"))
    assert leaf["leaf"]["burdens"]
    assert {"body", "questioned", "findings"}.isdisjoint(shown)
    assert leaks(answer.content, RECIPE) == []
    whole = tolling.get("toller", "plate")
    assert leaks(whole.content, RECIPE) == list(RECIPE)
    assert "taken" not in whole.json()


def test_the_owner_has_a_receipt_of_its_product(tolling: Tolling) -> None:
    answer = tolling.get("owner", "plate", "/proof")
    verified = verify_receipt(read_receipt(answer.content), tolling.callers.ledger.vkey)
    assert [lot.lot for lot in verified.lots] == [tolling["toller"].name("plate")]
    assert leaks(answer.content, RECIPE) == []


def test_the_page_of_the_record_has_no_recipe(tolling: Tolling) -> None:
    answer = tolling.callers.get(
        tolling["owner"].id, "/v1/show", {"name": digest_of(tolling.posted["plate"])})
    assert answer.status_code == 200, answer.text
    assert "body" not in answer.json()
    assert leaks(answer.content, RECIPE) == []


def test_the_owner_sees_what_the_holder_lost(tolling: Tolling) -> None:
    shown = tolling.get("owner", "lost").json()
    assert [one["quantity"]["value"] for one in shown["taken"]] == ["3.5"]
    assert "body" not in shown


@pytest.mark.parametrize("record", ["plate", "lost", "kept", "kept-accepted", "given-accepted"])
def test_others_see_nothing_of_these_records(tolling: Tolling, record: str) -> None:
    for caller in ("rival", "buyer", None):
        assert tolling.get(caller, record).status_code == 404


@pytest.mark.parametrize(("record", "parties"), [
    ("kept", {"owner", "toller", "store"}), ("kept-accepted", {"owner", "toller", "store"}),
    ("given", {"owner", "toller"}), ("given-accepted", {"owner", "toller"}),
    ("sold", {"owner", "buyer"}), ("resold", {"buyer", "rival"}),
    # The sale to the rival changes nothing of the acceptance before it.
    ("sold-accepted", {"owner", "buyer"}),
])
def test_the_parties_follow_from_the_record(tolling: Tolling, record: str, parties: set[str]) -> None:
    seen = {name for name in tolling.shops if "body" in tolling.get(name, record).json()}
    assert seen == parties


def test_the_sender_reads_the_shortage_that_its_receiver_claims(tolling: Tolling) -> None:
    answer = tolling.get("owner", "sold-accepted")
    assert answer.json()["body"]["received"]["value"] == "46.5"
    assert [leaf["leaf"]["lot"] for leaf in answer.json()["leaves"]] == [tolling["buyer"].name("short")]


def test_the_reading_of_an_owner_is_noted_for_the_toller(tolling: Tolling) -> None:
    tolling.get("owner", "plate")
    rows = tolling.callers.get(tolling["toller"].id, "/v1/accesses", {"organization": tolling["toller"].id}).json()
    digest = digest_of(tolling.posted["plate"])
    noted = [one for one in rows["accesses"] if digest in str(one)]
    assert noted
    assert all("party" in str(one) for one in noted)


def test_the_average_of_a_product_has_no_goods_of_others(tolling: Tolling) -> None:
    """Neither for the toller nor for whom it has granted everything: the plate is its work, not its product."""
    toller = tolling["toller"]
    tolling.callers.ledger.post([toller.signed(Grant(
        issuer=toller.id, nonce=toller.nonce(), depth="full", until=UNTIL, purpose="audit",
        grantee=tolling["rival"].id))])
    for caller in ("toller", "rival"):
        found = tolling.callers.get(
            tolling[caller].id, "/v1/footprint/product", {"product": toller.name("part")}).json()
        assert [lot["lot"] for lot in found["lots"]] == [toller.name("own"), toller.name("own2")], caller
        assert (found["numberOfLots"], found["quantity"]["value"]) == (2, "27"), caller
        beside = tolling.callers.get(tolling[caller].id, "/v1/footprint", {
            "lot": toller.name("own2"), "averages": "true"}).json()["averages"]
        assert [(one["numberOfLots"], one["quantity"]["value"]) for one in (beside["month"], beside["year"])] == [
            (2, "27"), (2, "27")], caller

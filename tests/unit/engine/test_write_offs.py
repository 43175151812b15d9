"""Goods that leave the ledger beside the processes of a group: solved by hand, both sides of each rule. Steel has a
default of 2 kg CO2e per kg; 1000 kg are bought, and 301 kg are stated as the input of the parts."""

from typing import Any, Final

import pytest
from msgspec import Raw, json
from support.memory import MemoryLedger
from support.raising import raised
from support.site import ore
from unit.engine.scrap import Works, document, registry

from ledger.admission.checks.write_offs import VANISHING, WRITE_OFFS, documents_for
from ledger.core.record.canonical import encode
from ledger.core.record.kinds import Amendment, Transfer
from ledger.core.record.redacted import NO_DIGEST, residue
from ledger.core.record.revisions import Change
from ledger.core.record.values import SALE_DOCUMENTS, STOCK_DOCUMENTS, WASTE_DOCUMENTS, Evidence
from ledger.engine.batch import Sequenced
from ledger.engine.inventory.undocumented_stock import SHOWN, UNSHOWN
from ledger.errors import Refused

CODE: Final = "write-off-undocumented"
EPD: Final = document("environmentalProductDeclaration")
REST: Final = 699 * 2.0
"""Kg CO2e of the bars that the record does not state."""


@pytest.fixture
def ledger() -> MemoryLedger:
    memory = MemoryLedger(registry())
    memory.activate_sets()
    return memory


@pytest.fixture
def mill(ledger: MemoryLedger) -> Works:
    return Works(ledger, "mill")


@pytest.fixture
def shop(ledger: MemoryLedger, mill: Works) -> Works:
    return Works(ledger, "shop")


def bought(mill: Works, shop: Works, lot: str = "bars", kilograms: str = "1000", product: str = "bar") -> str:
    mill.declare(lot=mill.out(lot, product, f"{kilograms} KGM"), evidence=[EPD],
                 burdens={"fossilGhgEmissions": f"{2 * float(kilograms):g}"})
    return shop.bought(mill, lot, f"{kilograms} KGM")


def turned(shop: Works, bars: str, lot: str = "parts", kilograms: str = "301", **fields: Any) -> Sequenced:
    return shop.run([shop.out(lot, "ingot", f"{kilograms} KGM")], {bars: f"{kilograms} KGM"}, **fields)


def refused(shop: Works, inputs: dict[str, str], purpose: str, *papers: Evidence) -> Refused:
    error = raised(Refused, shop.consume, inputs, purpose=purpose, evidence=papers)
    assert (error.code, error.field, error.value) == (CODE, "evidence", purpose)
    return error


# Written off after the process


@pytest.mark.parametrize("purpose", WRITE_OFFS)
def test_the_rest_of_the_bars_needs_a_document(mill: Works, shop: Works, purpose: Any) -> None:
    bars = bought(mill, shop)
    turned(shop, bars)
    for papers in ([], [document("report")], [EPD]):
        error = refused(shop, {bars: "699 KGM"}, purpose, *papers)
        assert f"699 kg of {bars!r} leave the ledger ({purpose})" in str(error)
        assert all(kind in str(error.rule) for kind in documents_for(purpose, own=False))
    kind = documents_for(purpose, own=False)[0]
    entry = shop.consume({bars: "699 KGM"}, purpose=purpose, evidence=[document(f"{kind}:bars")])
    note = shop.finding(entry, SHOWN)
    assert (note.severity, note.value, note.amount) == ("note", 699, None)
    assert f"({purpose}) by: {kind}:bars 5555555555555555" in note.message


def test_no_write_off_is_too_small(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    turned(shop, bars)
    refused(shop, {bars: "0.001 KGM"}, "loss")


def test_like_goods_of_another_supplier_count(ledger: MemoryLedger, mill: Works, shop: Works) -> None:
    other, bars = Works(ledger, "other"), bought(mill, shop)
    rods = bought(other, shop, "rods", product="ingot")
    turned(shop, bars)
    refused(shop, {rods: "1 KGM"}, "soldOutside")


def test_a_sister_writes_nothing_off(ledger: MemoryLedger, mill: Works, shop: Works) -> None:
    sister = Works(ledger, "sister", parent=shop, share="1")
    bars = bought(mill, sister)
    sister._post(Transfer(issuer=sister.id, nonce=ledger.nonce(), lot=bars, to=shop.id, new_lot=sister.name("some"),
                          quantity=shop.flows({bars: "301 KGM"})[0].quantity, time="2025-03-02T00:00:00Z"))
    turned(shop, sister.name("some"))
    refused(sister, {bars: "699 KGM"}, "loss")


def test_who_has_goods_processed_takes_them(ledger: MemoryLedger, mill: Works, shop: Works) -> None:
    toller, bars = Works(ledger, "toller"), bought(mill, shop)
    shop.send(bars, "301 KGM", toller, "tolled", purpose="custody")
    toller.run([toller.out("parts", "ingot", "301 KGM", owner=shop.id)], {shop.name("tolled"): "301 KGM"})
    refused(shop, {bars: "699 KGM"}, "soldOutside")


@pytest.mark.parametrize("purpose", WRITE_OFFS)
def test_who_processes_nothing_needs_no_document(mill: Works, shop: Works, purpose: Any) -> None:
    """A trader, an office, an end user."""
    assert shop.codes(shop.consume({bought(mill, shop): "699 KGM"}, purpose=purpose)) == set()


def test_goods_of_another_kind_need_no_document(mill: Works, shop: Works) -> None:
    mill.product("lathe", materials={"machine": "1"})
    bars, lathe = bought(mill, shop), bought(mill, shop, "lathes", "100", "lathe")
    turned(shop, bars)
    shop.consume({lathe: "100 KGM"}, purpose="finalUse")


def test_waste_and_power_need_no_document(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    shop.product("power", "KWH")
    chips = shop.out("chips", "swarf", "90 KGM", "waste", origin="preConsumer")
    shop.run([shop.out("parts", "ingot", "301 KGM"), chips], {bars: "391 KGM"})
    shop.run([shop.out("current", "power", "10 KWH", share="1")], allocation="declared")
    shop.consume({"chips": "90 KGM"}, purpose="disposed")
    shop.consume({"current": "1 KWH"}, purpose="loss")


# Goods of one's own


@pytest.mark.parametrize("purpose", VANISHING)
def test_swarf_that_carried_a_burden_is_no_waste(mill: Works, shop: Works, purpose: Any) -> None:
    """A note about waste is true for swarf, and shows that it should never have carried a burden."""
    bars = bought(mill, shop)
    shop.run([shop.out("parts", "ingot", "301 KGM"), shop.out("swarf", "swarf", "699 KGM", "coProduct")],
             {bars: "1000 KGM"})
    refused(shop, {"swarf": "699 KGM"}, purpose)
    for kind in WASTE_DOCUMENTS:
        refused(shop, {"swarf": "699 KGM"}, purpose, document(kind))
    shop.consume({"swarf": "699 KGM"}, purpose=purpose, evidence=[document("damageReport")])


def test_a_works_uses_its_own_product_without_a_document(shop: Works) -> None:
    """It breaks nothing, and throws nothing away."""
    shop.run([shop.out("bars", "bar", "1000 KGM")], supplies=[ore("1000 KGM")])
    shop.consume({"bars": "100 KGM"}, purpose="ownUse")
    for purpose in ("loss", "stockCorrection", "disposed"):
        refused(shop, {"bars": "1 KGM"}, purpose)
    turned(shop, "bars")
    refused(shop, {"bars": "100 KGM"}, "ownUse")


def test_a_note_of_waste_shows_bought_goods_that_are_disposed_of(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    turned(shop, bars)
    refused(shop, {bars: "1 KGM"}, "loss", document("wasteTransferNote"))
    shop.consume({bars: "1 KGM"}, purpose="disposed", evidence=[document("wasteTransferNote")])


def test_own_goods_are_sold_outside_without_a_document(shop: Works) -> None:
    """Unless a process of the group takes such goods."""
    shop.run([shop.out("bars", "bar", "1000 KGM")], supplies=[ore("1000 KGM")])
    shop.consume({"bars": "100 KGM"}, purpose="soldOutside")
    turned(shop, "bars")
    refused(shop, {"bars": "100 KGM"}, "soldOutside", document("stocktaking"))
    shop.consume({"bars": "100 KGM"}, purpose="soldOutside", evidence=[document("salesInvoice")])


# Written off before the process


@pytest.mark.parametrize("purpose", WRITE_OFFS)
def test_stock_that_went_before_is_asked_of_the_process(ledger: MemoryLedger, mill: Works, shop: Works,
                                                        purpose: Any) -> None:
    """The question reaches whoever buys the parts."""
    bars = bought(mill, shop)
    shop.consume({bars: "699 KGM"}, purpose=purpose)
    finding = shop.finding(turned(shop, bars), UNSHOWN)
    assert (finding.severity, finding.taken, finding.value, finding.unit) == ("warning", 0, 699, "KGM")
    assert float(finding.amount or 0) == pytest.approx(REST)
    buyer = Works(ledger, "buyer")
    parts = buyer.bought(shop, "parts", "301 KGM")
    buyer.run([buyer.out("machine", "ingot", "301 KGM")], {parts: "301 KGM"})
    assert (shop.asked("parts"), buyer.asked("machine")) == (pytest.approx(REST), pytest.approx(REST))


def test_many_small_write_offs_are_one(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    for _ in range(3):
        shop.consume({bars: "233 KGM"}, purpose="loss")
    turned(shop, bars)
    assert shop.asked("parts") == pytest.approx(REST)


def test_two_inputs_are_asked_for_the_stock_once(ledger: MemoryLedger, mill: Works, shop: Works) -> None:
    other, bars = Works(ledger, "other"), bought(mill, shop)
    rods = bought(other, shop, "rods")
    shop.consume({bars: "699 KGM"}, purpose="loss")
    shop.run([shop.out("parts", "ingot", "602 KGM")], {bars: "301 KGM", rods: "301 KGM"})
    assert shop.asked("parts") == pytest.approx(REST)


def test_a_process_cuts_off_nineteen_parts_at_most(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    shop.consume({bars: "699 KGM"}, purpose="loss")
    turned(shop, bars, "one", "1")
    turned(shop, bars, "rest", "300")
    assert (shop.asked("one"), shop.asked("rest")) == (pytest.approx(19 * 2), pytest.approx(REST))


def test_a_document_about_the_stock_answers(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop, kilograms="1001")
    shop.consume({bars: "699 KGM"}, purpose="loss")
    finding = shop.finding(turned(shop, bars, evidence=[document("stocktaking")]), UNSHOWN)
    assert (finding.severity, finding.value, finding.amount, shop.asked("parts")) == ("note", 699, None, 0)
    turned(shop, bars, "more", "0.1", evidence=[document("invoice")])
    assert shop.asked("more") == pytest.approx(0.1 * 19 * 2)


def test_a_stocktaking_ends_the_question(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    shop.consume({bars: "600 KGM"}, purpose="loss")
    shop.consume({bars: "1 KGM"}, purpose="loss", evidence=[document("damageReport")])
    shop.consume({bars: "98 KGM"}, purpose="stockCorrection", evidence=[document("stocktaking:hall")])
    assert shop.codes(turned(shop, bars)) == set()


def test_toll_processes_are_asked_for_the_stock_of_the_owner(ledger: MemoryLedger, mill: Works, shop: Works) -> None:
    toller, bars = Works(ledger, "toller"), bought(mill, shop)
    shop.consume({bars: "699 KGM"}, purpose="loss")
    shop.send(bars, "301 KGM", toller, "tolled", purpose="custody")
    toller.run([toller.out("parts", "ingot", "301 KGM", owner=shop.id)], {shop.name("tolled"): "301 KGM"})
    assert toller.asked("parts") == pytest.approx(REST)


def test_one_request_writes_off_and_processes(ledger: MemoryLedger, mill: Works, shop: Works) -> None:
    bars, posted = bought(mill, shop), list[Any]()
    shop._post = posted.append  # type: ignore[method-assign,assignment]
    shop.consume({bars: "699 KGM"}, purpose="loss")
    turned(shop, bars)
    ledger.must(*[(shop.party, record) for record in posted])
    assert shop.asked("parts") == pytest.approx(REST)


# Amendments


def amend(works: Works, entry: Sequenced, **fields: Any) -> None:
    changed = {name: Raw(json.encode(value)) for name, value in fields.items()}
    works._post(Amendment(
        issuer=works.id, nonce=works.ledger.nonce(), reason="a better reading",
        changes=[Change(record=entry.digest.hex(), fields=changed)]))


def kept(works: Works, entry: Sequenced, value: str, **fields: Any) -> None:
    error = raised(Refused, amend, works, entry, **fields)
    assert (error.code, error.field, error.value) == (CODE, "changes", value)


def test_an_amendment_writes_off_no_more_without_a_document(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    entry = shop.consume({bars: "1 KGM"}, purpose="loss")
    turned(shop, bars)
    kept(shop, entry, "699", inputs=shop.flows({bars: "699 KGM"}))
    amend(shop, entry, inputs=shop.flows({bars: "0.5 KGM"}))
    amend(shop, entry, inputs=shop.flows({bars: "699 KGM"}), evidence=[document("damageReport")])


def test_a_document_is_not_taken_back(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    turned(shop, bars)
    entry = shop.consume({bars: "699 KGM"}, purpose="loss", evidence=[document("insuranceClaim")])
    kept(shop, entry, "699", evidence=[])
    kept(shop, entry, "699", evidence=[document("invoice")])
    amend(shop, entry, evidence=[document("stocktaking")])


def test_an_amended_process_keeps_its_question(mill: Works, shop: Works) -> None:
    """Also for bars of another product, and whatever it stated first."""
    bars, rods = bought(mill, shop), bought(mill, shop, "rods", product="ingot")
    shop.consume({bars: "699 KGM"}, purpose="loss")
    entry = turned(shop, bars)
    amend(shop, entry, inputs=shop.flows({rods: "301 KGM"}))
    assert shop.asked("parts") == pytest.approx(REST)
    amend(shop, entry, evidence=[document("stocktaking")])
    assert shop.asked("parts") == 0
    amend(shop, entry, inputs=shop.flows({bars: "301 KGM"}), evidence=[])
    assert shop.asked("parts") == pytest.approx(REST)


def test_a_write_off_after_the_process_does_not_count_in_its_amendments(mill: Works, shop: Works) -> None:
    bars = bought(mill, shop)
    entry = turned(shop, bars, kilograms="300")
    shop.consume({bars: "600 KGM"}, purpose="loss", evidence=[document("damageReport")])
    amend(shop, entry, inputs=shop.flows({bars: "301 KGM"}))
    assert shop.asked("parts") == 0


def test_a_process_begins_to_take_goods_by_a_document(mill: Works, shop: Works) -> None:
    """The write-off was posted as if no process took bars."""
    mill.product("lathe", materials={"machine": "1"})
    bars, lathes = bought(mill, shop), bought(mill, shop, "lathes", "1000", "lathe")
    entry = turned(shop, lathes)
    shop.consume({bars: "699 KGM"}, purpose="soldOutside")
    kept(shop, entry, mill.name("bar"), inputs=shop.flows({bars: "301 KGM"}))
    amend(shop, entry, inputs=shop.flows({bars: "301 KGM"}), evidence=[document("goodsIssue")])


# Erasures


def test_an_erasure_keeps_the_kinds_of_documents(mill: Works, shop: Works) -> None:
    """Later records rest on whether there was a document."""
    shop.consume({bought(mill, shop): "1 KGM"}, purpose="loss",
                 evidence=[document("stocktaking:hall of Anna"), document("note of Bert")])
    left = residue(mill.ledger.records[-1])
    assert json.decode(encode(left))["evidence"] == [
        {"digest": NO_DIGEST, "kind": "stocktaking", "mediaType": "erased"},
        {"digest": NO_DIGEST, "kind": "erased", "mediaType": "erased"},
    ]


def test_each_kind_of_document_shows_one_thing() -> None:
    kinds = [*STOCK_DOCUMENTS, *WASTE_DOCUMENTS, *SALE_DOCUMENTS]
    assert len(kinds) == len(set(kinds))
    assert all(not set(WASTE_DOCUMENTS) & set(documents_for(purpose, own=True)) for purpose in WRITE_OFFS)

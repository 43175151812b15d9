"""A product is completed on a real server: which lots change, which do not, who sees it, and that an audit and the
bodies give every figure again.

`gear` is counted in pieces. A record makes 10 gears and 20 kg of parts with 8 kg CO2e, by mass. At 2 kg a gear weighs
as much as 2 kg of parts: the gears have 20 of 40 kg, half of it. At 3 kg they have 30 of 50 kg.
"""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace
from support.callers import Callers
from support.cli import run
from support.inside import inside
from support.parties import enrolment
from support.revising import amend, change, digest_of
from support.scoped_audits import audited as scoped
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.witness import audited, registry
from support.workshop import END, START, Workshop, kilograms, workshop

from ledger.client.verify.statement_bodies import Recomputed, recompute_from_bodies
from ledger.core.receipts.statement import Statement
from ledger.core.record.kinds import Amendment, Grant, GrantScope, Product, ProductCompletion, Transfer, Transformation
from ledger.core.record.revisions import Change
from ledger.core.record.study import StudyContext
from ledger.core.record.values import Output, Quantity, Supply
from ledger.footprint.derived.statements import check_statement

HEAVIER = {"mass_per_unit": kilograms("3"), "materials": {"steel": "0.97"}, "classifications": {"cn": "8483 40 90"},
           "study": StudyContext(cut_off="packaging is left out")}


def pieces(value: str) -> Quantity:
    return Quantity(value=value, unit="H87")


def gears(shop: Workshop, lot: str) -> Posted:
    return shop.signed(Transformation(
        issuer=shop.id, nonce=shop.nonce(), facility=shop.name("site"), process="works.make", start=START, end=END,
        activity=Raw(msgspec.json.encode(Make(co2="8"))),
        supplies=[Supply(material="ore", quantity=kilograms("50"), origin="nature")],
        outputs=[Output(lot=shop.name(lot), product=shop.name("gear"), quantity=pieces("10"), role="product"),
                 Output(lot=shop.name(f"{lot}-parts"), product=shop.name("part"), quantity=kilograms("20"),
                        role="coProduct")],
    ))


def completion(shop: Workshop, **fields: Any) -> Posted:
    return shop.signed(ProductCompletion(
        issuer=shop.id, nonce=shop.nonce(), product=shop.name("gear"), reason="the alloy was missing", **fields))


def sent(shop: Workshop, lot: str, to: Workshop, new_lot: str) -> Posted:
    return shop.signed(Transfer(issuer=shop.id, nonce=shop.nonce(), lot=shop.name(lot), quantity=pieces("4"), to=to.id,
                                new_lot=shop.name(new_lot), time=END))


def get(server: Server, path: str, **parameters: Any) -> Any:
    answer = httpx.get(f"{server.url}{path}", params=parameters, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def figure(server: Server, lot: str) -> float:
    return get(server, "/v1/footprint", lot=lot)["footprint"]


def recomputed(server: Server, lot: str) -> Recomputed:
    """From the statement and the bodies, offline."""
    answer = httpx.get(f"{server.url}/v1/statement", params={"lot": lot}, timeout=60)
    proven = check_statement(msgspec.json.decode(answer.content, type=Statement), server.vkey)

    def bodies(digest: str, reads: str) -> bytes | None:
        record = httpx.get(f"{server.url}/v1/records/{digest}", timeout=60).content
        shown = msgspec.json.decode(record, type=dict[str, Raw])
        later = msgspec.json.decode(shown.get("revisions", b"[]"), type=list[dict[str, Raw]])
        read = [bytes(one["body"]) for one in (shown, *later) if "body" in one]
        return next((body for body in read if sha256(body).hexdigest() == reads), None)

    return recompute_from_bodies(proven, bodies, registry())


def newest(shop: Workshop, made: Posted) -> Posted:
    """An amendment that changes nothing but the products."""
    return shop.signed(Amendment(issuer=shop.id, nonce=shop.nonce(), reason="the alloy is known",
                                 changes=[Change(record=digest_of(made))], products="newest"))


@pytest.fixture
def maker(server: Server, shop: Workshop) -> Workshop:
    server.post([shop.signed(Product(issuer=shop.id, nonce=shop.nonce(), id=shop.name("gear"), sector="works",
                                     unit="H87", mass_per_unit=kilograms("2")))])
    return shop


def test_later_lots_change_and_earlier_ones_do_not(server: Server, maker: Workshop) -> None:
    buyer = workshop(server, f"buyer-of-{maker.id.rpartition(':')[2]}")
    server.post([gears(maker, "early"), sent(maker, "early", buyer, "first")])
    before = get(server, "/v1/footprint", lot=maker.name("first"))
    server.post([completion(maker, **HEAVIER), gears(maker, "late"), sent(maker, "early", buyer, "second"),
                 sent(maker, "late", buyer, "third")])
    after = get(server, "/v1/footprint", lot=maker.name("first"))
    assert {name: after[name] for name in before if name != "at"} == {
        name: before[name] for name in before if name != "at"}
    assert [figure(server, maker.name(lot)) for lot in ("early", "late", "first", "second", "third")] == pytest.approx(
        [4.0, 4.8, 1.6, 1.6, 1.92], rel=1e-12)
    studies = [get(server, "/v1/footprint", lot=maker.name(lot))["study"].get("stated") for lot in ("early", "late")]
    assert studies == [None, {"cutOff": "packaging is left out"}]
    for lot in ("early", "late", "second", "third"):
        assert recomputed(server, maker.name(lot)) == Recomputed(True, True), lot


def test_an_amendment_keeps_the_product_unless_it_asks_for_the_newest(server: Server, maker: Workshop) -> None:
    made = gears(maker, "early")
    server.post([made, completion(maker, **HEAVIER)])
    longer = change(made, end="2025-03-03T00:00:00Z")
    server.post([amend(maker, longer)])
    assert figure(server, maker.name("early")) == pytest.approx(4.0, rel=1e-12)
    server.post([newest(maker, made)])
    assert figure(server, maker.name("early")) == pytest.approx(4.8, rel=1e-12)
    assert recomputed(server, maker.name("early")) == Recomputed(True, True)
    # A later completion and a later amendment of something else leave it there.
    earlier = change(made, start="2025-02-28T00:00:00Z")
    server.post([completion(maker, mass_per_unit=kilograms("5")), amend(maker, earlier)])
    assert figure(server, maker.name("early")) == pytest.approx(4.8, rel=1e-12)
    assert recomputed(server, maker.name("early")) == Recomputed(True, True)


def test_no_completion_makes_a_record_give_more_than_it_took(server: Server, maker: Workshop) -> None:
    """10 gears of 4 kg and 20 kg of parts are more than 50 kg of ore. Nobody can complete the product of others."""
    made = gears(maker, "early")
    server.post([made, completion(maker, mass_per_unit=kilograms("4"))])
    for refused in (newest(maker, made), gears(maker, "late")):
        (answer,) = server.submit(server.envelopes([refused]))
        assert answer["code"] == "mass-balance"
    stranger = workshop(server, f"stranger-to-{maker.id.rpartition(':')[2]}")
    _, record = completion(maker, mass_per_unit=kilograms("1"))
    (answer,) = server.submit(server.envelopes([
        stranger.signed(replace(record, issuer=stranger.id, nonce=stranger.nonce()))]))
    assert (answer["code"], answer["field"]) == ("unknown-product", "product")
    assert figure(server, maker.name("early")) == pytest.approx(4.0, rel=1e-12)


def test_the_history_stands_on_the_answers_about_the_product(server: Server, maker: Workshop) -> None:
    product = maker.name("gear")
    posted = completion(maker, classifications={"cn": "8483 40 90"})
    server.post([gears(maker, "early"), posted])
    for answer in (get(server, "/v1/show", name=product), get(server, "/v1/footprint/product", product=product)):
        (one,) = answer["completions"]
        assert (one["record"], one["reason"]) == (digest_of(posted), "the alloy was missing")
        assert one["values"] == {"classifications": {"cn": "8483 40 90"}}
    page = " ".join(run("show", product, "--url", server.url).succeeded().out.split())
    assert "for the lots made after it (the alloy was missing): classifications {\"cn\":\"8483 40 90\"}" in page


def test_a_check_warns_of_a_product_without_materials_and_code(
    server: Server, shop: Workshop, tmp_path: Path
) -> None:
    bare = shop.signed(Product(issuer=shop.id, nonce=shop.nonce(), id=shop.name("chips"), sector="works", unit="KGM"))
    path = tmp_path / "signed"
    path.write_bytes(b"\n".join(server.envelopes([bare])))
    done = run("submit", path, "--url", server.url, "--dry-run").succeeded()
    assert f"line 1: the product {shop.name('chips')} states neither materials nor a code" in done.out


def test_completions_of_one_request_count_for_its_later_records(
    server: Server, maker: Workshop, tmp_path: Path
) -> None:
    """Also for an audit that goes on from its state."""
    server.post([completion(maker, **HEAVIER), gears(maker, "late")])
    assert figure(server, maker.name("late")) == pytest.approx(4.8, rel=1e-12)
    for lot in ("later", "last"):
        report = audited(server, state=tmp_path / "state")
        assert report.ok, report.findings
        server.post([gears(maker, lot)])
    assert figure(server, maker.name("last")) == pytest.approx(4.8, rel=1e-12)


class Parties(NamedTuple):
    """`maker` has completed its product; `buyer` bought of it before and after, `granted` may read it in full."""

    callers: Callers
    maker: Workshop
    buyer: Workshop
    granted: Workshop
    product: str
    completion: str


@pytest.fixture(scope="module")
def parties() -> Iterator[Parties]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        maker, buyer, granted = shops = [Workshop(name) for name in ("maker", "buyer", "granted")]
        for shop in shops:
            entered = enrolment(shop.party, ledger.registrar, ledger.origin, shop.nonce())
            ledger.post([(ledger.registrar, entered), *shop.opening()])
        completed = maker.signed(ProductCompletion(
            issuer=maker.id, nonce=maker.nonce(), product=maker.name("part"), reason="an analysis",
            materials={"steel": "0.5"}))
        ledger.post([maker.mine("a", "100"), maker.send("a", "40", buyer, "early"), completed, maker.mine("b", "100"),
                     maker.send("a", "40", buyer, "same"), maker.send("b", "40", buyer, "late")])
        for lot in ("early", "same", "late"):
            party, made = buyer.make({f"of-{lot}": "40"}, {lot: "40"})
            assert isinstance(made, Transformation)
            flow = replace(made.inputs[0], lot=maker.name(lot))
            ledger.post([(party, replace(made, inputs=[flow]))])
        ledger.post([maker.signed(Grant(
            issuer=maker.id, nonce=maker.nonce(), grantee=granted.id, depth="full", until="2034-12-31T00:00:00Z",
            purpose="audit", scope=GrantScope(product=maker.name("part"))))])
        callers = Callers(ledger)
        shown = callers.get(maker.id, "/v1/record-list", {"issuer": maker.id, "kind": "product"}).json()["records"]
        yield Parties(callers, maker, buyer, granted, shown[0]["record"], digest_of(completed))


def test_who_sees_the_product_sees_its_completions(parties: Parties) -> None:
    for caller in (parties.maker, parties.buyer, parties.granted):
        answers = [parties.callers.get(caller.id, f"/v1/records/{digest}").status_code
                   for digest in (parties.product, parties.completion)]
        assert answers == [404, 404] if caller is parties.buyer else [200, 200], caller.id


def test_a_buyer_audits_its_goods_of_both_editions(parties: Parties) -> None:
    report = scoped(parties.callers, parties.buyer.id)
    assert report.ok, report.findings
    assert report.scope.given >= 3

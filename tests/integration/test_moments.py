"""What was answered at a size of the log is answered for that size ever after, whatever was revised since.

One story of a mill, a buyer and an auditor: after each of its steps every lot is asked for. The figures are solved by
hand where the story is told.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import httpx
import pytest
from msgspec.structs import replace
from support.parties import enrolment
from support.revising import add, amend, change, close, digest_of, gas, pool
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.witness import audited
from support.workshop import END, START, Workshop, kilograms, workshop

from ledger.core.record.kinds import (
    Acceptance,
    Attestation,
    Consumption,
    Declaration,
    Subject,
    Transfer,
)
from ledger.core.record.values import Claim, Credit, Evidence, Factor, Flow, Output

AVOIDED: Final = Factor(value="1.5", unit="KGM", source="an average", year=2024, boundary="cradleToGate")

FEBRUARY: Final = {"start": "2025-02-01T00:00:00Z", "end": "2025-03-01T00:00:00Z"}
WEIGHED: Final = Evidence(digest="0" * 64, media_type="application/pdf", kind="weighing")


class Story(NamedTuple):
    """`sizes` of the log after each step by its name, `records` posted by the same name; `told` are the answers to
    footprint and lots, by size and lot, as they were then."""

    server: Server
    client: httpx.Client
    mill: Workshop
    buyer: Workshop
    auditor: Workshop
    records: dict[str, Posted]
    sizes: dict[str, int]
    told: dict[int, dict[str, tuple[Any, Any]]]

    def post(self, step: str, record: Posted) -> None:
        (receipt,) = self.server.post([record])
        self.records[step], self.sizes[step] = record, receipt.index + 1
        self.told[receipt.index + 1] = {lot: self.ask(lot) for lot in self.lots()}

    def index(self, step: str) -> int:
        return self.sizes[step] - 1

    def lots(self) -> list[str]:
        rows = self.client.get("/v1/audit/balances").json()
        return [row["lot"] for row in rows]

    def ask(self, lot: str, at: int | None = None) -> tuple[Any, Any]:
        return self.get("/v1/footprint", lot=lot, at=at), self.get("/v1/lots", lot=lot, at=at)

    def get(self, path: str, **parameters: Any) -> Any:
        known = {name: value for name, value in parameters.items() if value is not None}
        response = self.client.get(path, params=known)
        assert response.status_code == 200, response.text
        return response.json()

    def footprint(self, lot: str, step: str | None = None) -> dict[str, Any]:
        """Of a lot of the mill's by its short name, as of after a step."""
        return self.get(
            "/v1/footprint", lot=self.mill.name(lot), at=None if step is None else self.sizes[step]
        )


def attest(auditor: Workshop, kind: Any, subject: str, **fields: Any) -> Posted:
    return auditor.signed(Attestation(
        issuer=auditor.id, nonce=auditor.nonce(), subject=Subject(kind=kind, id=subject), standard="ISO 14064-3",
        level="limited", opinion="unmodified", start=START, end=END, valid_until="2027-01-01T00:00:00Z", **fields,
    ))


def accept(party: Workshop, transfer: Posted, **fields: Any) -> Posted:
    return party.signed(Acceptance(issuer=party.id, nonce=party.nonce(), transfer=digest_of(transfer), **fields))


def output(shop: Workshop, lot: str, amount: str, role: Any = "product", **fields: Any) -> Output:
    return Output(lot=shop.name(lot), product=shop.name("part"), quantity=kilograms(amount), role=role, **fields)


def with_fields(posted: Posted, **fields: Any) -> Posted:
    """A transformation with other fields."""
    party, record = posted
    return party, replace(record, **fields)


def claimed(shop: Workshop, lots: Mapping[str, str], lot: str) -> Posted:
    """Credits, kg by the ids of their lots, are used up for a lot of the shop's."""
    return shop.signed(Consumption(
        issuer=shop.id, nonce=shop.nonce(), time=END, purpose="claim",
        inputs=[Flow(lot=name, quantity=kilograms(amount)) for name, amount in lots.items()],
        claim=Claim(method="endOfLife", lot=shop.name(lot)),
    ))


def sent_back(party: Workshop, lot: str, amount: str, to: Workshop, new_lot: str) -> Posted:
    return party.signed(Transfer(
        issuer=party.id, nonce=party.nonce(), lot=lot, quantity=kilograms(amount), to=to.id,
        new_lot=party.name(new_lot), time=END,
    ))


def tell(story: Story) -> None:
    mill, buyer, auditor, post = story.mill, story.buyer, story.auditor, story.post
    # a 50; b and b2 share 10 + 0.8 * 50 = 50 by mass: 37.5 and 12.5; c 6 + half of b = 24.75
    post("a", mill.mine("a", "100", co2="50"))
    post("b", mill.make({"b": "60", "b2": "20"}, {"a": "80"}, activity=Make(co2="10")))
    post("c", mill.make({"c": "30"}, {"b": "30"}, activity=Make(co2="6")))
    post("on c", attest(auditor, "lot", mill.name("c"), samples=3, materiality="0.05"))
    post("on b", attest(auditor, "record", digest_of(story.records["b"])))
    post("on parts", attest(auditor, "product", mill.name("part")))
    post("on the site", attest(auditor, "facility", mill.name("site")))
    # a 150; b 0.75 * (10 + 120) = 97.5, b2 32.5; c 6 + 48.75 = 54.75
    post("a again", amend(mill, change(story.records["a"], activity=Make(co2="150"))))
    post("on c again", attest(auditor, "lot", mill.name("c")))
    # 40 kg of b instead of 60: b 130 * 2/3, b2 130 / 3; c takes 30 of 40: 6 + 65 = 71
    post("less b", amend(mill, change(story.records["b"], outputs=[output(mill, "b", "40"), output(mill, "b2", "20")])))
    # half of b2: 130 / 6
    post("sent", mill.send("b2", "10", buyer, "sent"))
    post("disputed", accept(buyer, story.records["sent"], disputed=True, reason="wet"))
    post("settled", accept(buyer, story.records["sent"]))
    # 2 kg of waste become 2 kg of product, with credits that avoid 1.5 kg CO2e a kg
    post("w", declared(mill, output(mill, "w", "2", "waste", origin="postConsumer"), basis="collected",
                       boundary="none", collector=mill.id, evidence=[WEIGHED]))
    post("r", with_fields(mill.make({}, {"w": "2"}, activity=Make(co2="1")), outputs=[
        output(mill, "r", "2"), output(mill, "credits", "2", "credit", credit=Credit(material="steel", factor=AVOIDED)),
    ]))
    post("credits sent", mill.send("credits", "1", buyer, "creditsSent"))
    # h 20 + 0.1 * 150 = 35, of which 20 wait for the closing; k 3 + half of it = 20.5, of which 10
    post("h", with_fields(mill.make({"h": "10"}, {"a": "10"}, activity=Make(co2="20")), basis="provisional",
                          **FEBRUARY))
    post("k", mill.make({"k": "5"}, {"h": "5"}, activity=Make(co2="3")))
    post("stock", pool(mill, "stock"))
    post("h in stock", add(mill, "stock", {"h": "2"}))
    post("more in stock", add(mill, "stock", {"c": "8"}))
    # 4 kg of gas are 11 kg CO2e: h 46, k 26
    post("closing", close(mill, gas("4"), **FEBRUARY))
    post("opening", declared(mill, output(mill, "old", "6"), basis="opening", boundary="cradleToGate",
                             burdens={"fossilGhgEmissions": "12"}, facility=mill.name("site")))
    post("credits back", sent_back(buyer, mill.name("creditsSent"), "1", mill, "creditsBack"))
    post("claimed", claimed(mill, {mill.name("credits"): "0.5"}, "k"))
    post("claimed more", claimed(mill, {buyer.name("creditsBack"): "0.75"}, "k"))
    # k, and 5 kg of h are there again
    post("no k", amend(mill, change(story.records["k"])))


def declared(shop: Workshop, lot: Output, **fields: Any) -> Posted:
    return shop.signed(Declaration(issuer=shop.id, nonce=shop.nonce(), start=START, end=END, lot=lot, **fields))


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with prepared_home() as home, Server(home) as server, httpx.Client(base_url=server.url, timeout=60) as client:
        auditor = Workshop("auditor")
        record = enrolment(auditor.party, server.registrar, server.origin, auditor.nonce())
        server.post([(server.registrar, replace(record, roles=["auditor"]))])
        found = Story(server, client, workshop(server, "mill"), workshop(server, "buyer"), auditor, {}, {}, {})
        tell(found)
        report = audited(server)
        assert report.ok, report.findings
        yield found


# --- every tree size -------------------------------------------------------------------------------------------------


def test_every_earlier_answer_stays_true(story: Story) -> None:
    """For each size and each lot the answer of then, with the size in it and nothing else different."""
    differing = 0
    for size, lots in story.told.items():
        for lot, (footprint, found) in lots.items():
            then, lots_then = story.ask(lot, size)
            assert then.pop("at") == size
            assert (then, lots_then) == (footprint, found), (size, lot)
            differing += footprint != story.told[max(story.told)][lot][0]
    assert differing > 60


def test_a_lot_is_not_there_before_its_record(story: Story) -> None:
    first: dict[str, int] = {}
    for size, lots in story.told.items():
        for lot in lots:
            first.setdefault(lot, size)
    for lot, size in first.items():
        for path in ("/v1/footprint", "/v1/lots"):
            response = story.client.get(path, params={"lot": lot, "at": size - 1})
            assert (response.status_code, response.json()["code"]) == (404, "not-found"), response.text
            assert response.json()["field"] == "lot"
            assert f"when it had {size - 1} entries" in response.json()["detail"]


def test_an_item_at_a_size(story: Story) -> None:
    """Items that nobody had then are not found either."""
    response = story.client.get("/v1/lots", params={"item": "urn:example:mill:none", "at": 5})
    assert (response.status_code, response.json()["field"]) == (404, "item")


@pytest.mark.parametrize("at", ["0", "-1", "-" + "9" * 30, "9" * 30, "beyond"])
@pytest.mark.parametrize("path", ["/v1/footprint", "/v1/lots"])
def test_trees_that_are_not(story: Story, path: str, at: str) -> None:
    size = max(story.sizes.values())
    asked = str(size + 1) if at == "beyond" else at
    response = story.client.get(path, params={"lot": story.mill.name("a"), "at": asked})
    problem = response.json()
    assert (response.status_code, problem["code"], problem["field"]) == (400, "tree-size", "at"), response.text
    assert (problem["value"], problem["rule"]) == (asked, f"a tree size from 1 to {size}")
    assert story.client.get(path, params={"lot": story.mill.name("a"), "at": size}).status_code == 200


@pytest.mark.parametrize("at", ["x", "1.5", ""])
def test_what_is_no_size(story: Story, at: str) -> None:
    response = story.client.get("/v1/footprint", params={"lot": story.mill.name("a"), "at": at})
    assert (response.status_code, response.json()["code"]) == (400, "invalid-request"), response.text


# --- figures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lot", "step", "figure", "quantity", "remaining", "revised"), [
    ("a", "a", 50.0, "100", "100", None),
    ("a", "a again", 150.0, "100", "20", "a again"),
    ("a", "h", 150.0, "100", "10", "a again"),
    ("b", "b", 37.5, "60", "60", None),
    ("b", "c", 37.5, "60", "30", None),
    ("b", "a again", 97.5, "60", "30", "a again"),
    ("b", "less b", 130 * 2 / 3, "40", "10", "less b"),
    ("b2", "less b", 130 / 3, "20", "20", "less b"),
    ("b2", "sent", 130 / 3, "20", "10", "less b"),
    ("c", "c", 24.75, "30", "30", None),
    ("c", "on c", 24.75, "30", "30", None),
    ("c", "a again", 54.75, "30", "30", "a again"),
    ("c", "less b", 71.0, "30", "30", "less b"),
    ("c", "more in stock", 71.0, "30", "22", "less b"),
    ("sent", "sent", 130 / 6, "10", "10", None),
    ("h", "h", 35.0, "10", "10", None),
    ("h", "k", 35.0, "10", "5", None),
    ("h", "h in stock", 35.0, "10", "3", None),
    ("h", "closing", 46.0, "10", "3", "closing"),
    ("h", "no k", 46.0, "10", "8", "closing"),
    ("k", "k", 20.5, "5", "5", None),
    ("k", "closing", 26.0, "5", "5", "closing"),
    ("k", "no k", 0.0, "5", "0", "no k"),
    # A fifth of h; and with 8/30 of c.
    ("stock:1", "h in stock", 7.0, "2", "2", None),
    ("stock:1", "more in stock", 7.0, "2", "0", None),
    ("stock:2", "more in stock", 7.0 + 71 * 8 / 30, "10", "10", None),
    ("stock:2", "closing", 9.2 + 71 * 8 / 30, "10", "10", "closing"),
    ("old", "opening", 12.0, "6", "6", None),
])
def test_figures_after_a_step(
    story: Story, lot: str, step: str, figure: float, quantity: str, remaining: str, revised: str | None
) -> None:
    answer = story.footprint(lot, step)
    assert (answer["footprint"], answer["lot"]["quantity"]["value"]) == (pytest.approx(figure, abs=1e-9), quantity)
    assert answer["lot"]["remaining"] == remaining
    assert answer.get("revisedAt") == (None if revised is None else story.index(revised))
    assert answer["at"] == story.sizes[step]
    assert answer["footprintPerUnit"] == pytest.approx(figure / float(quantity), abs=1e-9)
    parts = [answer["direct"]["footprint"], *[one["footprint"] for one in answer.get("inputs", [])]]
    assert sum(parts) == pytest.approx(figure, abs=1e-9)


def test_an_input_counts_as_it_was_then(story: Story) -> None:
    """c takes 30 kg of b: half of 60 before the amendment, three quarters of 40 after it."""
    before, after = story.footprint("c", "a again"), story.footprint("c", "less b")
    assert [(one["part"], one["footprint"]) for one in before["inputs"]] == [(0.5, pytest.approx(48.75))]
    assert [(one["part"], one["footprint"]) for one in after["inputs"]] == [(0.75, pytest.approx(65))]


def test_without_a_size_it_is_now(story: Story) -> None:
    answer = story.footprint("b")
    assert "at" not in answer
    assert answer["footprint"] == pytest.approx(130 * 2 / 3)


# --- lots ------------------------------------------------------------------------------------------------------------


def test_a_lot_says_who_sent_it_and_which_record_made_it(story: Story) -> None:
    (found,) = story.get("/v1/lots", lot=story.mill.name("sent"))
    assert (found["holder"], found["sender"]) == (story.buyer.id, story.mill.id)
    assert found["record"] == digest_of(story.records["sent"])
    assert "owner" not in found
    assert story.footprint("sent")["record"] == found["record"]
    (pooled,) = story.get("/v1/lots", lot=story.mill.name("stock:2"))
    assert pooled["pool"] == story.mill.name("stock")
    (credit,) = story.get("/v1/lots", lot=story.mill.name("credits"))
    assert (credit["role"], credit["credit"]) == ("credit", "recycling:steel")


@pytest.mark.parametrize(("step", "frozen"), [("sent", False), ("disputed", True), ("settled", False)])
def test_a_disputed_lot_is_frozen_until_it_is_settled(story: Story, step: str, frozen: bool) -> None:
    size = story.sizes[step]
    (found,) = story.get("/v1/lots", lot=story.mill.name("sent"), at=size)
    assert found.get("frozen", False) is frozen
    assert story.footprint("sent", step)["lot"].get("frozen", False) is frozen


def test_a_withdrawn_lot_says_so(story: Story) -> None:
    """It has no figure, no parts and no completeness; before, it had."""
    gone, before = story.footprint("k"), story.footprint("k", "claimed")
    assert gone["title"] == "withdrawn lot, no footprint"
    assert gone["lot"]["withdrawn"] is True
    assert (gone["footprint"], gone["burdens"], gone["contents"], gone["direct"]["lines"]) == (0.0, {}, {}, [])
    assert (gone.get("inputs", []), gone["completeness"], gone["exempted"]) == ([], "unknown", "unknown")
    assert "primaryShare" not in gone
    assert "provisionalShare" not in gone
    (found,) = story.get("/v1/lots", lot=story.mill.name("k"))
    assert (found["withdrawn"], found["remaining"], before["title"]) == (True, "0", "footprint")
    assert "withdrawn" not in before["lot"]


def test_opening_stock_is_flagged(story: Story) -> None:
    assert story.footprint("old")["opening"] is True
    for lot in ("a", "h", "sent", "stock:2"):
        assert "opening" not in story.footprint(lot)


# --- what waits for a closing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lot", "share"), [("h", 20 / 35), ("k", 10 / 20.5), ("stock:2", 4 / (7 + 71 * 8 / 30))])
def test_the_provisional_share_and_the_open_months(story: Story, lot: str, share: float) -> None:
    before, after = story.footprint(lot, "more in stock"), story.footprint(lot, "closing")
    assert before["provisionalShare"] == pytest.approx(share)
    assert before["openPeriods"] == [{"facility": story.mill.name("site"), "month": "2025-02", "records": 1}]
    assert after["provisionalShare"] == 0.0
    assert "openPeriods" not in after
    assert "morePeriods" not in before
    # The parts tell the provisional burden too.
    parts = [before["direct"], *before.get("inputs", [])]
    assert sum(part["burdens"].get("provisionalAbs", 0.0) for part in parts) == pytest.approx(
        before["burdens"]["provisionalAbs"]
    )


def test_what_is_final_has_no_open_months(story: Story) -> None:
    for lot in ("a", "b", "c"):
        answer = story.footprint(lot)
        assert answer["provisionalShare"] == 0.0
        assert "openPeriods" not in answer


# --- attestations ----------------------------------------------------------------------------------------------------


def outdated(story: Story, lot: str, step: str) -> dict[str, bool]:
    """By the step that attested."""
    steps = {story.index(name): name for name in story.sizes}
    found = story.footprint(lot, step).get("attestations", [])
    assert [one["index"] for one in found] == sorted((one["index"] for one in found), reverse=True)
    return {steps[one["index"]]: one.get("outdated", False) for one in found}


def test_attestations_and_what_outdates_them(story: Story) -> None:
    """Those on product and facility are outdated for the lots whose own figures were revised after them."""
    both = {"on parts": False, "on the site": False}
    assert (outdated(story, "c", "c"), outdated(story, "c", "on c")) == ({}, {"on c": False})
    assert outdated(story, "c", "on the site") == {**both, "on c": False}
    assert outdated(story, "c", "a again") == {"on parts": True, "on the site": True, "on c": True}
    assert outdated(story, "c", "on c again") == {
        "on parts": True, "on the site": True, "on c": True, "on c again": False,
    }
    assert outdated(story, "c", "less b")["on c again"] is True
    # On the record of b: another figure of a outdates it, for both of its lots.
    assert outdated(story, "b", "on the site") == {**both, "on b": False}
    for lot in ("b", "b2"):
        assert outdated(story, lot, "a again") == {"on parts": True, "on the site": True, "on b": True}
    # What came after the attestations, and was not revised since, is not outdated.
    assert outdated(story, "h", "k") == both
    assert outdated(story, "h", "closing") == {"on parts": True, "on the site": True}
    assert outdated(story, "old", "no k") == {"on parts": False}
    assert outdated(story, "k", "no k") == {"on parts": True, "on the site": True}


def test_what_an_attestation_says(story: Story) -> None:
    found = story.footprint("c", "on c")["attestations"]
    assert found == [{
        "kind": "lot", "subject": story.mill.name("c"), "auditor": story.auditor.id, "standard": "ISO 14064-3",
        "level": "limited", "opinion": "unmodified", "start": START, "end": END, "validUntil": "2027-01-01T00:00:00Z",
        "index": story.index("on c"), "record": digest_of(story.records["on c"]), "samples": 3, "materiality": "0.05",
        "independent": True, "party": "third", "examinedSize": story.index("on c"), "examinedFootprint": 24.75,
        "currentFootprint": 24.75, "notCounted": "it states no scope",
    }]


# --- credits ---------------------------------------------------------------------------------------------------------


def test_claims_stand_beside_the_figure(story: Story) -> None:
    """0.5 and 0.75 kg of credits at 1.5 kg CO2e: 0.75 and 1.125, and the figure is what it was."""
    before, after = story.footprint("k", "credits back"), story.footprint("k", "claimed more")
    assert "claims" not in before
    common = {"method": "endOfLife", "material": "steel", "factor": {
        "value": "1.5", "unit": "KGM", "source": "an average", "year": 2024, "boundary": "cradleToGate",
    }}
    assert after.pop("claims") == [
        {**common, "credit": story.buyer.name("creditsBack"), "quantity": {"value": "0.75", "unit": "KGM"},
         "claimant": story.mill.id, "index": story.index("claimed more"),
         "record": digest_of(story.records["claimed more"]), "avoided": 1.125},
        {**common, "credit": story.mill.name("credits"), "quantity": {"value": "0.5", "unit": "KGM"},
         "claimant": story.mill.id, "index": story.index("claimed"), "record": digest_of(story.records["claimed"]),
         "avoided": 0.75},
    ]
    del before["at"], after["at"]
    assert after == before

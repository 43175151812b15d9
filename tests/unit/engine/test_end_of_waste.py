"""Whether an output is scrap, whose scrap, and used before. Solved by hand; masses in kg, both sides of each rule."""

from typing import Any, Final

import pytest
from msgspec import json
from msgspec.structs import replace
from support import factor_sets
from support.memory import MemoryLedger
from support.parties import enrolment, party
from support.sectors import Make
from support.site import END, START, Site, ore, raw

from ledger.core.outcome.assessment import Assessment, Finding
from ledger.core.record.kinds import Facility, Transformation
from ledger.core.record.values import Evidence
from ledger.engine.batch import Sequenced

STEEL: Final[dict[str, Any]] = {"materials": {"steel": "1"}}
PRE, POST = "recycledPreConsumer:steel", "recycledPostConsumer:steel"
IN_QUESTION: Final = f"questioned:{PRE}"


class Works(Site):
    """A site in Germany, where the set prices steel at 2 kg per kg, with a range from 1 on. `parent` owns its
    organisation to that share."""

    def __init__(
        self, ledger: MemoryLedger, name: str, parent: "Works | None" = None, share: str | None = None,
    ) -> None:
        self.ledger = ledger
        self.party = party(ledger.seed, name)
        record = enrolment(self.party, ledger.registrar, ledger.state.origin, ledger.nonce())
        if parent is not None:
            record = replace(record, parent=parent.id, parent_share=share)
        ledger.must((ledger.registrar, record))
        self.facility = self.name("site")
        self.hall = self.name("hall")
        for site in (self.facility, self.hall):
            self._post(Facility(issuer=self.id, nonce=ledger.nonce(), id=site, country="DE"))
        for product in ("bar", "swarf"):
            self.product(product, **STEEL)

    def run(self, outputs: Any, inputs: dict[str, str] | None = None, **fields: Any) -> Sequenced:
        """A transformation, with fields of its record by name."""
        return self._post(Transformation(**{
            "issuer": self.id, "nonce": self.ledger.nonce(), "facility": self.facility, "start": START, "end": END,
            "process": "works.make", "activity": raw(fields.pop("activity", Make())),
            "inputs": self.flows(inputs or {}), "outputs": outputs, **fields,
        }))

    def swarf(self, amount: str = "100 KGM", **fields: Any) -> str:
        """Swarf of a record that made as much of bars; the lot's id."""
        lot = f"swarf-{self.ledger.state.size}"
        self.run([self.out(f"bar-{lot}", "bar", amount), self.out(lot, "swarf", amount, "waste", origin="preConsumer")],
                 **{"supplies": [ore("1000 KGM")], **fields})
        return self.name(lot)

    def contents(self, lot: str) -> dict[str, float]:
        """Recycled contents by name."""
        held = self.ledger.contents(self.name(lot))
        return {name: amount for name, amount in held.items() if "recycled" in name}


def document(kind: str) -> Evidence:
    return Evidence(digest="5" * 64, media_type="application/pdf", kind=kind)


def assessed(ledger: MemoryLedger, entry: Sequenced) -> Assessment:
    leaf = ledger.assessment(entry.index)
    assert leaf is not None
    return json.decode(leaf.assessment, type=Assessment)


def found(ledger: MemoryLedger, entry: Sequenced) -> dict[str, Finding]:
    """The findings of a record by code."""
    return {one.code: one for one in assessed(ledger, entry).findings}


@pytest.fixture
def ledger() -> MemoryLedger:
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    return memory


@pytest.fixture
def mill(ledger: MemoryLedger) -> Works:
    return Works(ledger, "mill")


# Scrap of the same group


def melted(mill: Works, scrap: str, **fields: Any) -> dict[str, float]:
    """Recycled contents of 90 kg of bars of 100 kg of scrap, in another process than the scrap's."""
    mill.run([mill.out("melted", "bar", "90 KGM")], {scrap: "100 KGM"}, facility=mill.hall, **fields)
    return mill.contents("melted")


def test_scrap_of_another_organisation_is_recycled_content(ledger: MemoryLedger, mill: Works) -> None:
    shop = Works(ledger, "shop")
    scrap = shop.swarf()
    shop.send(scrap, "100 KGM", mill, "sold")
    assert melted(mill, shop.name("sold")) == {PRE: pytest.approx(90)}


@pytest.mark.parametrize(("share", "content"), [
    (None, IN_QUESTION), ("1", IN_QUESTION), ("0.51", IN_QUESTION), ("0.5", PRE), ("0.2", PRE),
])
def test_scrap_of_a_sister_is_in_question(
    ledger: MemoryLedger, mill: Works, share: str | None, content: str
) -> None:
    """A parent controls what it owns by more than half (GHG Protocol, chapter 3)."""
    shop = Works(ledger, "shop", mill, share)
    scrap = shop.swarf()
    shop.send(scrap, "100 KGM", mill, "sold")
    assert melted(mill, shop.name("sold")) == {content: pytest.approx(90)}


def test_scrap_of_the_group_through_a_trader_is_in_question(ledger: MemoryLedger, mill: Works) -> None:
    cousin = Works(ledger, "cousin", Works(ledger, "shop", mill))
    trader = Works(ledger, "trader")
    cousin.send(cousin.swarf(), "100 KGM", trader, "to-trader")
    trader.send(cousin.name("to-trader"), "100 KGM", mill, "to-mill")
    assert melted(mill, trader.name("to-mill")) == {IN_QUESTION: pytest.approx(90)}


def test_own_scrap_of_another_process_is_in_question_and_of_the_same_is_none(mill: Works) -> None:
    entry = mill.run([mill.out("again", "bar", "90 KGM")], {mill.swarf(): "100 KGM"})
    assert mill.contents("again") == {}
    assert "group-scrap" not in found(mill.ledger, entry)
    assert melted(mill, mill.swarf()) == {IN_QUESTION: pytest.approx(90)}


def test_a_toller_does_not_make_the_owners_scrap_recycled(ledger: MemoryLedger, mill: Works) -> None:
    """The mill places its swarf with a toller, and the ingots are the mill's."""
    toller = Works(ledger, "toller")
    scrap = mill.swarf()
    mill.send(scrap, "100 KGM", toller, "placed", purpose="custody")
    toller.run([toller.out("ingot", "bar", "90 KGM", owner=mill.id)], {mill.name("placed"): "100 KGM"})
    assert toller.contents("ingot") == {IN_QUESTION: pytest.approx(90)}


@pytest.mark.parametrize(("kind", "content"), [
    ("recycledContent", PRE), ("recycledContent:steel", PRE), ("recycledContent:zinc", IN_QUESTION),
    ("weighing", IN_QUESTION),
])
def test_a_document_about_the_recycled_content_answers(mill: Works, kind: str, content: str) -> None:
    assert melted(mill, mill.swarf(), evidence=[document(kind)]) == {content: pytest.approx(90)}


def test_content_that_the_scrap_carried_stays(ledger: MemoryLedger, mill: Works) -> None:
    """Of 200 kg of bars and swarf 80 kg came from end users. The swarf keeps its 40 kg, and only the other 60 kg of it
    are in question; a tenth is lost."""
    yard = Works(ledger, "yard")
    yard.declare(lot=yard.out("old", "swarf", "80 KGM", "waste", origin="postConsumer"), basis="collected",
                 boundary="none", collector=yard.id, evidence=[document("weighing")])
    yard.send("old", "80 KGM", mill, "old-sold")
    scrap = mill.swarf(inputs={yard.name("old-sold"): "80 KGM"}, supplies=[ore("120 KGM")])
    assert mill.contents(scrap) == {POST: pytest.approx(40)}
    assert melted(mill, scrap) == {POST: pytest.approx(36), IN_QUESTION: pytest.approx(54)}
    # As swarf once more, the claim is no other one: 36 of 90 kg are old, 54 are in question.
    mill.run([mill.out("rest", "swarf", "90 KGM", "waste", origin="preConsumer")], {"melted": "90 KGM"})
    mill.run([mill.out("third", "bar", "90 KGM")], {"rest": "90 KGM"}, facility=mill.hall)
    assert mill.contents("third") == {POST: pytest.approx(36), IN_QUESTION: pytest.approx(54)}
    # For another organisation it is recycled content.
    mill.run([mill.out("end", "swarf", "90 KGM", "waste", origin="preConsumer")], {"third": "90 KGM"})
    mill.send("end", "90 KGM", yard, "end-sold")
    yard.run([yard.out("new", "bar", "90 KGM")], {mill.name("end-sold"): "90 KGM"})
    assert yard.contents("new") == {PRE: pytest.approx(90)}


def test_content_in_question_is_conserved(mill: Works) -> None:
    entry = mill.run([mill.out("ingot", "bar", "90 KGM")], {mill.swarf(): "100 KGM"}, facility=mill.hall)
    leaf = mill.ledger.assessment(entry.index)
    assert leaf is not None
    assert float(leaf.arisen[IN_QUESTION]) == pytest.approx(100)
    assert float(leaf.lost[IN_QUESTION]) == pytest.approx(10)
    finding = found(mill.ledger, entry)["group-scrap"]
    assert (finding.taken, finding.amount, finding.severity) == (0, None, "warning")


def test_earlier_rules_ask_nothing() -> None:
    early = MemoryLedger(factor_sets.registry())
    mill = Works(early, "mill")
    assert melted(mill, mill.swarf()) == {PRE: pytest.approx(90)}

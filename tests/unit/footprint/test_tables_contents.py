"""Where contents came from, by hand: scrap is collected, melted, cut, and its cuttings are melted again."""

from typing import Any

import pytest
from support.memory import MemoryLedger
from support.site import Site, document, ore, quantity
from support.tables import content_table_of

from ledger.core.record.values import Evidence, Output
from ledger.engine.end_of_waste.recycled import PROOF
from ledger.footprint.derived.tables.contents import CONTENT_GROUPINGS, Entered, content_parts, is_content
from ledger.footprint.derived.tables.rows import GROUPINGS, ContributionRow

POST, PRE, STEEL = "recycledPostConsumer:steel", "recycledPreConsumer:steel", "material:steel"
WEIGHED = [Evidence(digest="5" * 64, media_type="application/pdf", kind="weighbridge")]


class Scrap:
    """A collector has 100 kg of scrap, 90 % steel. The mill melts 50 kg of it with 50 kg of ore: 100 kg of ingot with
    45 kg of steel, all of it recycled. Its other works makes 20 kg of parts and 40 kg of cuttings of 60 kg of that, and
    the mill melts 20 kg of ingot with 20 kg of cuttings.
    """

    def __init__(self, memory: MemoryLedger) -> None:
        self.memory = memory
        self.collector, self.mill = Site(memory, "collector"), Site(memory, "mill")
        for site, product in ((self.collector, "scrap"), (self.mill, "ingot")):
            site.product(product)
        other = self.mill.another_facility("other")
        self.declared = self.collector.declare(
            basis="collected", boundary="none", collector=self.collector.id, evidence=WEIGHED,
            facility=self.collector.facility, lot=Output(
                lot=self.collector.name("scrap-1"), product=self.collector.name("scrap"), quantity=quantity("100 KGM"),
                role="waste", origin="postConsumer", materials={"steel": "0.9"}))
        self.sent = self.collector.send("scrap-1", "50 KGM", self.mill, "sent")
        self.melted = self.mill.make(
            [self.mill.out("first", "ingot", "100 KGM")], {self.collector.name("sent"): "50 KGM"}, [ore("50 KGM")])
        self.mill.make(
            [self.mill.out("part", "ingot", "20 KGM"),
             self.mill.out("cuttings", "ingot", "40 KGM", "waste", origin="preConsumer")],
            {"first": "60 KGM"}, facility=other)
        self.mixed = self.mill.make(
            [self.mill.out("second", "ingot", "40 KGM")], {"first": "20 KGM", "cuttings": "20 KGM"},
            evidence=[document(PROOF)])

    def digest(self, entry: Any) -> str:
        return self.memory.digests[entry.index].hex()

    def rows(self, lot: str, by: str, content: str) -> list[tuple[str, Any]]:
        """The rest left out, which is rounding."""
        rows: list[ContributionRow] = content_table_of(self.memory, self.mill.name(lot), by, content)
        assert abs(sum(row.amount for row in rows if row.part == "rest")) <= 1e-12
        return [(row.key, pytest.approx(row.amount, rel=1e-12)) for row in rows if row.part != "rest"]


@pytest.fixture
def scrap(memory: MemoryLedger) -> Scrap:
    return Scrap(memory)


def test_recycled_content_arises_where_scrap_is_melted(scrap: Scrap) -> None:
    assert scrap.memory.contents(scrap.mill.name("first"))[POST] == 45.0
    assert scrap.rows("first", "record", POST) == [(scrap.digest(scrap.melted), 45.0)]
    assert scrap.rows("first", "source", POST) == [("arisen", 45.0)]
    # 20 of the 60 kg that were cut.
    assert scrap.rows("part", "record", POST) == [(scrap.digest(scrap.melted), 9.0)]


@pytest.mark.parametrize(("by", "key"), [
    ("organization", "urn:example:collector"), ("facility", "urn:example:collector:site"), ("country", "CN"),
    ("stage", "declaration"), ("source", "declared"), ("year", "2025"), ("sector", "works"),
])
def test_its_material_came_from_the_collector(scrap: Scrap, by: str, key: str) -> None:
    """Half of 90 kg, through a transfer, which brings nothing."""
    assert scrap.rows("first", by, STEEL) == [(key, 45.0)]


def test_mass_came_from_scrap_and_ore(scrap: Scrap) -> None:
    """Half of what was collected, and the mill's ore."""
    assert scrap.rows("first", "record", "mass") == sorted(
        [(scrap.digest(scrap.declared), 50.0), (scrap.digest(scrap.melted), 50.0)])


def test_what_replaces_recycled_content_is_negative(scrap: Scrap) -> None:
    """20 kg of ingot carry 9 kg, and 20 kg of cuttings 9 more, which count as pre-consumer now: a document shows it."""
    contents = scrap.memory.contents(scrap.mill.name("second"))
    assert (contents[POST], contents[PRE], contents[STEEL]) == pytest.approx((9.0, 9.0, 18.0), rel=1e-12)
    melted, mixed = scrap.digest(scrap.melted), scrap.digest(scrap.mixed)
    assert scrap.rows("second", "record", POST) == [(melted, 18.0), (mixed, -9.0)]
    assert scrap.rows("second", "record", PRE) == [(mixed, 9.0)]
    (row, *_) = content_table_of(scrap.memory, scrap.mill.name("second"), "source", POST)
    assert (row.key, row.positive, row.negative, row.records) == ("arisen", pytest.approx(18.0), pytest.approx(-9.0), 2)


def test_a_content_that_a_lot_does_not_hold(scrap: Scrap) -> None:
    assert content_table_of(scrap.memory, scrap.mill.name("second"), "record", "material:copper") == []


def test_parts_of_a_record() -> None:
    parts = list(content_parts(0.5, Entered(8.0, -2.0)))
    assert [(part.amount, part.source) for part in parts] == [(4.0, "declared"), (-1.0, "arisen")]
    assert list(content_parts(0.5, Entered())) == []


def test_groupings_of_contents() -> None:
    """Those of records, and one of lines."""
    assert set(CONTENT_GROUPINGS) == set(GROUPINGS) - {"gas", "kind", "basis", "factor"}


@pytest.mark.parametrize("name", [
    "mass", "fossilCarbon", "biogenicCarbon", "material:steel", "element:Cu", POST, PRE, f"attributed:{POST}",
])
def test_names_of_contents(name: str) -> None:
    assert is_content(name)


@pytest.mark.parametrize("name", [
    "", "steel", "material:", "recycledPostConsumer", "Mass", "attributed:mass", "absGhg",
])
def test_names_that_are_no_content(name: str) -> None:
    assert not is_content(name)

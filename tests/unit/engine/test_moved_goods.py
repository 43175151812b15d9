"""Goods of an organisation's other site, where power is cleaner: aluminium of Norway in China, by the open set."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.sectors import open_set, registry
from support.site import Site, supply

from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.record.kinds import Facility
from ledger.core.record.revisions import Amendment, Change
from ledger.core.record.values import Supply
from ledger.engine.batch import Sequenced
from ledger.engine.sectors import Registry

MOVED: Final = "moved-without-transport"
FREIGHT: Final = 0.12522
"""Kg CO2e per tonne kilometre of a lorry."""
CHINESE: Final = 15.8
"""Kg CO2e per kg of aluminium in China, by default."""


class Smelter(Site):
    """A site at home in China and one abroad. All products are aluminium in kg."""

    def __init__(self, country: str = "NO", subdivision: str | None = None) -> None:
        memory = MemoryLedger(Registry(list(registry().sectors.values()), [open_set()]))
        memory.activate_sets()
        super().__init__(memory, "smelter")
        self.away = self.name("away")
        self._post(Facility(issuer=self.id, nonce=memory.nonce(), id=self.away, country=country,
                            subdivision=subdivision))
        for product in ("metal", "ingot"):
            self.product(product, materials={"aluminium": "1"})

    def melt(self, lot: str = "metal", facility: str | None = None) -> Sequenced:
        """A tonne of metal out of 1.9 t of alumina, 0.9 t of anodes and 14 MWh: in Norway 4.3 t of CO2e."""
        return self.make(
            [self.out(lot, "metal", "1000 KGM")],
            supplies=[supply("alumina", "1900 KGM"), supply("anode", "900 KGM"), supply("electricity", "14000 KWH")],
            facility=facility or self.away,
        )

    def cast(
        self, inputs: Mapping[str, str], supplies: Sequence[Supply] = (), lot: str = "ingot", amount: str = "1000 KGM",
    ) -> Sequenced:
        return self.make([self.out(lot, "ingot", amount)], inputs, supplies)

    def finding(self, entry: Sequenced) -> Finding | None:
        leaf = self.ledger.assessment(entry.index)
        assert leaf is not None
        findings = msgspec.json.decode(leaf.assessment, type=Assessment).findings
        return next((finding for finding in findings if finding.code == MOVED), None)

    def burden(self, lot: str, name: str = QUESTIONED) -> float:
        return self.ledger.burdens(self.name(lot))[name]


def test_metal_of_a_better_place_is_questioned_at_the_default_of_this_one() -> None:
    smelter = Smelter()
    smelter.melt()
    finding = smelter.finding(smelter.cast({"metal": "1000 KGM"}))
    assert finding is not None
    assert (finding.value, finding.unit) == (0, "TKM")
    assert finding.usual is not None
    assert finding.usual.low == 100
    assert float(finding.amount or 0) == pytest.approx(100 * FREIGHT)
    made = smelter.ledger.burdens(smelter.name("ingot"))
    figure = made["fossilGhgEmissions"]
    assert figure < 6000
    assert made[QUESTIONED] == pytest.approx(CHINESE * 1000 - figure, rel=1e-9)


@pytest.mark.parametrize(("freight", "believed"), [("100 TKM", True), ("99.9 TKM", False), ("15000 TKM", True)])
def test_freight_over_a_hundred_kilometres_is_an_answer(freight: str, believed: bool) -> None:
    smelter = Smelter()
    smelter.melt()
    entry = smelter.cast({"metal": "1000 KGM"}, [supply("truckFreight", freight)])
    assert (smelter.finding(entry) is None) == believed
    assert (smelter.burden("ingot") == 0) == believed


def test_the_place_of_another_organisation_is_believed() -> None:
    """The freight of its goods is left out: see `test_carriage`."""
    smelter = Smelter()
    smelter.melt()
    caster = Site(smelter.ledger, "caster")
    caster.product("ingot", materials={"aluminium": "1"})
    smelter.send("metal", "1000 KGM", caster, "sold")
    entry = caster.make([caster.out("ingot", "ingot", "1000 KGM")], {smelter.name("sold"): "1000 KGM"})
    assert smelter.finding(entry) is None


@pytest.mark.parametrize(("country", "subdivision", "asked"), [
    ("NO", None, True), ("FR", None, True), ("DE", None, True), ("IN", None, False), ("CN", "CN-QH", False),
])
def test_only_better_places_are_asked(country: str, subdivision: str | None, asked: bool) -> None:
    """The power of India is no cleaner, and within China the set has one price of power."""
    smelter = Smelter(country, subdivision)
    smelter.melt()
    assert (smelter.finding(smelter.cast({"metal": "1000 KGM"})) is not None) == asked


def test_metal_of_this_site_moves_nowhere() -> None:
    smelter = Smelter()
    smelter.melt(facility=smelter.facility)
    assert smelter.finding(smelter.cast({"metal": "1000 KGM"})) is None


def test_a_small_part_of_the_product_is_asked_for_its_freight_alone() -> None:
    smelter = Smelter()
    smelter.melt()
    smelter.melt("own", smelter.facility)
    entry = smelter.cast({"metal": "400 KGM", "own": "600 KGM"})
    finding = smelter.finding(entry)
    assert finding is not None
    assert float(finding.amount or 0) == pytest.approx(40 * FREIGHT)
    assert smelter.burden("ingot") == pytest.approx(40 * FREIGHT)


def test_a_revision_asks_as_the_record_did() -> None:
    smelter = Smelter()
    smelter.melt()
    entry = smelter.cast({"metal": "1000 KGM"})
    before = smelter.burden("ingot")
    fields: dict[str, Any] = {"supplies": Raw(msgspec.json.encode([supply("electricity", "100 KWH")]))}
    smelter._post(Amendment(
        issuer=smelter.id, nonce=smelter.ledger.nonce(), reason="a meter",
        changes=[Change(record=entry.digest.hex(), fields=fields)],
    ))
    assert smelter.finding(entry) is not None
    assert smelter.burden("ingot") < before

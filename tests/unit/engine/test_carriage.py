"""Goods of sister companies and of strangers abroad whose freight nobody states."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace
from support.memory import MemoryLedger
from support.sectors import open_set, registry
from support.site import Site, supply
from support.statements import VKEY, bodies_of, signed, stated, tree_of
from unit.engine.carriers import CHINESE, NEARBY, OVERSEAS, ROAD, Metalworks, new_ledger

from ledger.client.verify.statement_bodies import recompute_from_bodies
from ledger.core.outcome.assessment import QUESTIONED, Assessment, Finding
from ledger.core.record.kinds import Facility, Transformation
from ledger.core.record.revisions import Amendment, Change
from ledger.core.record.values import Supply
from ledger.engine.batch import Sequenced
from ledger.engine.inventory.liquid import AFAR, liquid_metal
from ledger.engine.inventory.moved import MOVED
from ledger.engine.inventory.sites import from_elsewhere
from ledger.engine.sectors import Registry
from ledger.footprint.derived.statements import check_statement

OMITTED: Final = "omittedAbs"


@pytest.fixture
def memory() -> MemoryLedger:
    return new_ledger()


@pytest.fixture
def home(memory: MemoryLedger) -> Metalworks:
    return Metalworks(memory, "home", "CN")


def sold(seller: Metalworks, buyer: Metalworks, *transport: Supply, lot: str = "metal", name: str = "sold") -> str:
    """A tonne that the buyer gets."""
    seller.send(lot, "1000 KGM", buyer, name, transport)
    return seller.name(name)


def burden(works: Metalworks, name: str, lot: str = "ingot") -> float:
    return works.ledger.burdens(works.name(lot))[name]


# Sister companies


def test_metal_of_a_sister_in_a_better_place_is_questioned_at_the_default_of_this_one(home: Metalworks) -> None:
    sister = Metalworks(home.ledger, "sister", "NO", home)
    sister.melt()
    entry = home.cast(sold(sister, home))
    assert "sister:site" not in home.finding(entry, MOVED).message
    figure = burden(home, "fossilGhgEmissions")
    assert burden(home, QUESTIONED) == pytest.approx(CHINESE * 1000 - figure, rel=1e-9)
    assert home.left_out(entry) is None


def test_a_shell_between_two_sisters_changes_nothing(home: Metalworks) -> None:
    sister, shell = Metalworks(home.ledger, "sister", "NO", home), Metalworks(home.ledger, "shell", "CN")
    sister.melt()
    sold(sister, shell)
    assert home.finding(home.cast(sold(shell, home, lot=sister.name("sold"))), MOVED) is not None


@pytest.mark.parametrize("transport", [
    supply("seaFreight", "8000 TKM"), supply("truckFreight", "100 TKM"), supply("diesel", "1 KGM"),
    supply("electricity", "5 KWH"), supply("lorry", "0.1 HUR"),
    supply("container", "1 H87", mass={"value": "2000", "unit": "KGM"}),
], ids=lambda one: one.material)
def test_any_transport_of_the_transfer_is_an_answer(home: Metalworks, transport: Supply) -> None:
    sister = Metalworks(home.ledger, "sister", "NO", home)
    sister.melt()
    entry = home.cast(sold(sister, home, transport))
    assert (home.finding(entry, MOVED), home.left_out(entry)) == (None, None)


@pytest.mark.parametrize("transport", [
    supply("truckFreight", "99 TKM"), supply("diesel", "0.09 KGM"), supply("electricity", "1 KWH"),
], ids=lambda one: one.material)
def test_a_little_transport_is_none(home: Metalworks, transport: Supply) -> None:
    sister = Metalworks(home.ledger, "sister", "NO", home)
    sister.melt()
    assert home.finding(home.cast(sold(sister, home, transport)), MOVED) is not None


def test_the_freight_of_the_record_is_an_answer(home: Metalworks) -> None:
    sister = Metalworks(home.ledger, "sister", "NO", home)
    sister.melt()
    entry = home.cast(sold(sister, home), freight="100 TKM")
    assert (home.finding(entry, MOVED), home.left_out(entry)) == (None, None)


def test_transfers_and_the_record_share_the_way(home: Metalworks) -> None:
    sister = Metalworks(home.ledger, "sister", "NO", home)
    sister.melt()
    entry = home.cast(sold(sister, home, supply("truckFreight", "60 TKM")), freight="40 TKM")
    assert home.finding(entry, MOVED) is None


def test_a_sister_in_this_country_is_not_asked(home: Metalworks) -> None:
    sister = Metalworks(home.ledger, "sister", "CN", home)
    sister.melt()
    entry = home.cast(sold(sister, home))
    assert (home.finding(entry, MOVED), home.left_out(entry)) == (None, None)


def test_a_pool_of_two_makers_moves_nothing(home: Metalworks) -> None:
    """Neither a pool abroad nor one at home brings metal here."""
    for name in ("there", "here"):
        sister = Metalworks(home.ledger, f"sister-{name}", "NO", home)
        north = sister.site("north", "NO")
        lots = [sister.melt("one"), sister.melt("two", north)]
        if name == "there":
            lot = sold(sister, home, lot=sister.pool(lots), name="pooled")
        else:
            lot = home.pool([sold(sister, home, lot=one, name=f"sold-{i}") for i, one in enumerate(lots)])
        assert home.finding(home.cast(lot, name=f"ingot-{name}"), MOVED) is not None, name


def test_a_pool_of_metal_that_was_carried_is_believed(home: Metalworks) -> None:
    sister = Metalworks(home.ledger, "sister", "NO", home)
    lots = [sister.melt("one"), sister.melt("two", sister.site("north", "NO"))]
    ship = supply("seaFreight", "20000 TKM")
    entry = home.cast(home.pool([sold(sister, home, ship, lot=one, name=f"sold-{i}") for i, one in enumerate(lots)]))
    assert (home.finding(entry, MOVED), home.left_out(entry)) == (None, None)


def test_metal_that_a_sister_declares_begins_at_the_place_of_the_declaration(home: Metalworks) -> None:
    sister = Metalworks(home.ledger, "sister", "NO", home)
    sister.declare(lot=sister.out("metal", "metal", "1000 KGM"), facility=sister.facility,
                   burdens={"fossilGhgEmissions": "5000"})
    assert home.finding(home.cast(sold(sister, home)), MOVED) is not None


# Strangers


@pytest.mark.parametrize(("country", "each"), [("NO", OVERSEAS), ("IN", NEARBY), ("CN", None)])
def test_freight_of_a_stranger_over_a_border_is_left_out(home: Metalworks, country: str, each: float | None) -> None:
    stranger = Metalworks(home.ledger, "stranger", country)
    stranger.melt()
    entry = home.cast(sold(stranger, home))
    assert home.finding(entry, MOVED) is None
    assert home.left_out(entry) == (None if each is None else pytest.approx(each, abs=0.01))
    assert (burden(home, OMITTED) - home.ledger.burdens(stranger.name("sold"))[OMITTED],
            burden(home, QUESTIONED)) == (pytest.approx(each or 0, abs=0.01), 0)


def test_freight_that_is_stated_in_part_is_left_out_for_the_rest(home: Metalworks) -> None:
    stranger = Metalworks(home.ledger, "stranger", "NO")
    stranger.melt()
    entry = home.cast(sold(stranger, home, supply("truckFreight", "50 TKM")), freight="25 TKM")
    assert home.left_out(entry) == pytest.approx(OVERSEAS / 4, abs=0.01)


def test_a_group_that_moves_goods_to_a_cleaner_place_leaves_their_freight_out(home: Metalworks) -> None:
    """Whoever takes metal of a dirtier place gains no more than the freight."""
    north = Metalworks(home.ledger, "north", "NO", home)
    home.melt()
    entry = north.cast(sold(home, north))
    assert north.finding(entry, MOVED) is None
    assert north.left_out(entry) == pytest.approx(OVERSEAS, abs=0.01)


def test_freight_covers_metal_of_the_group_first(home: Metalworks) -> None:
    sister, stranger = Metalworks(home.ledger, "sister", "NO", home), Metalworks(home.ledger, "stranger", "NO")
    for works in (sister, stranger):
        works.melt()
    entry = home.make([home.out("ingot", "ingot", "2000 KGM")], {
        sold(sister, home): "1000 KGM", sold(stranger, home): "1000 KGM"}, [supply("truckFreight", "150 TKM")])
    assert home.finding(entry, MOVED) is None
    assert home.left_out(entry) == pytest.approx(OVERSEAS / 2, abs=0.01)


def test_the_way_adds_up_over_a_trader(home: Metalworks) -> None:
    stranger, trader = Metalworks(home.ledger, "stranger", "NO"), Metalworks(home.ledger, "trader", "DE")
    stranger.melt()
    bought = sold(stranger, trader, supply("truckFreight", "70 TKM"))
    sold(trader, home, supply("truckFreight", "30 TKM"), lot=bought)
    assert home.left_out(home.cast(trader.name("sold"))) is None


def test_an_amended_transfer_is_an_answer(home: Metalworks) -> None:
    sister = Metalworks(home.ledger, "sister", "NO", home)
    sister.melt()
    sent = sister.send("metal", "1000 KGM", home, "sold")
    entry = home.cast(sister.name("sold"))
    assert home.finding(entry, MOVED) is not None
    fields: dict[str, Any] = {"transport": Raw(msgspec.json.encode([supply("truckFreight", "150 TKM")]))}
    sister._post(Amendment(
        issuer=sister.id, nonce=home.ledger.nonce(), reason="the waybill",
        changes=[Change(record=sent.digest.hex(), fields=fields)],
    ))
    assert (home.ledger.state.lots[sister.name("sold")].carried, home.finding(entry, MOVED)) == (150, None)
    assert (burden(home, QUESTIONED), burden(home, "transportGhgEmissions")) == (0, pytest.approx(150 * ROAD))


# Liquid metal


def liquid(home: Metalworks, country: str, lot: str, material: str = "aluminium") -> Sequenced:
    stranger = Metalworks(home.ledger, f"stranger-{country}-{material}".lower(), country, material=material)
    stranger.melt(lot)
    return home.make(
        [home.out(f"ingot-{country}-{material}", "ingot", "1000 KGM")],
        {sold(stranger, home, supply("truckFreight", "900 TKM"), lot=lot, name=f"{lot}-sold"): "1000 KGM"})


def test_liquid_metal_of_a_stranger_afar_is_questioned_at_the_default_of_this_place(home: Metalworks) -> None:
    assert home.finding(liquid(home, "NO", "moltenMetal"), AFAR) is not None
    figure = burden(home, "fossilGhgEmissions", "ingot-NO-aluminium")
    assert burden(home, QUESTIONED, "ingot-NO-aluminium") == pytest.approx(CHINESE * 1000 - figure, rel=1e-9)


@pytest.mark.parametrize(("country", "lot", "material"), [
    ("NO", "metal", "aluminium"), ("RU", "moltenMetal", "aluminium"), ("CN", "moltenMetal", "aluminium"),
    ("NO", "molten", "sulphur"), ("NO", "liquidGas", "argon"),
])
def test_solid_metal_and_liquids_that_travel_are_believed(
    home: Metalworks, country: str, lot: str, material: str,
) -> None:
    """A neighbour's ladle may come over the border; sulphur and gas travel liquid for weeks."""
    assert home.finding(liquid(home, country, lot, material), AFAR) is None


def test_the_name_of_a_firm_makes_no_metal_liquid(home: Metalworks) -> None:
    trader = Metalworks(home.ledger, "molten-metals-trading", "NO")
    trader.melt("ingots")
    assert "molten" in sold(trader, home, lot="ingots")
    assert home.finding(home.cast(trader.name("sold")), AFAR) is None


@pytest.mark.parametrize(("process", "material", "asked"), [
    ("steel.basicOxygenFurnace", "pigIron", True), ("steel.basicOxygenFurnace", "steel", False),
    ("steel.electricArcFurnace", "pigIron", False), ("nonferrous.aluminiumCasting", "aluminium", False),
])
def test_a_converter_needs_its_iron_liquid(home: Metalworks, process: str, material: str, asked: bool) -> None:
    """Cold iron melts in an arc furnace, and cold aluminium in a casthouse that does not call it molten."""
    prepared = home.ledger.history.prepared[liquid(home, "BR", "metal", material).index]
    record = replace(prepared.submission.record, process=process)
    assert isinstance(record, Transformation)
    came = from_elsewhere(record, prepared.plan, home.ledger.state)
    found = liquid_metal(record, prepared.plan, came, home.ledger.state, (open_set().newest,))
    assert (bool(found.findings), found.main) == (asked, asked)


def test_a_little_liquid_metal_questions_no_product(home: Metalworks) -> None:
    stranger = Metalworks(home.ledger, "stranger", "NO")
    stranger.melt("molten")
    home.melt()
    stranger.send("molten", "400 KGM", home, "molten-sold", [supply("truckFreight", "900 TKM")])
    assert home.finding(home.make([home.out("ingot", "ingot", "1000 KGM")],
                                  {stranger.name("molten-sold"): "400 KGM", "metal": "600 KGM"}), AFAR) is not None
    assert burden(home, QUESTIONED) == 0


@pytest.mark.parametrize("country", ["NO", "CN"])
def test_a_statement_with_freight_left_out_proves_its_figures(home: Metalworks, country: str) -> None:
    """It does not disclose where the metal began, so nobody assesses the record again with it."""
    stranger = Metalworks(home.ledger, "stranger", country)
    stranger.melt()
    home.cast(sold(stranger, home))
    proven = check_statement(signed(tree_of(stated(home.ledger, home.name("ingot")))), VKEY)
    bodies = bodies_of(home.ledger)
    recomputed = recompute_from_bodies(proven, lambda _, reads: bodies.get(reads), home.ledger.registry)
    assert recomputed.results
    assert recomputed.assessment == (country == "CN")


def test_what_has_no_mass_has_no_place_and_no_way(home: Metalworks) -> None:
    home.product("heat", "3B")
    home.declare(lot=home.out("heat", "heat", "100 3B"), facility=home.facility, burdens={"fossilGhgEmissions": "5"})
    home.send("heat", "100 3B", Metalworks(home.ledger, "neighbour", "CN"), "sold-heat",
              [supply("truckFreight", "1 TKM")])
    for lot in ("heat", "sold-heat"):
        facts = home.ledger.state.lots[home.name(lot)]
        assert (facts.place, facts.carried) == (None, None)


# Goods of an organisation's other site, where power is cleaner: aluminium of Norway in China, by the open set.


BETWEEN_SITES: Final = "moved-without-transport"
FREIGHT: Final = 0.12522
"""Kg CO2e per tonne kilometre of a lorry."""
CHINESE_METAL: Final = 15.8
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
        findings = msgspec.json.decode(self.ledger.assessment(entry.index).assessment, type=Assessment).findings
        return next((finding for finding in findings if finding.code == BETWEEN_SITES), None)

    def burden(self, lot: str, name: str = QUESTIONED) -> float:
        return self.ledger.burdens(self.name(lot))[name]


def test_metal_of_a_better_place_is_questioned_at_the_default_of_this_one() -> None:
    smelter = Smelter()
    smelter.melt()
    finding = smelter.finding(smelter.cast({"metal": "1000 KGM"}))
    assert (finding.value, finding.unit) == (0, "TKM")
    assert finding.usual is not None
    assert (finding.usual.low, float(finding.amount or 0)) == (100, pytest.approx(100 * FREIGHT))
    made = smelter.ledger.burdens(smelter.name("ingot"))
    figure = made["fossilGhgEmissions"]
    assert figure < 6000
    assert made[QUESTIONED] == pytest.approx(CHINESE_METAL * 1000 - figure, rel=1e-9)


@pytest.mark.parametrize(("freight", "believed"), [("100 TKM", True), ("99.9 TKM", False), ("15000 TKM", True)])
def test_freight_over_a_hundred_kilometres_is_an_answer(freight: str, believed: bool) -> None:
    smelter = Smelter()
    smelter.melt()
    entry = smelter.cast({"metal": "1000 KGM"}, [supply("truckFreight", freight)])
    assert (smelter.finding(entry) is None, smelter.burden("ingot") == 0) == (believed, believed)


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
    finding = smelter.finding(smelter.cast({"metal": "400 KGM", "own": "600 KGM"}))
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

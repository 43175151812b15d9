"""The yearly inventory of two organisations with three sites over two years, on a real PostgreSQL, solved by hand.

The mill has a power house and a works and owns 60 % of the forge. Figures are kg CO2e:

    power house  1000 of gas burnt, 50 upstream of the gas; makes 2000 kWh that carry 1050
    works        uses 1500 kWh of them (787.5), buys 1000 kWh (600 by location, 400 by market);
                 200 of carbonates, 2 kg of methane (59.6), 80 upstream of scrap, 30 of transport, 12 of treatment;
                 makes 10 t of steel that carry 787.5 + 600 + 200 + 59.6 + 80 + 30 + 12 = 1769.1
                 rolls 6 t of it (1061.46) into 5.5 t of parts, with 100 of its own, until midnight of 31 December
    forge        buys 2 t of the parts: 2/5.5 * 1161.46 + 10 of transport, and the other 500 kWh (262.5); emits 40
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from support.inside import Inside
from support.plants import TABLE, Plant, Run, emission, plants_inside
from support.sectors import Carrier
from support.server import prepared_home
from support.workshop import STORED

from ledger.answers.inventory import InventoryAnswer, SiteReportAnswer
from ledger.client.audit.options import AuditOptions
from ledger.client.audit.run import audit
from ledger.core.record.canonical import digest, encode
from ledger.core.record.kinds import Addition, AnyRecord, Declaration, Pool
from ledger.core.record.values import Factor, Output, Quantity, Supply
from ledger.errors import InvalidInput, LedgerError, NotFound
from ledger.service.audit_source.database import DatabaseSource
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.inventory.read import read_inventory
from ledger.service.queries.inventory.rows import read_booked, year_span
from ledger.service.queries.inventory.site_report import read_site_report
from ledger.service.queries.tree_size import as_of_size

STEEL = 787.5 + 600 + 200 + 59.6 + 80 + 30 + 12
PARTS = 0.6 * STEEL + 100
BOUGHT = PARTS * 2 / 5.5 + 10


class Story(NamedTuple):
    ledger: Inside
    mill: Plant
    forge: Plant

    def ask(self, who: Plant, year: int = 2025, at: int | None = None) -> InventoryAnswer:
        return self.ledger.run(read_inventory(self.ledger.ledger.pool, who.id, year, at))

    def site(self, who: Plant, site: str, year: int = 2025, **more: Any) -> SiteReportAnswer:
        return self.ledger.run(read_site_report(self.ledger.ledger.pool, who.name(site), year, **more))

    def size(self) -> int:
        return self.ledger.run(self.ledger.ledger.pool.fetchval("SELECT size FROM head"))


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with prepared_home() as home, plants_inside(home) as ledger:
        mill = Plant(ledger, "mill")
        found = Story(ledger, mill, Plant(ledger, "forge", mill, "0.6"))
        tell(found)
        yield found


def tell(story: Story) -> None:
    mill, forge = story.mill, story.forge
    mill.site("house", subdivision="CN-JS")
    mill.site("works", subdivision="CN-JS", park=mill.name("park"), names={"en": "The works", "zh": "炼钢厂"})
    forge.site("shop", subdivision="CN-SD")
    for product, unit in (("power", "KWH"), ("steel", "KGM"), ("part", "KGM")):
        mill.product(product, unit)
    forge.product("gear")
    mill.run("works", "2024-06-30T00:00:00Z", activity=Run(emissions=[emission("400", "carbonates")],
                                                           energy=[Carrier(carrier="coal", amount="1000")]))
    mill.run("house", "2025-06-30T00:00:00Z", "energy.make", outputs={"power": "2000 KWH power"},
             supplies={"naturalGas": "500 NM3"}, activity=Run(
        emissions=[emission("1000", "naturalGas", factor=TABLE), emission("50", "naturalGas", "upstream")],
        energy=[Carrier(carrier="naturalGas", amount="20000")],
    ))
    mill.run("works", "2025-07-01T00:00:00Z", inputs={"power": "1500 KWH"}, outputs={"steel": "10000 KGM steel"},
             supplies={"electricity": "1000 KWH", "scrap": "3 TNE", "carbonates": "4 TNE"}, activity=Run(
        emissions=[
            emission("600", "electricity", "electricity", market="400"), emission("200", "carbonates", primary=True),
            emission("2", "leaks", gas="CH4"), emission("80", "scrap", "upstream"),
            emission("30", "lorry", "transport"), emission("12", "slag", "treatment"),
        ],
        energy=[Carrier(carrier="electricity", amount="9000")],
    ))
    mill.run("works", "2026-01-01T00:00:00Z", inputs={"steel": "6000 KGM"}, outputs={"part": "5500 KGM part"},
             activity=Run(emissions=[emission("100", "furnace")]))
    freight = Factor(value="0.01", unit="TKM", source="a study", year=2025, boundary="cradleToGate")
    parts = mill.send("part", "2000 KGM", forge, "sold", "2025-12-01T00:00:00Z", transport=[
        Supply(material="road", quantity=Quantity(value="1000", unit="TKM"), factor=freight)])
    power = mill.send("power", "500 KWH", forge, "power-sold", "2025-12-01T00:00:00Z")
    forge.run("shop", "2025-12-31T00:00:00Z", inputs={parts: "2000 KGM", power: "500 KWH"},
              outputs={"gear": "1900 KGM gear"}, activity=Run(
        emissions=[emission("40", "furnace")], energy=[Carrier(carrier="electricity", amount="1800")]))
    mill.run("works", "2026-06-30T00:00:00Z", activity=Run(emissions=[emission("150", "furnace")]))
    mill.report("works", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "1000000")


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-12, abs=1e-9)


def test_scopes_of_the_mill(story: Story) -> None:
    scopes = story.ask(story.mill).scopes
    assert scopes.scope1 == near(1000 + 200 + 59.6 + 100)
    assert scopes.scope1_categories == {"combustion": near(1000), "process": near(359.6)}
    assert scopes.scope1_gases == {"CH4": near(59.6), "CO2": near(1300)}
    # The power of its own house is in scope 1 there, and in no scope 2.
    assert (scopes.scope2.location, scopes.scope2.market) == (near(600), near(400))
    assert scopes.scope3_categories == {"1": near(80), "3": near(50), "4": near(40), "5": near(12)}
    assert scopes.scope3 == near(182)
    assert (scopes.operational.location, scopes.operational.market) == (near(1959.6), near(1759.6))
    assert scopes.primary_share == near(200 / (1359.6 + 600 + 182))


def test_all_fifteen_categories_say_what_is_known(story: Story) -> None:
    told = story.ask(story.mill).scope3
    assert [one.number for one in told] == list(range(1, 16))
    assert {one.number: one.total for one in told if one.status == "computed"} == {
        1: near(80), 3: near(50), 4: near(40), 5: near(12)}
    assert all(one.total is None and one.note for one in told if one.status == "unknown")


def test_sites_add_up_to_the_whole(story: Story) -> None:
    answer = story.ask(story.mill)
    mill = story.mill
    assert [one.facility for one in answer.sites] == [mill.name("house"), mill.name("works"), None]
    house, works, rest = answer.sites
    assert (house.scopes.scope1, house.scopes.scope3) == (near(1000), near(50))
    assert (works.scopes.scope1, works.scopes.scope2.market, works.scopes.scope3) == (
        near(359.6), near(400), near(122))
    assert (works.names["zh"], works.park, works.subdivision) == ("炼钢厂", mill.name("park"), "CN-JS")
    # The freight of a transfer is of no site.
    assert rest.scopes.scope3_categories == {"4": near(10)}
    assert sum(one.scopes.scope3 for one in answer.sites) == near(answer.scopes.scope3)


def test_energy_counts_each_megajoule_once(story: Story) -> None:
    energy = story.ask(story.mill).energy
    assert [(one.carrier, one.megajoules) for one in energy.used] == [("electricity", 9000), ("naturalGas", 20000)]
    assert (energy.made, energy.used_own, energy.left_over) == (
        {"electricity": near(7200)}, {"electricity": near(5400)}, {"electricity": near(1800)})
    # 20,000 of gas and 3,600 bought, less the 1,800 that were sold: power made here is in the gas already.
    assert energy.comprehensive == near(20000 + 3600 - 1800)


def test_goods_of_the_last_step_count(story: Story) -> None:
    answer = story.ask(story.mill)
    told = {one.product.removeprefix(story.mill.party.prefix): one for one in answer.goods}
    assert (told["steel"].made, told["steel"].used_inside, told["steel"].net_tonnes) == ("10000", "6000", near(4))
    assert told["part"].net_tonnes == near(5.5)
    per_tonne = next(one for one in answer.intensities if one.per == "tonne of product")
    assert (per_tonne.of, per_tonne.location, per_tonne.energy) == (near(9.5), near(1959.6 / 9.5), near(21800 / 9.5))


def test_intensity_is_of_the_sites_that_report(story: Story) -> None:
    (value, _) = story.ask(story.mill).intensities
    assert (value.per, value.of) == ("CNY", 1000000)
    assert (value.location, value.market, value.energy) == (near(959.6e-6), near(759.6e-6), near(9000e-6))
    assert value.basis.startswith("the reports of 1 of 2 sites")


def test_change_on_the_year_before(story: Story) -> None:
    told = {one.figure: one for one in story.ask(story.mill).changes}
    assert (told["scope1"].before, told["scope1"].difference) == (near(400), near(959.6))
    assert told["scope1"].percent == near(239.9)
    assert (told["scope2Location"].before, told["scope2Location"].percent) == (0.0, None)
    assert (told["energy"].before, told["energy"].now) == (near(1000), near(21800))
    assert story.ask(story.mill, 2024).changes == []


def test_a_record_that_ends_at_new_year_is_of_the_old_one(story: Story) -> None:
    assert story.ask(story.mill, 2026).scopes.scope1 == near(150)


def test_what_the_forge_bought(story: Story) -> None:
    scopes = story.ask(story.forge).scopes
    assert (scopes.scope1, scopes.scope2.location, scopes.scope2.market) == (near(40), near(262.5), near(262.5))
    assert scopes.scope3_categories == {"1": near(BOUGHT)}
    # Of what it bought 200 kg of carbonates are primary data; steel carries 6/10 of them, parts 2/5.5.
    absolute = 40 + 262.5 + BOUGHT
    assert scopes.primary_share == near(200 * 0.6 * 2 / 5.5 / absolute)


def test_the_group_buys_nothing_from_itself(story: Story) -> None:
    equity = story.ask(story.mill).equity
    assert [(one.organization, one.share, one.assumed) for one in equity.members] == [
        (story.mill.id, 1.0, False), (story.forge.id, 0.6, False)]
    assert (equity.scopes.scope1, equity.scopes.scope2.location) == (near(1359.6 + 0.6 * 40), near(600))
    assert equity.scopes.scope3 == near(182)
    assert [one.organization for one in story.ask(story.forge).equity.members] == [story.forge.id]


def test_report_of_the_works(story: Story) -> None:
    report = story.site(story.mill, "works")
    assert [one.section for one in report.sections] == ["process", "electricity"]
    process, power = report.sections
    lines = {one.source: one for one in process.lines}
    carbonates = lines["carbonates"]
    assert (carbonates.activity, carbonates.unit, carbonates.factor, carbonates.emissions) == (
        near(4), "TNE", near(50), near(200))
    assert (lines["leaks"].gas, lines["leaks"].emissions, lines["leaks"].activity) == ("CH4", near(59.6), None)
    drawn, grid = power.lines
    assert (drawn.source, drawn.activity, drawn.unit, drawn.emissions) == (
        story.mill.name("power"), near(1500), "KWH", near(787.5))
    assert (grid.source, grid.activity, grid.factor) == ("electricity", near(1000), near(0.6))
    # Seen from the works the power house is another site.
    assert (report.total, report.market) == (near(359.6 + 600 + 787.5), near(359.6 + 400 + 787.5))
    assert (report.subdivision, report.operator) == ("CN-JS", story.mill.id)


def test_report_of_the_power_house(story: Story) -> None:
    report = story.site(story.mill, "house")
    burnt, exported = report.sections
    (gas,) = burnt.lines
    assert (gas.activity, gas.unit, gas.factor, gas.energy) == (near(500), "NM3", near(2), near(20000))
    assert gas.factors == [TABLE]
    (power,) = exported.lines
    assert (exported.section, power.activity, power.unit) == ("exportedElectricity", near(2000), "KWH")
    # All that was burnt left as power; the upstream of the gas, which power carries too, is not in this report.
    assert (exported.total, report.total) == (near(-1000), near(0))


@pytest.mark.parametrize(("who", "year", "code", "field"), [
    ("urn:example:nobody", 2025, "unknown-organization", "organization"), ("mill", 2020, "no-records", "year"),
    ("mill", 0, "year", "year"), ("mill", 9999, "year", "year"),
])
def test_what_has_no_inventory(story: Story, who: str, year: int, code: str, field: str) -> None:
    name = story.mill.id if who == "mill" else who
    with pytest.raises(LedgerError) as caught:
        story.ledger.run(read_inventory(story.ledger.ledger.pool, name, year))
    assert (caught.value.code, caught.value.field) == (code, field)


def test_records_are_read_in_the_order_of_the_log_and_no_more_than_so_many(story: Story) -> None:
    pool, both = story.ledger.ledger.pool, [story.forge.id, story.mill.id]

    async def read(most: int) -> list[AnyRecord]:
        as_of = await pinned(pool, await as_of_size(pool, None))
        parts = read_booked(pool, both, both, year_span(2025), as_of, most)
        return [one.record async for part in parts for one in part]

    rows = story.ledger.run(pool.fetch(
        "SELECT encode(digest, 'hex') AS digest, issuer FROM record WHERE issuer = ANY ($1) "
        "AND type IN ('transformation', 'transfer', 'consumption', 'closing') ORDER BY index", both))
    place = {row["digest"]: i for i, row in enumerate(rows)}
    found = [place[digest(encode(record)).hex()] for record in story.ledger.run(read(len(rows)))]
    assert (found, {rows[i]["issuer"] for i in found}) == (sorted(found), set(both))
    with pytest.raises(InvalidInput) as caught:
        story.ledger.run(read(len(rows) - 1))
    assert (caught.value.code, caught.value.field) == ("too-many-records", "organization")
    assert str(len(rows) - 1) in caught.value.message


def test_what_has_no_site_report(story: Story) -> None:
    for error, site, year, more in (
        (NotFound, "nowhere", 2025, {}), (NotFound, "works", 2025, {"organization": story.forge.id}),
        (NotFound, "works", 2023, {}), (InvalidInput, "works", 3000, {}), (InvalidInput, "works", 2025, {"at": 10**9}),
    ):
        with pytest.raises(error):
            story.site(story.mill, site, year, **more)
    assert story.site(story.mill, "works", organization=story.mill.id).total > 0


@pytest.fixture
def apart(story: Story) -> Plant:
    """An organisation with a site for what a test adds, so that no other figure moves."""
    plant = Plant(story.ledger, f"apart-{story.size()}")
    plant.site("works")
    plant.product("steel")
    return plant


def declared(plant: Plant, lot: str, co2: str, basis: Any = "pact", primary: str | None = None) -> str:
    return plant.post(Declaration(
        issuer=plant.id, nonce=plant.nonce(), start="2024-01-01T00:00:00Z", end="2025-01-01T00:00:00Z", basis=basis,
        boundary="cradleToGate", burdens={"fossilGhgEmissions": co2}, primary_share=primary,
        facility=plant.name("works") if basis == "opening" else None,
        lot=Output(lot=plant.name(lot), product=plant.name("steel"), quantity=Quantity(value="100", unit="KGM"),
                   role="product"),
    ))


def test_declared_lots_are_bought_and_opening_stock_is_of_years_before(story: Story, apart: Plant) -> None:
    declared(apart, "bought", "300", primary="0.5")
    declared(apart, "stock", "70", "opening")
    apart.run("works", "2025-05-01T00:00:00Z", inputs={"bought": "50 KGM", "stock": "100 KGM"})
    answer = story.ask(apart)
    assert (answer.scopes.scope3_categories, answer.scopes.primary_share) == ({"1": near(150)}, near(0.5))
    assert answer.opening_stock == near(70)


def test_a_pool_carries_what_went_in(story: Story, apart: Plant) -> None:
    """300 bought and 500 made here blend; of a quarter that is used, a quarter of the 300 was bought."""
    declared(apart, "bought", "300")
    apart.run("works", "2025-02-01T00:00:00Z", outputs={"own": "100 KGM steel"},
              activity=Run(emissions=[emission("500", "furnace")]))
    apart.post(Pool(issuer=apart.id, nonce=apart.nonce(), id=apart.name("pool"), facility=apart.name("works"),
                    product=apart.name("steel")))
    for lot in ("bought", "own"):
        apart.post(Addition(issuer=apart.id, nonce=apart.nonce(), pool=apart.name("pool"),
                            inputs=apart.flows({lot: "100 KGM"}), time="2025-03-01T00:00:00Z"))
    apart.run("works", "2025-05-01T00:00:00Z", inputs={"pool": "50 KGM"})
    answer = story.ask(apart)
    assert (answer.scopes.scope1, answer.scopes.scope3_categories) == (near(500), {"1": near(75)})
    (steel,) = answer.goods
    assert (steel.made, steel.used_inside) == ("100", "25")


def test_what_comes_back_is_not_bought(story: Story, apart: Plant) -> None:
    """Sold, and bought again as it was: its emissions are in scope 1 already. Work on it elsewhere is bought."""
    buyer = Plant(story.ledger, f"buyer-{story.size()}")
    apart.run("works", "2025-02-01T00:00:00Z", outputs={"own": "100 KGM steel"},
              activity=Run(emissions=[emission("500", "furnace")]))
    there = apart.send("own", "100 KGM", buyer, "out", "2025-03-01T00:00:00Z")
    back = buyer.send(there, "100 KGM", apart, "back", "2025-03-02T00:00:00Z")
    apart.use({back: "100 KGM"}, "2025-04-01T00:00:00Z")
    assert (story.ask(apart).scopes.scope3, story.ask(buyer).scopes.scope3) == (0.0, near(500))


def test_what_is_amended_or_withdrawn_reads_otherwise(story: Story, apart: Plant) -> None:
    digest = apart.run("works", "2025-02-01T00:00:00Z", activity=Run(emissions=[emission("500", "furnace")]))
    gone = apart.run("works", "2025-02-01T00:00:00Z", activity=Run(emissions=[emission("7", "furnace")]))
    before = story.size()
    apart.amend(digest, activity=Run(emissions=[emission("450", "furnace")]))
    apart.amend(gone)
    assert (story.ask(apart).scopes.scope1, story.ask(apart, at=before).scopes.scope1) == (near(450), near(507))
    assert story.ask(apart).records == 1


def test_reports_have_to_cover_the_year(story: Story, apart: Plant) -> None:
    apart.run("works", "2025-02-01T00:00:00Z", activity=Run(emissions=[emission("500", "furnace")]))
    half = apart.report("works", "2025-01-01T00:00:00Z", "2025-07-01T00:00:00Z", "100")
    assert story.ask(apart).intensities == []
    apart.report("works", "2025-07-01T00:00:00Z", "2026-01-01T00:00:00Z", "100")
    (value,) = story.ask(apart).intensities
    assert (value.of, value.location) == (200, near(2.5))
    apart.amend(half, valueAdded={"value": "300", "currency": "CNY"})
    assert story.ask(apart).intensities[0].of == 400
    # The organisation's own report goes before those of its sites.
    apart.report(None, "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "1000")
    assert story.ask(apart).intensities[0].basis == "the report of the organisation"
    assert story.ask(apart).intensities[0].location == near(0.5)
    apart.amend(half)
    assert story.ask(apart).sites[0].intensities == []


def test_shares_multiply_down_the_group(story: Story, apart: Plant) -> None:
    """60 % of a half, and all of what states no share."""
    child = Plant(story.ledger, f"child-{story.size()}", apart, "0.6")
    grandchild = Plant(story.ledger, f"grandchild-{story.size()}", child, "0.5")
    whole = Plant(story.ledger, f"whole-{story.size()}", child)
    apart.run("works", "2025-02-01T00:00:00Z", activity=Run(emissions=[emission("1000", "furnace")]))
    for plant, amount in ((child, "100"), (grandchild, "10"), (whole, "1")):
        plant.site("site")
        plant.run("site", "2025-02-01T00:00:00Z", activity=Run(emissions=[emission(amount, "furnace")]))
    equity = story.ask(apart).equity
    assert [(one.organization, one.share, one.assumed) for one in equity.members] == [
        (apart.id, 1.0, False), (child.id, 0.6, False), (grandchild.id, near(0.3), False), (whole.id, 0.6, True)]
    assert (equity.scopes.scope1, story.ask(apart).scopes.scope1) == (near(1000 + 60 + 3 + 0.6), near(1000))


def test_power_that_a_site_makes_for_itself_is_not_purchased(story: Story, apart: Plant) -> None:
    """100 kWh of 50 kg: 60 are used here, and 40 leave."""
    apart.product("power", "KWH", "energy")
    apart.run("works", "2025-02-01T00:00:00Z", "energy.make", outputs={"power": "100 KWH power"}, activity=Run(
        emissions=[emission("50", "coal")], energy=[Carrier(carrier="coal", amount="1000")]))
    apart.run("works", "2025-05-01T00:00:00Z", inputs={"power": "60 KWH"},
              activity=Run(energy=[Carrier(carrier="electricity", amount="216")]))
    report = story.site(apart, "works")
    assert [(one.section, one.total) for one in report.sections] == [
        ("combustion", near(50)), ("exportedElectricity", near(-20))]
    assert (report.sections[1].lines[0].activity, story.ask(apart).scopes.scope2.location) == (near(40), 0.0)


def test_a_period_is_reported_once_until_it_is_withdrawn(story: Story, apart: Plant) -> None:
    first = apart.report("works", "2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "100")
    with pytest.raises(LedgerError) as caught:
        apart.report("works", "2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z", "1")
    assert caught.value.code == "reported-already"
    apart.amend(first)
    apart.report("works", "2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z", "1")


def test_green_power_lowers_the_figure_by_market_alone(story: Story, apart: Plant) -> None:
    """Power that carries 80 kg by the grid's average and 50 by market is bought and used."""
    seller = Plant(story.ledger, f"seller-{story.size()}")
    seller.site("grid")
    seller.product("power", "KWH", "energy")
    seller.run("grid", "2025-02-01T00:00:00Z", "energy.make", outputs={"power": "100 KWH power"}, activity=Run(
        emissions=[emission("80", "electricity", "electricity", market="50")]))
    lot = seller.send("power", "100 KWH", apart, "sold", "2025-03-01T00:00:00Z")
    apart.run("works", "2025-05-01T00:00:00Z", inputs={lot: "100 KWH"},
              activity=Run(energy=[Carrier(carrier="electricity", amount="360")]))
    scopes = story.ask(apart).scopes
    assert (scopes.scope2.location, scopes.scope2.market) == (near(80), near(50))
    report = story.site(apart, "works")
    assert (report.total, report.market) == (near(80), near(50))


def test_biogenic_carbon_and_removals_stand_apart(story: Story, apart: Plant) -> None:
    apart.run("works", "2025-02-01T00:00:00Z", activity=Run(emissions=[
        emission("100", "kiln"), emission("-30", "kiln", burden="ccsTechnologicalCO2Capture"),
        emission("40", "wood", burden="landManagementBiogenicCO2Emissions"),
        emission("-20", "air", burden="technologicalCO2Removals"),
    ]), evidence=STORED)
    scopes = story.ask(apart).scopes
    assert scopes.scope1_categories == {"capture": near(-30), "process": near(100)}
    assert scopes.apart == {"landManagementBiogenicCO2Emissions": near(40), "technologicalCO2Removals": near(-20)}
    assert scopes.operational.location == near(70)


def test_the_log_replays(story: Story) -> None:
    """Reports, their amendments and withdrawals included."""
    ledger = story.ledger.ledger
    found = story.ledger.run(audit(
        DatabaseSource(ledger.pool, ledger.identity), ledger.registry, AuditOptions(vkey=story.ledger.vkey),
    ))
    assert found.ok, found.findings

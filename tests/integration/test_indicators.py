"""Indicators of two organisations with four sites over two years, on a real PostgreSQL, solved by hand.

Steel, t:     works of the mill (Jiangsu, in a park): 100 from its arc furnace in 2024; in 2025 200 from it at 1,500
              MJ/t and 600 from its converter at 20,000 MJ/t
              old works of the mill (Jiangsu): 50 from an arc furnace in 2024
              shop of the forge (Shandong): 200 from a converter in 2025 at 21,000 MJ/t
Clinker, t:   kiln of the forge: 1,000 at 3,200 MJ/t and 3,000 at 3,400 MJ/t in 2025; 3,500 MJ/t in 2020 by its report
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest
from support.inside import Inside
from support.plants import Plant, Run, emission, plants_inside
from support.sectors import Carrier
from support.server import prepared_home

from ledger.answers.indicators import GroupAnswer, IndicatorAnswer, IndicatorsAnswer, TargetAnswer
from ledger.core.record.kinds import Baseline
from ledger.core.record.values import Money, Quantity
from ledger.errors import InvalidInput, LedgerError, NotFound
from ledger.pages.sectors import TargetLine, lines_of
from ledger.pages.words import PageWords
from ledger.service.queries.indicators.read import read_indicators
from ledger.service.queries.indicators.release import masked
from ledger.service.queries.questions import PeriodQuestion

YEAR = ("2025-01-01", "2026-01-01")
REPORTED = ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")


class Story(NamedTuple):
    ledger: Inside
    mill: Plant
    forge: Plant

    def ask(
        self, sector: str, period: tuple[str | None, str | None] = YEAR, by: str | None = None, at: int | None = None
    ) -> IndicatorsAnswer:
        ledger, question = self.ledger.ledger, PeriodQuestion(sector, *period, at)
        return self.ledger.run(read_indicators(ledger.pool, ledger.registry, question, by))

    def size(self) -> int:
        return self.ledger.run(self.ledger.ledger.pool.fetchval("SELECT size FROM head"))


@pytest.fixture(scope="module")
def story() -> Iterator[Story]:
    with prepared_home() as home, plants_inside(home) as ledger:
        found = Story(ledger, Plant(ledger, "mill"), Plant(ledger, "forge"))
        tell(found.mill, found.forge)
        yield found


def steel(plant: Plant, site: str, end: str, route: str, tonnes: str, energy: str, scrap: str = "0") -> str:
    return plant.run(site, end, f"steel.{route}", activity=Run(indicators={
        "crudeSteel": tonnes, "energyPerTonneSteel": energy, "scrapUsed": scrap}))


def tell(mill: Plant, forge: Plant) -> None:
    mill.site("works", subdivision="CN-JS", park=mill.name("park"))
    mill.site("old", subdivision="CN-JS")
    forge.site("shop", subdivision="CN-SD")
    forge.site("kiln", subdivision="CN-SD")
    steel(mill, "works", "2024-06-30T00:00:00Z", "electricArcFurnace", "100", "2000", "90")
    steel(mill, "old", "2025-01-01T00:00:00Z", "electricArcFurnace", "50", "2000")
    steel(mill, "works", "2025-06-30T00:00:00Z", "electricArcFurnace", "200", "1500", "180")
    steel(mill, "works", "2026-01-01T00:00:00Z", "basicOxygenFurnace", "600", "20000", "20")
    steel(forge, "shop", "2025-12-31T00:00:00Z", "basicOxygenFurnace", "200", "21000")
    forge.product("clinker", "TNE", "building-materials")
    for tonnes, energy in (("1000", "3200"), ("3000", "3400")):
        forge.run("kiln", "2025-05-01T00:00:00Z", "building-materials.clinker",
                  outputs={f"clinker-{tonnes}": f"{tonnes} TNE clinker"}, activity=Run(
            indicators={"energyPerTonneClinker": energy}, energy=[Carrier(carrier="coal", amount="5000000")],
            emissions=[emission("450000", "kiln"), emission("50000", "electricity", "electricity", market="1"),
                       emission("999", "lime", "upstream")],
        ))
    forge.report("kiln", *REPORTED, "1000000", baseline=Baseline(
        start="2020-01-01T00:00:00Z", end="2021-01-01T00:00:00Z", value_added=Money(value="500000", currency="CNY"),
        energy=Quantity(value="6000", unit="GV"), emissions=Quantity(value="600", unit="TNE"),
        indicators={"energyPerTonneClinker": "3500"},
    ))


def near(value: float) -> Any:
    return pytest.approx(value, rel=1e-12, abs=1e-9)


def indicator(answer: IndicatorsAnswer | GroupAnswer, name: str) -> IndicatorAnswer:
    (found,) = [one for one in answer.indicators if one.name == name]
    return found


def target(answer: IndicatorsAnswer | GroupAnswer, name: str) -> TargetAnswer:
    (found,) = [one for one in answer.targets if one.id == name]
    return found


def by(answer: IndicatorsAnswer, name: str) -> dict[str | None, float | None]:
    return {group.key: indicator(group, name).value for group in answer.groups}


def test_short_process_steel(story: Story) -> None:
    answer = story.ask("steel")
    share = indicator(answer, "electricArcShare")
    assert (share.value, share.unit, share.records, share.facilities) == (near(20), "%", 3, 2)
    assert indicator(answer, "crudeSteel").value == near(1000)
    # Each tonne weighs the same: (200 * 1500 + 600 * 20000 + 200 * 21000) / 1000.
    assert indicator(answer, "energyPerTonneSteel").value == near(16500)
    assert answer.names == {"en": "Test steel", "zh": "试验"}


def test_coverage_says_of_whom_it_is(story: Story) -> None:
    answer = story.ask("steel")
    assert (answer.coverage.facilities, answer.coverage.known, answer.records) == (2, 3, 3)
    assert "not figures of a country" in answer.note


def test_targets_beside_the_figure(story: Story) -> None:
    answer = story.ask("steel")
    near_one, far_one = target(answer, "plan-arc-2025"), target(answer, "plan-arc-2030")
    assert (near_one.actual, near_one.gap, near_one.met) == (near(20), near(5), True)
    # More than 20 % is wanted, and 20 % is not more.
    assert (far_one.gap, far_one.met, far_one.missing) == (near(0), False, None)
    assert near_one.plan.startswith("Carbon Peak Action Plan")
    assert target(answer, "guideline-arc-2030").plan.startswith("Green manufacturing guideline")


def test_a_national_amount_is_never_said_to_be_met(story: Story) -> None:
    scrap = target(story.ask("steel"), "saving-scrap-2025")
    assert (scrap.actual, scrap.met, scrap.percent) == (near(200), None, near(100 * 200 / 300_000_000))
    assert scrap.gap == near(200 - 300_000_000)


def test_a_target_without_data_says_so(story: Story) -> None:
    processed = target(story.ask("steel"), "plan-scrap-2025")
    assert (processed.actual, processed.gap, processed.met) == (None, None, None)
    assert processed.missing == "no record or report of the period states it"
    assert target(story.ask("equipment"), "plan-passenger-2030").missing == "the ledger has no such indicator"
    paper = target(story.ask("consumer-goods"), "plan-paper-2025")
    assert (paper.status, paper.missing) == ("recalled", "the ledger has no such indicator")


@pytest.mark.parametrize(("grouping", "shares"), [
    ("organization", {"urn:example:forge": 0, "urn:example:mill": 25}), ("province", {"CN-JS": 25, "CN-SD": 0}),
    ("park", {"urn:example:mill:park": 25, None: 0}), ("year", {"2025": 20}),
    ("facility", {"urn:example:forge:shop": 0, "urn:example:mill:works": 25}),
])
def test_groups(story: Story, grouping: str, shares: dict[str | None, float]) -> None:
    told = by(story.ask("steel", by=grouping), "electricArcShare")
    assert told == {key: near(value) for key, value in shares.items()}


def test_years(story: Story) -> None:
    """What ends at midnight of new year's eve is of the old year, whatever the period asked for."""
    answer = story.ask("steel", (None, None), by="year")
    assert by(answer, "crudeSteel") == {"2024": near(150), "2025": near(1000)}
    assert indicator(answer, "electricArcShare").value == near(100 * 350 / 1150)
    assert indicator(story.ask("steel", ("2024-01-01", "2025-01-01")), "crudeSteel").value == near(150)


def test_groups_have_their_own_coverage(story: Story) -> None:
    groups = {one.key: one.coverage for one in story.ask("steel", by="province").groups}
    assert (groups["CN-JS"].facilities, groups["CN-JS"].known) == (1, 2)
    assert (groups["CN-SD"].facilities, groups["CN-SD"].known) == (1, 1)


def test_energy_of_clinker_by_mass_and_against_the_baseline(story: Story) -> None:
    answer = story.ask("building-materials")
    energy = indicator(answer, "energyPerTonneClinker")
    assert (energy.value, energy.unit) == (near(3350), "3B/TNE")
    assert indicator(answer, "energyPerTonneClinkerChange").value == near((3350 / 3500 - 1) * 100)
    wanted = target(answer, "plan-clinker-2025")
    assert (wanted.met, wanted.gap) == (True, near((3350 / 3500 - 1) * 100 + 3))


def test_per_value_added(story: Story) -> None:
    """10,000,000 MJ and 1,000 t of scopes 1 and 2 for 1,000,000 CNY; before 12 MJ and 1.2 kg."""
    answer = story.ask("industry")
    energy, emitted = indicator(answer, "energyPerValueAdded"), indicator(answer, "co2PerValueAdded")
    assert (energy.value, energy.unit, energy.facilities) == (near(10), "3B/CNY", 1)
    assert (emitted.value, emitted.unit) == (near(1), "KGM/CNY")
    change = (10 / 12 - 1) * 100
    assert indicator(answer, "energyPerValueAddedChange").value == near(change)
    assert indicator(answer, "co2PerValueAddedChange").value == near(change)
    assert target(answer, "plan-energy-2025").met is True
    wanted = target(answer, "miit-co2-2025")
    assert (wanted.met, wanted.gap) == (False, near(change + 18))
    assert (answer.coverage.facilities, answer.coverage.known) == (3, 4)
    by_province = {one.key: indicator(one, "energyPerValueAdded").value
                   for one in story.ask("industry", by="province").groups}
    assert by_province == {"CN-JS": None, "CN-SD": near(10)}


def test_a_report_outside_the_period_does_not_count(story: Story) -> None:
    answer = story.ask("industry", ("2025-01-01", "2025-12-31"))
    assert indicator(answer, "energyPerValueAdded").value is None
    assert target(answer, "plan-energy-2025").missing == "no record or report of the period states it"


@pytest.mark.parametrize(("arguments", "code", "field"), [
    ({"sector": "alchemy"}, "unknown-sector", "sector"), ({"period": ("2025-02-30", None)}, "instant", "from"),
    ({"period": ("yesterday", None)}, "instant", "from"), ({"period": (None, "2025-13-01")}, "instant", "to"),
    ({"period": ("2025-01-01", "2025-01-01")}, "period", "to"), ({"by": "colour"}, "unknown-by", "by"),
    ({"at": 0}, "tree-size", "at"), ({"at": 10**9}, "tree-size", "at"),
])
def test_what_is_no_question(story: Story, arguments: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(LedgerError) as caught:
        story.ask(**{"sector": "steel", **arguments})
    assert isinstance(caught.value, NotFound if code == "unknown-sector" else InvalidInput)
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.fixture
def apart(story: Story) -> Plant:
    """An organisation with a site, for what a test adds in a year of its own."""
    plant = Plant(story.ledger, f"apart-{story.size()}")
    plant.site("site", subdivision="CN-AH")
    return plant


def state(plant: Plant, year: int, process: str = "nonferrous.make", **indicators: str) -> str:
    return plant.run("site", f"{year}-06-30T00:00:00Z", process, activity=Run(indicators=indicators))


def year(number: int) -> tuple[str, str]:
    return f"{number}-01-01", f"{number + 1}-01-01"


def test_shares_of_metals(story: Story, apart: Plant) -> None:
    state(apart, 2011, metalProduced="100", recycledMetalProduced="0", aluminiumProduced="100",
          electrolysisPower="1300", renewablePowerShare="0.2", moltenAluminium="90", directAlloyedAluminium="81")
    state(apart, 2011, metalProduced="300", recycledMetalProduced="100", aluminiumProduced="250",
          electrolysisPower="2600", renewablePowerShare="0.5")
    answer = story.ask("nonferrous", year(2011))
    assert indicator(answer, "recycledMetalShare").value == near(25)
    # Weighted by the power that they are shares of: (0.2 * 1300 + 0.5 * 2600) / 3900.
    assert indicator(answer, "renewablePowerShare").value == near(40)
    assert indicator(answer, "directAlloyingShare").value == near(90)
    assert target(answer, "plan-recycled-metal-2025").met is True
    assert target(answer, "plan-alloying-2025").met is False
    assert target(answer, "nonferrous-renewable-2030").gap == near(10)


def test_remanufactured_beside_new(story: Story, apart: Plant) -> None:
    state(apart, 2012, "equipment.make", remanufacturedUnits="30")
    state(apart, 2012, "equipment.make", newUnits="90", vehiclesMade="50", newEnergyVehicles="20")
    answer = story.ask("equipment", year(2012))
    assert indicator(answer, "remanufacturedShare").value == near(25)
    vehicles = target(answer, "plan-vehicles-2030")
    # "About 40 %" is neither reached nor missed.
    assert (vehicles.actual, vehicles.gap, vehicles.met) == (near(40), near(0), None)


def test_amended_and_withdrawn_records(story: Story, apart: Plant) -> None:
    first = state(apart, 2013, metalProduced="10")
    second = state(apart, 2013, metalProduced="7")
    before = story.size()
    apart.amend(first, activity=Run(indicators={"metalProduced": "11"}))
    apart.amend(second)
    assert indicator(story.ask("nonferrous", year(2013)), "metalProduced").value == near(11)
    assert indicator(story.ask("nonferrous", year(2013), at=before), "metalProduced").value == near(17)
    apart.amend(first, end="2014-06-30T00:00:00Z")
    assert indicator(story.ask("nonferrous", year(2013)), "metalProduced").value is None
    assert indicator(story.ask("nonferrous", year(2014)), "metalProduced").value == near(11)


def test_a_report_of_half_a_year_is_of_its_records_alone(story: Story, apart: Plant) -> None:
    """300 t at 3,000 MJ/t in the half that is reported, 100 t at 9,000 MJ/t after it: only the first is compared."""
    apart.product("clinker", "TNE", "building-materials")
    for end, tonnes, energy in (("2019-03-01T00:00:00Z", "300", "3000"), ("2019-09-01T00:00:00Z", "100", "9000")):
        apart.run("site", end, "building-materials.clinker", outputs={f"c-{tonnes}": f"{tonnes} TNE clinker"},
                  activity=Run(indicators={"energyPerTonneClinker": energy},
                               energy=[Carrier(carrier="coal", amount=energy)]))
    apart.report("site", "2019-01-01T00:00:00Z", "2019-07-01T00:00:00Z", "1000", baseline=Baseline(
        start="2005-01-01T00:00:00Z", end="2006-01-01T00:00:00Z", indicators={"energyPerTonneClinker": "4000"}))
    answer = story.ask("building-materials", year(2019))
    assert indicator(answer, "energyPerTonneClinker").value == near(4500)
    assert indicator(answer, "energyPerTonneClinkerChange").value == near(-25)
    assert indicator(answer, "energyPerValueAdded").value == near(3)
    # Another site reports the whole year: what the first one did after its half still does not count.
    apart.site("other")
    apart.run("other", "2019-12-31T00:00:00Z", "building-materials.clinker",
              activity=Run(energy=[Carrier(carrier="coal", amount="500")]))
    apart.report("other", "2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z", "1000")
    told = indicator(story.ask("building-materials", year(2019)), "energyPerValueAdded")
    assert (told.value, told.facilities, told.records) == (near(1.75), 2, 2)


def test_currencies_do_not_add_up(story: Story, apart: Plant) -> None:
    apart.site("other")
    for site, currency in (("site", "CNY"), ("other", "EUR")):
        apart.run(site, "2015-06-30T00:00:00Z", "nonferrous.make",
                  activity=Run(energy=[Carrier(carrier="coal", amount="600")]))
        apart.report(site, "2015-01-01T00:00:00Z", "2016-01-01T00:00:00Z", "200", currency, baseline=Baseline(
            start="2005-01-01T00:00:00Z", end="2006-01-01T00:00:00Z", value_added=Money(value="100", currency=currency),
            energy=Quantity(value="400", unit="3B")))
    answer = story.ask("industry", year(2015))
    told = [(one.unit, one.value) for one in answer.indicators if one.name == "energyPerValueAdded"]
    assert told == [("3B/CNY", near(3)), ("3B/EUR", near(3))]
    assert target(answer, "plan-energy-2025").missing == "stated in several currencies"


def test_power_made_and_used_on_site_is_energy_once(story: Story, apart: Plant) -> None:
    """100 kWh of wind, 60 used here and booked again, 40 left over: the site has used 216 MJ."""
    apart.product("power", "KWH", "energy")
    apart.run("site", "2016-03-01T00:00:00Z", "energy.make", outputs={"wind": "100 KWH power"})
    apart.run("site", "2016-06-01T00:00:00Z", "energy.make", inputs={"wind": "60 KWH"},
              activity=Run(energy=[Carrier(carrier="electricity", amount="216", renewable=True)]))
    apart.report("site", "2016-01-01T00:00:00Z", "2017-01-01T00:00:00Z", "216")
    assert indicator(story.ask("energy", year(2016)), "energyPerValueAdded").value == near(1)


def test_a_site_without_records_in_its_report_has_nothing_to_divide(story: Story, apart: Plant) -> None:
    state(apart, 2017, metalProduced="1")
    apart.report("site", "2018-01-01T00:00:00Z", "2019-01-01T00:00:00Z", "5")
    assert indicator(story.ask("nonferrous", year(2018)), "energyPerValueAdded").value is None


def verdicts(answer: IndicatorsAnswer) -> dict[str, str]:
    """What the page of the sector says, by target."""
    return {line.target.id: line.verdict for line in lines_of(answer, PageWords("en")) if line.target is not None}


def test_a_page_never_says_more_than_the_figure(story: Story) -> None:
    said = verdicts(story.ask("steel"))
    # 20 % is more than 15 %, and not more than 20 %.
    assert said["plan-arc-2025"] == "meets"
    assert said["plan-arc-2030"] == "misses: it only equals the bound"
    assert said["plan-scrap-2025"] == "cannot be said: the sum is not shown, or there is no sum"
    assert set(said) == {"plan-arc-2025", "plan-arc-2030", "plan-scrap-2025"}
    paper = verdicts(story.ask("consumer-goods"))["plan-paper-2025"]
    assert paper == "cannot be said: the ledger has no such indicator"
    own = verdicts(msgspec.structs.replace(story.ask("steel"), only_own=True))
    assert own["plan-arc-2025"] == "meets; only organisations that you see count"


def test_a_page_says_by_how_much_a_target_is_missed(story: Story, apart: Plant) -> None:
    state(apart, 2010, moltenAluminium="90", directAlloyedAluminium="72", recycledCopperProduced="40")
    said = verdicts(story.ask("nonferrous", year(2010)))
    assert said["plan-alloying-2025"] == 'misses by <data value="10.0">10.0</data> percentage points'
    assert "cannot show whether it is met; the target is quoted from memory" in said["plan-copper-2025"]
    state(apart, 2010, "equipment.make", vehiclesMade="50", newEnergyVehicles="25")
    vehicles = verdicts(story.ask("equipment", year(2010)))["plan-vehicles-2030"]
    assert vehicles.startswith("cannot be said: the target is approximate")


def test_a_suppressed_sum_has_the_line_of_a_missing_one(story: Story) -> None:
    """Of the whole table but for the other indicators."""
    told = story.ask("steel")
    hidden = masked(GroupAnswer(coverage=told.coverage, records=told.records, indicators=told.indicators,
                                targets=told.targets, questioned=None), {"scrapUsed"})
    masked_answer = msgspec.structs.replace(told, indicators=hidden.indicators, targets=hidden.targets)
    empty = story.ask("steel", year(2009))
    assert arc_lines(masked_answer) == arc_lines(empty)


def arc_lines(answer: IndicatorsAnswer) -> list[tuple[str, float | None, int, str, str]]:
    def shown(line: TargetLine) -> tuple[str, float | None, int, str, str]:
        found = line.indicator
        return (line.name, None if found is None else found.value, 0 if found is None else found.records, line.bound,
                line.verdict)
    return [shown(line) for line in lines_of(answer, PageWords("en"))
            if line.indicator is not None and line.indicator.name == "electricArcShare"]

"""Routes that are made of tables alone: an honest plant of each has a footprint, solved by hand. A plant without
energy, cement or half of its stone has none."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from support.market import Company, Market, MemoryMarket, RecordRefused, evidence, nature, row, supply, trading_ledger
from support.memory import MemoryLedger

from ledger.core.record.values import Supply

GERMANY = "electricity/cradleToGate/DE/2024"
METER = evidence("meterReading")


@pytest.fixture(scope="module")
def memory() -> MemoryLedger:
    return trading_ledger()


def diesel(place: str) -> float:
    """Kg CO2e per kg of diesel, burnt and supplied."""
    return row(f"diesel/combustion/{place}") + row("diesel/wellToTank/*/2016")


def lime(market: Market, stone: str = "1780 TNE", calcined: str = "0.97", *, fuel: bool = True) -> Company:
    works = market.company("works", "CN", "CN-AH").products("building-materials", lime="lime")
    energy = [supply("bituminous", "165 TNE"), supply("electricity", "35 MWH"), supply("diesel", "1.2 TNE")]
    works.run(
        "building-materials.lime", [works.out("lime", "1000 TNE")], [nature("limestone", stone), *(energy * fuel)],
        activity={"purity": "0.97", "calcined": calcined}, evidence=[METER],
    )
    return works


def concrete(market: Market, cement: Supply | None = None, gravel: str = "1120 TNE") -> Company:
    plant = market.company("plant", "DE", "DE-BY").products("building-materials", concrete="concrete")
    plant.run(
        "building-materials.concrete", [plant.out("concrete", "2400 TNE")],
        [*([] if cement is None else [cement]), supply("sand", "780 TNE"), supply("gravel", gravel),
         supply("superplasticiser", "3 TNE"), supply("water", "180 TNE"), supply("electricity", "4 MWH"),
         supply("diesel", "0.8 TNE")], evidence=[METER],
    )
    return plant


def quarry(market: Market, *energy: Supply) -> Company:
    pit = market.company("pit", "DE", "DE-BY").products("building-materials", gravel="gravel")
    pit.run("building-materials.quarrying", [pit.out("gravel", "10000 TNE")],
            [nature("crushedStone", "10200 TNE"), supply("explosives", "2.5 TNE"), *energy], evidence=[METER])
    return pit


def sawmill(market: Market, *energy: Supply) -> Company:
    """Chips carry a tenth by their value; the kilns burn bark that another mill sold."""
    mill = market.company("mill", "SE", "SE-BD").products("consumer-goods", timber="timber", chips="woodChips")
    mill.run(
        "consumer-goods.sawnWood",
        [mill.out("timber", "5000 TNE", value="2000000 EUR"),
         mill.out("chips", "3800 TNE", "byProduct", value="228000 EUR")],
        [supply("wood", "10000 TNE"), supply("woodResidue", "900 TNE"), supply("diesel", "15 TNE"), *energy],
        allocation="value", evidence=[METER, evidence("deliveryNote:woodResidue"), evidence("invoice")],
    )
    return mill


def pellet_mill(market: Market, *energy: Supply) -> Company:
    """4,000 t of wet sawdust; the dryer burns chips."""
    mill = market.company("mill", "DE", "DE-BY").products("consumer-goods", pellets="woodPellets")
    mill.run(
        "consumer-goods.woodPellets", [mill.out("pellets", "2000 TNE")],
        [supply("woodResidue", "4000 TNE"), supply("woodChips", "1200 MWH"), supply("diesel", "3 TNE"), *energy],
        evidence=[METER, evidence("deliveryNote")],
    )
    return mill


DIESEL, POWER = supply("diesel", "4.5 TNE"), supply("electricity", "45 MWH")
CEMENT = supply("portlandCement", "320 TNE")


def test_lime_by_hand(memory: MemoryLedger) -> None:
    """1,780 t of stone with 97 % of calcite, of which 97 % gives off 0.43971 t of CO2 per t: 736,427 kg. 165 t of coal,
    35 MWh and 1.2 t of diesel; the stone is of the works' own quarry."""
    market = MemoryMarket(memory, "lime-by-hand")
    coal = row("bituminous/combustion/CN/2015") + row("bituminous/wellToTank/*/2016")
    figure = (1_780_000 * 0.97 * 0.97 * 0.43971 + 165_000 * coal + 35_000 * row("electricity/cradleToGate/CN/2024")
              + 1_200 * diesel("CN/2015"))
    answer = market.footprint(lime(market).name("lime"))
    assert (answer["title"], answer["footprint"]) == ("footprint", pytest.approx(figure, rel=1e-9))


def test_concrete_by_hand(memory: MemoryLedger) -> None:
    """320 t of cement, 1,900 t of aggregate, 3 t of plasticiser and 180 t of water in 2,400 t of concrete."""
    market = MemoryMarket(memory, "concrete-by-hand")
    figure = (320_000 * row("portlandCement/cradleToGate/DE/2022") + 780_000 * row("sand/cradleToGate/*/2022")
              + 1_120_000 * row("gravel/cradleToGate/*/2025") + 3_000 * row("concreteAdmixture/cradleToGate/*/2015")
              + 180_000 * row("water/cradleToGate/*/2025") + 4_000 * row(GERMANY) + 800 * diesel("*/2006"))
    answer = market.footprint(concrete(market, CEMENT).name("concrete"))
    assert (answer["title"], answer["footprint"]) == ("footprint", pytest.approx(figure, rel=1e-9))


def test_a_quarry_by_hand(memory: MemoryLedger) -> None:
    """10,000 t of crushed stone: 45 MWh, 4.5 t of diesel and 2.5 t of explosives."""
    market = MemoryMarket(memory, "quarry-by-hand")
    figure = 45_000 * row(GERMANY) + 4_500 * diesel("*/2006") + 2_500 * row("explosives/cradleToGate/*/2025")
    answer = market.footprint(quarry(market, DIESEL, POWER).name("gravel"))
    assert (answer["title"], answer["footprint"]) == ("footprint", pytest.approx(figure, rel=1e-9))


def test_sawn_wood_by_hand(memory: MemoryLedger) -> None:
    """10,000 t of logs, 900 t of bark for the kilns, 850 MWh and 15 t of diesel; 2,000 of 2,228 EUR are timber."""
    market = MemoryMarket(memory, "sawn-wood-by-hand")
    bark = row("woodResidue/combustion/*/2006") + row("woodResidue/wellToTank/*/2016")
    figure = (10_000_000 * row("wood/cradleToGate/*/2025") + 900_000 * bark
              + 850_000 * row("electricity/cradleToGate/SE/2024") + 15_000 * diesel("*/2006"))
    answer = market.footprint(sawmill(market, supply("electricity", "850 MWH")).name("timber"))
    assert (answer["title"], answer["footprint"]) == ("footprint", pytest.approx(figure * 2000 / 2228, rel=1e-3))


def test_pellets_by_hand(memory: MemoryLedger) -> None:
    """4,000 t of sawdust are collected, 1,200 MWh of chips burn in the dryer, at 13.1406 MJ per kg."""
    market = MemoryMarket(memory, "pellets-by-hand")
    chips = (row("woodChips/combustion/*/2006") + row("woodChips/wellToTank/*/2016")) / 13.1406
    figure = (4_000_000 * row("woodResidue/wellToTank/*/2016") + 1_200_000 * 3.6 * chips
              + 260_000 * row(GERMANY) + 3_000 * diesel("*/2006"))
    answer = market.footprint(pellet_mill(market, supply("electricity", "260 MWH")).name("pellets"))
    assert (answer["title"], answer["footprint"]) == ("footprint", pytest.approx(figure, rel=1e-3))


@pytest.mark.parametrize(("case", "code"), [(sawmill, "saw-energy-unusual"), (pellet_mill, "pellet-energy-unusual")])
def test_wood_without_power_is_asked_for_it(
    case: Callable[..., Company], code: str, memory: MemoryLedger
) -> None:
    """Its diesel is energy, so nothing is omitted; saws and presses run on electricity."""
    market = MemoryMarket(memory, f"{case.__name__}-dark".replace("_", "-"))
    answer = market.footprint(case(market).name("timber" if case is sawmill else "pellets"))
    assert code in answer["findings"]
    assert answer["questioned"] > 0


OMITTED: Sequence[tuple[str, Callable[[Market], Company], str, Any]] = (
    ("lime", lambda market: lime(market, fuel=False), "lime", 1_780_000 * 0.97 * 0.97 * 0.43971),
    ("concrete", lambda market: concrete(market, gravel="1440 TNE"), "concrete", None),
    ("quarry", quarry, "gravel", None),
)


@pytest.mark.parametrize(("name", "case", "lot", "figure"), OMITTED, ids=[name for name, *_ in OMITTED])
def test_it_is_no_footprint_without_its_main_need(
    name: str, case: Callable[[Market], Company], lot: str, figure: float | None, memory: MemoryLedger
) -> None:
    market = MemoryMarket(memory, f"{name}-without")
    answer = market.footprint(case(market).name(lot))
    assert answer["title"] != "footprint"
    assert answer["burdens"].get("omittedAbs", 0) > 0
    if figure is not None:
        assert answer["footprint"] == pytest.approx(figure, rel=1e-9)


def test_half_of_the_stone_is_asked_for(memory: MemoryLedger) -> None:
    """1,100 t of stone make no 1,000 t of lime: what is missing to 1.6 t per t would have given off its CO2."""
    market = MemoryMarket(memory, "half-of-the-stone")
    answer = market.footprint(lime(market, "1100 TNE").name("lime"))
    assert (answer["title"], "carbonate-unusual" in answer["findings"]) == ("questioned footprint", True)
    assert answer["questioned"] > 500_000 * 0.43971


def test_a_low_calcination_needs_a_document(memory: MemoryLedger) -> None:
    """Half calcined stone would give off half of the CO2: the question is the difference to 95 %."""
    market = MemoryMarket(memory, "low-calcination")
    answer = market.footprint(lime(market, calcined="0.6").name("lime"))
    assert (answer["title"], "fraction-unproven" in answer["findings"]) == ("questioned footprint", True)
    assert answer["questioned"] >= 1_780_000 * 0.97 * 0.35 * 0.43971 * 0.99


def test_an_impossible_fraction_is_refused(memory: MemoryLedger) -> None:
    with pytest.raises(RecordRefused, match=r"activity\.calcined is 0\.2: it must be from 0\.5 to 1"):
        lime(MemoryMarket(memory, "impossible-fraction"), calcined="0.2")

"""Many lots as one figure, solved by hand, and compared with the definitions written out anew."""

import math
import random
import statistics
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Given, Make, Smelt
from support.site import Site, ore

from ledger.admission.facts import LOT_SLOTS, LotFacts
from ledger.admission.lots import Created, Supplied, Taken
from ledger.core.outcome.assessment import BURDENS, Assessment, Basis, EnergyUse, Line
from ledger.core.record.values import Money, Quantity, Supply
from ledger.errors import LedgerError, PluginError, Refused
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.products import (
    CONVERSION,
    PERCENTILES,
    LotChunk,
    LotSpread,
    ProducedLots,
    Total,
    pact_ratings,
    part_of_absolute,
    primary_activity_share,
    ratings,
    spread,
)
from ledger.footprint.derived.tables.parts import parts
from ledger.footprint.stored.attributes import Coverage, check_coverage, cover, coverage, covered_market, with_covered
from ledger.footprint.stored.burdens import SLOT, ZERO, Vector, direct, footprint, fossil_emissions, vector_of
from ledger.sdk import Context, FacilityFacts, InputFacts, book_energy
from ledger.sdk.pricing import Draft


class Lot(NamedTuple):
    number: int
    facility: str
    quantity: str
    burdens: dict[str, float]
    contents: dict[str, float]


def chunk(lots: Sequence[Lot]) -> LotChunk:
    return LotChunk(
        [lot.number for lot in lots], [lot.facility for lot in lots], [Decimal(lot.quantity) for lot in lots],
        [vector_of(lot.burdens) for lot in lots], [list(lot.contents) for lot in lots],
        [list(lot.contents.values()) for lot in lots],
    )


def produced(lots: Sequence[Lot], at_once: int = 1_000) -> ProducedLots:
    found = ProducedLots()
    for start in range(0, len(lots), at_once):
        found.take(chunk(lots[start : start + at_once]))
    return found


def number(record: int, output: int = 0) -> int:
    return record * LOT_SLOTS + output


# Kg CO2e: 10 t of 2 a t and 30 t of 4 a t of one record at the first site, 60 t of 1 a t at the second.
THREE: Final = [
    Lot(number(7), "site:1", "10", {
        "fossilGhgEmissions": 25.0, "technologicalCO2Removals": -5.0, "absGhg": 30.0, "primaryAbs": 30.0,
        "technologyAbs": 30.0, "timeAbs": 60.0, "geographyAbs": 90.0,
    }, {"mass": 10_000.0, "material:steel": 8_000.0}),
    Lot(number(7, 1), "site:1", "30", {
        "fossilGhgEmissions": 120.0, "absGhg": 120.0, "primaryAbs": 15.0, "technologyAbs": 240.0, "timeAbs": 120.0,
        "geographyAbs": 360.0, "omittedAbs": 10.0,
    }, {"mass": 30_000.0, "material:steel": 30_000.0, "recycledPostConsumer:steel": 9_500.0}),
    Lot(number(9), "site:2", "60", {
        "fossilGhgEmissions": 60.0, "absGhg": 60.0, "technologyAbs": 180.0, "timeAbs": 60.0, "geographyAbs": 60.0,
        "provisionalAbs": 21.0,
    }, {"mass": 60_000.0}),
]


def test_three_lots_in_two_facilities() -> None:
    """20 + 120 + 60 = 200 kg over 100 t: 2 a t. The first site 140 over 40 t: 3.5 of 40 %, the second 1 of 60 %:
    0.4 * 3.5 + 0.6 * 1 = 2."""
    whole, facilities = produced(THREE).result()
    assert (whole.quantity, whole.lots, whole.records, whole.footprint) == (Decimal(100), 3, 2, 200.0)
    assert (whole.per_unit, list(facilities)) == (2.0, ["site:2", "site:1"])
    first, second = facilities["site:1"], facilities["site:2"]
    assert (first.quantity, first.lots, first.records) == (Decimal(40), 2, 1)
    assert (second.quantity, second.lots, second.records) == (Decimal(60), 1, 1)
    assert (first.footprint, first.per_unit, second.footprint, second.per_unit) == (140.0, 3.5, 60.0, 1.0)
    assert whole.burdens == vector_of({
        "fossilGhgEmissions": 205.0, "technologicalCO2Removals": -5.0, "absGhg": 210.0, "primaryAbs": 45.0,
        "technologyAbs": 450.0, "timeAbs": 240.0, "geographyAbs": 510.0, "omittedAbs": 10.0, "provisionalAbs": 21.0,
    })
    assert whole.contents == {"mass": 100_000.0, "material:steel": 38_000.0, "recycledPostConsumer:steel": 9_500.0}
    assert second.contents == {"mass": 60_000.0}


def test_the_spread_of_three_lots() -> None:
    """1 of 60 t, 2 of 10 t, 4 of 30 t: reached are 60, 70 and 100 %. Around 2: (60 * 1 + 10 * 0 + 30 * 4) / 100 = 1.8.
    Of the first site 2 of 25 % and 4 of 75 %, around 3.5: (10 * 2.25 + 30 * 0.25) / 40 = 0.75."""
    whole, facilities = produced(THREE).result()
    assert whole.spread == LotSpread(1.0, 1.0, 1.0, 1.0, 4.0, 4.0, 4.0, 2.0, math.sqrt(1.8))
    assert facilities["site:1"].spread == LotSpread(2.0, 2.0, 2.0, 4.0, 4.0, 4.0, 4.0, 3.5, math.sqrt(0.75))


def test_one_lot_has_no_spread() -> None:
    """0.1 + 0.2 over 0.7 is no number of few digits, and yet the same one everywhere."""
    burdens = {"fossilGhgEmissions": 0.1, "biogenicNonCO2Emissions": 0.2}
    whole, _ = produced([Lot(number(1), "s", "0.7", burdens, {})]).result()
    *values, deviation = whole.spread
    assert (set(values), deviation) == ({(0.1 + 0.2) / 0.7}, 0.0)


def test_ratings_on_the_scale_of_pact() -> None:
    """Lines rated 1, 2 and 3 become 1.5, 3 and 4.5; of 10 kg each, the mean is that of the converted ratings."""
    burdens = vector_of({"absGhg": 20.0, "technologyAbs": 40.0, "timeAbs": 20.0, "geographyAbs": 60.0})
    assert pact_ratings(burdens) == {"technology": 3.0, "time": 1.5, "geography": 4.5}
    mixed = vector_of({"absGhg": 20.0, "technologyAbs": 10.0 * 1 + 10.0 * 2})
    assert (pact_ratings(mixed)["technology"], pact_ratings(vector_of({}))) == ((1.5 + 3.0) / 2, {})
    assert CONVERSION == "atiel-class-means"


def test_fossil_emissions_include_those_of_land_management() -> None:
    burdens = vector_of({"fossilGhgEmissions": 700.0, "landManagementFossilGhgEmissions": 300.0})
    assert fossil_emissions(burdens) == 1000.0


def test_activity_data_are_primary_unless_estimated() -> None:
    """30 metered and 20 calculated of 100 kg, whatever their factors; a removal of 10 counts by its amount."""
    def line(amount: str, basis: Basis, **facts: Any) -> Line:
        return Line(gas="CO2", amount=Decimal(amount), source="x", kind="onSite", basis=basis, **facts)

    assessment = Assessment(lines=(
        line("30", "metered", primary=True), line("20", "calculated"), line("40", "estimated", primary=True),
        line("-10", "estimated", burden="technologicalCO2Removals"),
        line("500", "metered", burden="biogenicCO2Emissions"),
    ))
    assert (primary_activity_share(assessment), primary_activity_share(Assessment())) == (0.5, None)


def test_ratings_and_parts_of_three_lots() -> None:
    """Weighted by absolute amounts, 210: 450, 240 and 510 of ratings; 45 of primary data, 21 that wait."""
    whole, _ = produced(THREE).result()
    assert ratings(whole.burdens) == {"technology": 450 / 210, "time": 240 / 210, "geography": 510 / 210}
    assert part_of_absolute(whole.burdens, "primaryAbs") == 45 / 210
    assert part_of_absolute(whole.burdens, "provisionalAbs") == 0.1
    nothing = [0.0] * len(BURDENS)
    assert (ratings(nothing), part_of_absolute(nothing, "primaryAbs")) == ({}, None)


@pytest.mark.parametrize(("weights", "expected"), [
    # Twenty equal parts of 0.1, whose sums of rounded numbers lie about 0.05, 0.25, ... of the whole: the 1st reaches
    # 5 %, the 5th 25 %, the 10th 50 %, the 15th 75 %, the 19th 95 %.
    ([0.1] * 20, (1.0, 5.0, 10.0, 15.0, 19.0)),
    # 4 and 96 of 100: 5 % is beyond the first.
    ([4.0, 96.0], (2.0, 2.0, 2.0, 2.0, 2.0)),
    ([5.0, 95.0], (1.0, 2.0, 2.0, 2.0, 2.0)),
    # 25, 25, 26 and 24 of 100: the third reaches 76 %.
    ([25.0, 25.0, 26.0, 24.0], (1.0, 1.0, 2.0, 3.0, 4.0)),
    ([94.0, 1.0, 5.0], (1.0, 1.0, 1.0, 1.0, 2.0)),
])
def test_percentiles_by_hand(weights: list[float], expected: tuple[float, ...]) -> None:
    values = np.arange(1.0, len(weights) + 1)
    rearranged = np.random.default_rng(3).permutation(len(weights))
    found = spread(values[rearranged], np.array(weights)[rearranged], 0.0)
    assert (found.p5, found.p25, found.median, found.p75, found.p95) == expected
    assert (found.minimum, found.maximum) == (1.0, float(len(weights)))


def test_the_largest_lots() -> None:
    """Those of equal quantity in log order, whichever came first."""
    found = produced([Lot(number(record), "s", quantity, {}, {}) for record,
                      quantity in ((5, "2"), (3, "7"), (9, "7"), (1, "0.5"), (4, "2"))], 2)
    assert (found.largest(4), found.largest(0)) == ([number(3), number(9), number(4), number(5)], [])
    assert len(found.largest(100)) == 5


def test_nothing_has_no_figure() -> None:
    empty = ProducedLots()
    assert empty.largest(3) == []
    assert "no lots" in str(raised(ValueError, empty.result))


def many(count: int) -> list[Lot]:
    """Quantities over 18 orders of magnitude, burdens of both signs, records of several lots, 7 facilities."""
    chance = random.Random(11)
    found = []
    for i in range(count):
        burdens = {name: chance.lognormvariate(0, 6) for name in BURDENS}
        burdens |= {name: -burdens[name] for name in ("technologicalCO2Removals", "ccsTechnologicalCO2Capture")}
        quantity = Decimal(chance.randrange(1, 10 ** chance.randrange(1, 19))) / 10**9
        contents = {name: chance.lognormvariate(0, 6) for name in ("mass", "element:Cu") if chance.random() < 0.7}
        found.append(Lot(number(i // 3, i % 3), f"site:{chance.randrange(7)}", f"{quantity:f}", burdens, contents))
    chance.shuffle(found)
    return found


def check(total: Total, lots: Sequence[Lot]) -> None:
    """Against exact fractions, and weighted means and percentiles from their definitions."""
    quantities = [Fraction(lot.quantity) for lot in lots]
    assert Fraction(total.quantity) == sum(quantities)
    assert (total.lots, total.records) == (len(lots), len({lot.number // LOT_SLOTS for lot in lots}))
    for name, found in zip(BURDENS, total.burdens, strict=True):
        assert found == pytest.approx(float(sum(Fraction(lot.burdens[name]) for lot in lots)), rel=1e-14)
    footprints = [footprint(vector_of(lot.burdens)) for lot in lots]
    assert total.footprint == math.fsum(footprints)
    values = [one / float(quantity) for one, quantity in zip(footprints, quantities, strict=True)]
    weights = [float(quantity) for quantity in quantities]
    assert total.per_unit == pytest.approx(statistics.fmean(values, weights), rel=1e-12)
    assert total.per_unit == pytest.approx(np.average(values, weights=weights), rel=1e-12)
    variance = statistics.fmean([(value - total.per_unit) ** 2 for value in values], weights)
    assert total.spread.deviation == pytest.approx(math.sqrt(variance), rel=1e-12)
    told = (total.spread.p5, total.spread.p25, total.spread.median, total.spread.p75, total.spread.p95)
    for part, value in zip(PERCENTILES, told, strict=True):
        reached = sum(q for one, q in zip(values, quantities, strict=True) if one <= value) / sum(quantities)
        before = sum(q for one, q in zip(values, quantities, strict=True) if one < value) / sum(quantities)
        assert float(before) < part + 1e-9
        assert float(reached) > part - 1e-9
        assert value in values
    assert (total.spread.minimum, total.spread.maximum) == (min(values), max(values))


def test_many_lots_against_the_definitions() -> None:
    lots = many(900)
    whole, facilities = produced(lots, 64).result()
    check(whole, lots)
    assert len(facilities) == 7
    for facility, total in facilities.items():
        check(total, [lot for lot in lots if lot.facility == facility])
    assert [one.quantity for one in facilities.values()] == sorted(
        [one.quantity for one in facilities.values()], reverse=True
    )
    for name in ("mass", "element:Cu"):
        assert whole.contents[name] == pytest.approx(math.fsum(lot.contents.get(name, 0.0) for lot in lots), rel=1e-14)


def test_facilities_times_their_shares_are_the_whole() -> None:
    whole, facilities = produced(many(2_000), 128).result()
    found = math.fsum(
        one.per_unit * (float(one.quantity) / float(whole.quantity)) for one in facilities.values()
    )
    scale = math.fsum(
        abs(one.per_unit) * (float(one.quantity) / float(whole.quantity)) for one in facilities.values()
    )
    assert found == pytest.approx(whole.per_unit, rel=1e-12, abs=1e-12 * scale)


@pytest.mark.parametrize("at_once", [1, 7, 600])
def test_chunks_make_no_difference_but_in_the_last_digits(at_once: int) -> None:
    """Order and chunks: what is rounded once is the same, what is rounded once a chunk nearly so."""
    lots = many(600)
    whole, facilities = produced(lots, 50).result()
    again, parts = produced(sorted(lots), at_once).result()
    assert (again.quantity, again.footprint, again.per_unit) == (whole.quantity, whole.footprint, whole.per_unit)
    assert again.spread == pytest.approx(whole.spread, rel=1e-13)
    assert again.burdens == pytest.approx(whole.burdens, rel=1e-13)
    assert {name: one.footprint for name, one in parts.items()} == {
        name: one.footprint for name, one in facilities.items()}


# What green attributes do to an assessment and to figures, solved by hand and by exact fractions.

STANDS_FOR = "attribute:electricity:wind:CN:2025-01-01T00:00:00Z"


def lot(quantity: str, unit: str = "KWH", role: str = "product") -> LotFacts:
    return LotFacts(id=f"urn:{role}:{quantity}", number=0, product="urn:p", holder="urn:h", role=role,
                    quantity=Decimal(quantity), unit=unit, credit=STANDS_FOR if role == "attribute" else None)


def taken(quantity: str, unit: str = "KWH", role: str = "product", of: str = "1000") -> Taken:
    return Taken(lot(of, unit, role), Decimal(quantity), None)


def bought(value: str, unit: str = "KWH", material: str = "electricity") -> Supplied:
    return Supplied(Supply(material=material, quantity=Quantity(value=value, unit=unit)), None)


def electric(amount: str, **fields: Any) -> Line:
    return Line(**{"gas": "CO2", "amount": Decimal(amount), "source": "electricity", "kind": "electricity", **fields})


def uses(*kilowatt_hours: str) -> tuple[EnergyUse, ...]:
    return tuple(EnergyUse(carrier="electricity", amount=Decimal(one) * Decimal("3.6")) for one in kilowatt_hours)


def test_what_attributes_cover() -> None:
    """1 MWh of attributes; 600 kWh and 1.2 MWh of lots, 200 kWh bought, and 360 MJ, which are 100 kWh."""
    inputs = [taken("600"), taken("1", "MWH", "attribute"), taken("1.2", "MWH"), taken("500", "3B")]
    supplies = [bought("200"), bought("360", "3B"), bought("1", "TNE"), bought("5", "KWH", "heat")]
    found = coverage(inputs, supplies, [Created(lot("50"), None), Created(lot("7", "3B"), None)])
    assert found == Coverage(Decimal(1000), Decimal(2100), Decimal(50))
    assert found.share == pytest.approx(Decimal(1000) / Decimal(2100))
    assert coverage(inputs[:1], supplies, []) == Coverage(), "without attributes nothing is looked at"


@pytest.mark.parametrize(("found", "booked", "fits"), [
    (Coverage(Decimal(100), Decimal(100)), "0", True),
    (Coverage(Decimal("100.1"), Decimal(100)), "500", False),  # more than enters
    (Coverage(Decimal(20), Decimal(100), Decimal(80)), "0", True),
    (Coverage(Decimal(21), Decimal(100), Decimal(80)), "0", False),  # what leaves again is not used
    (Coverage(Decimal(100), Decimal(100), Decimal(80)), "100", True),  # it generates what leaves
    (Coverage(Decimal(1)), "100", False),
])
def test_how_much_is_used(found: Coverage, booked: str, fits: bool) -> None:
    assessment = Assessment(energy=uses(booked) if booked != "0" else ())
    if fits:
        check_coverage(found, assessment)
        return
    error = raised(Refused, check_coverage, found, assessment)
    assert (error.code, error.field) == ("attribute-excess", "inputs")


def test_lines_of_electricity_are_covered_and_no_others() -> None:
    """A quarter is covered: of lines with a market-based amount that one, of CO2e and methane in CO2e."""
    found = cover(Assessment(
        lines=(electric("100"), electric("100", market=Decimal(60)), electric("8", gas="CO2e"),
               electric("2", gas="CH4"), electric("9", kind="onSite"), electric("7", burden="electricityMarket")),
        energy=uses("30", "10"),
    ), Coverage(Decimal(10), Decimal(40)))
    assert [line.market for line in found.lines] == [75, 45, 6, 2 * Decimal("29.8") * Decimal("0.75"), None, None]
    assert direct(found)[SLOT["electricityLocation"]] == pytest.approx(208 + 59.6)


def test_so_much_of_the_electricity_is_renewable() -> None:
    """Whatever was claimed: 36 of 144 MJ; heat stays as it is."""
    heat = EnergyUse(carrier="heat", amount=Decimal(5), renewable=True)
    claimed = EnergyUse(carrier="electricity", amount=Decimal(108), renewable=True)
    found = cover(Assessment(energy=(claimed, heat, *uses("10"))), Coverage(Decimal(10), Decimal(40)))
    assert found.energy == (heat, EnergyUse(carrier="electricity", amount=Decimal(36), renewable=True),
                            EnergyUse(carrier="electricity", amount=Decimal(108)))
    whole = cover(Assessment(energy=uses("10")), Coverage(Decimal(10), Decimal(10)))
    assert whole.energy == (EnergyUse(carrier="electricity", amount=Decimal(36), renewable=True),)


def test_nothing_changes_without_attributes() -> None:
    assessment = Assessment(lines=(electric("1"),), energy=uses("1"))
    assert cover(assessment, Coverage()) is assessment
    assert with_covered(ZERO, {}) is ZERO


figure = st.integers(0, 10**6)


@given(figure, figure, figure, st.integers(1, 1000), st.integers(0, 100))
def test_what_is_taken_from_lots_is_within_what_they_bring(
    market: int, kwh: int, renewable: int, part: int, share: int
) -> None:
    """By exact fractions, and never more than it was."""
    burdens: Vector = vector_of({"electricityMarket": market, "electricityKwh": kwh, "renewableEnergyMj": renewable})
    ones = [(taken(str(part)), part / 1000, burdens), (taken("5", "3B"), 0.005, burdens),
            (taken("5", role="attribute"), 0.005, burdens)]
    found = covered_market(ones, share / 100).get("electricityMarket", 0.0)
    unclaimed = max(Fraction(0), kwh - renewable / Fraction(18, 5))
    expected = Fraction(share, 100) * 1000 / (1000 + unclaimed) * Fraction(part, 1000) * market
    assert -found == pytest.approx(float(expected), rel=1e-9, abs=1e-12)
    assert 0 <= -found <= part / 1000 * market * (1 + 1e-12)


def test_a_table_says_what_attributes_took() -> None:
    """Half of a record is in the lot; it took 30 kg from what its lots of power bring."""
    one = Upstream(1, "x", None, Assessment(lines=(electric("10"),)), 0.5,
                   covered={"electricityMarket": -30.0})
    assert [(part.source, part.amount) for part in parts(one, "electricityMarket")] == [
        ("electricity", 5.0), ("green attributes", -15.0)]
    assert [part.amount for part in parts(one, "electricityLocation")] == [5.0]


def power_of_the_ledger(*inputs: InputFacts) -> Context:
    return Context(
        process="test.make", route="make", year=2023, hours=Decimal(1), allocation="mass", inputs=inputs, supplies=(),
        facility=FacilityFacts(id="urn:site", country="CN"), outputs=(),
    )


def given_lot(value: str, *, generated: bool) -> InputFacts:
    return InputFacts(lot=f"urn:{value}", product="urn:p", sector="", role="product", generated=generated,
                      quantity=Quantity(value=value, unit="KWH"))


def test_what_this_ledger_generated_is_not_green_by_a_claim() -> None:
    declared, made = given_lot("30", generated=False), given_lot("70", generated=True)
    for inputs, renewable, findings in (
        ((declared,), 30, {}), ((declared, made), 30, {}), ((made,), 0, {"renewable-without-attribute": True}),
    ):
        asked = power_of_the_ledger(*inputs)
        draft = Draft(asked)
        book_energy(draft, asked, renewable_share=Decimal(1))
        found = draft.assessment()
        assert direct(found)[SLOT["renewableEnergyMj"]] == pytest.approx(renewable * 3.6)
        assert {one.code: one.refuses for one in found.findings} == findings


# Sharing a burden among outputs: published and hand-solved cases. kg CO2e and kg.

FOSSIL = "fossilGhgEmissions"


@pytest.fixture
def site(memory: MemoryLedger) -> Site:
    made = Site(memory, "plant")
    for name in ("a", "b", "c", "d"):
        made.product(name)
    return made


def fossil(site: Site, lot: str) -> float:
    return site.ledger.burdens(site.name(lot))[FOSSIL]


def three(site: Site, weights: list[dict[str, Any]], allocation: str, activity: Make) -> list[float]:
    """Three products of 1 kg each that differ in what they are shared by."""
    site.make([site.out(f"lot{i}", "abc"[i], "1 KGM", **fields) for i, fields in enumerate(weights)],
              supplies=[ore("3 KGM")], allocation=allocation, activity=activity)
    return [fossil(site, f"lot{i}") for i in range(3)]


def test_mass_allocation(site: Site) -> None:
    """Klöpffer and Grahl, Life Cycle Assessment: A Guide to Best Practice, p. 94: A 700 kg, B 300 kg."""
    site.make([site.out("A", "a", "700 KGM"), site.out("B", "b", "300 KGM", "coProduct")],
              supplies=[ore("1000 KGM")], activity=Make(co2="1"))
    assert (fossil(site, "A"), fossil(site, "B")) == (0.7, 0.3)


def test_two_chained_multi_output_processes(site: Site) -> None:
    """The same book, figure 3.11 (inputs; results computed by hand): waste has no burden.

    P1: 4 kg CO2, 7 kg intermediate and 2 kg co-product. P2: 2 kg CO2, 3 + 1 + 2 kg of products and 3 kg of waste.
    """
    site.make([site.out("intermediate", "a", "7 KGM"), site.out("co1", "b", "2 KGM", "coProduct")],
              supplies=[ore("9 KGM")], activity=Make(co2="4"))
    site.make(
        [site.out("final", "a", "3 KGM"), site.out("co2.1", "b", "1 KGM", "coProduct"),
         site.out("co2.2", "c", "2 KGM", "coProduct"), site.out("waste", "d", "3 KGM", "waste", origin="preConsumer")],
        {"intermediate": "7 KGM"}, [ore("2 KGM")], activity=Make(co2="2"),
    )
    assert fossil(site, "intermediate") == pytest.approx(28 / 9, rel=1e-15)
    assert (fossil(site, "final"), fossil(site, "final") / 3) == pytest.approx((2.5555555556, 0.8518518519), abs=1e-10)
    assert fossil(site, "waste") == 0.0
    kept = fossil(site, "final") + fossil(site, "co2.1") + fossil(site, "co2.2") + fossil(site, "co1")
    assert kept == pytest.approx(6.0, rel=1e-15)


def test_copper_and_acid_by_value(memory: MemoryLedger, site: Site) -> None:
    """1 t of copper at 9.5 and 2.5 t of acid at 0.2 a kg: 95 % and 5 % of 2000 kg here and 400 kg from the mine."""
    site.product("concentrate", materials={"copper": "0.25", "sulphur": "0.2"})
    site.make([site.out("ore1", "concentrate", "4000 KGM")], supplies=[ore("4000 KGM")], activity=Make(co2="400"))
    site.make(
        [site.out("copper", "a", "1000 KGM"), site.out("acid", "b", "2500 KGM", "coProduct")],
        {"ore1": "4000 KGM"}, route="smelt", allocation="value", activity=Smelt(co2="2000", prices=["9.5", "0.2"]),
    )
    assert (fossil(site, "copper"), fossil(site, "acid")) == pytest.approx((2280.0, 120.0), rel=1e-15)
    assert memory.contents(site.name("copper")) == {"mass": 1000.0, "material:copper": 1000.0}
    assert memory.contents(site.name("acid")) == {"mass": 2500.0, "material:sulphur": 800.0}


def test_value_of_the_outputs_themselves(site: Site) -> None:
    worth = [{"value": Money(value=value, currency="CNY")} for value in ("95", "4", "1")]
    assert three(site, worth, "value", Make(co2="200")) == pytest.approx([190.0, 8.0, 2.0], rel=1e-15)


def test_molar_allocation_of_chlor_alkali(site: Site) -> None:
    """Implementing Regulation (EU) 2025/2547, equation 43: Em_i = Em * (m_i/M_i) / sum of (m_j/M_j).

    Em 100; m: H2 1.0, Cl2 35.45, NaOH 40.0; M: 2.016, 70.9, 39.997; moles to the nine decimals of a record.
    """
    moles = [{"moles": moles} for moles in ("0.496031746", "0.5", "1.000075006")]
    assert three(site, moles, "moles", Make(co2="100")) == pytest.approx([24.85, 25.049, 50.101], abs=6e-4)


def test_energy_allocation_converts_units(site: Site) -> None:
    heats = [{"heating_value": Quantity(value=value, unit=unit)}
             for value, unit in (("1", "GV"), ("600", "3B"), ("0.4", "GV"))]
    assert three(site, heats, "energy", Make(co2="100")) == pytest.approx([50.0, 30.0, 20.0], rel=1e-15)


def test_declared_shares_need_not_add_up(site: Site) -> None:
    shares = [{"share": share} for share in ("0.1", "0.1", "0.2")]
    assert three(site, shares, "declared", Make(co2="100")) == pytest.approx([25.0, 25.0, 50.0], rel=1e-15)


def test_a_plugin_weighs_in_place_of_the_outputs(site: Site) -> None:
    activity = Make(co2="100", weights={"mass": ["7", "0", "3"]})
    assert three(site, [{}, {}, {}], "mass", activity) == pytest.approx([70.0, 0.0, 30.0], rel=1e-15)


def test_assigned_amounts_leave_before_the_rest_is_shared(site: Site) -> None:
    """System expansion: 80 of 200 kg belong to the exported heat; the rest is shared 3 to 1."""
    site.make(
        [site.out("iron", "a", "300 KGM"), site.out("gas", "b", "100 KGM", "coProduct")], supplies=[ore("400 KGM")],
        activity=Make(co2="200", assigned=[Given(output=1, burden=FOSSIL, amount="80")]),
    )
    assert (fossil(site, "iron"), fossil(site, "gas")) == (90.0, 110.0)


def test_an_output_may_have_its_assigned_amount_only(site: Site) -> None:
    site.make(
        [site.out("iron", "a", "300 KGM"), site.out("gas", "b", "100 KGM", "coProduct")], supplies=[ore("400 KGM")],
        activity=Make(co2="200", weights={"mass": ["1", "0"]},
                      assigned=[Given(output=1, burden=FOSSIL, amount="80")]),
    )
    assert (fossil(site, "iron"), fossil(site, "gas")) == (120.0, 80.0)


@pytest.mark.parametrize(("weights", "error", "code"), [
    (["0", "0"], Refused, "zero-weights"),
    (["1", "-1"], PluginError, "invalid-weights"),
    (["1"], PluginError, "invalid-weights"),
    (["1", "1", "1"], PluginError, "invalid-weights"),
    ([], PluginError, "invalid-weights"),
], ids=["all zero", "negative", "too few", "too many", "none"])
def test_weights_that_cannot_be(
    memory: MemoryLedger, site: Site, weights: list[str], error: type[LedgerError], code: str
) -> None:
    before = memory.fingerprint()
    assert raised(
        error, site.make, [site.out("x", "a", "1 KGM"), site.out("y", "b", "1 KGM", "coProduct")],
        supplies=[ore("2 KGM")], activity=Make(co2="1", weights={"mass": weights}),
    ).code == code
    assert memory.fingerprint() == before


def test_waste_may_not_be_weighed(site: Site) -> None:
    assert raised(
        PluginError, site.make,
        [site.out("x", "a", "1 KGM"), site.out("y", "b", "1 KGM", "waste", origin="preConsumer")],
        supplies=[ore("2 KGM")], activity=Make(co2="1", weights={"mass": ["1", "1"]}),
    ).code == "invalid-weights"


@pytest.mark.parametrize("allocation", ["value", "energy", "moles", "declared"])
def test_an_output_without_what_the_key_needs_is_named(site: Site, allocation: str) -> None:
    error = raised(Refused, site.make, [site.out("x", "a", "1 KGM")], supplies=[ore("1 KGM")], allocation=allocation)
    assert error.code == "missing-weight"
    assert "outputs[0]" in (error.field or "")


def test_currencies_are_not_mixed(site: Site) -> None:
    with pytest.raises(Refused) as caught:
        site.make([site.out("x", "a", "1 KGM", value=Money(value="1", currency="CNY")),
                   site.out("y", "b", "1 KGM", value=Money(value="1", currency="EUR"))],
                  supplies=[ore("2 KGM")], allocation="value")
    assert caught.value.code == "currencies"


@pytest.mark.parametrize("given", [
    Given(output=2, burden=FOSSIL, amount="1"), Given(output=-1, burden=FOSSIL, amount="1"),
    Given(output=1, burden=FOSSIL, amount="1"), Given(output=0, burden="absGhg", amount="1"),
    Given(output=0, burden="energyMj", amount="1"),
], ids=["no such output", "negative", "waste", "a quality", "an energy"])
def test_assignments_that_cannot_be(site: Site, given: Given) -> None:
    assert raised(
        PluginError, site.make,
        [site.out("x", "a", "1 KGM"), site.out("y", "b", "1 KGM", "waste", origin="preConsumer")],
        supplies=[ore("2 KGM")], activity=Make(co2="1", assigned=[given]),
    ).code == "invalid-assessment"

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
from support.raising import raised

from ledger.admission.facts import LOT_SLOTS
from ledger.core.outcome.assessment import BURDENS, Assessment, Basis, Line
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
from ledger.footprint.stored.burdens import footprint, fossil_emissions, vector_of


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

"""Closings by the rules of version 3: stated supplies keep their prices, and overheads reach the products."""

from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import factor_sets
from support.examples import examples
from support.memory import MemoryLedger
from support.sectors import NAME, Make
from support.site import ore, quantity, supply
from unit.engine.works import MARCH, Works, check_conserved, day, refused

from ledger.core.record.kinds import Closing
from ledger.core.record.values import Attribute, Factor, Supply
from ledger.engine.batch import Sequenced
from ledger.errors import Refused
from ledger.footprint.stored.burdens import footprint


@pytest.fixture
def works() -> Works:
    return priced()


def priced() -> Works:
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    return Works(memory)


def own(value: str) -> Factor:
    return Factor(value=value, unit="KGM", source="supplier", year=2025, boundary="cradleToGate")


def run(
    works: Works, lot: str, kilograms: str, *supplies: Supply, hours: int = 8, inputs: Any = None, value: str = "",
) -> Sequenced:
    """A provisional transformation of the second of March; of ore, or of another lot."""
    money: dict[str, Any] = {"value": {"value": value, "currency": "CNY"}} if value else {}
    output = works.out(lot, "metal", f"{kilograms} KGM", **money)
    return works.run({lot: output}, inputs, [*([] if inputs else [ore(f"{kilograms} KGM")]), *supplies],
                     basis="provisional", start=day(2), end=day(2, hours))


def footprints(works: Works, lots: str) -> list[float]:
    return [round(footprint(works.ledger.figures[works.name(lot)].burdens), 9) for lot in lots]


def supplied(works: Works, entry: Sequenced, material: str) -> list[tuple[str, str]]:
    """Quantity and price of each supply of a material."""
    return [
        (str(one.quantity), one.factor.value if one.factor else "declared" if one.declaration else "sets")
        for one in works.reading(entry).supplies if one.material == material
    ]


def test_a_stated_factor_stays(works: Works) -> None:
    """40 kg of steel are measured. One heat of 100 kg stated 10 kg at the supplier's 1, another of 300 kg nothing. Of
    the other 30 kg, 7.5 and 22.5 come at the sets' 3: 10 + 22.5 = 32.5, and 67.5."""
    heats = [run(works, "a", "100", supply("steel", "10 KGM", factor=own("1"))), run(works, "b", "300")]
    works.close(supply("steel", "40 KGM"))
    assert [supplied(works, one, "steel") for one in heats] == [
        [("10 KGM", "1"), ("7.5 KGM", "sets")], [("22.5 KGM", "sets")]]
    assert footprints(works, "ab") == [32.5, 67.5]
    check_conserved(works)


def test_a_stated_declaration_stays(works: Works) -> None:
    """10 kg at a declared 0.5 each, and 10 more at the closing's 2: 5 + 20 = 25."""
    declared = works.declare(per=quantity("1 KGM"), burdens={"fossilGhgEmissions": "0.5"})
    one = run(works, "a", "100", supply("steel", "10 KGM", declaration=declared.digest.hex()))
    works.close(supply("steel", "20 KGM", factor=own("2")))
    assert supplied(works, one, "steel") == [("10 KGM", "declared"), ("10 KGM", "2")]
    assert footprints(works, "a") == [25.0]


def test_a_closing_that_replaces_says_so(works: Works) -> None:
    """All 20 kg of steel at the closing's 2, 40; zinc keeps its 1 for 5 kg, and 5 more come at the sets' 5: 30."""
    one = run(works, "a", "100", supply("steel", "10 KGM", factor=own("1")), supply("zinc", "5 KGM", factor=own("1")))
    works.close(supply("steel", "20 KGM", factor=own("2")), supply("zinc", "10 KGM"), replaces=["steel"])
    assert supplied(works, one, "steel") == [("20 KGM", "2")]
    assert (supplied(works, one, "zinc"), footprints(works, "a")) == ([("5 KGM", "1"), ("5 KGM", "sets")], [70.0])


def test_less_than_was_stated(works: Works) -> None:
    """10 kg at 1 and 30 kg at 2 were stated, 20 kg are measured: half of each, 5 + 30 = 35."""
    one = run(works, "a", "100", supply("steel", "10 KGM", factor=own("1")),
              supply("steel", "30000 GRM", factor=own("2")))
    works.close(supply("steel", "20 KGM", factor=own("9")))
    assert (supplied(works, one, "steel"), footprints(works, "a")) == ([("5 KGM", "1"), ("15000 GRM", "2")], [35.0])


def test_exactly_what_was_stated(works: Works) -> None:
    one = run(works, "a", "100", supply("steel", "10 KGM", factor=own("1")))
    works.close(supply("steel", "10 KGM", factor=own("9")))
    assert (supplied(works, one, "steel"), works.reading(one).basis) == ([("10 KGM", "1")], "final")


def test_a_total_with_a_mass(works: Works) -> None:
    """10 m3 of gas weigh 7 kg. 4 m3 were stated with 3 kg; the other 6 m3 weigh 6 * 0.7 = 4.2 kg."""
    one = run(works, "a", "100", supply("gas", "4 NM3", mass=quantity("3 KGM")))
    works.close(supply("gas", "10 NM3", mass=quantity("7 KGM")))
    parts = [part for part in works.reading(one).supplies if part.material == "gas"]
    assert [(str(part.quantity), str(part.mass)) for part in parts] == [
        ("4 NM3", "3 KGM"), ("6 NM3", "4.2 KGM")]


# Overheads

HALL = (supply("electricity", "100 KWH"), supply("gas", "10 KGM"))
"""100 kWh * 0.6 = 60; gas burnt 10 * (3 + 0.01 * 29.8) and its well to tank 10 * 0.5: 37.98; together 97.98."""


def month(works: Works) -> list[Sequenced]:
    """100 kg of `a` (8 h, worth 3), of which 60 become `b` (2 h, worth 6); and 100 kg of `c` (10 h, worth 1.8)."""
    return [
        run(works, "a", "100", value="3"), run(works, "b", "60", hours=2, inputs={"a": "60"}, value="6"),
        run(works, "c", "100", hours=10, value="1.8"),
    ]


@pytest.mark.parametrize(("key", "parts"), [
    ("mass", [0.2, 0.3, 0.5]), ("hours", [0.4, 0.1, 0.5]), ("value", [0.4 * 3 / 9, 6 / 9, 1.8 / 9]),
])
def test_a_month_by_three_keys(works: Works, key: str, parts: list[float]) -> None:
    """By mass 40, 60 and 100 of 200 kg that no other process of the month takes; by hours 8, 2 and 10 of 20; by value
    0.4 * 3, 6 and 1.8 of 9. `a` passes 60 % on to `b`. Nothing stays with the closing."""
    month(works)
    closing = works.close(overheads=list(HALL), spread_overheads=key)
    own_part = [97.98 * part for part in parts]
    expected = [own_part[0], own_part[1] + 0.6 * own_part[0], own_part[2]]
    assert footprints(works, "abc") == pytest.approx(expected, rel=1e-9)
    assert works.ledger.retained(closing.index) == {}
    check_conserved(works)


@pytest.mark.parametrize("key", ["mass", "hours", "value"])
def test_reopened_and_closed_anew(works: Works, key: str) -> None:
    """Bit for bit as if the month had been closed once."""
    heats = month(works)
    first = works.close(supply("steel", "9 KGM"), overheads=[supply("electricity", "77 KWH")], spread_overheads="hours")
    works.reopen(first)
    works.close(supply("steel", "10 KGM"), overheads=list(HALL), spread_overheads=key)
    once = priced()
    same = month(once)
    once.close(supply("steel", "10 KGM"), overheads=list(HALL), spread_overheads=key)
    assert [works.reading(one).overheads for one in heats] == [once.reading(one).overheads for one in same]
    assert (works.ledger.figures, works.ledger.retained(first.index)) == (once.ledger.figures, {})
    check_conserved(works)


def test_overheads_without_a_key_stay(works: Works) -> None:
    """97.98 kg with the closing, of which the products have nothing; the gas counts as burnt."""
    month(works)
    closing = works.close(overheads=list(HALL))
    assert footprints(works, "abc") == [0.0, 0.0, 0.0]
    assert works.ledger.retained(closing.index)["fossilGhgEmissions"] == pytest.approx(97.98)
    check_conserved(works)


def test_thirds_of_overheads_sum_to_the_total(works: Works) -> None:
    heats = [run(works, lot, "100") for lot in "abc"]
    works.close(overheads=[supply("steel", "100 KGM")], spread_overheads="mass")
    assert [str(works.reading(one).overheads[0].quantity) for one in heats] == [
        "33.333333333 KGM", "33.333333333 KGM", "33.333333334 KGM"]


def test_the_sector_does_not_see_overheads(works: Works) -> None:
    """They are no matter: a tonne of gravel for the yard leaves the mass balance alone."""
    one = run(works, "a", "100")
    works.close(overheads=[supply("gravel", "1000 KGM")], spread_overheads="mass")
    assert (footprints(works, "a"), works.ledger.contents(works.name("a"))["mass"]) == ([10.0], 100.0)
    assert [part.material for part in works.reading(one).supplies] == ["ore"]


def test_certificates_for_overheads(works: Works) -> None:
    """100 kWh of processes and 50 of the halls: certificates for 150 may be given up, and not for 151."""
    works.product("power", "KWH")
    works.product("certificate", "KWH")
    green = works.out("green", "certificate", "200 KWH", "attribute", attribute=Attribute(
        carrier="electricity", technology="photovoltaic", start=MARCH[0], end=MARCH[1]))
    works.run({"sun": works.out("sun", "power", "200 KWH"), "green": green}, process=f"{NAME}.sun",
              start=MARCH[0], end=MARCH[1], activity=Make(weights={"mass": ["1", "0"]}))
    run(works, "a", "100")
    power, halls = supply("electricity", "100 KWH"), [supply("electricity", "50 KWH")]
    refused(works, lambda: works.close(power, overheads=halls, retired=works.kilograms({"green": "151 KWH"})),
            "attribute-excess", "retired", "151 KWH", says="only 150 kWh")
    works.close(power, overheads=halls, retired=works.kilograms({"green": "150 KWH"}))
    assert works.left("green") == 50


def test_what_is_refused(works: Works) -> None:
    run(works, "a", "100")
    steel = supply("steel", "1 KGM")
    refused(works, lambda: works.close(steel, replaces=["zinc"]), "closing-form", "replaces[0]", "zinc", says="total")
    refused(works, lambda: works.close(overheads=[steel, steel], spread_overheads="mass"), "duplicate-material",
            "overheads[1].material", "steel")
    refused(works, lambda: works.close(spread_overheads="mass"), "closing-form", "spreadOverheads", "mass")
    refused(works, lambda: works.close(overheads=[steel], spread_overheads="value"), "zero-weights", "spreadOverheads",
            "value")
    refused(works, lambda: works.close(overheads=[supply("steel", "1 KGM", factor_row="round:a/cradleToGate/CN/2025")]),
            "unknown-factor-row", "overheads[0].factorRow")
    free = supply("steel", "1 KGM", factor=own("-1"))
    for field in ("measured", "overheads"):
        refused(works, lambda field=field: works.post(Closing, **{
            "facility": works.facility, "start": MARCH[0], "end": MARCH[1], field: [free]}), "factor-sign",
            f"{field}[0].factor.value", "-1")
    refused(works, lambda: works.run({"x": "1"}, supplies=[ore("1 KGM")], overheads=[steel]), "overheads-form",
            "overheads", "1")
    run(works, "b", "100", value="1")
    run_in_euro(works, "c")
    refused(works, lambda: works.close(overheads=[steel], spread_overheads="value"), "currencies", "spreadOverheads",
            "value", says="CNY and EUR")
    other = Works(works.ledger, "other")
    refused(other, lambda: other.close(overheads=[steel], spread_overheads="mass"), "nothing-to-close", "overheads")


@pytest.mark.parametrize(("values", "refused_lots"), [
    # 100 kg each; the mean price is the mean value, and a fifth of it is the least.
    (("25", "100", "250"), []), (("24", "100", "251"), "a"), (("1", "1000000", "1000000"), "a"),
    ((None, "100", "100"), "a"), (("1", "1", "100"), "ab"),
])
def test_values_of_one_product_are_alike(works: Works, values: Any, refused_lots: Any) -> None:
    for lot, value in zip("abc", values, strict=True):
        run(works, lot, "100", value=value)
    if not refused_lots:
        works.close(overheads=list(HALL), spread_overheads="value")
        return
    error = refused(works, lambda: works.close(overheads=list(HALL), spread_overheads="value"), "overhead-key",
                    "spreadOverheads", "value", says=f"of {works.name(refused_lots[0])}")
    assert len(error.parts or [error]) == len(refused_lots)
    works.close(overheads=list(HALL), spread_overheads="mass")


@pytest.mark.parametrize(("end", "fits"), [("00:06:57", True), ("00:06:56", False)])
def test_hours_of_one_process_are_alike(works: Works, end: str, fits: bool) -> None:
    """23 h and 417 s for 100 kg each of two products: the mean of 200 kg is 416.085 s a kg, and a hundredth of it
    4.16 s, for 100 kg 416.085 s."""
    run(works, "a", "100", hours=23)
    works.run({"b": works.out("b", "part", "100 KGM")}, supplies=[ore("100 KGM")], basis="provisional", start=day(2),
              end=f"2025-03-02T{end}Z")
    if fits:
        works.close(overheads=list(HALL), spread_overheads="hours")
    else:
        refused(works, lambda: works.close(overheads=list(HALL), spread_overheads="hours"), "overhead-key",
                "spreadOverheads", "hours", says=works.name("b"))


@pytest.mark.parametrize(("hours", "fits"), [(5, True), (4, False)])
def test_like_runs_share_totals_by_like_hours(works: Works, hours: int, fits: bool) -> None:
    """22 h and 5 h for 100 kg each: a third of the mean is 4.455 h, or 4.29 h beside 4 h."""
    run(works, "a", "100", hours=22)
    run(works, "b", "100", hours=hours)
    works.run({"c": works.out("c", "part", "1000 KGM")}, supplies=[ore("1000 KGM")], basis="provisional",
              start=day(2), end=day(2, 1))
    measured = partial(works.close, supply("steel", "9 KGM"), spread="hours")
    overheads = partial(works.close, overheads=list(HALL), spread_overheads="hours")
    if fits:
        works.reopen(measured())
        overheads()
    else:
        refused(works, measured, "spread-key", "spread", "hours", says=works.name("b"))
        refused(works, overheads, "overhead-key", "spreadOverheads", "hours", says=works.name("b"))


def test_dear_and_cheap_products_are_not_compared(works: Works) -> None:
    """A value spreads overheads because products differ."""
    run(works, "a", "100", value="1000")
    cheap = works.out("p", "part", "100 KGM", value={"value": "1", "currency": "CNY"})
    works.run({"p": cheap}, supplies=[ore("100 KGM")], basis="provisional", start=day(2), end=day(3))
    works.close(overheads=list(HALL), spread_overheads="value")


def run_in_euro(works: Works, lot: str) -> None:
    output = works.out(lot, "metal", "1 KGM", value={"value": "1", "currency": "EUR"})
    works.run({lot: output}, supplies=[ore("1 KGM")], basis="provisional", start=day(2), end=day(3))


HEATS = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**5), st.booleans(), st.integers(1, 9)),
                 min_size=1, max_size=5)


@examples(40)
@given(heats=HEATS, steel=st.integers(0, 10**6), power=st.integers(1, 10**6),
       key=st.sampled_from(["mass", "hours"]), spread=st.sampled_from(["mass", "hours"]))
def test_random_months(
    heats: list[tuple[int, int, bool, int]], steel: int, power: int, key: str, spread: str
) -> None:
    """A chain of heats, closed twice. All burdens are conserved, the steel sums to its total, and the second closing is
    as if there had been no first."""
    total = sum(stated for _, stated, _, _ in heats) + steel
    measured = [supply("steel", f"{total} GRM")] if total else []
    overheads = [supply("electricity", f"{power} KWH"), supply("gas", f"{power} GRM")]
    books = [priced(), priced()]
    for works in books:
        entries = [
            run(works, f"lot{i}", str(mass), *([supply("steel", f"{stated} GRM", factor=own("1"))] if stated else []),
                hours=hours, inputs={f"lot{i - 1}": str(min(mass, heats[i - 1][0]))} if i and chained else None)
            for i, (mass, stated, chained, hours) in enumerate(shrinking(heats))
        ]
        if works is books[0]:
            first = works.close(*measured, overheads=[supply("steel", "5 KGM")], spread_overheads="mass")
            check_conserved(works)
            works.reopen(first)
        code = ""
        try:
            works.close(*measured, overheads=overheads, spread_overheads=key, spread=spread)
        except Refused as refusal:
            code = refusal.code
        if code:
            assert {"overhead-key": key, "spread-key": spread}[code] == "hours"
            assert code == "overhead-key" or uneven(shrinking(heats))
            return
        assert not (measured and spread == "hours" and uneven(shrinking(heats)))
        check_conserved(works)
        amounts = [part.quantity.amount for one in entries for part in works.reading(one).supplies
                   if part.material == "steel"]
        assert sum(amounts) == total
    assert books[0].ledger.figures == books[1].ledger.figures


def uneven(heats: list[tuple[int, int, bool, int]]) -> bool:
    """Whether a heat has less than a third of the mean hours per kg."""
    mean = sum(hours for *_, hours in heats) / sum(mass for mass, *_ in heats)
    return any(hours / mass < 0.33 * mean for mass, _, _, hours in heats)


def shrinking(heats: list[tuple[int, int, bool, int]]) -> list[tuple[int, int, bool, int]]:
    """A heat that takes the lot before it weighs at most as much."""
    result: list[tuple[int, int, bool, int]] = []
    for mass, stated, chained, hours in heats:
        result.append((min(mass, result[-1][0]) if chained and result else mass, stated, chained, hours))
    return result

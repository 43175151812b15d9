"""Contribution tables by hand: four records, every grouping, every kind of burden, rows left off, and the rest."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import Raw

from ledger.core.outcome.assessment import Assessment, Assigned, EnergyUse, Line, Omission
from ledger.core.record.kinds import Addition, Consumption, Declaration, Transfer, Transformation
from ledger.core.record.values import Flow, Output, Quantity
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.grouping import OF_PART, OF_RECORD, GroupingFacts, Site
from ledger.footprint.derived.tables.rows import FOOTPRINT, GROUPINGS, ContributionRow, is_burden, unit_of_burden
from ledger.footprint.derived.tables.table import Table

MILL, FORGE = "urn:example:mill", "urn:example:forge"
NONCE = "A" * 22
TONNE = Quantity(value="1", unit="TNE")


def line(amount: str, source: str, gas: str = "CO2e", **fields: Any) -> Line:
    return Line(gas=gas, amount=Decimal(amount), source=source, kind=fields.pop("kind", "onSite"), **fields)


MADE = Transformation(
    issuer=MILL, nonce=NONCE, facility=f"{MILL}:site", start="2024-12-30T00:00:00Z", end="2024-12-31T00:00:00Z",
    process="steel.blastFurnace", outputs=[], activity=Raw(b"{}"),
)
FURNACE = Upstream(40, "a", MADE, Assessment(
    lines=(
        line("100", "coke", "CO2", basis="metered", primary=True, ratings=(1, 1, 1)),
        line("0.5", "coke", "N2O", factor="table:n2o"),
        line("-20", "capture", burden="technologicalCO2Removals", kind="treatment"),
        line("7", "coke", burden="electricityKwh", kind="upstream"),
    ),
    energy=(EnergyUse(carrier="electricity", amount=Decimal(36)),
            EnergyUse(carrier="biogas", amount=Decimal(100), renewable=True)),
    omissions=(Omission(what="ore upstream", estimate=Decimal(6)), Omission(what="oil")),
    assigned=(Assigned(output=1, burden="fossilGhgEmissions", amount=Decimal(40)),),
), 0.5, {1: 0.25})
"""Half of it is in the lot, and a quarter of its output 1: 50 kg of CO2, 0.5 * 0.5 * 273 = 68.25 kg CO2e of N2O (AR6),
-10 kg captured, and (0.25 - 0.5) * 40 = -10 kg assigned."""

SENT = Upstream(30, "b", Transfer(
    issuer=MILL, nonce=NONCE, lot=f"{MILL}:a", quantity=TONNE, to=FORGE, new_lot=f"{MILL}:b",
    time="2025-01-02T00:00:00Z",
), Assessment(lines=(line("8", "truck", kind="transport", basis="estimated", factor="truck/2025"),)), 1.0)
"""All 8 kg of it."""

BAR = Output(lot=f"{FORGE}:bar", product=f"{FORGE}:bars", quantity=TONNE, role="product")
DECLARED = Upstream(20, "c", Declaration(
    issuer=FORGE, nonce=NONCE, start="2023-01-01T00:00:00Z", end="2023-12-31T00:00:00Z", basis="pact",
    boundary="cradleToGate", lot=BAR, facility=f"{FORGE}:site",
), Assessment(lines=(
    line("80", "pact", kind="upstream", factor="declaration:c"),
    line("4", "pact", kind="upstream", burden="transportGhgEmissions", factor="declaration:c"),
)), 0.25)
"""A quarter: 20 kg, of which 1 kg is transport."""

POOLED = Upstream(10, "d", Addition(
    issuer=FORGE, nonce=NONCE, pool=f"{FORGE}:silo", inputs=[Flow(lot=f"{FORGE}:x", quantity=TONNE)],
    time="2025-01-01T00:00:00Z",
), Assessment(), 0.5, {0: 0.5}, {"fossilGhgEmissions": 6.0, "absGhg": 6.0, "energyMj": -8.0})
"""Half of the lot whose period's average gave it 6 kg more: 3 kg."""

FIGURE = 50 + 68.25 - 10 - 10 + 8 + 20 + 3
KNOWN = GroupingFacts(
    pools={f"{FORGE}:silo": f"{FORGE}:site"},
    facilities={f"{MILL}:site": Site("CN", "CN-HE"), f"{FORGE}:site": Site("DE")},
    sectors={30: "steel", 20: "forging", 10: "forging"},
)
AVERAGED = ("averaged", "averaged", 3.0)


def rows_of(by: str, burden: str = FOOTPRINT, figure: float = FIGURE, limit: int = 100) -> list[ContributionRow]:
    table = Table(by, burden, KNOWN)
    for one in (FURNACE, SENT, DECLARED, POOLED):
        table.add(one)
    return table.rows(figure, limit)


def told(rows: list[ContributionRow]) -> list[tuple[str, str, float]]:
    return [(row.part, row.key, row.amount) for row in rows]


def group(**amounts: float) -> list[tuple[str, str, float]]:
    return [("group", key, amount) for key, amount in amounts.items()]


BY: list[tuple[str, list[tuple[str, str, float]]]] = [
    ("record", [*group(a=98.25, c=20, b=8), AVERAGED]),
    ("organization", [("group", MILL, 106.25), ("group", FORGE, 20.0), AVERAGED]),
    ("facility", [("group", f"{MILL}:site", 98.25), ("group", f"{FORGE}:site", 20.0), *group(unknown=8), AVERAGED]),
    # What the mill moved is steel, as its product is; what the forge declared is forging.
    ("sector", [*group(steel=106.25, forging=20), AVERAGED]),
    ("stage", [("group", "steel.blastFurnace", 98.25), *group(declaration=20, transfer=8), AVERAGED]),
    ("country", [*group(CN=98.25, DE=20, unknown=8), AVERAGED]),
    ("subdivision", [("group", "CN-HE", 98.25), *group(DE=20, unknown=8), AVERAGED]),
    ("year", [("group", "2024", 98.25), ("group", "2023", 20.0), ("group", "2025", 8.0), AVERAGED]),
    ("source", [
        *group(coke=118.25, pact=20), ("assigned", "assigned", -10.0), *group(capture=-10, truck=8), AVERAGED,
    ]),
    # CO2e: 20 + 8 - 10, of 38 in absolute amounts, less than the 50 of CO2.
    ("gas", [*group(N2O=68.25, CO2=50, CO2e=18), ("assigned", "assigned", -10.0), AVERAGED]),
    ("kind", [
        *group(onSite=118.25, upstream=20), ("assigned", "assigned", -10.0), *group(treatment=-10, transport=8),
        AVERAGED,
    ]),
    # Calculated: 68.25 - 10 + 20.
    ("basis", [*group(calculated=78.25, metered=50), ("assigned", "assigned", -10.0), *group(estimated=8), AVERAGED]),
    ("factor", [
        ("group", "table:n2o", 68.25), ("group", "none", 40.0), ("group", "declaration:c", 20.0),
        ("assigned", "assigned", -10.0), ("group", "truck/2025", 8.0), AVERAGED,
    ]),
]


@pytest.mark.parametrize(("by", "expected"), BY)
def test_every_grouping(by: str, expected: list[tuple[str, str, float]]) -> None:
    """Most weighty first by absolute amounts; they add up to the figure without a rest."""
    rows = rows_of(by)
    assert (told(rows), sum(row.amount for row in rows)) == (expected, FIGURE)


def test_every_grouping_is_tested_and_has_a_key() -> None:
    assert sorted(GROUPINGS) == sorted((*OF_RECORD, *OF_PART)) == sorted(by for by, _ in BY)


def test_positive_and_negative_parts_stand_apart() -> None:
    """The mill: 50 + 68.25 + 8 kg, less 10 captured and 10 assigned; 106.25 of 129.25 kg."""
    mill, forge, averaged = rows_of("organization")
    assert (mill.positive, mill.negative, mill.records) == (126.25, -20.0, 2)
    assert mill.percent == pytest.approx(100 * 106.25 / 129.25, rel=1e-15)
    assert (forge.positive, forge.negative, forge.records) == (20.0, 0.0, 1)
    assert (averaged.positive, averaged.negative, averaged.records) == (3.0, 0.0, 1)
    captured = next(row for row in rows_of("source") if row.key == "capture")
    assert (captured.positive, captured.negative) == (0.0, -10.0)


def test_the_heaviest_record_of_a_row() -> None:
    """Of the mill the furnace, with 98.25 kg net; of what was averaged the addition, in the pool's facility."""
    mill, forge, averaged = rows_of("organization")
    assert (mill.heaviest.digest, mill.heaviest.index, mill.heaviest.amount) == ("a", 40, 98.25)
    assert (mill.heaviest.issuer, mill.heaviest.stage) == (MILL, "steel.blastFurnace")
    assert mill.heaviest.facility == f"{MILL}:site"
    assert (forge.heaviest.digest, forge.heaviest.stage) == ("c", "declaration")
    assert (averaged.heaviest.digest, averaged.heaviest.stage) == ("d", "addition")
    assert averaged.heaviest.facility == f"{FORGE}:site"


def test_a_record_that_cancels_itself_out_is_heavy_all_the_same() -> None:
    """50 - 50 kg: 100 by absolute amounts, before one of 30."""
    table = Table("stage", FOOTPRINT, KNOWN)
    both = Assessment(lines=(line("50", "a"), line("-50", "b", burden="technologicalCO2Removals")))
    table.add(Upstream(1, "x", MADE, Assessment(lines=(line("30", "a"),)), 1.0))
    table.add(Upstream(2, "y", MADE, both, 1.0))
    (row,) = table.rows(30.0, 10)
    assert (row.amount, row.positive, row.negative, row.records) == (30.0, 80.0, -50.0, 2)
    assert (row.heaviest.digest, row.heaviest.amount) == ("y", 0.0)


@pytest.mark.parametrize(("burden", "figure", "by", "expected"), [
    ("fossilGhgEmissions", 139.25, "source", [
        *group(coke=118.25, pact=20), ("assigned", "assigned", -10.0), *group(truck=8), AVERAGED,
    ]),
    ("technologicalCO2Removals", -10.0, "gas", group(CO2e=-10)),
    # Lines of kind transport, and what a declaration says is transport.
    ("transportGhgEmissions", 9.0, "stage", group(transfer=8, declaration=1)),
    # 36 MJ are 10 kWh, half of them here; and half of 7 that a line says.
    ("electricityKwh", 8.5, "source", group(electricity=5, coke=3.5)),
    ("electricityKwh", 8.5, "kind", group(energy=5, upstream=3.5)),
    ("electricityKwh", 8.5, "gas", group(none=8.5)),
    ("electricityKwh", 8.5, "basis", group(unknown=5, calculated=3.5)),
    # 0.5 * (36 + 100) - 0.5 * 8
    ("energyMj", 64.0, "record", [*group(a=68), ("averaged", "averaged", -4.0)]),
    ("renewableEnergyMj", 50.0, "source", group(biogas=50)),
    # |lines|: 0.5 * (100 + 136.5 + 20), and what is assigned counts in no absolute amount.
    ("absGhg", 159.25, "record", [*group(a=128.25, c=20, b=8), AVERAGED]),
    ("primaryAbs", 50.0, "source", group(coke=50)),
    # 0.5 * (1 * 100 + 3 * 136.5 + 3 * 20) + 3 * (8 + 20)
    ("timeAbs", 368.75, "record", group(a=284.75, c=60, b=24)),
    ("omittedAbs", 3.0, "source", [("group", "ore upstream", 3.0)]),
    ("unestimated", 0.5, "source", group(oil=0.5)),
])
def test_burdens(burden: str, figure: float, by: str, expected: list[tuple[str, str, float]]) -> None:
    assert told(rows_of(by, burden, figure)) == expected


def test_a_provisional_record() -> None:
    """All it states waits; one that states nothing is a gap."""
    waiting = Transformation(
        issuer=MILL, nonce=NONCE, facility=f"{MILL}:site", start="2025-01-01T00:00:00Z", end="2025-01-02T00:00:00Z",
        process="steel.mill", outputs=[], activity=Raw(b"{}"), basis="provisional",
    )
    stated = Upstream(1, "x", waiting, Assessment(lines=(line("30", "gas"), line("10", "oil"))), 0.5)
    empty = Upstream(2, "y", waiting, Assessment(), 0.25)
    for burden, figure, expected in (
        ("provisionalAbs", 20.0, group(gas=15, oil=5)), ("unestimated", 0.25, group(provisional=0.25)),
    ):
        table = Table("source", burden, KNOWN)
        table.add(stated)
        table.add(empty)
        assert told(table.rows(figure, 10)) == expected


def test_rows_that_are_left_off() -> None:
    """Of four rows two: 8 + 3 kg are left off."""
    first, second, more = rows_of("record", limit=2)
    assert told([first, second]) == group(a=98.25, c=20)
    assert (more.part, more.key, more.rows, more.amount) == ("more", "more", 2, 11.0)
    assert more.percent == pytest.approx(100 * 11 / 129.25, rel=1e-15)
    assert (more.positive, more.negative, more.heaviest) == (11.0, 0.0, None)
    assert [row.part for row in rows_of("record", limit=4)] == ["group", "group", "group", "averaged"]


def test_the_rest_makes_the_sum_exact() -> None:
    *rows, rest = rows_of("record", figure=FIGURE + 2**-40)
    assert (rest.part, rest.amount, rest.positive, rest.negative) == ("rest", 2**-40, 2**-40, 0.0)
    assert sum(row.amount for row in rows) + rest.amount == FIGURE + 2**-40
    *_, less = rows_of("record", figure=FIGURE - 2**-40, limit=1)
    assert (less.part, less.amount, less.negative) == ("rest", -(2**-40), -(2**-40))


def test_a_figure_of_zero_has_no_percents() -> None:
    """30 kg emitted and 30 captured."""
    table = Table("source", FOOTPRINT, KNOWN)
    table.add(Upstream(1, "x", MADE, Assessment(lines=(
        line("30", "gas"), line("-30", "capture", burden="technologicalCO2Removals"),
    )), 1.0))
    rows = table.rows(0.0, 10)
    assert (told(rows), [row.percent for row in rows]) == (group(capture=-30, gas=30), [None, None])


def test_records_of_which_nothing_is_in_the_lot() -> None:
    """No row, and no count; a part of zero of a line is none."""
    table = Table("record", FOOTPRINT, KNOWN)
    table.add(FURNACE._replace(weight=0.0, made={}))
    table.add(SENT._replace(assessment=Assessment(lines=(line("0", "nothing"),))))
    assert (table.rows(0.0, 10), table.records) == ([], 0)


def test_an_assigned_amount_without_a_share() -> None:
    """Half of an output that has no share of the record, but 40 kg of its own."""
    table = Table("record", FOOTPRINT, KNOWN)
    table.add(FURNACE._replace(weight=0.0, made={1: 0.5}))
    assert told(table.rows(20.0, 10)) == group(a=20)


def test_many_parts_of_one_row_are_rounded_once() -> None:
    """Ten thousand times 0.1 kg and one of 1e16, which swallows each of them: 1e16 + 1000."""
    table = Table("stage", FOOTPRINT, KNOWN)
    for i in range(10_000):
        table.add(Upstream(i, f"{i}", MADE, Assessment(lines=(line("0.1", "gas"),)), 1.0))
    table.add(Upstream(10_000, "last", MADE, Assessment(lines=(line("10000000000000000", "gas"),)), 1.0))
    (row,) = table.rows(1e16 + 1000, 1)
    assert (row.amount, row.records) == (1e16 + 1000, 10_001)


def test_what_has_neither_facility_nor_time() -> None:
    """A consumption says when, and not where."""
    used = Consumption(
        issuer=MILL, nonce=NONCE, inputs=[Flow(lot=f"{MILL}:a", quantity=TONNE)], time="2026-01-01T00:00:00Z",
        purpose="finalUse",
    )
    for by, key in (("facility", "unknown"), ("year", "2026"), ("sector", "unknown"), ("stage", "consumption")):
        table = Table(by, FOOTPRINT, KNOWN)
        table.add(Upstream(99, "x", used, Assessment(lines=(line("1", "gas"),)), 1.0))
        assert told(table.rows(1.0, 1)) == [("group", key, 1.0)]


@pytest.mark.parametrize(("burden", "unit"), [
    (FOOTPRINT, "kg CO2e"), ("absGhg", "kg CO2e"), ("electricityKwh", "kWh"), ("renewableEnergyMj", "MJ"),
    ("unestimated", "omissions"), ("timeAbs", "kg CO2e x rating"),
])
def test_units(burden: str, unit: str) -> None:
    assert is_burden(burden)
    assert unit_of_burden(burden) == unit


def test_what_is_no_burden() -> None:
    assert not any(is_burden(name) for name in ("", "mass", "Footprint", "fossil"))

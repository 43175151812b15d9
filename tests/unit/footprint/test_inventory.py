"""Scopes, origins and energy of an inventory, on values alone."""

from decimal import Decimal
from typing import Any

import pytest

from ledger.core.outcome.assessment import Assessment, EnergyUse, Line
from ledger.core.record.kinds import Closing, Consumption, Report, Transfer, Transformation
from ledger.core.record.values import Flow, Money, Quantity, Supply
from ledger.footprint.derived.inventory.origins import BoundaryOrigins, Lot, Passed
from ledger.footprint.derived.inventory.scopes import (
    RETIRED,
    Booked,
    CarriedBurden,
    Emission,
    EnergySums,
    MadeGoods,
    TakenGoods,
    emissions_of,
    relief,
    retired,
    scope_of,
    total,
)
from ledger.footprint.derived.inventory.site_report import SiteReport
from ledger.footprint.derived.inventory.sums import Inventory
from ledger.service.queries.inventory.reported import ValueAdded, value_added
from ledger.service.queries.inventory.rows import InventorySpan, year_span

MILL, FORGE, OUTSIDE = "urn:example:mill", "urn:example:forge", "urn:example:outside"
NONCE = "AAAAAAAAAAAAAAAAAAAAAA"
MIDNIGHT = "2026-01-01T00:00:00Z"


def line(kind: Any, amount: str = "10", source: str = "x", **fields: Any) -> Line:
    return Line(gas="CO2", amount=Decimal(amount), source=source, kind=kind, **fields)


def transformation(start: str = "2025-01-01T00:00:00Z", end: str = MIDNIGHT, **fields: Any) -> Transformation:
    raw: Any = b"{}"
    return Transformation(issuer=MILL, nonce=NONCE, facility=f"{MILL}:site", start=start, end=end, process="a.b",
                          outputs=[], activity=raw, **fields)


def consumption(purpose: Any = "finalUse", **fields: Any) -> Consumption:
    flow = Flow(lot=f"{MILL}:lot", quantity=Quantity(value="1", unit="KGM"))
    return Consumption(issuer=MILL, nonce=NONCE, inputs=[flow], time="2025-06-01T00:00:00Z", purpose=purpose, **fields)


def transfer(purpose: Any = "sale") -> Transfer:
    return Transfer(issuer=MILL, nonce=NONCE, lot=f"{MILL}:lot", quantity=Quantity(value="1", unit="KGM"), to=FORGE,
                    new_lot=f"{MILL}:new", time="2025-06-01T00:00:00Z", purpose=purpose)


def bought(amount: float, unit: str = "KGM", role: str = "product", market: float | None = None) -> TakenGoods:
    carried = CarriedBurden(amount, amount if market is None else market, amount)
    return TakenGoods("steel", unit, role, Decimal(100), None, amount, carried)


@pytest.mark.parametrize(("found", "scope", "category"), [
    (line("onSite", source="coal"), "1", "combustion"), (line("onSite"), "1", "process"),
    (line("transport", source="coal"), "1", "mobileCombustion"), (line("transport"), "3", "4"),
    (line("airTransport"), "3", "4"), (line("electricity"), "2", "electricity"), (line("heat"), "2", "heat"),
    (line("upstream", source="coal"), "3", "3"), (line("upstream"), "3", "1"), (line("packaging"), "3", "1"),
    (line("treatment"), "3", "5"), (line("onSite", "-1", burden="ccsTechnologicalCO2Capture"), "1", "capture"),
    (line("onSite", burden="landManagementBiogenicCO2Emissions"), "apart", "landManagementBiogenicCO2Emissions"),
    (line("upstream", "-1", burden="technologicalCO2Removals"), "apart", "technologicalCO2Removals"),
])
def test_where_a_line_belongs(found: Line, scope: str, category: str) -> None:
    """`coal` is a carrier that the record uses."""
    assert scope_of(found, frozenset({"coal"})) == (scope, category)


def test_market_and_location_differ_for_electricity_alone() -> None:
    lines = (line("electricity", market=Decimal(4)), line("onSite", market=Decimal(4)))
    found = total(emissions_of(Booked(transformation(), Assessment(lines=lines))))
    assert (found.location, found.market, found.absolute) == (20.0, 14.0, 20.0)


def test_what_is_no_emission_is_left_out() -> None:
    lines = (line("upstream", burden="energyMj"), line("upstream", burden="transportGhgEmissions"))
    assert list(emissions_of(Booked(transformation(), Assessment(lines=lines)))) == []


def test_provisional_records_wait() -> None:
    booked = Booked(transformation(basis="provisional"), Assessment(lines=(line("onSite"),)))
    assert total(emissions_of(booked)).provisional == 10.0


@pytest.mark.parametrize(("record", "counts"), [
    (transformation(), True), (transfer("sale"), True), (transfer("custody"), False), (transfer("return"), False),
    (transfer("storage"), False), (consumption("finalUse"), True), (consumption("loss"), True),
    (consumption("claim"), False), (consumption("retired"), False),
])
def test_when_bought_goods_are_used_up(record: Any, counts: bool) -> None:
    found = list(emissions_of(Booked(record, Assessment(), (bought(70.0),))))
    assert [(one.scope, one.category, one.location) for one in found] == ([("3", "1", 70.0)] if counts else [])


def test_energy_that_is_used_is_scope_2_and_what_is_sold_on_is_not() -> None:
    power = bought(70.0, "KWH", market=50.0)
    (used,) = emissions_of(Booked(transformation(), Assessment(), (power,)))
    assert (used.scope, used.category, used.location, used.market) == ("2", "electricity", 70.0, 50.0)
    (heat,) = emissions_of(Booked(transformation(), Assessment(), (bought(70.0, "GV"),)))
    assert (heat.scope, heat.category) == ("2", "heat")
    (sold,) = emissions_of(Booked(transfer(), Assessment(), (power,)))
    assert (sold.scope, sold.category, sold.market) == ("3", "3", 70.0)


def test_a_green_attribute_is_no_electricity() -> None:
    attribute = bought(0.0, "KWH", "attribute")
    assert list(emissions_of(Booked(transformation(), Assessment(), (attribute,)))) == []


@pytest.mark.parametrize(("covered", "expected"), [(-30.0, 20.0), (-50.0, 0.0), (-80.0, 0.0), (0.0, 50.0)])
def test_attributes_take_off_what_bought_power_carries_and_no_more(covered: float, expected: float) -> None:
    booked = Booked(transformation(), Assessment(), (bought(70.0, "KWH", market=50.0),), covered=covered)
    found = total(emissions_of(booked))
    assert (found.location, found.market) == (70.0, expected)


def test_attributes_that_a_closing_retires() -> None:
    closing = Closing(issuer=MILL, nonce=NONCE, facility=f"{MILL}:site", start="2025-01-01T00:00:00Z", end=MIDNIGHT)
    attribute = bought(0.0, "KWH", "attribute")
    assert retired(Booked(closing, Assessment(), (attribute,))) == 360.0
    assert retired(Booked(transformation(), Assessment(), (attribute,))) == 0.0
    whole = Inventory()
    energy = (EnergyUse(carrier="electricity", amount=Decimal(1440)),)
    lines = (line("electricity", "800", market=Decimal(600)),)
    whole.add(Booked(transformation(), Assessment(lines=lines, energy=energy)))
    whole.add(Booked(closing, Assessment(), (attribute,)))
    # 100 of the 400 kWh are green: a quarter of the 600.
    found = total(whole.emissions())
    assert (found.location, found.market) == (800.0, 450.0)
    assert [one.market for one in whole.emissions() if one.source == RETIRED] == [-150.0]
    assert whole.attributes() == 360.0


def test_attributes_cover_no_more_than_all_power() -> None:
    found = relief("site", 600.0, 100.0, 250.0)
    assert found is not None
    assert found.market == -600.0
    assert relief("site", 600.0, 0.0, 250.0) is None
    assert relief("site", 0.0, 100.0, 250.0) is None


def lot(number: int, **fields: Any) -> Lot:
    return Lot(**{"number": number * 1024, "quantity": Decimal(100), "footprint": 300.0, "market": 200.0,
                  "absolute": 300.0, "primary": 60.0, "type": "transformation", "issuer": MILL, **fields})


@pytest.mark.parametrize(("found", "expected"), [
    (lot(1), CarriedBurden(own=1.0)), (lot(1, type="consumption"), CarriedBurden(own=1.0)),
    (lot(1, type="declaration"), CarriedBurden(300.0, 200.0, 300.0, 60.0)),
    (lot(1, type="declaration", opening=True), CarriedBurden(opening=300.0)),
    (lot(1, type="transfer", issuer=OUTSIDE), CarriedBurden(300.0, 200.0, 300.0, 60.0)),
    (lot(1, type="transfer", issuer=OUTSIDE, operator=OUTSIDE), CarriedBurden(300.0, 200.0, 300.0, 60.0)),
    (lot(1, type="transfer", issuer=OUTSIDE, operator=MILL), CarriedBurden(own=1.0)),
    (lot(1, type="transfer", issuer=OUTSIDE, owner=OUTSIDE), CarriedBurden()),
    (lot(1, type="transfer", issuer=OUTSIDE, owner=MILL), CarriedBurden(300.0, 200.0, 300.0, 60.0)),
])
def test_what_is_bought(found: Lot, expected: CarriedBurden) -> None:
    assert BoundaryOrigins([MILL], [found], {}).of(found.number) == expected


def test_a_pool_of_pools_carries_what_went_in() -> None:
    """A half of 300 bought, and all of 500 of its own; of that pool a quarter with another 300 bought."""
    lots = [lot(1, type="declaration"), lot(2, footprint=500.0), lot(3, type="declaration"),
            lot(4, type="addition", quantity=Decimal(150), footprint=650.0),
            lot(5, type="addition", quantity=Decimal("137.5"), footprint=462.5)]
    flows = {4: [Passed(1024, Decimal(50)), Passed(2048, Decimal(100))],
             5: [Passed(4096, Decimal("37.5")), Passed(3072, Decimal(100))]}
    origins = BoundaryOrigins([MILL], reversed(lots), flows)
    first, second = origins.of(4096), origins.of(5120)
    assert (first.bought, first.market, first.primary) == (150.0, 100.0, 30.0)
    assert first.own == pytest.approx(2 / 3, rel=1e-15)
    assert (second.bought, second.own) == (337.5, pytest.approx(2 / 3 * 37.5 / 137.5, rel=1e-15))


def test_what_members_hand_each_other_is_not_bought_in_a_group() -> None:
    lots = [lot(1), lot(2, type="transfer", operator=MILL)]
    flows = {2: [Passed(1024, Decimal(100))]}
    assert BoundaryOrigins([MILL, FORGE], lots, flows).of(2048) == CarriedBurden(own=1.0)
    # Freight that the transfer added is the sender's, and in no lot's part.
    bought_before = [lot(1, type="declaration"), lot(2, type="transfer", footprint=310.0)]
    assert BoundaryOrigins([MILL, FORGE], bought_before, flows).of(2048).bought == 300.0


def test_energy_from_nature_is_counted_where_it_is_drawn() -> None:
    sums = EnergySums()
    sums.add(
        Booked(transformation(), Assessment(), (), (MadeGoods("power", "KWH", "product", Decimal(100), None, 0.0),))
    )
    energy = sums.result()
    assert (energy.nature, energy.comprehensive) == (360.0, 0.0)
    sums.add(Booked(transformation(), Assessment(energy=(EnergyUse(carrier="coal", amount=Decimal(900)),)), (),
                    (MadeGoods("power", "KWH", "product", Decimal(100), None, 0.0),)))
    assert sums.result().nature == 360.0
    assert sums.result().comprehensive == 360.0 + 900.0 - 720.0


@pytest.mark.parametrize(("record", "inside"), [
    (transformation(end=MIDNIGHT), True), (transformation("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"), False),
    (transformation("2024-01-01T00:00:00Z", "2025-01-01T00:00:01Z"), True),
    (transformation(end="2026-01-01T00:00:01Z"), False), (transfer(), True),
    (consumption("retired", facility=f"{MILL}:site", start="2025-01-01T00:00:00Z", end=MIDNIGHT), True),
])
def test_which_year_a_record_is_of(record: Any, inside: bool) -> None:
    assert year_span(2025).has(record) is inside


def report(start: str, end: str, money: str | None = "100", currency: str = "CNY") -> Report:
    value = None if money is None else Money(value=money, currency=currency)
    return Report(issuer=MILL, nonce=NONCE, start=f"{start}T00:00:00Z", end=f"{end}T00:00:00Z", value_added=value)


@pytest.mark.parametrize(("reports", "expected"), [
    ([("2025-07-01", "2026-01-01"), ("2025-01-01", "2025-07-01")], ValueAdded("CNY", Decimal(200))), ([], None),
    ([("2025-01-01", "2025-07-01")], None), ([("2025-01-01", "2025-06-01"), ("2025-07-01", "2026-01-01")], None),
    ([("2025-07-01", "2026-01-01")], None), ([("2025-01-01", "2026-01-01", None)], None),
    ([("2025-01-01", "2025-07-01"), ("2025-07-01", "2026-01-01", "1", "EUR")], None),
])
def test_reports_cover_all_of_a_period_or_none(reports: list[tuple[str, ...]], expected: ValueAdded | None) -> None:
    assert value_added([report(*one) for one in reports], year_span(2025)) == expected


def test_nothing_adds_up_to_nothing() -> None:
    assert total([]).primary_share is None
    assert InventorySpan("a", "b").has(report("2025-01-01", "2026-01-01")) is False
    assert total([Emission(None, "1", "process", "x", "CO2", 3.0, 3.0, 3.0, 1.5)]).primary_share == 0.5


def test_a_site_report_leaves_other_sites_out_and_splits_units() -> None:
    found = SiteReport(f"{MILL}:other")
    found.add(Booked(transformation(), Assessment(lines=(line("onSite"),))))
    assert (found.records, list(found.rows())) == (0, [])
    supplies = [Supply(material="gas", quantity=Quantity(value="2", unit="TNE")),
                Supply(material="gas", quantity=Quantity(value="500", unit="KGM"))]
    own = SiteReport(f"{MILL}:site")
    own.add(Booked(transformation(supplies=supplies), Assessment(lines=(line("onSite", source="gas"),))))
    (row,) = own.rows()
    assert row.activity == (2.5, "TNE")
    mixed = [*supplies, Supply(material="gas", quantity=Quantity(value="500", unit="GV"))]
    own.add(Booked(transformation(supplies=mixed), Assessment(lines=(line("onSite", source="gas"),))))
    (row,) = own.rows()
    # Tonnes and gigajoules are not added up.
    assert (row.activity, row.location) == (None, 20.0)

"""Scopes, origins and energy of an inventory, on values alone."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import factor_sets
from support.examples import examples
from support.memory import MemoryLedger
from support.sectors import MAKE, Carrier, Make
from support.site import ore, supply
from unit.engine.works import Works

from ledger.core.outcome.assessment import Assessment, EnergyUse, Line
from ledger.core.record.kinds import Closing, Consumption, Report, Transfer, Transformation
from ledger.core.record.values import Factor, Flow, Money, Quantity, Supply
from ledger.engine.batch import Sequenced
from ledger.footprint.derived.inventory.left_out import LeftOut, StatedAmount
from ledger.footprint.derived.inventory.origins import BoundaryOrigins, Lot, Passed
from ledger.footprint.derived.inventory.reconciliation import Move, Moved, SiteReconciliation, in_base
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
from ledger.service.queries.inventory.present import left_out_answer
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
    """Burdens that no total of emissions has, and a green attribute, which is no electricity."""
    lines = (line("upstream", burden="energyMj"), line("upstream", burden="transportGhgEmissions"))
    assert list(emissions_of(Booked(transformation(), Assessment(lines=lines)))) == []
    assert list(emissions_of(Booked(transformation(), Assessment(), (bought(0.0, "KWH", "attribute"),)))) == []


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
    assert ([one.market for one in whole.emissions() if one.source == RETIRED], whole.attributes()) == ([-150.0], 360.0)


def test_attributes_cover_no_more_than_all_power() -> None:
    assert relief("site", 600.0, 100.0, 250.0).market == -600.0
    assert (relief("site", 600.0, 0.0, 250.0), relief("site", 0.0, 100.0, 250.0)) == (None, None)


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
    assert (sums.result().nature, sums.result().comprehensive) == (360.0, 360.0 + 900.0 - 720.0)


@pytest.mark.parametrize(("record", "inside"), [
    (transformation(end=MIDNIGHT), True), (transformation("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z"), False),
    (transformation("2024-01-01T00:00:00Z", "2025-01-01T00:00:01Z"), True),
    (transformation(end="2026-01-01T00:00:01Z"), False), (transfer(), True),
    (consumption("retired", facility=f"{MILL}:site", start="2025-01-01T00:00:00Z", end=MIDNIGHT), True),
])
def test_which_year_a_record_is_of(record: Any, inside: bool) -> None:
    assert year_span(2025).has(record) is inside


def report(start: str, end: str, money: str | None = "100", currency: str = "CNY") -> Report:
    return Report(issuer=MILL, nonce=NONCE, start=f"{start}T00:00:00Z", end=f"{end}T00:00:00Z",
                  value_added=None if money is None else Money(value=money, currency=currency))


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


# The gaps of an inventory by name and quantity, on records that a ledger in memory has assessed.


def works() -> Works:
    memory = MemoryLedger(factor_sets.registry())
    memory.activate_sets()
    return Works(memory)


def booked(works: Works, entry: Sequenced) -> Booked:
    leaf = works.ledger.assessment(entry.index)
    return Booked(works.reading(entry), msgspec.json.decode(leaf.assessment, type=Assessment))


def gathered(works: Works, entries: Iterable[Sequenced]) -> LeftOut:
    left_out = LeftOut()
    for entry in entries:
        left_out.add(booked(works, entry))
    return left_out


def own(value: str) -> Factor:
    return Factor(value=value, unit="KGM", source="supplier", year=2025, boundary="cradleToGate")


def left_bought(works: Works, lot: str, *supplies: Supply) -> Sequenced:
    return works.run({lot: "10"}, supplies=[ore("10 KGM"), *supplies])


def test_omissions_with_quantity_and_estimate() -> None:
    """2 kg and 0.5 t of a superalloy at 5: 502 kg, 2,510. The 7 kg that have a price are no omission. Hours of a
    service have no class in the set: no estimate."""
    site = works()
    found = gathered(site, [
        left_bought(site, "a", supply("superalloy", "2 KGM"), supply("superalloy", "7 KGM", factor=own("1"))),
        left_bought(site, "b", supply("superalloy", "0.5 TNE"), supply("cleaning", "3 HUR")),
    ])
    alloy, cleaning = found.omitted()
    assert (alloy.site, alloy.what, alloy.records) == (site.facility, "superalloy", 2)
    assert (alloy.amount, alloy.estimate, alloy.unestimated) == (StatedAmount(Decimal(502), "KGM"), 2510.0, 0)
    assert cleaning[1:] == ("cleaning", 1, StatedAmount(Decimal(3), "HUR"), 0.0, 1)


def test_two_omissions_of_a_name_in_a_record() -> None:
    site = works()
    found = gathered(site, [left_bought(site, "a", supply("superalloy", "2 KGM"), supply("superalloy", "3 KGM"))])
    (alloy,) = found.omitted()
    assert (alloy.records, alloy.amount, alloy.estimate) == (1, StatedAmount(Decimal(5), "KGM"), 25.0)


def test_the_largest_comes_first() -> None:
    site = works()
    found = gathered(site, [left_bought(site, "a", supply("unheardOf", "1 KGM"), supply("superalloy", "9 KGM"))])
    assert [one.what for one in found.omitted()] == ["superalloy", "unheardOf"]


def test_overheads_that_stay_with_a_closing() -> None:
    """10 kg of gas, burnt and well to tank, are 37.98; the products have nothing of it. Spread overheads are no gap."""
    site = works()
    closing = site.close(overheads=[supply("gas", "10 KGM"), supply("steel", "1 KGM")])
    (gas, steel) = gathered(site, [closing]).overheads()
    assert (gas.site, gas.material, gas.amount) == (site.facility, "gas", StatedAmount(Decimal(10), "KGM"))
    assert (round(gas.emissions, 9), steel.emissions) == (37.98, 3.0)
    energy = EnergySums()
    energy.add(booked(site, closing))
    assert energy.result().used == {("gas", False): 500.0}

    other = works()
    other.run({"a": "10"}, supplies=[ore("10 KGM")], basis="provisional")
    closing = other.close(overheads=[supply("gas", "10 KGM")], spread_overheads="mass")
    assert list(gathered(other, [closing]).overheads()) == []


def test_records_without_energy() -> None:
    site = works()
    powered = site.run({"a": "1"}, supplies=[ore("1 KGM")],
                       activity=Make(energy=[Carrier(carrier="electricity", amount="1")]))
    assert gathered(site, [powered, left_bought(site, "b"), left_bought(site, "c")]).without_energy() == {MAKE: 2}


def test_the_answer_adds_up() -> None:
    site = works()
    found = gathered(site, [left_bought(site, "a", supply("superalloy", "2 KGM"), supply("unheardOf", "1 KGM"))])
    answer = left_out_answer(found)
    assert [(one.what, one.quantity, one.unit, one.estimate) for one in answer.omissions] == [
        ("superalloy", "2", "KGM", 10.0), ("unheardOf", "1", "KGM", 5.0)]
    assert (answer.estimate, answer.unestimated, answer.without_energy) == (15.0, 0, {MAKE: 1})


# The reconciliation of a site by hand: what came, what became of it, and what does not add up.


def moved(
    move: Move, quantity: str, emissions: float = 0.0, product: str = "steel", unit: str = "TNE", mass: str | None = ""
) -> Moved:
    """Tonnes by default, with their kg."""
    amount = Decimal(quantity)
    kilograms = amount * 1000 if mass == "" else None if mass is None else Decimal(mass)
    return Moved(move, product, unit, amount, kilograms, emissions)


def power(move: Move, quantity: str, emissions: float = 0.0) -> Moved:
    return moved(move, quantity, emissions, "power", "MWH", None)


def test_goods_by_hand() -> None:
    """10 t in stock at the beginning, of which 2 t were used before. 20 t come, 5 t are made; 18 t are used, 3 t sold
    and 1 t is lost: 11 t are left. Of 33 t that there were, 1 t does not reconcile: 3.03 %."""
    site = SiteReconciliation()
    site.add(moved("declared", "10", 100), before=True)
    site.add(moved("used", "2", 20), before=True)
    for move, tonnes in (("received", "20"), ("made", "5"), ("used", "18"), ("out", "3"), ("lost", "1")):
        site.add(moved(move, tonnes, 10 * float(tonnes)))  # type: ignore[arg-type]
    (balance,) = site.balances()
    assert (balance.unit, balance.before, balance.came, balance.after) == ("KGM", 8000, 33000, 11000)
    assert balance.emissions == 110.0
    (lost,) = site.differences()
    assert lost == ("lost", "steel", "KGM", Decimal(1000), 10.0)
    (share,) = site.shares()
    assert (share.difference, share.share) == (1000, pytest.approx(1 / 33))
    # Of all that came: 80 in stock and 200 received. What was made is counted by its inputs.
    assert site.handled == 280.0


def test_power_is_not_kept_in_stock() -> None:
    """1,300 MWh come, 13 are used: the rest is a difference whether it is written off or left."""
    left = SiteReconciliation()
    left.add(power("made", "1300", 650_000))
    left.add(power("used", "13", 6_500))
    assert left.differences() == [("leftOver", "power", "KWH", Decimal(1_287_000), 643_500.0)]
    written_off = SiteReconciliation()
    for one in (power("made", "1300", 650_000), power("used", "13", 6_500), power("lost", "1287", 643_500)):
        written_off.add(one)
    assert written_off.differences() == [("lost", "power", "KWH", Decimal(1_287_000), 643_500.0)]
    assert [one.share for one in written_off.shares()] == [0.99]


def test_stock_beyond_the_turnover_is_parked() -> None:
    """100 t are made, 10 t sold: 90 t are left, 80 t more than went out. No difference, but a burden that waits. A site
    that had so much at the beginning has parked nothing."""
    site = SiteReconciliation()
    site.add(moved("made", "100", 1000))
    site.add(moved("out", "10", 100))
    assert site.differences() == []
    (parked,) = site.parked()
    assert (parked.parked, parked.parked_emissions) == (80_000, pytest.approx(800.0))
    steady = SiteReconciliation()
    steady.add(moved("made", "90", 900), before=True)
    steady.add(moved("made", "10", 100))
    steady.add(moved("out", "10", 100))
    assert steady.parked() == []


def test_a_supply_by_hand() -> None:
    """1 MWh was measured; records state 700 and 200 kWh, which emitted 450 kg: 100 kWh are 50 kg. Lime was not
    measured."""
    site = SiteReconciliation()
    stated = [[supply("electricity", "700 KWH"), supply("lime", "1 TNE")], [supply("electricity", "200 KWH")]]
    for supplies, emissions in zip(stated, (350.0, 100.0), strict=True):
        site.stated(supplies, {"electricity": emissions})
    site.closed(supply("electricity", "1 MWH"), Decimal(900))
    assert site.differences() == [("measuredAbove", "electricity", "KWH", Decimal(100), pytest.approx(50.0))]
    assert [(one.unit, one.share) for one in site.shares()] == [("KWH", 0.1)]
    assert site.unmeasured - site.measured() == {"lime"}


def test_what_stays_with_the_closing_has_its_price() -> None:
    site = SiteReconciliation()
    site.closed(supply("steel", "50 KGM"), Decimal(30), 60.0)
    assert site.differences() == [("measuredAbove", "steel", "KGM", Decimal(20), 60.0)]


def test_one_month_does_not_make_up_for_another() -> None:
    """10 kWh too many in January and 10 too few in February are 20 of 200."""
    site = SiteReconciliation()
    site.closed(supply("electricity", "100 KWH"), Decimal(90))
    site.closed(supply("electricity", "100 KWH"), Decimal(110))
    assert [(one.kind, one.amount) for one in site.differences()] == [("measuredAbove", 10), ("statedAbove", 10)]
    assert [one.share for one in site.shares()] == [0.1]


def test_more_stated_than_measured() -> None:
    """Without a price nobody knows its burden."""
    site = SiteReconciliation()
    site.closed(supply("gas", "5 NM3"), Decimal(7))
    assert (site.differences(), site.emissions()) == ([("statedAbove", "gas", "NM3", Decimal(2), None)], 0.0)
    assert [(one.unit, one.came, one.share) for one in site.shares()] == [("NM3", 7, pytest.approx(2 / 7))]


def test_goods_of_which_some_have_no_mass_count_in_their_unit() -> None:
    site = SiteReconciliation()
    site.add(moved("made", "3", product="gear", unit="H87", mass="9"))
    site.add(moved("made", "1", product="gear", unit="H87", mass=None))
    assert [(one.unit, one.came) for one in site.balances()] == [("H87", 4)]


def test_units() -> None:
    assert in_base(Decimal(2), "TNE") == (Decimal(2000), "KGM")
    assert in_base(Decimal(2), "GWH") == (Decimal(2_000_000), "KWH")
    assert (in_base(Decimal(500), "3B"), in_base(Decimal(2), "TKM")) == ((Decimal("0.5"), "GV"), (Decimal(2), "TKM"))
    assert in_base(Decimal(2), "XYZ") == (Decimal(2), "XYZ")


def test_nothing_happened() -> None:
    site = SiteReconciliation()
    assert (site.balances(), site.differences(), site.shares(), site.parked()) == ([], [], [], [])


@examples(100)
@given(st.lists(st.tuples(
    st.sampled_from(["received", "declared", "made", "used", "out", "lost"]), st.integers(1, 10**12), st.booleans())))
def test_every_gram_is_somewhere(moves: list[tuple[Move, int, bool]]) -> None:
    """Exactly: before + in = used + out + lost + after, in decimals of nine places."""
    site = SiteReconciliation()
    total = Decimal(0)
    for move, amount, before in moves:
        tonnes = Decimal(amount).scaleb(-9)
        site.add(moved(move, str(tonnes)), before=before)
        total += tonnes * 1000 * (1 if move in ("received", "declared", "made") else -1)
    for balance in site.balances():
        assert balance.after == total
        whole = balance.before + balance.received + balance.declared + balance.made
        assert whole == balance.used + balance.out + balance.lost + balance.after

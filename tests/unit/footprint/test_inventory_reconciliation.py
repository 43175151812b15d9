"""The reconciliation of a site by hand: what came, what became of it, and what does not add up."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.examples import examples
from support.site import supply

from ledger.footprint.derived.inventory.reconciliation import Move, Moved, SiteReconciliation, in_base


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
    assert site.differences() == [("statedAbove", "gas", "NM3", Decimal(2), None)]
    assert site.emissions() == 0.0
    assert [(one.unit, one.came, one.share) for one in site.shares()] == [("NM3", 7, pytest.approx(2 / 7))]


def test_goods_of_which_some_have_no_mass_count_in_their_unit() -> None:
    site = SiteReconciliation()
    site.add(moved("made", "3", product="gear", unit="H87", mass="9"))
    site.add(moved("made", "1", product="gear", unit="H87", mass=None))
    assert [(one.unit, one.came) for one in site.balances()] == [("H87", 4)]


def test_units() -> None:
    assert in_base(Decimal(2), "TNE") == (Decimal(2000), "KGM")
    assert in_base(Decimal(2), "GWH") == (Decimal(2_000_000), "KWH")
    assert in_base(Decimal(500), "3B") == (Decimal("0.5"), "GV")
    assert in_base(Decimal(2), "TKM") == (Decimal(2), "TKM")
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

"""Closings: what was measured for a month is spread over what was posted provisional, by hand-solved numbers."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st
from msgspec import Raw
from support.examples import examples
from support.networks import burden_errors, content_errors, emitted
from support.raising import raised
from support.sectors import MAKE, Make
from support.site import ore, quantity, supply
from unit.engine.works import APRIL, MARCH, Works, change, day, gas, indexes, refused, revised, withdrawal

from ledger.admission.closings.spreading import ClosingSpread, spread
from ledger.core.record.kinds import Closing, Transformation
from ledger.core.record.values import Quantity, Supply
from ledger.engine.batch import Sequenced
from ledger.errors import InvalidBody, Refused
from ledger.footprint.stored.burdens import SLOT


def heat(works: Works, lot: str, kilograms: str, stated: str = "", *, hours: int = 8, **fields: Any) -> Sequenced:
    """A provisional transformation of the second of March that states so much gas."""
    return works.run(
        {lot: kilograms}, supplies=[ore(f"{kilograms} KGM"), *([gas(stated)] if stated else [])],
        **{"basis": "provisional", "start": day(2), "end": day(2, hours), **fields})


def test_by_mass(works: Works) -> None:
    heats = [heat(works, "a", "100"), heat(works, "b", "300", "10"), heat(works, "c", "100")]
    works.close(gas("60"))
    # 50 kg were not stated: 10, 30 and 10 of them, by 100, 300 and 100 kg.
    assert [works.stated(one) for one in heats] == [["10"], ["10", "30"], ["10"]]
    assert [works.co2(lot) for lot in "abc"] == [20.0, 80.0, 20.0]
    assert indexes(works.ledger) == [one.index for one in heats]
    assert [works.reading(one).basis for one in heats] == ["final"] * 3
    posted = [works.ledger.records[one.index] for one in heats]
    assert [one.basis for one in posted if isinstance(one, Transformation)] == ["provisional"] * 3


@pytest.mark.parametrize(("stated", "total", "spread", "expected"), [
    # 20 kg over 2, 6 and 12 hours.
    ([("100", "1", 2), ("300", "", 6), ("1", "", 12)], "21", "hours", [["1", "2"], ["6"], ["12"]]),
    # Half as much again.
    ([("100", "10", 8), ("300", "30", 8)], "60", "stated", [["10", "5"], ["30", "15"]]),
    # 20 kg too much, 10 of each: nothing is left of the first.
    ([("100", "10", 8), ("100", "30", 8)], "20", "mass", [[], ["20"]]),
    ([("100", "", 8)] * 3, "100", "mass", [["33.333333333"], ["33.333333333"], ["33.333333334"]]),
], ids=["by hours", "by what was stated", "less than was stated", "thirds"])
def test_shares_of_a_total(works: Works, stated: Any, total: str, spread: str, expected: list[list[str]]) -> None:
    """Each heat with its kg, the gas that it stated, and its hours."""
    heats = [heat(works, lot, kilograms, kilograms_of_gas, hours=hours)
             for lot, (kilograms, kilograms_of_gas, hours) in zip("abc", stated, strict=False)]
    works.close(gas(total), spread=spread)
    assert [works.stated(one) for one in heats] == expected
    assert [works.co2(lot) for lot in "abc"[:len(heats)]] == pytest.approx([
        2 * sum(map(float, parts)) for parts in expected])


def test_a_share_below_zero(works: Works) -> None:
    heat(works, "a", "100", "9")
    heat(works, "b", "100", "31")
    refused(works, lambda: works.close(gas("20")), "negative-share", "measured[0].quantity", "20 KGM", says="-1")


def test_the_last_that_weighs_something_takes_the_rest(works: Works) -> None:
    heats = [heat(works, "a", "100", "3"), heat(works, "b", "100", "3"), heat(works, "c", "100", "3"),
             works.run({"w": works.out("w", "scrap", "50 KGM", "waste", origin="preConsumer")},
                       supplies=[ore("50 KGM")], basis="provisional")]
    works.close(gas("10"))
    assert [works.stated(one) for one in heats] == [
        ["3", "0.333333333"], ["3", "0.333333333"], ["3", "0.333333334"], []]


def test_what_is_replaced_stands_where_it_stood(works: Works) -> None:
    """In other units and in several parts; the total's price holds for all of it."""
    one = works.run({"a": "100"}, supplies=[gas("2"), ore("100 KGM"), gas("3000", "GRM"), supply("lime", "1 KGM")],
                    basis="provisional")
    works.close(gas("12"), replaces=["gas"])
    found = [(part.material, str(part.quantity)) for part in works.reading(one).supplies]
    assert found == [("gas", "12 KGM"), ("ore", "100 KGM"), ("lime", "1 KGM")]


def test_several_totals(works: Works) -> None:
    heats = [heat(works, "a", "100", "5"), heat(works, "b", "300")]
    power = supply("electricity", "40 KWH")
    works.close(gas("45"), power)
    assert [works.stated(one) for one in heats] == [["5", "10"], ["30"]]
    assert [works.stated(one, "electricity") for one in heats] == [["10"], ["30"]]


def test_a_total_with_a_mass(works: Works) -> None:
    heats = [heat(works, lot, "100") for lot in "abc"]
    works.close(gas("10", "NM3", mass=quantity("7 KGM")))
    parts = [next(part for part in works.reading(one).supplies if part.material == "gas") for one in heats]
    assert [str(part.quantity) for part in parts] == ["3.333333333 NM3", "3.333333333 NM3", "3.333333334 NM3"]
    # 7 * 3.333333333 / 10 = 2.3333333331, rounded; the last takes what is left of 7.
    assert [str(part.mass) for part in parts] == ["2.333333333 KGM", "2.333333333 KGM", "2.333333334 KGM"]


def test_a_total_in_a_mass_needs_no_other(works: Works) -> None:
    one, _ = heat(works, "a", "100"), heat(works, "b", "200")
    works.close(gas("10", mass=quantity("0.01 TNE")))
    part = works.reading(one).supplies[-1]
    assert (str(part.quantity), part.mass) == ("3.333333333 KGM", None)


def test_a_total_of_almost_no_mass(works: Works) -> None:
    heats = [heat(works, "a", "1"), heat(works, "b", "1000")]
    works.close(gas("10", "NM3", mass=quantity("0.00000001 KGM")))
    assert [str(works.reading(one).supplies[-1].mass) for one in heats] == ["0.000000001 KGM", "0.00000001 KGM"]


def test_outputs_of_no_mass_weigh_nothing(works: Works) -> None:
    heat(works, "a", "100")
    works.product("power", "KWH")
    output = works.out("p", "power", "10 KWH", value={"value": "1", "currency": "CNY"})
    made = works.run({"p": output}, basis="provisional", allocation="value")
    waste = works.run({"w": works.out("w", "scrap", "50 KGM", "waste", origin="preConsumer")},
                      supplies=[ore("50 KGM")], basis="provisional")
    works.close(gas("10"))
    assert ([works.stated(one) for one in (made, waste)], works.co2("a")) == ([[], []], 20.0)


def test_nothing_weighs(works: Works) -> None:
    heat(works, "a", "100")
    refused(works, lambda: works.close(gas("10"), spread="stated"), "zero-weights", "spread", "stated")


def test_nothing_is_provisional(works: Works) -> None:
    works.mine("a", "100", start="2025-02-01T00:00:00Z", end="2025-02-02T00:00:00Z")
    refused(works, lambda: works.close(gas("10")), "nothing-to-close", "measured")
    # Without totals the period closes all the same.
    works.close()
    assert indexes(works.ledger) == []
    refused(works, lambda: works.mine("b", "1"), "period-closed", "start", day(1))


def test_only_the_period_its_facility_and_its_processes(works: Works) -> None:
    inside = heat(works, "in", "100")
    another = works.another_facility("another")
    outside = [
        heat(works, "before", "100", start="2025-02-28T23:00:00Z", end=day(1, 8)),
        heat(works, "after", "100", start=day(31), end="2025-04-01T00:00:01Z"),
        heat(works, "there", "100", facility=another),
        works.run({"smelt": works.out("smelt", "metal", "100 KGM", value={"value": "1", "currency": "CNY"})},
                  supplies=[ore("100 KGM")], basis="provisional", process="works.smelt", allocation="value",
                  activity={"co2": "0", "prices": ["1"]}),
    ]
    works.close(gas("10"), processes=[MAKE])
    assert (works.stated(inside), indexes(works.ledger)) == (["10"], [inside.index])
    assert [works.reading(one).basis for one in outside] == ["provisional"] * 4
    # The other process of the period is open still.
    works.close(gas("5"), processes=["works.smelt"])
    assert works.stated(outside[3]) == ["5"]


def test_the_provisional_part_is_gone_downstream_too(works: Works, other: Works) -> None:
    heat(works, "a", "100", co2="50")
    works.run({"b": "50"}, {"a": "50"}, co2="25")
    works.hand("b", "10", other, "sent")
    waits = [works.ledger.burdens(works.name(lot))["provisionalAbs"] for lot in ("a", "b", "sent")]
    assert (waits, [works.co2(lot) for lot in ("a", "b", "sent")]) == ([50.0, 25.0, 5.0], [50.0, 50.0, 10.0])
    size = works.ledger.state.size
    works.close(gas("25"))
    # 50 + 2 * 25; half of it and 25; a fifth.
    assert [works.co2(lot) for lot in ("a", "b", "sent")] == [100.0, 75.0, 15.0]
    assert [works.ledger.burdens(works.name(lot))["provisionalAbs"] for lot in ("a", "b", "sent")] == [0.0, 0.0, 0.0]
    assert works.ledger.figures_at(size)[works.name("sent")].burdens[SLOT["provisionalAbs"]] == 5.0


def test_overheads_and_certificates_stay_with_the_closing(works: Works) -> None:
    heat(works, "a", "100")
    works.mine("certificate", "20", "40", start="2025-02-01T00:00:00Z", end="2025-02-02T00:00:00Z")
    closing = works.close(gas("10"), overheads=[gas("7")], retired=works.kilograms({"certificate": "5"}))
    # 2 * 7, and a quarter of 40.
    assert (works.ledger.retained(closing.index)["fossilGhgEmissions"], works.left("certificate")) == (24.0, 15)
    assert works.co2("a") == 20.0
    for burden, error, scale, _ in burden_errors(works.ledger, emitted(works.ledger)):
        assert abs(error) <= 1e-12 * scale, burden


def test_a_closing_descends_from_what_it_retired(works: Works) -> None:
    mined = works.mine("certificate", "20", "40")
    closing = works.close(period=APRIL, retired=works.kilograms({"certificate": "5"}))
    works.amend(change(mined, activity=Make(co2="80")))
    assert works.ledger.retained(closing.index)["fossilGhgEmissions"] == 20.0
    assert indexes(works.ledger) == [mined.index, closing.index]
    works.amend(change(mined, outputs=works.outputs({"certificate": "10"})))
    assert works.ledger.retained(closing.index)["fossilGhgEmissions"] == 40.0
    for index, content, error, scale in content_errors(works.ledger):
        assert abs(error) <= 1e-12 * scale, (index, content)
    refused(works, lambda: works.amend(change(mined, outputs=works.outputs({"certificate": "4"}))),
            "over-consumption", "changes", works.name("certificate"))


def test_more_is_retired_than_there_is(works: Works) -> None:
    heat(works, "a", "100")
    works.mine("certificate", "20")
    refused(works, lambda: works.close(gas("10"), retired=works.kilograms({"certificate": "21"})), "over-consumption",
            "retired[0].quantity", "21 KGM")


def test_a_period_is_closed_once(works: Works) -> None:
    heat(works, "a", "100")
    closing = works.close(gas("10"))
    for period in (MARCH, (day(31), "2025-05-01T00:00:00Z")):
        refused(works, lambda period=period: works.close(period=period), "closed-already", "start", period[0],
                says=closing.digest.hex())
    works.close(period=APRIL)


def test_closing_again_spreads_as_if_closed_once(works: Works) -> None:
    first = [heat(works, "a", "100"), heat(works, "b", "300")]
    closing = works.close(gas("40"))
    assert [works.stated(one) for one in first] == [["10"], ["30"]]
    refused(works, lambda: heat(works, "late", "100"), "period-closed", "start", day(2))
    works.reopen(closing)
    refused(works, lambda: works.reopen(closing), "not-closed", "closing", closing.digest.hex())
    late = heat(works, "late", "100")
    works.close(gas("60"))
    # 60 kg over 100, 300 and 100 kg, as nobody has stated any.
    assert [works.stated(one) for one in (*first, late)] == [["12"], ["36"], ["12"]]
    assert works.ledger.burdens(works.name("late"))["provisionalAbs"] == 0.0


def test_a_closed_period_is_not_amended(works: Works) -> None:
    provisional, final = heat(works, "a", "100"), works.mine("b", "100", start=day(3), end=day(4))
    outside = works.mine("c", "100", start="2025-05-01T00:00:00Z", end="2025-05-02T00:00:00Z")
    closing = works.close(gas("10"))
    for one in (provisional, final):
        for attempt in (change(one, activity=Make(co2="1")), withdrawal(one),
                        change(one, start="2025-05-01T00:00:00Z", end="2025-05-02T00:00:00Z")):
            refused(works, lambda attempt=attempt: works.amend(attempt), "period-closed", "start",
                    works.reading(one).start)
    refused(works, lambda: works.amend(change(outside, start=day(30), end=day(31))), "period-closed", "start", day(30))
    works.reopen(closing)
    works.amend(change(provisional, activity=Make(co2="1")), withdrawal(final))
    # What the closing had spread over two records stays until it is closed anew, and then goes.
    assert works.co2("a") == 11.0
    again = works.close()
    assert (works.co2("a"), works.stated(provisional)) == (1.0, [])
    works.reopen(again)
    works.amend(change(outside, start=day(30), end=day(31)))


def test_what_descends_into_a_closed_period_is_recomputed(works: Works) -> None:
    """What was bought is another's to correct, whatever is closed here."""
    bought = works.mine("ingot", "100", "100", start="2025-02-01T00:00:00Z", end="2025-02-02T00:00:00Z")
    works.run({"a": "50"}, {"ingot": "50"})
    works.close()
    works.amend(change(bought, activity=Make(co2="300")))
    assert works.co2("a") == 150.0


def test_a_withdrawn_record_takes_no_share(works: Works) -> None:
    heats = [heat(works, lot, "100") for lot in "ab"]
    works.amend(withdrawal(heats[0]))
    works.close(gas("10"))
    assert (works.stated(heats[1]), indexes(works.ledger)) == (["10"], [heats[1].index])


def test_an_amended_record_takes_the_share_of_what_it_reads_now(works: Works) -> None:
    heats = [heat(works, "a", "100"), heat(works, "b", "100")]
    works.amend(change(heats[0], outputs=works.outputs({"a": "300"}), supplies=[ore("300 KGM")]))
    works.close(gas("40"))
    assert [works.stated(one) for one in heats] == [["30"], ["10"]]


def test_the_facility_of_another(works: Works, other: Works) -> None:
    heat(works, "a", "100")
    refused(works, lambda: other.close(gas("10"), facility=works.facility), "unknown-facility", "facility",
            works.facility)
    refused(works, lambda: works.close(gas("10"), facility=works.name("nowhere")), "unknown-facility", "facility")


@pytest.mark.parametrize("total", ["-1", "0"])
def test_a_total_is_above_zero(works: Works, total: str) -> None:
    heat(works, "a", "100")
    before = works.ledger.fingerprint()
    assert raised(InvalidBody, works.close, gas(total)).field == "$.measured[0].quantity.value"
    assert works.ledger.fingerprint() == before


def test_a_total_of_another_dimension(works: Works) -> None:
    heat(works, "a", "100", "10")
    refused(works, lambda: works.close(supply("gas", "5 KWH")), "wrong-dimension", "measured[0].quantity")


def test_a_record_that_can_take_no_share(works: Works) -> None:
    """It has a thousand supplies: one more, and it would be no record."""
    full = [gas("1"), *[ore("1 KGM")] * 999]
    one = works.run({"a": "100"}, supplies=full, basis="provisional")
    works.close(gas("12"), replaces=["gas"])
    assert works.stated(one) == ["12"]
    works.run({"b": "100"}, supplies=full, basis="provisional", start="2025-04-02T00:00:00Z",
              end="2025-04-03T00:00:00Z")
    before = works.ledger.fingerprint()
    assert "supplies" in str(raised(InvalidBody, works.close, supply("lime", "5 KGM"), period=APRIL))
    assert works.ledger.fingerprint() == before


def test_what_a_closing_does_not_change_is_left_alone(works: Works) -> None:
    heats = [heat(works, "a", "100", "10"), heat(works, "b", "100", "10")]
    closing = works.close(gas("20"))
    assert indexes(works.ledger) == [one.index for one in heats]
    works.reopen(closing)
    works.close(gas("20"))
    # What is closed again takes the place of the closing that was opened, and of nothing else.
    assert (indexes(works.ledger), revised(works.ledger)[closing.index].outcome) == ([closing.index], None)


def test_overheads_are_those_of_the_last_closing(works: Works) -> None:
    heat(works, "a", "100", "10")
    # Gas is 2 kg CO2e a kg.
    first = works.close(gas("20"), overheads=[gas("4")])
    assert works.ledger.retained(first.index)["fossilGhgEmissions"] == 8.0
    works.reopen(first)
    second = works.close(gas("20"), overheads=[gas("6")])
    assert (works.ledger.retained(second.index)["fossilGhgEmissions"], works.ledger.retained(first.index)) == (12.0, {})


AMOUNTS = st.integers(1, 10**12).map(lambda grains: Decimal(grains).scaleb(-9))


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@examples(300)
@given(masses=st.lists(st.integers(0, 10**9), min_size=1, max_size=12), total=AMOUNTS,
       stated=st.lists(st.one_of(st.none(), AMOUNTS), min_size=12, max_size=12))
def test_any_spread_sums_to_its_total(masses: list[int], total: Decimal, stated: list[Decimal | None]) -> None:
    def record(amount: Decimal | None) -> Transformation:
        return Transformation(
            issuer="urn:x", nonce="A" * 22, facility="urn:x:site", start=day(2), end=day(3), process=MAKE, outputs=[],
            activity=Raw(b"{}"), basis="provisional", supplies=[] if amount is None else [
                Supply(material="gas", quantity=Quantity(value=_plain(amount), unit="KGM"))])

    closing = Closing(issuer="urn:x", nonce="A" * 22, facility="urn:x:site", start=MARCH[0], end=MARCH[1],
                      measured=[Supply(material="gas", quantity=Quantity(value=_plain(total), unit="KGM"))])
    found = {i: ClosingSpread(record(stated[i]), Decimal(mass)) for i, mass in enumerate(masses)}
    try:
        records = spread(closing, found)
    except Refused as error:
        event(error.code)
        assume(error.code not in ("zero-weights", "negative-share"))
        raise
    amounts = {i: sum(Fraction(one.quantity.value) for one in records[i].supplies) for i in found}
    assert sum(amounts.values()) == Fraction(total)
    before = {i: Fraction(stated[i] or 0) for i in found}
    difference = Fraction(total) - sum(before.values())
    for i, mass in enumerate(masses):
        exact = before[i] + difference * mass / sum(masses)
        # Half a step of 10^-9; the last one, half a step for each other.
        assert abs(amounts[i] - exact) <= Fraction(len(masses), 2 * 10**9)

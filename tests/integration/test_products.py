"""The footprint of what was made of a product in a period, by facility, with its spread and its lots, at any moment;
and questions about products that have no answer."""

from collections.abc import Iterator

import msgspec
import pytest
from msgspec.structs import replace
from support.databases import Database
from support.production import FEBRUARY, JANUARY, MARCH, YEAR, Mill, producing
from support.sectors import Emission, Gap, Make
from support.workshop import END, kilograms

from ledger.answers.products import ProductAnswer
from ledger.answers.stored import OpenPeriod
from ledger.core.record.values import Output
from ledger.errors import InvalidInput, NotFound
from ledger.footprint.stored.burdens import METHOD
from ledger.service.queries.product.read import MAX_SHOWN
from ledger.store.embedded import attach
from ledger.store.sql import queries


@pytest.fixture(scope="module")
def mill() -> Iterator[Mill]:
    with producing() as found:
        yield found


# --- what counts -----------------------------------------------------------------------------------------------------


def test_a_year_by_facility(mill: Mill) -> None:
    """a 100 kg with 50, b and b2 70 with 160, c 20 with 60, d 30 with 22.5, p 8 with 15: 307.5 over 228 kg. The site
    158 of them with 147.5, the other 70 with 160."""
    answer = mill.ask(YEAR)
    assert (answer.product, answer.unit, answer.method) == (mill.shop.name("part"), "KGM", METHOD)
    assert (answer.since, answer.until) == ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z")
    assert answer.quantity == kilograms("228")
    assert (answer.number_of_lots, answer.number_of_records, answer.left_off) == (6, 5, 0)
    assert answer.footprint == pytest.approx(307.5, rel=1e-12)
    assert (answer.footprint_per_unit, answer.plugins) == (pytest.approx(307.5 / 228, rel=1e-12), ["works/1.0.0"])
    first, second = answer.facilities
    assert (first.facility, second.facility) == (mill.shop.name("site"), mill.shop.name("site2"))
    assert (first.quantity, first.number_of_lots, first.number_of_records) == (kilograms("158"), 4, 4)
    assert (second.quantity, second.number_of_lots, second.number_of_records) == (kilograms("70"), 2, 1)
    assert (first.share, second.share) == (158 / 228, 70 / 228)
    assert first.footprint_per_unit == pytest.approx(147.5 / 158, rel=1e-12)
    assert second.footprint_per_unit == pytest.approx(160 / 70, rel=1e-12)
    together = first.share * first.footprint_per_unit + second.share * second.footprint_per_unit
    assert together == pytest.approx(answer.footprint_per_unit, rel=1e-12)


def test_the_spread_over_the_lots(mill: Mill) -> None:
    """0.5 of 100 kg, 0.75 of 30, 1.875 of 8, 16/7 of 70, 3 of 20: reached are 43.9, 57.0, 60.5, 91.2 and 100 %."""
    spread = mill.ask(YEAR).spread
    lots = {0.5: 100, 0.75: 30, 1.875: 8, 16 / 7: 70, 3.0: 20}
    mean = 307.5 / 228
    variance = sum(kg * (value - mean) ** 2 for value, kg in lots.items()) / 228
    assert msgspec.structs.astuple(spread) == pytest.approx(
        (0.5, 0.5, 0.5, 0.75, 16 / 7, 3.0, 3.0, mean, variance ** 0.5), rel=1e-12)


def test_how_good_it_is(mill: Mill) -> None:
    """c leaves out 5: 307.5 of 312.5. The 11 of p's gas are no primary data, and of the ratings of a closing's factor;
    all else is of the best quality."""
    answer = mill.ask(YEAR)
    assert (answer.title, answer.completeness, answer.exempted) == ("footprint", "98.4 %", "1.6 %")
    assert (answer.unestimated, answer.primary_share) == (0.0, pytest.approx(296.5 / 307.5, rel=1e-12))
    assert answer.provisional_share == 0.0
    burdens = answer.burdens
    assert burdens["fossilGhgEmissions"] == pytest.approx(307.5 / 228, rel=1e-12)
    assert burdens["omittedAbs"] == pytest.approx(5 / 228, rel=1e-12)
    assert answer.ratings == pytest.approx({"technology": (296.5 + 3 * 11) / 307.5, "time": (296.5 + 3 * 11) / 307.5,
                                            "geography": (296.5 + 3 * 11) / 307.5}, rel=1e-12)
    assert answer.contents == pytest.approx({"mass": 1.0, "material:steel": 0.98}, rel=1e-12)
    site, other = answer.facilities
    assert (site.completeness, other.completeness) == (f"{147.5 / 152.5 * 100:.1f} %", "100.0 %")
    assert (site.primary_share, other.primary_share) == (pytest.approx(136.5 / 147.5, rel=1e-12), 1.0)


def test_what_waits_for_a_closing(mill: Mill) -> None:
    """Before it, 4 of 22.5 + 4, and in which month. Of a period that does not wait, none is told."""
    waiting, closed = mill.ask(MARCH, "p"), mill.ask(MARCH, "closed")
    assert waiting.provisional_share == pytest.approx(4 / 26.5, rel=1e-12)
    assert waiting.open_periods == [OpenPeriod(facility=mill.shop.name("site"), month="2025-03", records=1)]
    assert (waiting.more_periods, waiting.in_doubt, waiting.limitations) == (False, [], [])
    assert closed.provisional_share == 0.0
    assert closed.open_periods == mill.ask(FEBRUARY, "p").open_periods == []


def test_what_nobody_estimated_makes_it_incomplete(mill: Mill) -> None:
    """In the by-product's own figures, which the gap does not touch, and in those of a product with it."""
    shop = mill.shop
    mill.product("gappy")
    lot = Output(lot=shop.name("gap"), product=shop.name("gappy"), quantity=kilograms("4"), role="product")
    party, record = shop.make({}, ore="4", activity=Make(co2="1", gaps=[Gap(what="oil"), Gap(what="gas")]))
    mill.ledger.post([(party, replace(record, outputs=[lot]))])
    answer = mill.ask(product="gappy")
    assert (answer.title, answer.completeness, answer.exempted) == ("incomplete footprint", "unknown", "unknown")
    assert (answer.unestimated, answer.burdens["unestimated"]) == (2.0, 0.5)
    assert (answer.facilities[0].title, mill.ask(product="other").title) == ("incomplete footprint", "footprint")


def test_transfers_pools_and_declarations_are_no_production(mill: Mill) -> None:
    """And the waste of d is none of its product."""
    before = mill.told["d"]
    for step in ("sold", "away", "home", "old", "stock", "b2 in stock"):
        assert replace(mill.told[step], at=before.at) == before
    assert (before.quantity, before.number_of_lots) == (kilograms("230"), 5)
    assert mill.made(before).keys() == {"a", "b", "b2", "c", "d"}


def test_a_by_product_has_its_share(mill: Mill) -> None:
    """A quarter of 30 over 10 kg."""
    answer = mill.ask(MARCH, product="other")
    assert mill.made(answer) == {"slag": ("10", pytest.approx(0.75, rel=1e-12))}
    assert answer.footprint == pytest.approx(7.5, rel=1e-12)


# --- periods and moments ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("period", "step", "lots", "footprint"), [
    (JANUARY, "d", {"a", "b", "b2"}, 210.0),
    (FEBRUARY, "d", {"c"}, 60.0),
    (MARCH, "d", {"d"}, 22.5),
    (JANUARY, "closed", {"a", "b", "b2"}, 210.0),
    (JANUARY, "e", {"a", "b", "b2", "e"}, 5210.0),
    (JANUARY, "no e", {"a", "b", "b2"}, 210.0),
    (JANUARY, "c in January", {"a", "b", "b2", "c"}, 270.0),
    (("2025-01-31", None), "c in January", {"c", "d", "p"}, 97.5),
    (MARCH, "p", {"d", "p"}, 26.5),
    (MARCH, "closed", {"d", "p"}, 37.5),
    ((None, None), "less b", {"a", "b", "b2", "c", "d", "p"}, 307.5),
    ((None, "2025-01-20"), "less b", {"a"}, 50.0),
    # The period has its last instant and not its first one: what ends at midnight is of the day that ends then.
    (("2025-01-15T12:00:00Z", "2025-01-20T12:00:00Z"), "d", {"b", "b2"}, 160.0),
    (("2025-01-15T11:59:59Z", "2025-01-20T11:59:59Z"), "d", {"a"}, 50.0),
    (("2025-01-20T11:59:59Z", None), "b", {"b", "b2"}, 160.0),
])
def test_periods_at_moments(
    mill: Mill, period: tuple[str | None, str | None], step: str, lots: set[str], footprint: float
) -> None:
    answer = mill.ask(period, step)
    assert (mill.made(answer).keys(), answer.footprint) == (lots, pytest.approx(footprint, rel=1e-12))
    assert answer.at == mill.sizes[step]


def test_a_lot_reads_as_it_did(mill: Mill) -> None:
    """b is 60 kg and then 50, of the same 160 kg with b2."""
    assert mill.made(mill.ask(JANUARY, "c in January"))["b"] == ("60", pytest.approx(2.0, rel=1e-12))
    assert mill.made(mill.ask(JANUARY, "less b"))["b"] == ("50", pytest.approx(16 / 7, rel=1e-12))
    before, after = mill.ask(JANUARY, "c in January"), mill.ask(JANUARY, "less b")
    assert (before.quantity, after.quantity) == (kilograms("200"), kilograms("190"))
    (found,) = [one for one in after.lots if one.lot == mill.shop.name("c")]
    assert (found.end, found.index, found.facility) == (
        "2025-01-31T23:59:59Z", mill.sizes["c"] - 1, mill.shop.name("site"))


def test_every_earlier_answer_stays_true(mill: Mill) -> None:
    """That of now tells the size of its tree, and is the answer for it ever after."""
    assert len(mill.told) > 15
    for step, answer in mill.told.items():
        assert (answer.at, mill.ask(YEAR, step)) == (mill.sizes[step], answer)


def test_the_largest_lots_are_shown(mill: Mill) -> None:
    """And the others counted; b2 and c have 20 kg each, b2 was first."""
    whole = mill.ask(YEAR, "less b")
    assert [one.lot.rpartition(":")[2] for one in whole.lots] == ["a", "b", "d", "b2", "c", "p"]
    two, none = mill.ask(YEAR, "less b", 2), mill.ask(YEAR, "less b", 0)
    assert (two.lots, two.left_off) == (whole.lots[:2], 4)
    assert (none.lots, none.left_off) == ([], 6)
    assert replace(two, lots=whole.lots, left_off=0) == replace(none, lots=whole.lots, left_off=0) == whole


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_chunks_make_no_difference(mill: Mill, chunk: int) -> None:
    """But in the last digits of sums."""
    whole, found = mill.ask(YEAR, "less b"), mill.ask(YEAR, "less b", chunk=chunk)
    assert found.burdens == pytest.approx(whole.burdens, rel=1e-13)
    assert found.contents == pytest.approx(whole.contents, rel=1e-13)
    assert (found.quantity, found.footprint, found.spread, found.lots) == (
        whole.quantity, whole.footprint, whole.spread, whole.lots)
    assert [one.quantity for one in found.facilities] == [one.quantity for one in whole.facilities]


def test_what_stands_in_a_body_does_not_mislead(mill: Mill) -> None:
    """The text of an activity may hold NUL, which no text of PostgreSQL may, a backslash before `u0000`, and what looks
    like another end."""
    shop = mill.shop
    mill.product("odd")
    lot = Output(lot=shop.name("odd-lot"), product=shop.name("odd"), quantity=kilograms("2"), role="product")
    party, record = shop.make({}, ore="2", activity=Make(emissions=[
        Emission(amount="3", source="nul \0"), Emission(amount="4", source="\\u0000"),
        Emission(amount="5", source='"end":"2031-01-01T00:00:00Z"'),
    ]))
    mill.ledger.post([(party, replace(record, outputs=[lot]))])
    assert b"nul \\u0000" in body_of(mill, lot.lot)
    answer = mill.ask(MARCH, product="odd")
    assert (answer.lots[0].end, answer.footprint_per_unit) == (END, 6.0)


def body_of(mill: Mill, lot: str) -> bytes:
    sql = "SELECT r.body FROM lot l JOIN record r ON r.index = l.number / 1024 WHERE l.id = $1"
    found: bytes = mill.ledger.run(mill.ledger.ledger.pool.fetchval(sql, lot))
    return found


def test_the_answer_as_json(mill: Mill) -> None:
    found = mill.ask(JANUARY, "d", 2)
    built = msgspec.to_builtins(found)
    assert (built["from"], built["to"]) == ("2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z")
    assert built["footprintPerUnit"] == found.footprint_per_unit
    assert msgspec.json.decode(msgspec.json.encode(found), type=ProductAnswer) == found


# --- the index -------------------------------------------------------------------------------------------------------


def test_lots_are_found_by_their_index(mill: Mill) -> None:
    """The conditions of the query are those of the index, or it could not be used. Of what a transfer brings home, and
    of nothing else that was not made, it holds a row."""
    home = mill.ledger.ledger.settings.home
    with Database(attach(home).owner_url) as database:
        database.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        made = queries("products")["made"]
        plan = "\n".join(row[0] for row in database.fetch(f"EXPLAIN {made}", mill.shop.name("part"), -1, 10**6, 10))
        assert "using lot_product" in plan
        assert "Sort" not in plan
        numbers = [row["number"] for row in database.fetch(made, mill.shop.name("part"), -1, 10**6, 100)]
        lots = database.fetch("SELECT id FROM lot WHERE number = ANY ($1::bigint[]) ORDER BY number", numbers)
    assert [row["id"].rpartition(":")[2] for row in lots] == ["a", "b", "b2", "c", "d", "home", "p", "e"]


def test_a_product_that_is_not_there(mill: Mill) -> None:
    error = mill.refusal(product="none")
    assert isinstance(error, NotFound)
    assert (error.code, error.field, error.value) == ("not-found", "product", mill.shop.name("none"))
    assert error.rule == "the id of a product"
    assert error.message == f"product {mill.shop.name('none')!r} is not on the ledger"


def test_a_product_that_was_not_there_yet(mill: Mill) -> None:
    size = mill.sizes["site 2"]
    error = mill.refusal(at=size, product="other")
    assert (error.code, error.field) == ("not-found", "product")
    assert f"was not on the ledger when it had {size} entries" in error.message
    assert mill.refusal(at="other", product="other").code == "no-production"


@pytest.mark.parametrize(("product", "period", "at", "told"), [
    ("never", (None, None), None, "no transformation made it"),
    # The only lot of then is b's record's neighbour: made, but not of this product.
    ("other", YEAR, "c", "no transformation made it"),
    ("part", FEBRUARY, None, "its production ended from 2025-01-15T12:00:00Z to 2025-03-31T12:00:00Z"),
    ("part", ("2024-01-01", "2025-01-01"), None, " after 2024-01-01T00:00:00Z until 2025-01-01T00:00:00Z: all its"),
    ("part", ("2026-01-01", None), None, " after 2026-01-01T00:00:00Z: all its production ended"),
    ("part", (None, "2025-01-15T11:59:59Z"), None, " until 2025-01-15T11:59:59Z: all its production ended"),
])
def test_nothing_was_made(
    mill: Mill, product: str, period: tuple[str | None, str | None], at: str | None, told: str
) -> None:
    error = mill.refusal(period, at, product=product)
    assert isinstance(error, NotFound)
    assert (error.code, error.field, error.value) == ("no-production", "product", mill.shop.name(product))
    assert told in error.message
    assert error.rule == "a product of a transformation that ended in the period"


@pytest.mark.parametrize("text", [
    "", "2025", "2025-01", "2025-1-1", "2025-02-29", "2025-13-01", "2025-01-01T", "2025-01-01T00:00Z",
    "2025-01-01T00:00:00", "2025-01-01T00:00:00+08:00", "2025-01-01T24:00:00Z", "2025-01-01T00:00:00.5Z",
    "20250101", "2025-W01-1", "2025-01-01\n", "2025-01-01 ", "٢٠٢٥-01-01", "x\0", "2025-01-01T00:00:00Z\n", "T",
])
@pytest.mark.parametrize("field", ["from", "to"])
def test_what_is_no_day(mill: Mill, field: str, text: str) -> None:
    error = mill.refusal((text, None) if field == "from" else (None, text))
    assert isinstance(error, InvalidInput)
    assert (error.code, error.field, error.value) == ("instant", field, text)
    assert error.rule == "a day as YYYY-MM-DD or an instant in UTC as YYYY-MM-DDThh:mm:ssZ"


@pytest.mark.parametrize("period", [
    ("2025-01-01", "2025-01-01"), ("2025-01-02", "2025-01-01"), ("2025-01-01T00:00:00Z", "2025-01-01"),
])
def test_periods_that_do_not_end_after_they_start(mill: Mill, period: tuple[str, str]) -> None:
    error = mill.refusal(period)
    assert isinstance(error, InvalidInput)
    assert (error.code, error.field, error.value) == ("period", "to", period[1])
    assert error.rule == "a period ends after it starts"
    assert mill.ask(("2025-01-15", "2025-01-15T12:00:01Z")).number_of_lots == 1


@pytest.mark.parametrize("limit", [-1, MAX_SHOWN + 1])
def test_limits_that_are_none(mill: Mill, limit: int) -> None:
    error = mill.refusal(limit=limit)
    assert isinstance(error, InvalidInput)
    assert (error.code, error.field, error.value) == ("limit", "limit", str(limit))
    assert mill.ask(limit=MAX_SHOWN).left_off == 0


@pytest.mark.parametrize("at", [0, -1, 10**30])
def test_trees_that_are_not(mill: Mill, at: int) -> None:
    error = mill.refusal(at=at)
    assert isinstance(error, InvalidInput)
    assert (error.code, error.field, error.value) == ("tree-size", "at", str(at))


def test_too_many_lots(mill: Mill) -> None:
    """Those of the period count, whatever else there is."""
    error = mill.refusal(YEAR, "less b", most=5)
    assert isinstance(error, InvalidInput)
    assert (error.code, error.field, error.value) == ("too-many-lots", "from", "2025-01-01T00:00:00Z")
    assert error.rule == "a shorter period, with at most 5 lots"
    assert "more than 5 lots" in error.message
    assert mill.refusal(YEAR, "less b", most=5, chunk=1).code == "too-many-lots"
    assert mill.ask(YEAR, "less b", most=6).number_of_lots == 6
    assert mill.ask(MARCH, "less b", most=2).number_of_lots == 2


def test_a_name_that_no_row_can_hold(mill: Mill) -> None:
    error = mill.refusal(product="x\0")
    assert (type(error), error.code) == (InvalidInput, "invalid-request")

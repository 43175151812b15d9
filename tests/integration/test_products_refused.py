"""Questions about products that have no answer: what is not there, was not made, is no day, or is too much."""

from collections.abc import Iterator

import pytest
from support.production import FEBRUARY, MARCH, YEAR, Mill, producing

from ledger.errors import InvalidInput, NotFound
from ledger.service.queries.product.read import MAX_SHOWN


@pytest.fixture(scope="module")
def mill() -> Iterator[Mill]:
    with producing() as found:
        yield found


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
    assert (error.code, error.field) == ("instant", field)
    assert error.value == text
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

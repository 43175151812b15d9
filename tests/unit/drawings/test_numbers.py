"""How numbers are written."""

from decimal import Decimal

import pytest

from ledger.drawings.numbers import (
    FigureInterval,
    cell,
    column_decimals,
    day,
    exact,
    figure,
    grouped,
    mass_scale,
    month,
    percent,
)

THIN, MINUS, DASH = "\u202f", "\u2212", "\u2013"


@pytest.mark.parametrize(("amount", "interval", "text"), [
    (5174.999, FigureInterval(4956.0, 5394.0), f"5{THIN}175"), (433.81, FigureInterval(373.0, 495.0), "434"),
    (21.4456, FigureInterval(20.9, 21.9), "21.45"), (21.4456, None, "21.4"), (5174.999, None, f"5{THIN}175"),
    (0.0, None, "0"), (None, None, DASH), (-1541.4, None, f"{MINUS}1{THIN}541"), (9.996, None, "10.0"),
    (0.00012345, None, "0.000123"), (99.96, None, "100"), (Decimal("257805.4437"), None, f"257{THIN}805"),
    (float("nan"), None, DASH), (180e9, None, f"180{THIN}000{THIN}000{THIN}000"),
])
def test_a_figure_alone(amount: float, interval: FigureInterval | None, text: str) -> None:
    assert figure(amount, interval) == text


@pytest.mark.parametrize(("amount", "decimals", "text"), [
    (0.3, 0, f"<{THIN}1"), (-0.3, 0, f">{THIN}{MINUS}1"), (0.5, 0, "1"), (2.5, 0, "3"), (0, 0, "0"), (None, 0, DASH),
    (0.04, 1, f"<{THIN}0.1"), (1234.56, 1, f"1{THIN}234.6"), (-0.0, 0, "0"), (float("inf"), 0, DASH),
])
def test_a_cell(amount: float | None, decimals: int, text: str) -> None:
    assert cell(amount, decimals) == text


def test_a_difference_has_its_sign() -> None:
    assert grouped(-4741.2, signed=True) == f"{MINUS}4{THIN}741"
    assert grouped(285.0, signed=True) == "+285"
    assert grouped(0.0, signed=True) == "0"


def test_a_column_has_one_resolution() -> None:
    assert column_decimals([5174.999, 9.36, 0.01]) == 0
    assert column_decimals([0.0123, 1e-5]) == 4
    assert column_decimals([]) == 0


@pytest.mark.parametrize(("share", "text"), [
    (0.6923, f"69.2{THIN}%"), (0.0004, f"<{THIN}0.1{THIN}%"), (1, f"100{THIN}%"), (0.99999, f"99.9{THIN}%"),
    (0.9999999999999999, f"100{THIN}%"),
    (0.0, f"0{THIN}%"), (None, DASH), (-0.0004, f">{THIN}{MINUS}0.1{THIN}%"), (4.874, f"487.4{THIN}%"),
])
def test_percent(share: float | None, text: str) -> None:
    assert percent(share) == text


def test_the_exact_value_is_at_hand() -> None:
    for amount in (5174.999247435909, 1e-7, 0.1, -3.0):
        assert float(exact(amount)) == amount
        assert "e" not in exact(amount).lower()
    assert exact(Decimal("1.50")) == "1.50"


def test_days_and_months() -> None:
    assert day("2022-02-21T08:00:00Z") == "21\u00a0Feb\u00a02022"
    assert day("2022-02-21", "zh") == "2022年2月21日"
    assert month("2022-02") == "Feb\u00a02022"
    assert month("2022-12-31", "zh") == "2022年12月"
    for text in ("", "2022", "2022-13-01", "yesterday"):
        with pytest.raises(ValueError, match="does not begin with a date"):
            day(text)


def test_a_drawing_uses_kilograms_or_tonnes() -> None:
    assert (mass_scale(5175.0).unit, mass_scale(5175.0).text(9.36)) == ("kg", "9")
    tonnes = mass_scale(180e6, " CO₂e")
    assert (tonnes.unit, tonnes.text(180e6), tonnes.text(3.0)) == ("t CO₂e", f"180{THIN}000", f"<{THIN}1")

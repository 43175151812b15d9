"""Numbers for people: never an exponent, never rounding dust, and no digit more than the figure bears."""

import re
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.cli.numbers import fixed, numeral, per_unit, quantity_words, share_words, unit_words
from ledger.core.record.units import UNITS
from ledger.core.record.values import Quantity

ROOT: Final = Path(__file__).parents[3]
FIGURES = st.floats(-1e15, 1e15, allow_nan=False)


@pytest.mark.parametrize(("amount", "text"), [
    (0.0, "0"), (3.41061e-13, "0"), (-3.41061e-13, "0"), (7.2e5, "720,000"), (1_234_567.89, "1,234,568"),
    (232.18, "232.18"), (5_174.9987, "5,175"), (1.7, "1.7"), (0.000123456789, "0.000123457"), (-42.5, "-42.5"),
    (99_999.95, "99,999.9"), (1e12, "1,000,000,000,000"), (0.1 + 0.2, "0.3"),
])
def test_numerals(amount: float, text: str) -> None:
    assert numeral(amount) == text


@pytest.mark.parametrize(("amount", "text"), [
    (0.0, "0"), (1e-12, "0"), (-1e-12, "0"), (11_609.0, "11,609.000"), (0.0005, "0.001"), (0.000123456, "0.000123"),
    (-0.0001, "-0.0001"), (-3.14159, "-3.142"), (2.5e9, "2,500,000,000.000"),
])
def test_fixed_decimals(amount: float, text: str) -> None:
    assert fixed(amount) == text


@pytest.mark.parametrize(("share", "text"), [
    (0.0, "0.0 %"), (1e-12, "0.0 %"), (-1e-12, "0.0 %"), (1e-8, "< 0.1 %"), (0.0004, "< 0.1 %"), (-0.0004, "> -0.1 %"),
    (0.0005, "0.1 %"), (0.5, "50.0 %"), (-0.25, "-25.0 %"), (0.9994, "99.9 %"), (0.9995, "99.9 %"),
    (0.9999999, "99.9 %"), (-0.9999, "-99.9 %"), (1 - 1e-12, "100.0 %"), (1.0, "100.0 %"), (1.0004, "100.0 %"),
    (1.5, "150.0 %"),
])
def test_a_share_is_all_or_nothing_only_if_it_is(share: float, text: str) -> None:
    assert share_words(share) == text


def test_signs() -> None:
    assert [fixed(one, signed=True) for one in (1.5, -1.5, 0.0, 1e-13)] == ["+1.500", "-1.500", "0", "0"]
    assert numeral(0.25, 3, signed=True) == "+0.25"


@given(FIGURES)
def test_no_number_has_an_exponent_or_is_far_off(amount: float) -> None:
    for text in (numeral(amount), fixed(amount), numeral(amount, 3, signed=True)):
        assert re.fullmatch(r"[+-]?[0-9,]+(\.[0-9]+)?", text), text
    assert abs(float(numeral(amount).replace(",", "")) - amount) <= max(1e-9, abs(amount) * 5.1e-6)
    assert abs(float(fixed(amount).replace(",", "")) - amount) <= 0.000501 + abs(amount) * 1e-15


def test_units_have_names_beside_their_codes() -> None:
    assert per_unit(232.18, "TNE") == "232.18 kg CO2e per tonne (TNE)"
    assert per_unit(5_174.9987, "H87") == "5,175 kg CO2e per piece (H87)"
    assert unit_words("XYZ") == "XYZ"
    assert quantity_words(Quantity(value="110", unit="TNE")) == "110 TNE (tonne)"
    assert all(unit_words(code) == f"{unit.name} ({code})" for code, unit in UNITS.items())


def test_no_command_spells_numbers_of_its_own() -> None:
    """Significant digits with an exponent (`.6g`) and kg with three decimals (`,.3f`) stand in one module."""
    faults = [
        f"{path.relative_to(ROOT)}: {match}" for path in sorted((ROOT / "ledger" / "cli").rglob("*.py"))
        if path.name != "numbers.py"
        for match in re.findall(r":[+,]*\.[0-9]+g\}|:[+,]*\.3f\}", path.read_text(encoding="utf-8"))
    ]
    assert faults == []

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raising import raised

from ledger.core.record.units import UNITS, check_pieces, convert, unit
from ledger.errors import InvalidQuantity

# Independent of the module: from UN/ECE Recommendation 20, revision 17, annex II, and the SI brochure. Units of inch
# and pound from their definitions: 25.4 mm, 453.59237 g, and 7000 grains; the Btu from 4.1868 J/g for 5/9 K.
INCH, POUND = Fraction(254, 10**4), Fraction(45359237, 10**8)
IN_BASE = {
    "KGM": Fraction(1), "GRM": Fraction(1, 10**3), "MGM": Fraction(1, 10**6), "TNE": Fraction(10**3),
    "KTN": Fraction(10**6),
    "3B": Fraction(1), "KJO": Fraction(1, 10**3), "JOU": Fraction(1, 10**6), "GV": Fraction(10**3),
    "D30": Fraction(10**6), "KWH": Fraction(36, 10), "MWH": Fraction(3600), "GWH": Fraction(3600000),
    "MTQ": Fraction(1), "LTR": Fraction(1, 10**3), "MLT": Fraction(1, 10**6), "NM3": Fraction(1),
    "MTK": Fraction(1), "CMK": Fraction(1, 10**4), "HAR": Fraction(10**4),
    "MTR": Fraction(1), "MMT": Fraction(1, 10**3), "CMT": Fraction(1, 100), "KMT": Fraction(10**3),
    "H87": Fraction(1), "C62": Fraction(1), "EA": Fraction(1), "PR": Fraction(2), "DZN": Fraction(12),
    "MIL": Fraction(1000),
    "TKM": Fraction(1), "HUR": Fraction(1), "DAY": Fraction(24),
    "DTN": Fraction(100), "LBR": POUND, "ONZ": POUND / 16, "APZ": POUND * 480 / 7000, "STN": POUND * 2000,
    "LTN": POUND * 2240, "BTU": POUND * Fraction(41868, 10**4) * Fraction(5, 9) / 10**3,
    "HLT": Fraction(1, 10), "DMQ": Fraction(1, 10**3), "CMQ": Fraction(1, 10**6), "GLL": 231 * INCH**3,
    "GLI": Fraction(454609, 10**8), "BLL": 42 * 231 * INCH**3, "FTQ": (12 * INCH)**3, "YDQ": (36 * INCH)**3,
    "FTK": (12 * INCH)**2, "INH": INCH, "FOT": 12 * INCH, "YRD": 36 * INCH, "SMI": 5280 * 12 * INCH,
}
PAIRS = [(a, b) for a in UNITS for b in UNITS if UNITS[a].dimension == UNITS[b].dimension]
OTHERS = [(a, b) for a in UNITS for b in UNITS if UNITS[a].dimension != UNITS[b].dimension]
GRAIN = 10**9
LIMIT = 10**15


def test_the_table_is_complete() -> None:
    assert (set(UNITS), {code: Fraction(known.scale) for code, known in UNITS.items()}) == (set(IN_BASE), IN_BASE)
    assert {known.dimension for known in UNITS.values()} == {
        "mass", "energy", "volume", "normal volume", "area", "length", "count", "freight", "time",
    }
    assert all(known.code == code for code, known in UNITS.items())


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("1", "TNE", "KGM", "1000"), ("1.5", "KGM", "GRM", "1500"), ("2500", "MGM", "GRM", "2.5"),
        ("1", "KTN", "TNE", "1000"), ("0.000000001", "TNE", "GRM", "0.001"), ("500", "KGM", "TNE", "0.5"),
        ("1", "KWH", "3B", "3.6"), ("3.6", "3B", "KWH", "1"), ("1", "MWH", "GV", "3.6"), ("1", "GWH", "MWH", "1000"),
        ("1", "D30", "GV", "1000"), ("9", "3B", "KWH", "2.5"), ("1", "JOU", "KJO", "0.001"),
        ("1", "KWH", "JOU", "3600000"),
        ("1", "MTQ", "LTR", "1000"), ("1", "MLT", "MTQ", "0.000001"), ("7", "NM3", "NM3", "7"),
        ("1", "HAR", "MTK", "10000"), ("1", "CMK", "MTK", "0.0001"),
        ("1", "KMT", "MTR", "1000"), ("1", "MMT", "CMT", "0.1"),
        ("3", "DZN", "H87", "36"), ("6", "C62", "DZN", "0.5"), ("2", "PR", "EA", "4"), ("1", "MIL", "EA", "1000"),
        ("5", "TKM", "TKM", "5"), ("1", "DAY", "HUR", "24"), ("12", "HUR", "DAY", "0.5"),
    ],
)
def test_conversions(value: str, source: str, target: str, expected: str) -> None:
    result = convert(Decimal(value), source, target)
    assert result == Decimal(expected)
    assert f"{result:f}".rstrip("0").rstrip(".") if "." in f"{result:f}" else f"{result:f}" == expected


@pytest.mark.parametrize(
    ("value", "source", "target"),
    [
        ("1", "3B", "KWH"), ("1", "GV", "MWH"), ("100", "KJO", "KWH"), ("1", "HUR", "DAY"), ("1", "H87", "DZN"),
        ("0.000000001", "GRM", "KGM"), ("0.000000001", "MGM", "TNE"), ("1.000000001", "LTR", "MTQ"),
        ("999999999999999", "TNE", "KGM"), ("1000000000000", "TNE", "KGM"), ("1000000000", "KTN", "KGM"),
    ],
)
def test_what_has_no_exact_spelling_is_refused(value: str, source: str, target: str) -> None:
    with pytest.raises(InvalidQuantity) as caught:
        convert(Decimal(value), source, target, "inputs[0].quantity")
    error = caught.value
    assert (error.code, error.field, error.value) == ("inexact-conversion", "inputs[0].quantity", f"{value} {source}")
    assert value in error.message
    assert target in error.message
    assert error.rule is not None
    assert target in error.rule


def test_the_largest_that_fits() -> None:
    assert convert(Decimal("999999999999.999999999"), "TNE", "KGM") == Decimal("999999999999999.999999")


@pytest.mark.parametrize(
    ("source", "target", "dimensions"),
    [("MTQ", "KGM", ("volume", "mass")), ("NM3", "MTQ", ("normal volume", "volume")),
     ("KWH", "TNE", ("energy", "mass")),
     ("TKM", "TNE", ("freight", "mass")), ("H87", "KGM", ("count", "mass")), ("HUR", "KWH", ("time", "energy"))],
)
def test_wrong_dimension(source: str, target: str, dimensions: tuple[str, str]) -> None:
    with pytest.raises(InvalidQuantity) as caught:
        convert(Decimal("7"), source, target, "quantity")
    error = caught.value
    assert (error.code, error.field, error.value) == ("wrong-dimension", "quantity", f"7 {source}")
    assert all(dimension in error.message for dimension in dimensions)


def test_no_conversion_between_any_two_dimensions() -> None:
    for source, target in OTHERS:
        with pytest.raises(InvalidQuantity, match=rf"^1 {source} is of dimension .*, not "):
            convert(Decimal(1), source, target)


@pytest.mark.parametrize("code", ["XYZ", "kgm", "KG", ""])
def test_unknown_units(code: str) -> None:
    error = raised(InvalidQuantity, unit, code, "supplies[0].quantity.unit")
    assert (error.code, error.field) == ("unknown-unit", "supplies[0].quantity.unit")
    assert repr(code) in error.message
    for source, target in ((code, "KGM"), ("KGM", code)):
        assert "unknown unit" in str(raised(InvalidQuantity, convert, Decimal(1), source, target))


grains = st.integers(min_value=1, max_value=LIMIT * GRAIN - 1)


def fits(exact: Fraction) -> bool:
    return GRAIN % exact.denominator == 0 and exact < LIMIT


@given(grains, st.sampled_from([pair for pair in PAIRS if pair[0] != pair[1]]))
def test_conversion_is_exact_or_refused(amount: int, pair: tuple[str, str]) -> None:
    source, target = pair
    value = Decimal(amount).scaleb(-9)
    exact = Fraction(amount, GRAIN) * IN_BASE[source] / IN_BASE[target]
    if not fits(exact):
        assert raised(InvalidQuantity, convert, value, source, target).code == "inexact-conversion"
        return
    result = convert(value, source, target)
    assert (Fraction(result), Fraction(convert(result, target, source))) == (exact, Fraction(amount, GRAIN))


@given(st.integers(min_value=1, max_value=10**6), st.integers(min_value=0, max_value=9),
       st.sampled_from([pair for pair in PAIRS if pair[0] != pair[1]]))
def test_round_numbers(mantissa: int, decimals: int, pair: tuple[str, str]) -> None:
    """As above, with numbers that mostly do fit."""
    source, target = pair
    exact = Fraction(mantissa, 10**decimals) * IN_BASE[source] / IN_BASE[target]
    value = Decimal(mantissa).scaleb(-decimals)
    try:
        result = convert(value, source, target)
    except InvalidQuantity:
        assert not fits(exact)
    else:
        assert fits(exact)
        assert Fraction(result) == exact


def test_the_arithmetic_around_does_not_matter() -> None:
    with localcontext(prec=3):
        assert convert(Decimal("123456.789"), "TNE", "KGM") == Decimal("123456789")
        check_pieces(Decimal("1234567"), "H87")
        raised(InvalidQuantity, check_pieces, Decimal("1234567.5"), "H87")


@pytest.mark.parametrize(("value", "code"), [("1", "H87"), ("0.5", "PR"), ("0.25", "DZN"), ("0.001", "MIL"),
                                             ("0.5", "KGM"), ("0.1", "HUR"), ("999999999999999", "MIL")])
def test_whole_pieces(value: str, code: str) -> None:
    check_pieces(Decimal(value), code)


@pytest.mark.parametrize(("value", "code"), [("0.5", "H87"), ("1.000000001", "EA"), ("0.25", "PR"), ("0.1", "DZN"),
                                             ("0.0001", "MIL"), ("999999999999999.5", "C62")])
def test_a_fraction_of_a_piece_is_refused(value: str, code: str) -> None:
    with pytest.raises(InvalidQuantity) as caught:
        check_pieces(Decimal(value), code, "outputs[0].quantity")
    error = caught.value
    assert (error.code, error.field, error.value) == ("fraction-of-a-piece", "outputs[0].quantity", f"{value} {code}")
    assert f"{value} {code}" in error.message

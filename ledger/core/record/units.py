"""Units of measure: the UN/ECE Recommendation 20 codes that the ledger knows, and exact conversion between them.

Every unit is a finite decimal multiple of its dimension's base unit, so that a conversion is exact or is refused. The
scales of inch, pound and gallons are exact by definition (International yard and pound agreement, 1959; US gallon: 231
cubic inches; UK gallon: Weights and Measures Act 1985; British thermal unit: 4.1868 J/g for a pound and a degree
Fahrenheit), where Recommendation 20 prints them rounded. A gas volume under other conditions than 0 °C is no multiple.
"""

from decimal import Clamped, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow, Underflow
from typing import Final, NamedTuple

from ledger.core.patch import replace, steps_of
from ledger.errors import InvalidQuantity


class Unit(NamedTuple):
    """`scale` base units make one of this unit."""

    code: str
    dimension: str
    scale: Decimal
    name: str


def _units(dimension: str, rows: tuple[tuple[str, str, str], ...]) -> dict[str, Unit]:
    return {code: Unit(code, dimension, Decimal(scale), name) for code, scale, name in rows}


UNITS: dict[str, Unit] = {
    **_units("mass", (("KGM", "1", "kilogram"), ("GRM", "0.001", "gram"), ("MGM", "0.000001", "milligram"),
                      ("TNE", "1000", "tonne"), ("KTN", "1000000", "kilotonne"), ("DTN", "100", "decitonne"),
                      ("LBR", "0.45359237", "pound"), ("ONZ", "0.028349523125", "ounce (avoirdupois)"),
                      ("APZ", "0.0311034768", "troy ounce"), ("STN", "907.18474", "ton (US), short ton"),
                      ("LTN", "1016.0469088", "ton (UK), long ton"))),
    **_units("energy", (("3B", "1", "megajoule"), ("KJO", "0.001", "kilojoule"), ("JOU", "0.000001", "joule"),
                        ("GV", "1000", "gigajoule"), ("D30", "1000000", "terajoule"), ("KWH", "3.6", "kilowatt hour"),
                        ("MWH", "3600", "megawatt hour"), ("GWH", "3600000", "gigawatt hour"),
                        ("BTU", "0.00105505585262", "British thermal unit (international table)"))),
    **_units("volume", (("MTQ", "1", "cubic metre"), ("LTR", "0.001", "litre"), ("MLT", "0.000001", "millilitre"),
                        ("HLT", "0.1", "hectolitre"), ("DMQ", "0.001", "cubic decimetre"),
                        ("CMQ", "0.000001", "cubic centimetre"), ("GLL", "0.003785411784", "gallon (US)"),
                        ("GLI", "0.00454609", "gallon (UK)"), ("BLL", "0.158987294928", "barrel (US), of petroleum"),
                        ("FTQ", "0.028316846592", "cubic foot"), ("YDQ", "0.764554857984", "cubic yard"))),
    **_units("normal volume", (("NM3", "1", "normalised cubic metre"),)),
    **_units("area", (("MTK", "1", "square metre"), ("CMK", "0.0001", "square centimetre"),
                      ("HAR", "10000", "hectare"), ("FTK", "0.09290304", "square foot"))),
    **_units("length", (("MTR", "1", "metre"), ("MMT", "0.001", "millimetre"), ("CMT", "0.01", "centimetre"),
                        ("KMT", "1000", "kilometre"), ("INH", "0.0254", "inch"), ("FOT", "0.3048", "foot"),
                        ("YRD", "0.9144", "yard"), ("SMI", "1609.344", "mile"))),
    **_units("count", (("H87", "1", "piece"), ("C62", "1", "one"), ("EA", "1", "each"), ("PR", "2", "pair"),
                       ("DZN", "12", "dozen"), ("MIL", "1000", "thousand"))),
    **_units("freight", (("TKM", "1", "tonne kilometre"),)),
    **_units("time", (("HUR", "1", "hour"), ("DAY", "24", "day"))),
}

POWER_UNITS = ("KWH", "MWH", "GWH")
"""Electricity is counted in watt hours, and nothing else is; heat is counted in joules."""

# Wide enough for 15 integer and 9 decimal digits times any scale. A result that does not fit is an error.
EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow, Underflow, Clamped])
_GRAIN = Decimal("0.000000001")
_ROUNDED: Final = Context(prec=60)
AMOUNT_DIGITS: Final = 15
"""Digits that an amount may have before the decimal point."""
AMOUNT_LIMIT: Final = Decimal(10) ** AMOUNT_DIGITS
"""Every amount in a record is below this."""


def unit(code: str, field: str | None = None) -> Unit:
    """The unit of a Rec 20 code. Raises InvalidQuantity for a code that the ledger does not know."""
    row = UNITS.get(code)
    if row is None:
        raise InvalidQuantity(
            f"unknown unit {code!r}", code="unknown-unit", field=field, value=code,
            rule="units are UN/ECE Recommendation 20 codes: " + " ".join(UNITS),
        )
    return row


def convert(value: Decimal, source: str, target: str, field: str | None = None) -> Decimal:
    """`value` of unit `source` in unit `target`, exactly, with at most 9 decimals.

    Raises InvalidQuantity if the dimensions differ or the result has no exact spelling (1 MJ in kWh has infinitely
    many decimals).
    """
    if source == target:
        return value
    have, want = unit(source, field), unit(target, field)
    if have.dimension != want.dimension:
        raise InvalidQuantity(
            f"{value:f} {source} is of dimension {have.dimension}, not {want.dimension}", code="wrong-dimension",
            field=field, value=f"{value:f} {source}", rule=f"a quantity convertible to {target} ({want.name})",
        )
    try:
        result = EXACT.divide(EXACT.multiply(value, have.scale), want.scale)
        if result >= AMOUNT_LIMIT:
            raise InvalidOperation
        return result if result == result.to_integral_value() else EXACT.quantize(result, _GRAIN).normalize(EXACT)
    except (Inexact, InvalidOperation):
        raise _inexact(value, have, want, field) from None


def _inexact(value: Decimal, have: Unit, want: Unit, field: str | None) -> InvalidQuantity:
    error = InvalidQuantity(
        f"{value:f} {have.code} has no exact value in {want.code}", code="inexact-conversion", field=field,
        value=f"{value:f} {have.code}",
        rule=f"give it in {want.code}, or in a unit that converts to {want.code} with at most 9 decimals, "
             f"below 10^{AMOUNT_DIGITS}",
    )
    rounded = _ROUNDED.divide(_ROUNDED.multiply(value, have.scale), want.scale).quantize(_GRAIN, context=_ROUNDED)
    if field and not field.endswith(".unit") and 0 < rounded < AMOUNT_LIMIT:
        error.mend = (replace(steps_of(field), {"value": plain(rounded), "unit": want.code}),)
        error.message += f"; rounded to 9 decimals it is {plain(rounded)} {want.code}"
    return error


def check_pieces(value: Decimal, code: str, field: str | None = None) -> None:
    """Refuses a fraction of a piece: only whole pieces can be counted. `value` is in unit `code`."""
    counted_in = unit(code, field)
    if counted_in.dimension == "count":
        pieces = EXACT.multiply(value, counted_in.scale)
        if pieces != pieces.to_integral_value():
            raise InvalidQuantity(
                f"{value:f} {code} is a fraction of a piece", code="fraction-of-a-piece", field=field,
                value=f"{value:f} {code}", rule="a quantity in a unit of count is a whole number of pieces",
            )


def plain(amount: Decimal) -> str:
    """The spelling of an amount in records: no exponent, no superfluous zeros."""
    text = str(amount)
    if "E" in text:
        text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text

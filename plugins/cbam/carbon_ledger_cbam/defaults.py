"""Default values from a file that the user names: CSV with the columns cn, country, direct, indirect, source[, year].

Values are t CO2e per t, before the mark-up; for electricity (CN 2716) t CO2e per MWh. `cn` is a code or its beginning.
`country` is ISO 3166, `*` for all unnamed countries; `unknown` for goods of unknown origin, which otherwise fall under
`*`. Without `year` a row applies to every year; an empty `indirect` is zero.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from carbon_ledger_cbam.goods import digits
from ledger.sdk import invalid_field

ELECTRICITY: Final = "27160000"
ANY: Final = "*"
_UNKNOWN: Final = "unknown"
_NEEDED: Final = ("cn", "country", "direct", "indirect", "source")
_KNOWN: Final = (*_NEEDED, "year")
_LARGEST: Final = Fraction(10_000)
_MOST: Final = 200_000


class DefaultValue(NamedTuple):
    """A row: t CO2e per t (per MWh of electricity), before the mark-up."""

    cn: str
    country: str
    year: int | None
    direct: Fraction
    indirect: Fraction
    source: str


class Defaults:
    """The rows of a file; `find` selects one."""

    def __init__(self, table: Mapping[tuple[str, str, int | None], DefaultValue]) -> None:
        self._rows = table

    def find(self, cn: str, country: str | None, year: int) -> DefaultValue | None:
        """The row of the country, else of `*`; among them the row with the longest beginning of the code, and then the
        row of the year before the row for every year."""
        for place in (country, ANY) if country is not None else (_UNKNOWN, ANY):
            for length in range(len(cn), 0, -1):
                for when in (year, None):
                    row = self._rows.get((cn[:length], place or ANY, when))
                    if row is not None:
                        return row
        return None


def no_default(cn: str, country: str | None, year: int, product: str) -> Exception:
    """The error for a precursor without an attestation and without a row in the file: no value is estimated."""
    where = country or "an unknown country"
    return invalid_field(
        "defaults", f"without a row for CN {cn} of {where} in {year}",
        f"a default value for {product}, since its maker has no valid attestation", code="no-default-value",
    )


def read_defaults(data: bytes | None) -> Defaults:
    """The rows of the file; no rows without a file. Raises InvalidInput that names line and column."""
    table: dict[tuple[str, str, int | None], DefaultValue] = {}
    if data is None:
        return Defaults(table)
    for line, row in _lines(data):
        value = _row(f"defaults line {line}", row)
        key = (value.cn, value.country, value.year)
        if key in table:
            raise _wrong(f"defaults line {line}", f"a second row for {value.cn} of {value.country}",
                         "one row per code, country and year")
        table[key] = value
    return Defaults(table)


def _lines(data: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header)
        for line, cells in enumerate(reader, start=2):
            if line > _MOST:
                raise _wrong("defaults", f"longer than {_MOST:,} lines", "a table of default values")
            if any(cell.strip() for cell in cells):
                if len(cells) != len(header):
                    raise _wrong(f"defaults line {line}", f"{len(cells)} cells", f"{len(header)} cells")
                yield line, dict(zip(header, (cell.strip() for cell in cells), strict=True))
    except UnicodeDecodeError as error:
        raise _wrong("defaults", f"not UTF-8 ({error.reason})", "CSV in UTF-8") from None
    except csv.Error as error:
        raise _wrong("defaults", f"not CSV ({error})", "CSV in UTF-8") from None


def _check_header(header: Sequence[str]) -> None:
    wrong = [name for name in _NEEDED if name not in header] or [name for name in header if name not in _KNOWN]
    if wrong or len(set(header)) != len(header):
        raise _wrong("defaults columns", ",".join(header)[:200] or "empty",
                     "the columns cn,country,direct,indirect,source and, if values differ by year, year")


def _row(where: str, row: Mapping[str, str]) -> DefaultValue:
    cn, country, year = digits(row["cn"]), row["country"], row.get("year", "")
    if cn is None:
        raise _wrong(f"{where} cn", row["cn"], "a CN code of 4 to 10 digits")
    if country not in (ANY, _UNKNOWN) and not (len(country) == 2 and country.isascii() and country.isupper()):
        raise _wrong(f"{where} country", country, "ISO 3166, `*` or `unknown`")
    if year and not (year.isascii() and year.isdecimal() and len(year) == 4):
        raise _wrong(f"{where} year", year, "a year of four digits, or empty")
    if not row["source"]:
        raise _wrong(f"{where} source", "empty", "the source of the value")
    return DefaultValue(
        cn, country, int(year) if year else None, _amount(f"{where} direct", row["direct"]),
        _amount(f"{where} indirect", row["indirect"] or "0"), row["source"],
    )


def _amount(field: str, text: str) -> Fraction:
    plain = text.isascii() and text.replace(".", "", 1).isdecimal()
    value = Fraction(text) if plain else Fraction(-1)
    if not 0 <= value < _LARGEST:
        raise _wrong(field, text or "empty", "a decimal number of at least 0, with a point")
    return value


def _wrong(field: str, value: str, rule: str) -> Exception:
    return invalid_field(field, value, rule, code="invalid-defaults")

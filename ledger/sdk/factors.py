"""Emission factors as CSV: value, unit, gas, place, year, boundary, status and source, found by key, place and year.

Columns: `key,place,year,value,unit,gas,boundary,status,source`, and `deviation` where a table has it: the geometric
standard deviation of `value`, empty where it is not known. `value` is kg of `gas` per `unit` (a Rec 20 code).
`place` is an ISO 3166 code, a grid region's name, or `*`. `status` is `read`, or `recalled` for a figure whose source
could not be checked: it stays flagged in every answer. What else a sector keeps in CSV it reads with `rows`.

How `find` chooses, in this order, each place with its factor of the year asked, else its latest earlier one:

    1  the place asked for, such as a province      3  the country
    2  the province's grid region                   4  anywhere (`*`)

The line that is made of a factor names table, place and year of the row found, and its ratings say how far that is from
what was asked. A province that there is not, and a year before every factor of all these places, are errors. A later
plugin version that finds differently is another version: the digest which pins it covers code and factors.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, Literal, cast

from msgspec import Struct

from ledger.errors import PluginError
from ledger.sdk.places import ANYWHERE, geography_rating, time_rating, wider_places
from ledger.sdk.tables import rows

Boundary = Literal["combustion", "generation", "cradleToGate", "process"]
COLUMNS: Final = ("key", "place", "year", "value", "unit", "gas", "boundary", "status", "source")
_BOUNDARIES: Final = ("combustion", "generation", "cradleToGate", "process")
_STATUSES: Final = ("read", "recalled", "supplied")
_LARGEST_DEVIATION: Final = 1000
_SECONDARY: Final = (2, 2, 2)
CO2_PER_C: Final = Decimal(44) / Decimal(12)


class FactorRow(Struct, frozen=True, kw_only=True):
    """One factor of `table`. The boundary `process` is a reaction, with no upstream to miss."""

    table: str
    key: str
    place: str
    year: int
    value: Decimal
    unit: str
    gas: str
    boundary: Boundary
    status: str
    source: str
    deviation: Decimal | None = None

    @property
    def name(self) -> str:
        """How answers refer to the factor: table:key/place/year."""
        return f"{self.table}:{self.key}/{self.place}/{self.year}"

    @property
    def recalled(self) -> bool:
        return self.status == "recalled"

    @property
    def ratings(self) -> tuple[int, int, int]:
        """PACT's technology, time and geography scores: secondary data, with no place or year asked for."""
        return _SECONDARY


class FoundFactor(FactorRow, frozen=True, kw_only=True):
    """The row that `FactorTable.find` chose, and what it was asked for; None where it was not."""

    asked_place: str | None = None
    asked_year: int | None = None

    @property
    def ratings(self) -> tuple[int, int, int]:
        """As PACT scores it; see `ledger.sdk.places`. A reaction is the same at any place and time."""
        technology, time, geography = _SECONDARY
        if self.boundary != "process":
            if self.asked_year is not None:
                time = time_rating(self.asked_year - self.year)
            if self.asked_place is not None:
                geography = geography_rating(self.asked_place, self.place)
        return technology, time, geography

    @property
    def resolution(self) -> str:
        """In words: `as asked`, or what was found for what."""
        place, year = self.asked_place or self.place, self.asked_year or self.year
        if (place, year) == (self.place, self.year):
            return "as asked"
        return f"{self.place}/{self.year} for {place}/{year}"


class FactorTable:
    """The rows of one CSV file, by key and place."""

    def __init__(self, name: str, found: Iterable[FactorRow]) -> None:
        self.name = name
        self._rows: dict[str, dict[str, dict[int, FactorRow]]] = {}
        for row in found:
            years = self._rows.setdefault(row.key, {}).setdefault(row.place, {})
            if row.year in years:
                raise PluginError(f"factor {row.name} appears twice", code="invalid-factors", field=row.name)
            years[row.year] = row

    def __iter__(self) -> Iterator[FactorRow]:
        return (row for places in self._rows.values() for years in places.values() for row in years.values())

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def covers(self, key: str, places: Sequence[str] = ()) -> bool:
        """Whether there is a factor, of whatever year; raises PluginError for a province that there is not."""
        by_place = self._rows.get(key, {})
        return any(place in by_place for place in (*wider_places(places), ANYWHERE))

    def find(self, key: str, places: Sequence[str] = (), year: int | None = None) -> FoundFactor:
        """The factor of `key` for the places of a facility, narrowest first, and a year; the module says how.

        Without a year it is the latest. Raises PluginError for a key or place without factor (`no-factor`), a year
        before the first (`no-factor-for-year`), and a province that there is not (`unknown-place`).
        """
        by_place = self._rows.get(key, {})
        known = [by_place[place] for place in (*wider_places(places), ANYWHERE) if place in by_place]
        if not known:
            raise PluginError(
                f"{self.name} has no factor for {key!r} in {', '.join(places) or 'any place'}", code="no-factor",
                field=key, value=key, rule="name the supply's own factor or declaration, or a material of this table",
            )
        for years in known:
            earlier = [one for one in years if year is None or one <= year]
            if earlier:
                return _found(years[max(earlier)], places, year)
        first = min(min(years) for years in known)
        raise PluginError(
            f"{self.name} has no factor for {key!r} in {year}: the first is of {first}", code="no-factor-for-year",
            field="end", value=year, rule=f"{first} or later, or a supply with its own factor or declaration",
        )


def _found(row: FactorRow, places: Sequence[str], year: int | None) -> FoundFactor:
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return FoundFactor(**fields, asked_place=places[0] if places else None, asked_year=year)


@cache
def read_factors(package: str, file: str, name: str) -> FactorTable:
    """The factor table in `file` of `package`; raises PluginError that names the line which is none."""
    return FactorTable(name, [_row(name, line, fields) for line, fields in enumerate(rows(package, file), start=2)])


def _row(table: str, line: int, fields: Mapping[str, str]) -> FactorRow:
    missing = [column for column in COLUMNS if not fields.get(column)]
    if missing:
        raise PluginError(f"{table} line {line} lacks {', '.join(missing)}", code="invalid-factors", field=missing[0])
    if fields["boundary"] not in _BOUNDARIES or fields["status"] not in _STATUSES:
        raise PluginError(f"{table} line {line}: boundary or status is not known", code="invalid-factors")
    try:
        return FactorRow(
            table=table, key=fields["key"], place=fields["place"], year=int(fields["year"]),
            value=Decimal(fields["value"]), unit=fields["unit"], gas=fields["gas"],
            boundary=cast(Boundary, fields["boundary"]), status=fields["status"], source=fields["source"],
            deviation=_deviation(table, line, fields.get("deviation")),
        )
    except ArithmeticError:
        raise PluginError(f"{table} line {line}: {fields['value']!r} is no number", code="invalid-factors") from None


def _deviation(table: str, line: int, text: str | None) -> Decimal | None:
    if not text:
        return None
    try:
        deviation = Decimal(text)
    except ArithmeticError:
        deviation = Decimal("NaN")
    if not (deviation.is_finite() and 1 <= deviation < _LARGEST_DEVIATION):
        raise PluginError(
            f"{table} line {line}: deviation is {text!r}", code="invalid-factors", field="deviation", value=text,
            rule="a geometric standard deviation is at least 1 and below 1000",
        )
    return deviation


def grid_electricity() -> FactorTable:
    """China's grid-average CO2 factors by province, region and year (key `electricity`, kg CO2 per KWH, generation)."""
    return read_factors("ledger.sdk.data", "electricity-china.csv", "electricity-china")


def purchased_heat() -> FactorTable:
    """China's default CO2 factor of bought heat and steam (key `heat`, kg CO2 per GJ, generation)."""
    return read_factors("ledger.sdk.data", "heat-china.csv", "heat-china")


def residual_mix() -> FactorTable:
    """China's average CO2 factor of the power that is left when non-fossil power sold on the market is taken out.

    Key `electricity`, kg CO2 per KWH, generation: the market-based figure of power without attributes of its own.
    """
    return read_factors("ledger.sdk.data", "residual-china.csv", "residual-china")

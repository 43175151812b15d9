"""Tables of emission factors in CSV: value, unit, gas, place, year, boundary, status and source of each factor.

Columns: `key,place,year,value,unit,gas,boundary,status,source`, and optionally `deviation`: the geometric standard
deviation of `value`, empty if unknown. `value` is kg of `gas` per `unit` (a Rec 20 code). `place` is an ISO 3166 code,
a grid region's name, or `*`. `status` is `read`, or `recalled` for a figure from an unverified source: every answer
flags such a figure. A sector reads its other CSV files with `rows`.

`find` tries these places in this order. For each, it takes the factor of the requested year, else the latest earlier
one:

    1  the requested place, such as a province      3  the country
    2  the province's grid region                   4  anywhere (`*`)

A line that uses a factor names table, place and year of the chosen row. Its ratings say how far these are from the
requested place and year. An unknown province is an error, and so is a year before every factor of all these places. If
a change to code or factors makes `find` choose differently, the plugin's digest changes too, because it covers both.
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
    """One factor of `table`. The boundary `process` means a chemical reaction, which has no upstream."""

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
        """The factor's name in answers: table:key/place/year."""
        return f"{self.table}:{self.key}/{self.place}/{self.year}"

    @property
    def recalled(self) -> bool:
        return self.status == "recalled"

    @property
    def ratings(self) -> tuple[int, int, int]:
        """PACT's scores for technology, time and geography: secondary data, for no particular place or year."""
        return _SECONDARY


class FoundFactor(FactorRow, frozen=True, kw_only=True):
    """The row that `FactorTable.find` chose, with the requested place and year; None if not requested."""

    asked_place: str | None = None
    asked_year: int | None = None

    @property
    def ratings(self) -> tuple[int, int, int]:
        """PACT's scores; see `ledger.sdk.places`. A chemical reaction is the same at any place and time."""
        technology, time, geography = _SECONDARY
        if self.boundary != "process":
            if self.asked_year is not None:
                time = time_rating(self.asked_year - self.year)
            if self.asked_place is not None:
                geography = geography_rating(self.asked_place, self.place)
        return technology, time, geography

    @property
    def resolution(self) -> str:
        """In words: `as asked`, or the row's place and year and the requested ones."""
        place, year = self.asked_place or self.place, self.asked_year or self.year
        if (place, year) == (self.place, self.year):
            return "as asked"
        return f"{self.place}/{self.year} for {place}/{year}"


class FactorTable:
    """The rows of one CSV file, by key and place."""

    def __init__(self, name: str, factors: Iterable[FactorRow]) -> None:
        self.name = name
        self._rows: dict[str, dict[str, dict[int, FactorRow]]] = {}
        for row in factors:
            years = self._rows.setdefault(row.key, {}).setdefault(row.place, {})
            if row.year in years:
                raise PluginError(f"factor {row.name} appears twice", code="invalid-factors", field=row.name)
            years[row.year] = row

    def __iter__(self) -> Iterator[FactorRow]:
        return (row for places in self._rows.values() for years in places.values() for row in years.values())

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def covers(self, key: str, places: Sequence[str] = ()) -> bool:
        """Whether the table has a factor of any year for these places. Raises PluginError for an unknown province."""
        by_place = self._rows.get(key, {})
        return any(place in by_place for place in (*wider_places(places), ANYWHERE))

    def find(self, key: str, places: Sequence[str] = (), year: int | None = None) -> FoundFactor:
        """The factor of `key` for the places of a facility, narrowest first, and a year, as this module describes.

        Without a year it is the latest factor. Raises PluginError for a key or place without factor (`no-factor`), a
        year before the first factor (`no-factor-for-year`), and an unknown province (`unknown-place`).
        """
        by_place = self._rows.get(key, {})
        candidates = [by_place[place] for place in (*wider_places(places), ANYWHERE) if place in by_place]
        if not candidates:
            raise PluginError(
                f"{self.name} has no factor for {key!r} in {', '.join(places) or 'any place'}", code="no-factor",
                field=key, value=key, rule="name the supply's own factor or declaration, or a material of this table",
            )
        for years in candidates:
            earlier = [one for one in years if year is None or one <= year]
            if earlier:
                return _found(years[max(earlier)], places, year)
        first = min(min(years) for years in candidates)
        raise PluginError(
            f"{self.name} has no factor for {key!r} in {year}: its first factor is for {first}",
            code="no-factor-for-year", field="end", value=year,
            rule=f"{first} or later, or a supply with its own factor or declaration",
        )


def _found(row: FactorRow, places: Sequence[str], year: int | None) -> FoundFactor:
    fields = {name: getattr(row, name) for name in row.__struct_fields__}
    return FoundFactor(**fields, asked_place=places[0] if places else None, asked_year=year)


@cache
def read_factors(package: str, file: str, name: str) -> FactorTable:
    """The factor table in `file` of `package`. Raises PluginError, which names the malformed line."""
    return FactorTable(name, [_row(name, line, fields) for line, fields in enumerate(rows(package, file), start=2)])


def _row(table: str, line: int, fields: Mapping[str, str]) -> FactorRow:
    missing = [column for column in COLUMNS if not fields.get(column)]
    if missing:
        raise PluginError(f"{table} line {line} lacks {', '.join(missing)}", code="invalid-factors", field=missing[0])
    if fields["boundary"] not in _BOUNDARIES or fields["status"] not in _STATUSES:
        raise PluginError(
            f"{table} line {line}: unknown boundary {fields['boundary']!r} or status {fields['status']!r}",
            code="invalid-factors",
            rule=f"boundary one of {' '.join(_BOUNDARIES)}; status one of {' '.join(_STATUSES)}",
        )
    try:
        return FactorRow(
            table=table, key=fields["key"], place=fields["place"], year=int(fields["year"]),
            value=Decimal(fields["value"]), unit=fields["unit"], gas=fields["gas"],
            boundary=cast(Boundary, fields["boundary"]), status=fields["status"], source=fields["source"],
            deviation=_deviation(table, line, fields.get("deviation")),
        )
    except ArithmeticError:
        raise PluginError(
            f"{table} line {line}: value {fields['value']!r} is not a number", code="invalid-factors"
        ) from None


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
            rule="a geometric standard deviation from 1 to below 1000",
        )
    return deviation


def grid_electricity() -> FactorTable:
    """China's grid-average CO2 factors by province, region and year (key `electricity`, kg CO2 per KWH, generation)."""
    return read_factors("ledger.sdk.data", "electricity-china.csv", "electricity-china")


def purchased_heat() -> FactorTable:
    """China's default CO2 factor of purchased heat and steam (key `heat`, kg CO2 per GJ, generation)."""
    return read_factors("ledger.sdk.data", "heat-china.csv", "heat-china")


def residual_mix() -> FactorTable:
    """China's residual mix: the average CO2 factor of the grid's power without the non-fossil power sold on the market.

    Key `electricity`, kg CO2 per KWH, generation: the market-based figure of power that has no green attributes.
    """
    return read_factors("ledger.sdk.data", "residual-china.csv", "residual-china")

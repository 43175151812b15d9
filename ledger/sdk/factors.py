"""Emission factors as CSV: value, unit, gas, place, year, boundary, status and source, found by key, place and year.

Columns: `key,place,year,value,unit,gas,boundary,status,source`, and `deviation` where a table has it: the geometric
standard deviation of `value`, empty where it is not known. `value` is kg of `gas` per `unit` (a Rec 20 code).
`place` is an ISO 3166 code, a grid region's name, or `*`. `status` is `read`, or `recalled` for a figure whose source
could not be checked: it stays flagged in every answer. What else a sector keeps in CSV it reads with `rows`.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final, Literal, cast

from msgspec import Struct

from ledger.errors import PluginError

Boundary = Literal["combustion", "generation", "cradleToGate", "process"]
COLUMNS: Final = ("key", "place", "year", "value", "unit", "gas", "boundary", "status", "source")
_BOUNDARIES: Final = ("combustion", "generation", "cradleToGate", "process")
_STATUSES: Final = ("read", "recalled", "supplied")
_LARGEST_DEVIATION: Final = 1000
ANYWHERE: Final = "*"
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
        """Whether `find` has an answer."""
        by_place = self._rows.get(key, {})
        return any(place in by_place for place in (*places, ANYWHERE))

    def find(self, key: str, places: Sequence[str] = (), year: int | None = None) -> FactorRow:
        """The factor of `key` for the first place that has one, of the year asked or that place's latest earlier one.

        A place without a year so early gives its earliest. `*` comes last. Raises PluginError where there is none.
        """
        by_place = self._rows.get(key, {})
        for place in (*places, ANYWHERE):
            years = by_place.get(place)
            if years:
                if year is None:
                    return years[max(years)]
                earlier = [known for known in years if known <= year]
                return years[max(earlier) if earlier else min(years)]
        raise PluginError(
            f"{self.name} has no factor for {key!r} in {', '.join(places) or 'any place'}", code="no-factor",
            field=key, value=key, rule="name the supply's own factor or declaration, or a material of this table",
        )


@cache
def rows(package: str, file: str) -> tuple[Mapping[str, str], ...]:
    """The rows of a CSV file in a package, as mappings from column to text. Read once."""
    text = files(package).joinpath(file).read_text(encoding="utf-8")
    return tuple(csv.DictReader(io.StringIO(text)))


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


def grid_places(places: Sequence[str]) -> tuple[str, ...]:
    """The places of a facility with its province's grid region put between province and country."""
    regions = {row["subdivision"]: row["region"] for row in rows("ledger.sdk.data", "regions-china.csv")}
    widened: list[str] = []
    for place in places:
        widened.append(place)
        if place in regions:
            widened.append(regions[place])
    return tuple(widened)


def standard_fuels() -> Mapping[str, "Fuel"]:
    """The default fuels of China's enterprise accounting guidelines, by key."""
    return _fuels()


class Fuel(Struct, frozen=True, kw_only=True):
    """Net calorific value in GJ per `unit` (TNE, or NM3 in GJ per 10^4), carbon in t per GJ, oxidised share 0..1."""

    key: str
    unit: str
    heating_value: Decimal
    carbon_content: Decimal
    oxidation: Decimal
    status: str
    source: str

    @property
    def name(self) -> str:
        return f"fuels-china:{self.key}"

    @property
    def recalled(self) -> bool:
        return self.status == "recalled"

    @property
    def megajoules(self) -> Decimal:
        """MJ of one `unit`."""
        return self.heating_value * 1000 / (10000 if self.unit == "NM3" else 1)


@cache
def _fuels() -> Mapping[str, Fuel]:
    return {
        row["key"]: Fuel(
            key=row["key"], unit=row["unit"], heating_value=Decimal(row["heating_value_gj"]),
            carbon_content=Decimal(row["carbon_t_per_gj"]), oxidation=Decimal(row["oxidation"]),
            status=row["status"], source=row["source"],
        )
        for row in rows("ledger.sdk.data", "fuels-china.csv")
    }


def carbon_dioxide_of(fuel: Fuel) -> Decimal:
    """Kg CO2 per `fuel.unit`: NCV * carbon content * oxidised share * 44/12 (GB/T 32150 and the sector guidelines)."""
    per_unit = fuel.heating_value * fuel.carbon_content * fuel.oxidation * CO2_PER_C * 1000
    return per_unit / 10000 if fuel.unit == "NM3" else per_unit

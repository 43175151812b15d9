"""The rules that a version of a factor set must pass beyond the form of its files: units, places, plausible amounts,
reference ranges, uncertainties, sources, names and conversions.

`ledger.sdk.testing` and `carbon-ledger factors import` apply them. Reading a set does not: a log that committed to a
version can always read it.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from ledger.core.record.units import POWER_UNITS, UNITS, plain
from ledger.sdk.places import ANYWHERE
from ledger.sdk.sets.factor_set import SET_BOUNDARIES, FactorSetVersion, SetFactor, SupplyEntry
from ledger.sdk.sets.lookup import amount_of
from ledger.sdk.sets.reading import co2e_of
from ledger.sdk.sets.summary import short
from ledger.sdk.tables import rows

FIRST_YEAR: Final = 1990
MOST_RECALLED: Final = Decimal("0.1")
"""Less than this share of a version's rows may have unverified sources."""
_ANY: Final = frozenset({one.dimension for one in UNITS.values()})
_DIMENSIONS: Final[Mapping[str, frozenset[str]]] = {
    "material": frozenset({"mass", "volume", "normal volume", "area", "length", "count"}),
    "fuel": frozenset({"mass", "volume", "normal volume", "energy"}),
    "electricity": frozenset({"energy"}), "heat": frozenset({"energy"}), "transport": frozenset({"freight"}),
    "treatment": frozenset({"mass", "volume", "normal volume"}), "gas": frozenset({"mass", "normal volume"}),
    "service": _ANY,
}
_BOUNDARIES: Final[Mapping[str, frozenset[str]]] = {
    "fuel": frozenset({"wellToTank", "combustion"}),
    "material": frozenset({"cradleToGate", "combustion"}),
    "electricity": frozenset({"cradleToGate", "generation", "residual"}),
    "heat": frozenset({"cradleToGate", "generation"}),
}
"""The boundaries of other kinds are `cradleToGate` alone. A material may also serve as a fuel."""
_CONTINENTS: Final = ("AFR", "ASI", "EUR", "NAM", "OCE", "SAM")
_CHINA: Final = "CN-"
_GRID: Final = "GRID-"
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_DIGITS: Final = re.compile("[0-9]{2,10}")
_GRAMS: Final = 1000
_CODE: Final = 2


class SetFault(NamedTuple):
    """`row` is the row, the supply or the source that breaks the rule `code`; empty for the version as a whole."""

    code: str
    row: str
    field: str
    value: str
    rule: str

    def __str__(self) -> str:
        return f"{self.field} is {self.value!r}: it must be {self.rule}"


class PlausibleRange(NamedTuple):
    """Bounds of kg CO2e per `per`. `scale`: units of the amount's dimension (kg, MJ, m3, tkm) in `per`."""

    low: Decimal
    high: Decimal
    scale: Decimal
    per: str


_ENERGY: Final = Decimal("3.6")
_PLAUSIBLE: Final[Mapping[tuple[str, str], PlausibleRange]] = {
    ("electricity", "energy"): PlausibleRange(Decimal(0), Decimal(3), _ENERGY, "kWh"),
    ("heat", "energy"): PlausibleRange(Decimal(0), Decimal("0.5"), Decimal(1), "MJ"),
    ("material", "mass"): PlausibleRange(Decimal(0), Decimal(100000), Decimal(1), "kg"),
    ("transport", "freight"): PlausibleRange(Decimal(0), Decimal(20), Decimal(1), "tkm"),
    ("treatment", "mass"): PlausibleRange(Decimal(0), Decimal(20), Decimal(1), "kg"),
    ("treatment", "volume"): PlausibleRange(Decimal(0), Decimal(50), Decimal(1), "m3"),
    ("gas", "mass"): PlausibleRange(Decimal(0), Decimal(1000), Decimal(1), "kg"),
    ("gas", "normal volume"): PlausibleRange(Decimal(0), Decimal(1000), Decimal(1), "Nm3"),
    ("service", "energy"): PlausibleRange(Decimal(0), Decimal(3), _ENERGY, "kWh"),
}
_COMBUSTION: Final = (Decimal(40), Decimal(300))
"""G of fossil CO2 per MJ (net): natural gas has 56, coke 107, blast furnace gas 260. Hydrogen and biomass have zero."""
_MOST_WELL_TO_TANK: Final = Decimal(300)
"""G of CO2e per MJ (net): hydrogen from coal has about 200."""
_UNCARBONED: Final = Decimal(5)
"""G of CO2e per MJ, from CH4 and N2O, of a fuel without fossil carbon."""
_MOST_UPSTREAM: Final = Decimal(10)
"""Kg of CO2e per kg or Nm3 of a fuel without heating value."""


def faults_of_version(version: FactorSetVersion, latest_year: int) -> Iterator[SetFault]:
    """All faults of a version. `latest_year`: no factor describes a later year."""
    yield from _faults_as_a_whole(version)
    for entry in version.supplies.values():
        yield from _faults_of_entry(version, entry)
        yield from _faults_of_conversions(entry)
    yield from _faults_of_names(version)
    for factor in version:
        entry_or_none = version.supplies.get(factor.key)
        if entry_or_none is None:
            yield SetFault("supply", factor.row, "key", factor.key, "a key of the supplies")
            continue
        yield from _faults_of_factor(version, factor, latest_year)
        yield from _faults_of_amount(entry_or_none, factor)
    yield from _faults_of_generation(version)


def _faults_as_a_whole(version: FactorSetVersion) -> Iterator[SetFault]:
    if not version.rows:
        yield SetFault("empty", "", "rows", "0", "at least one factor")
        return
    recalled = sum(one.recalled for one in version)
    if recalled >= MOST_RECALLED * len(version.rows):
        yield SetFault("recalled", "", "status", f"recalled in {recalled} of {len(version.rows)} rows",
                       f"`read` in more than {plain(100 - MOST_RECALLED * 100)} % of the rows")
    for source in version.sources.values():
        for field in ("title", "publisher", "licence"):
            if not getattr(source, field):
                yield SetFault("source", source.id, field, "", "filled in")


def _faults_of_entry(version: FactorSetVersion, entry: SupplyEntry) -> Iterator[SetFault]:
    unit, allowed = UNITS.get(entry.unit), _DIMENSIONS[entry.kind]
    if unit is None or unit.dimension not in allowed:
        yield SetFault("unit", entry.key, "unit", entry.unit, f"a unit of {' or '.join(sorted(allowed))}")
    elif entry.kind == "electricity" and entry.unit not in POWER_UNITS:
        yield SetFault("unit", entry.key, "unit", entry.unit, "one of " + " ".join(POWER_UNITS))
    if version.classes and entry.group not in version.classes:
        yield SetFault("class", entry.key, "class", entry.group, "a class of classes.csv")
    for code in entry.hs:
        if not _DIGITS.fullmatch(code):
            yield SetFault("hs", entry.key, "hs", code, "2 to 10 digits of an HS or CN code")
    boundaries = [boundary for boundary in SET_BOUNDARIES if any(version.factors(entry.key, boundary))]
    if not boundaries:
        yield SetFault("no-factor", entry.key, "key", entry.key, "the key of at least one factor")
    if "combustion" in boundaries and entry.heating_value is None:
        yield SetFault("heating-value", entry.key, "heating_value", "", "filled in where there are combustion rows")
    if entry.kind == "material" and boundaries and not _has_range(version, entry):
        yield SetFault("reference-range", entry.key, "low", "", "filled in for a material: in its newest row for the "
                       "world, or in any row if the world has no row")


def _has_range(version: FactorSetVersion, entry: SupplyEntry) -> bool:
    world = version.years(entry.key, "cradleToGate", ANYWHERE)
    defaults = [world[max(world)]] if world else version.factors(entry.key, "cradleToGate")
    return any(factor.low is not None for factor in defaults)


def _faults_of_conversions(entry: SupplyEntry) -> Iterator[SetFault]:
    unit = UNITS.get(entry.unit)
    if unit is None:
        return
    for other in UNITS.values():
        if other.dimension == unit.dimension and not (amount_of(entry, Decimal(1), other.code, None) or 0) > 0:
            yield SetFault("conversion", entry.key, "unit", entry.unit, f"one that {other.code} converts to")
    if unit.dimension == "normal volume" and entry.kind != "fuel" and entry.density is None:
        yield SetFault("conversion", entry.key, "density", "", "filled in: a record may state kilograms")
    if entry.heating_value is not None and not (amount_of(entry, Decimal(1), "KWH", None) or 0) > 0:
        yield SetFault("conversion", entry.key, "heating_value", plain(entry.heating_value),
                       "a value by which KWH converts to the unit")


def _faults_of_names(version: FactorSetVersion) -> Iterator[SetFault]:
    seen: dict[tuple[str, str], str] = {}
    for entry in version.supplies.values():
        if not entry.en or _CHINESE.search(entry.en) or (entry.en == entry.key and entry.key != entry.key.lower()):
            yield SetFault("names", entry.key, "en", entry.en, "an English name, other than the key")
        if not _CHINESE.search(entry.zh):
            yield SetFault("names", entry.key, "zh", entry.zh, "a Chinese name")
        for field, name in (("en", entry.en.lower()), ("zh", entry.zh)):
            if (field, name) in seen:
                yield SetFault("duplicate-name", entry.key, field, name,
                               f"the name of one supply: {seen[field, name]} has it")
            seen.setdefault((field, name), entry.key)


def _faults_of_factor(version: FactorSetVersion, factor: SetFactor, latest_year: int) -> Iterator[SetFault]:
    row, entry = factor.row, version.supplies[factor.key]
    allowed = _BOUNDARIES.get(entry.kind, frozenset({"cradleToGate"}))
    if factor.boundary not in allowed:
        yield SetFault("boundary", row, "boundary", factor.boundary,
                       f"one of {' '.join(sorted(allowed))} for {entry.kind}")
    if not is_place(factor.place):
        yield SetFault("place", row, "place", factor.place,
                       "an ISO 3166 code, a grid region, EU, * or one of " + " ".join(_CONTINENTS))
    if not FIRST_YEAR <= factor.year <= latest_year:
        yield SetFault("year", row, "year", str(factor.year), f"a year from {FIRST_YEAR} to {latest_year}")
    if factor.deviation is None and factor.pedigree is None:
        yield SetFault("uncertainty", row, "deviation", "", "filled in, or the pedigree")
    if factor.source not in version.sources:
        yield SetFault("source", row, "source", factor.source, "an id of the sources")
    value = co2e_of(factor.gases)
    if factor.low is not None and factor.high is not None and not factor.low <= value <= factor.high:
        yield SetFault("reference-range", row, "low", f"{plain(factor.low)} to {plain(factor.high)}",
                       f"a range that holds the factor's {plain(value)} kg CO2e")


def is_place(place: str) -> bool:
    """Whether factors may have this place: the world, a continent, the EU, a country, a grid region or a subdivision.
    Only China's subdivisions are in a list."""
    if place in _places() or place.startswith(_CHINA):
        return place in _places()
    return place[:_CODE] in _places() and place[_CODE:_CODE + 1] == "-"


@cache
def _places() -> frozenset[str]:
    """All places but the subdivisions of countries other than China."""
    countries = [row["country"] for row in rows("ledger.sdk.data", "continents.csv")]
    grids = rows("ledger.sdk.data", "regions-china.csv")
    return frozenset([ANYWHERE, "EU", *_CONTINENTS, *countries, *[row["subdivision"] for row in grids],
                      *[f"{_CHINA}{_GRID}{row['region']}" for row in grids if row["region"]]])


def _faults_of_amount(entry: SupplyEntry, factor: SetFactor) -> Iterator[SetFault]:
    unit = UNITS.get(entry.unit)
    if unit is None:
        return
    value = co2e_of(factor.gases)
    if entry.kind == "fuel" or factor.boundary == "combustion":
        yield from _faults_of_fuel(entry, factor, value)
        return
    plausible = _PLAUSIBLE.get((entry.kind, unit.dimension))
    if plausible is None:
        if value < 0:
            yield SetFault("plausible", factor.row, "gases", f"{plain(value)} kg CO2e", "at least zero")
        return
    per = value / unit.scale * plausible.scale
    if not plausible.low <= per <= plausible.high:
        yield SetFault("plausible", factor.row, "gases", f"{short(per)} kg CO2e per {plausible.per}",
                       f"{plausible.low} to {plausible.high} for {entry.kind}")


def _faults_of_fuel(entry: SupplyEntry, factor: SetFactor, value: Decimal) -> Iterator[SetFault]:
    if entry.heating_value is None:
        if factor.boundary == "wellToTank" and not 0 <= value <= _MOST_UPSTREAM:
            yield SetFault("plausible", factor.row, "gases", f"{plain(value)} kg CO2e per {entry.unit}",
                           f"0 to {_MOST_UPSTREAM} for the upstream of a fuel")
        return
    if factor.boundary == "wellToTank":
        per = value * _GRAMS / entry.heating_value
        if not 0 <= per <= _MOST_WELL_TO_TANK:
            yield SetFault("plausible", factor.row, "gases", f"{short(per)} g CO2e per MJ",
                           f"0 to {_MOST_WELL_TO_TANK} for the upstream of a fuel")
    elif factor.boundary == "combustion":
        gases = dict(factor.gases)
        carbon = gases.get("CO2", gases.get("CO2e", Decimal(0))) * _GRAMS / entry.heating_value
        low, high = _COMBUSTION
        least = _UNCARBONED if "CO2e" in gases else Decimal(0)
        if not (0 <= carbon <= least or low <= carbon <= high):
            yield SetFault("plausible", factor.row, "gases", f"{short(carbon)} g CO2 per MJ",
                           f"{low} to {high} for combustion, or without fossil carbon")


def _faults_of_generation(version: FactorSetVersion) -> Iterator[SetFault]:
    """Power at the plant cannot emit more than its life cycle with losses, at one place in one year."""
    for factor in version:
        whole = version.years(factor.key, "cradleToGate", factor.place).get(factor.year)
        if factor.boundary == "generation" and whole is not None and co2e_of(factor.gases) > co2e_of(whole.gases):
            yield SetFault("generation", factor.row, "gases", f"{plain(co2e_of(factor.gases))} kg CO2e",
                           f"at most the {plain(co2e_of(whole.gases))} of {whole.row}")

"""Checks a sector's declarations: names, version, activities, indicators, needs and natural inputs."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from ledger.core.record.units import UNITS
from ledger.sdk.sector import Activity, Route, Sector
from ledger.sdk.tables import rows
from ledger.sdk.testing.faults import ConformanceFault

_VERSION: Final = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?")
_SECTOR: Final = re.compile("[a-z][a-z0-9-]*")
_ROUTE: Final = re.compile("[a-z][A-Za-z0-9]*")
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_CURRENCIES: Final = ("CNY", "EUR", "USD")


def faults_of_front(sector: Sector) -> Iterator[ConformanceFault]:
    """Faults of the names in both languages, the semantic version, the routes, the indicators, the needs and the
    natural inputs."""
    if not _SECTOR.fullmatch(sector.name):
        yield ConformanceFault("name", sector.name, "a sector's name has only lower-case letters, digits and hyphens")
    if not _VERSION.fullmatch(sector.version):
        yield ConformanceFault("version", sector.name, f"{sector.version!r} is not a semantic version such as 1.4.0")
    if not sector.routes:
        yield ConformanceFault("routes", sector.name, "a sector needs at least one route")
    yield from _named(sector, sector.name)
    for name, route in sector.routes.items():
        where = f"{sector.name}.{name}"
        if not _ROUTE.fullmatch(name):
            yield ConformanceFault("name", where, "a route's name is camelCase in letters and digits")
        yield from _named(route, where)
        yield from _faults_of_activity(route, where)
    for name, indicator in sector.indicators.items():
        where = f"indicator {name}"
        yield from _named(indicator, where)
        unknown = [part for part in indicator.unit.split("/") if part not in UNITS and part not in _CURRENCIES]
        if unknown:
            yield ConformanceFault("indicator-unit", where, f"{indicator.unit!r} is not a Rec 20 code or ratio of two")
    for name, method in sector.methods.items():
        yield from _named(method, f"method {name}")
    yield from _faults_of_needs(sector)
    yield from _faults_of_nature(sector)
    for field in ("mass_tolerance", "element_tolerance"):
        if not 0 <= getattr(sector, field) < 1:
            yield ConformanceFault(
                "tolerance", sector.name, f"{field} is {getattr(sector, field)}: it must be from 0 to below 1"
            )


def _faults_of_needs(sector: Sector) -> Iterator[ConformanceFault]:
    for name, needs in sector.needs.items():
        where = f"{sector.name}.{name}"
        if name not in sector.routes:
            yield ConformanceFault("need", where, f"no such route; one of {' '.join(sorted(sector.routes))}")
        for need in needs:
            if need.usual is not None and not (need.usual.is_finite() and need.usual > 0):
                yield ConformanceFault("need", where, f"usual is {need.usual}: it must be above 0")
            if not (need.least.is_finite() and 0 < need.least <= 1):
                yield ConformanceFault("need", where, f"least is {need.least}: it must be a part of the usual amount")
            for field in ("unit", "per"):
                code = getattr(need, field)
                if code not in UNITS:
                    yield ConformanceFault("need", where, f"{field} is {code!r}: it must be a Rec 20 code")
            texts = {"any_of": need.any_of, "priced_as": (need.priced_as,), "source": (need.source,)}
            for field, values in texts.items():
                if not values or not all(values):
                    yield ConformanceFault("need", where, f"{field} is empty or has an empty name")


def _faults_of_nature(sector: Sector) -> Iterator[ConformanceFault]:
    groups = {row["group"]: row["most"] for row in rows("ledger.sdk.data", "nature.csv")}
    for name, natural in sector.nature.items():
        where = f"{sector.name}.{name}"
        if name not in sector.routes:
            yield ConformanceFault("nature", where, f"no such route; one of {' '.join(sorted(sector.routes))}")
        for taken in natural:
            if taken.group not in groups:
                yield ConformanceFault("nature", where, f"no group {taken.group!r}; one of {' '.join(groups)}")
            elif taken.most is not None and not (groups[taken.group] and taken.most.is_finite() and taken.most > 0):
                yield ConformanceFault("nature", where, f"most of {taken.group} is {taken.most}: only "
                                       f"{', '.join([group for group, most in groups.items() if most])} have one, "
                                       "and it must be above 0")
            if not taken.source:
                yield ConformanceFault("nature", where, f"{taken.group} has no source")


def _named(thing: Any, where: str) -> Iterator[ConformanceFault]:
    if not (thing.en.strip() and thing.en.isascii()):
        yield ConformanceFault("names", where, f"{thing.en!r} is not an English name")
    if not _CHINESE.search(thing.zh):
        yield ConformanceFault("names", where, f"{thing.zh!r} is not a Chinese name")


def _faults_of_activity(route: Route, where: str) -> Iterator[ConformanceFault]:
    kind: object = route.activity
    if not (isinstance(kind, type) and issubclass(kind, Activity)):
        yield ConformanceFault("activity", where, "its activity is not a subclass of ledger.sdk.Activity")
        return
    if kind is not Activity and not kind.__doc__:
        yield ConformanceFault("activity-described", where, f"{kind.__name__} has no docstring")
    described = " ".join(one.__doc__ or "" for one in kind.__mro__)
    for name, spelled in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        if f"`{name}`" not in described and f"`{spelled}`" not in described:
            yield ConformanceFault("activity-described", where, f"no docstring describes `{name}`")
    if not kind.__struct_config__.forbid_unknown_fields:
        yield ConformanceFault("unknown-field", where, f"{kind.__name__} accepts unknown fields")
    yield from _faults_of_numbers(kind, where)


def _faults_of_numbers(kind: type[Activity], where: str) -> Iterator[ConformanceFault]:
    """Faults of number fields: binary fractions have no canonical spelling, and a bare Decimal accepts NaN and 1E5."""
    for name, field in _leaves(msgspec.inspect.type_info(kind), "activity", ()):
        if isinstance(field, msgspec.inspect.FloatType | msgspec.inspect.DecimalType):
            yield ConformanceFault("number-field", where, f"{name} is not a Positive, Fraction, Signed or Quantity")


def _leaves(
    kind: msgspec.inspect.Type, name: str, above: tuple[type, ...]
) -> Iterator[tuple[str, msgspec.inspect.Type]]:
    """Every type inside a type, with a name for messages. A struct that contains itself is entered only once."""
    match kind:
        case msgspec.inspect.StructType():
            if kind.cls not in above:
                for field in kind.fields:
                    yield from _leaves(field.type, f"{name}.{field.encode_name}", (*above, kind.cls))
        case msgspec.inspect.UnionType():
            for part in kind.types:
                yield from _leaves(part, name, above)
        case msgspec.inspect.ListType() | msgspec.inspect.VarTupleType() | msgspec.inspect.SetType():
            yield from _leaves(kind.item_type, f"{name}[]", above)
        case msgspec.inspect.TupleType():
            for part in kind.item_types:
                yield from _leaves(part, f"{name}[]", above)
        case msgspec.inspect.DictType():
            yield from _leaves(kind.value_type, f"{name}.*", above)
        case _:
            yield name, kind

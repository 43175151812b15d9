"""Finds the factor of a supply in several sets: by place, then by year, then by the precedence of the sets.

    1  the requested place, such as a province      4  the European Union (`EU`), for its members
    2  the province's grid region (`CN-GRID-North`)  5  the continent (`AFR ASI EUR NAM OCE SAM`)
    3  the country                                  6  the world (`*`)

For each place, the factor of the requested year or the latest earlier one. If all factors of all places are later, the
earliest of the narrowest place: a proxy of another year is nearer to the truth than zero.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from typing import Final, NamedTuple

from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS
from ledger.sdk.places import ANYWHERE, wider_places
from ledger.sdk.sets.factor_set import FactorSetVersion, SetBoundary, SetFactor, SupplyEntry, SupplyKind
from ledger.sdk.sets.reading import co2e_of
from ledger.sdk.tables import rows

_CACHED: Final = 8192
_REGION: Final = "CN-GRID-"
_COUNTRY: Final = 2
_ENERGY: Final = "energy"
_FREIGHT: Final = "freight"
_MASS: Final = "mass"
_VOLUMES: Final = ("volume", "normal volume")
_PERCENTILE: Final = Decimal("0.9")
_SHORTEST_CODE: Final = 4
MATTER: Final[tuple[SupplyKind, ...]] = ("material", "gas", "fuel")
"""Kinds of supplies that are matter. Any of them may be a raw material: coke burns in one process, and reduces ore in
another."""
_POWER: Final[tuple[SupplyKind, ...]] = ("electricity",)


class SetChoice(NamedTuple):
    """The row that the look-up chose: `set@version`, the supply's entry, and the factor."""

    tag: str
    entry: SupplyEntry
    factor: SetFactor

    @property
    def name(self) -> str:
        """The name to which a line commits: `set@version:row`."""
        return f"{self.tag}:{self.factor.row}"


def places_around(places: Sequence[str]) -> tuple[str, ...]:
    """The places in which to look for a factor, narrowest first: the facility and all around it. Raises
    PluginError for an unknown province of China."""
    around = [
        place if len(place) == _COUNTRY or "-" in place else f"{_REGION}{place}" for place in wider_places(places)
    ]
    if places and around[-1] == places[-1]:
        around.extend(_continents().get(places[-1], ()))
    return (*around, ANYWHERE)


@cache
def _continents() -> Mapping[str, Sequence[str]]:
    return {row["country"]: row["wider"].split() for row in rows("ledger.sdk.data", "continents.csv")}


def entry_of(sets: Sequence[FactorSetVersion], material: str) -> tuple[FactorSetVersion, SupplyEntry] | None:
    """The entry of a material in the first set that has it."""
    for version in sets:
        entry = version.entry(material)
        if entry is not None:
            return version, entry
    return None


def entry_of_code(sets: Sequence[FactorSetVersion], codes: Sequence[str]) -> SupplyEntry | None:
    """The entry of the longest prefix of one of the codes, by the precedence of the sets."""
    for code in codes:
        for length in range(len(code), _SHORTEST_CODE - 1, -1):
            for entry in _of_prefix(sets, code[:length]):
                return entry
    return None


def _of_prefix(sets: Sequence[FactorSetVersion], prefix: str) -> Iterator[SupplyEntry]:
    for version in sets:
        entry = version.coded(prefix)
        if entry is not None:
            yield entry


def supply_kinds(sets: Sequence[FactorSetVersion], material: str, unit: str) -> tuple[SupplyKind, ...]:
    """The possible kinds of a supply: the kind of its entry, with all kinds of matter as one. For a name that no set
    knows, the unit decides: energy is heat or a fuel, unless the name is in a class of power. Bills of fuel count in
    watt hours as bills of power do."""
    known = entry_of(sets, material)
    if known is not None:
        return MATTER if known[1].kind in MATTER else (known[1].kind,)
    dimension = UNITS[unit].dimension
    if dimension == _FREIGHT:
        return ("transport",)
    if dimension != _ENERGY:
        return (*MATTER, "treatment", "service")
    return _POWER if "electricity" in kinds_of_class(sets, material) else ("heat", "fuel")


def is_power(sets: Sequence[FactorSetVersion], material: str, unit: str) -> bool:
    """Whether a supply is electricity, under any name."""
    return supply_kinds(sets, material, unit) == _POWER


def kinds_of_class(sets: Sequence[FactorSetVersion], material: str) -> frozenset[SupplyKind]:
    """The kinds of supplies in the class of a name, by the first set that has a class for it."""
    for version in sets:
        group = version.class_of(material)
        if group is not None:
            return _kinds_within(version, group.id)
    return frozenset()


@cache
def _kinds_within(version: FactorSetVersion, group: str) -> frozenset[SupplyKind]:
    return frozenset([entry.kind for entry in version.supplies.values() if entry.group == group])


def same_supply(sets: Sequence[FactorSetVersion], material: str, key: str) -> bool:
    """Whether a set has one entry for both names."""
    return any((entry := one.entry(material)) is not None and entry is one.entry(key) for one in sets)


def same_class(version: FactorSetVersion, material: str, entry: SupplyEntry) -> bool:
    """Whether a material that no set knows is of the class of an entry by its name."""
    group, similar = version.class_of(material), version.class_of(entry.key)
    return group is not None and group.id in (entry.group, None if similar is None else similar.id)


def other_class(version: FactorSetVersion, material: str, entry: SupplyEntry) -> bool:
    """Whether a material that no set knows is of another class than an entry, if both have a class in `version`."""
    group, similar = version.class_of(material), version.class_of(entry.key)
    classes = {entry.group} | ({similar.id} if similar is not None else set())
    return group is not None and bool(classes - {""}) and group.id not in classes


def choose(
    sets: Sequence[FactorSetVersion], material: str, boundary: SetBoundary, places: Sequence[str], year: int
) -> SetChoice | None:
    """The factor of `material` with this boundary; `places` as `places_around` gives them, or a single place. `sets`
    in the order of their precedence. None if no set has one."""
    return _chosen(tuple(sets), material, boundary, tuple(places), year)


@lru_cache(_CACHED)
def _chosen(
    sets: tuple[FactorSetVersion, ...], material: str, boundary: SetBoundary, places: tuple[str, ...], year: int
) -> SetChoice | None:
    entries = [(one, entry) for one in sets if (entry := one.entry(material)) is not None]
    later: SetChoice | None = None
    for place in places:
        best: SetChoice | None = None
        for version, entry in entries:
            years = version.years(entry.key, boundary, place)
            earlier = [at for at in years if at <= year]
            if earlier and (best is None or max(earlier) > best.factor.year):
                best = SetChoice(version.tag, entry, years[max(earlier)])
            elif years and not earlier and later is None:
                later = SetChoice(version.tag, entry, years[min(years)])
        if best is not None:
            return best
    return later


def amount_of(entry: SupplyEntry, amount: Decimal, unit: str, mass: Decimal | None) -> Decimal | None:
    """A supply's amount in the unit of its entry: converted, by its mass, or by density and heating value. None if
    these do not lead there."""
    have, want = UNITS[unit], UNITS[entry.unit]
    if have.dimension == want.dimension:
        return _scaled(amount, have.scale, want.scale)
    if want.dimension == _MASS and mass is not None:
        return _scaled(mass, Decimal(1), want.scale)
    base = CONTEXT.multiply(amount, have.scale)
    if have.dimension == _ENERGY and entry.heating_value is not None:
        return CONTEXT.divide(base, entry.heating_value)
    kilograms = mass if mass is not None else base if have.dimension == _MASS else None
    if entry.density is None:
        return None
    if want.dimension == _MASS and have.dimension in _VOLUMES:
        return _scaled(CONTEXT.multiply(base, entry.density), Decimal(1), want.scale)
    if want.dimension in _VOLUMES and kilograms is not None:
        return _scaled(CONTEXT.divide(kilograms, entry.density), Decimal(1), want.scale)
    return None


def _scaled(amount: Decimal, have: Decimal, want: Decimal) -> Decimal:
    return CONTEXT.divide(CONTEXT.multiply(amount, have), want)


def conservative(
    sets: Sequence[FactorSetVersion], material: str, unit: str, boundary: SetBoundary = "cradleToGate"
) -> Decimal | None:
    """Kg CO2e per base unit of the dimension of `unit`, for a supply that no set knows: the 90th percentile (nearest
    rank) of its class, by the values for the world or, without one, the highest. A material without a class counts
    among all of its dimension, or among all fuels if it burns. None for a dimension that no supply has (pieces,
    areas)."""
    return _percentile(tuple(sets), material, UNITS[unit].dimension, boundary)


@lru_cache(_CACHED)
def _percentile(
    sets: tuple[FactorSetVersion, ...], material: str, dimension: str, boundary: SetBoundary
) -> Decimal | None:
    groups = {one.name: group.id for one in sets if (group := one.class_of(material)) is not None}
    values = sorted([value for one in sets for value in _values(one, groups.get(one.name), dimension, boundary)])
    if not values:
        values = sorted([value for one in sets for value in _values(one, None, dimension, boundary)])
    return values[math.ceil(_PERCENTILE * len(values)) - 1] if values else None


@cache
def _values(
    version: FactorSetVersion, group: str | None, dimension: str, boundary: SetBoundary
) -> tuple[Decimal, ...]:
    return tuple(_class_values(version, group, dimension, boundary))


def _class_values(
    version: FactorSetVersion, group: str | None, dimension: str, boundary: SetBoundary
) -> Iterator[Decimal]:
    for entry in version.supplies.values():
        unit = UNITS[entry.unit]
        if boundary == "combustion" and entry.kind != "fuel":
            continue
        if (group is None or entry.group == group) and unit.dimension == dimension:
            factors = list(version.factors(entry.key, boundary))
            world = [one for one in factors if one.place == ANYWHERE] or factors
            if world:
                yield CONTEXT.divide(max([co2e_of(one.gases) for one in world]), unit.scale)

"""A factor set: a plugin that gives emission factors for supplies, with their sources.

A set has versions. An activation on the log puts one of them into force, and a version never changes afterwards: its
digest covers every row. A version lists the supplies (`SupplyEntry`), the amounts emitted per unit (`SetFactor`),
and their sources (`FactorSource`).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, NamedTuple, get_args

from msgspec import Struct

SupplyKind = Literal["material", "fuel", "electricity", "heat", "transport", "treatment", "gas", "service"]
SUPPLY_KINDS: Final = get_args(SupplyKind)
SetBoundary = Literal["cradleToGate", "wellToTank", "combustion", "generation", "residual"]
SET_BOUNDARIES: Final = get_args(SetBoundary)
"""`cradleToGate`: all upstream; for power with grid losses, for transport well to wheel. `wellToTank`: the upstream of
a fuel without its combustion. `combustion`: burning alone, of fuels and of materials that also serve as fuels.
`generation`: the stacks of power plants, for inventories. `residual`: the grid's power without the power whose
attributes are claimed."""

_CACHED: Final = 4096
_MATTER: Final = ("material", "fuel")
_SEVERAL_WORDS: Final = re.compile("[A-Za-z][A-Za-z0-9]*(?:[ -][A-Za-z0-9]+)+")
_MARKS: Final = re.compile("[ -]")

Gases = tuple[tuple[str, Decimal], ...]


class SupplyEntry(Struct, frozen=True, kw_only=True):
    """A thing that can be supplied. `key` is the `material` of a supply, and so are the `aliases`. `unit` (Rec 20) is
    the unit of all its factors. `de`: the German name, and further German words. `synonyms` are words for the search.

    `density` in kg per m3, or per Nm3 if that is the unit. `heating_value`: net, MJ per `unit`. `hs`: prefixes of the
    HS or CN codes that denote it. `group`: the id of its class.
    """

    key: str
    kind: SupplyKind
    unit: str
    en: str
    zh: str
    de: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    density: Decimal | None = None
    heating_value: Decimal | None = None
    hs: tuple[str, ...] = ()
    group: str = ""


class SupplyClass(Struct, frozen=True, kw_only=True):
    """A class of supplies. A material that no set knows belongs to the class that has the longest of its `words`."""

    id: str
    words: tuple[str, ...]
    en: str
    zh: str


class SetFactor(Struct, frozen=True, kw_only=True):
    """Kg of each gas per unit of the supply `key`. `potentials`: the IPCC report behind an amount in CO2e.

    `low` and `high`: the reference range of a material in kg CO2e per unit, which producers reach by any common
    route. Its uncertainty is a geometric standard deviation (`deviation`), a `pedigree`, or both.
    """

    key: str
    boundary: SetBoundary
    place: str
    year: int
    gases: Gases
    potentials: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    deviation: Decimal | None = None
    pedigree: tuple[int, ...] | None = None
    status: Literal["read", "recalled"] = "read"
    source: str
    locator: str = ""
    note: str = ""

    @property
    def row(self) -> str:
        """The factor's name within its set."""
        return f"{self.key}/{self.boundary}/{self.place}/{self.year}"

    @property
    def recalled(self) -> bool:
        return self.status == "recalled"


class FactorSource(Struct, frozen=True, kw_only=True):
    """A publication. `licence`: its licence, or why single values may be cited."""

    id: str
    title: str
    publisher: str
    year: int
    licence: str
    url: str = ""


class FactorTables(NamedTuple):
    """The rows of one version."""

    supplies: Sequence[SupplyEntry]
    factors: Sequence[SetFactor]
    sources: Sequence[FactorSource]
    classes: Sequence[SupplyClass]


class FactorSetVersion:
    """One version of a set. `digest`: hex SHA-256 over its `files`, which are empty if it was made of tables alone."""

    def __init__(
        self, name: str, version: str, digest: str, tables: FactorTables, files: Mapping[str, bytes] | None = None,
    ) -> None:
        supplies, factors, sources, classes = tables
        self.name = name
        self.version = version
        self.digest = digest
        self.files = files or {}
        self.classes: Mapping[str, SupplyClass] = {one.id: one for one in classes}
        self.supplies: Mapping[str, SupplyEntry] = {one.key: one for one in supplies}
        self.sources: Mapping[str, FactorSource] = {one.id: one for one in sources}
        self.rows: Mapping[str, SetFactor] = {one.row: one for one in factors}
        self._keys = {alias: one.key for one in supplies for alias in (one.key, *one.aliases)}
        self._spelled = _spelled(supplies, self._keys)
        self._codes: dict[str, str] = {}
        for entry in supplies:
            for code in entry.hs:
                self._codes.setdefault(code, entry.key)
        self._factors: dict[tuple[str, str], dict[str, dict[int, SetFactor]]] = {}
        for factor in factors:
            places = self._factors.setdefault((factor.key, factor.boundary), {})
            places.setdefault(factor.place, {})[factor.year] = factor

    @property
    def tag(self) -> str:
        """The name by which lines commit to this version: `set@version`."""
        return f"{self.name}@{self.version}"

    def __iter__(self) -> Iterator[SetFactor]:
        return iter(self.rows.values())

    def entry(self, material: str) -> SupplyEntry | None:
        """The entry of a supply's material, by its key or an alias, in capitals too (`Diesel`, `AdBlue`). Names of
        several words are keys if they are written as one: `heatTransferFluid`."""
        key = self._keys.get(material) or self._spelled.get(material.lower())
        return None if key is None else self.supplies[key]

    def coded(self, code: str) -> SupplyEntry | None:
        """The first entry that lists exactly this HS or CN code."""
        key = self._codes.get(code)
        return None if key is None else self.supplies[key]

    def class_of(self, material: str) -> SupplyClass | None:
        """The class of a material that the set does not know, by the longest word of a class in its name."""
        return _class_of(self, material)

    def materials(self) -> Iterator[str]:
        """All keys and aliases."""
        return iter(self._keys)

    def years(self, key: str, boundary: str, place: str) -> Mapping[int, SetFactor]:
        """The factors of exactly this place, by year."""
        return self._factors.get((key, boundary), {}).get(place, {})

    def factors(self, key: str, boundary: str) -> Iterator[SetFactor]:
        """All factors of a supply with this boundary."""
        for years in self._factors.get((key, boundary), {}).values():
            yield from years.values()


def _spelled(supplies: Sequence[SupplyEntry], keys: Mapping[str, str]) -> Mapping[str, str]:
    """The keys of supplies by keys and aliases in lower case, and by names of several words that are joined. A name
    of two supplies is left out. Single words (`metal`, `grain`) are common, and mean other things too; names of energy
    and services make claims, so these have their aliases alone."""
    meant, named = dict[str, set[str]](), dict[str, set[str]]()
    for name, key in keys.items():
        meant.setdefault(name.lower(), set()).add(key)
    for entry in supplies:
        for name in (entry.en, *entry.synonyms) if entry.kind in _MATTER else ():
            if _SEVERAL_WORDS.fullmatch(name):
                named.setdefault(_MARKS.sub("", name.lower()), set()).add(entry.key)
    return {name: next(iter(owners)) for name, owners in (named | meant).items() if len(owners) == 1}


@lru_cache(_CACHED)
def _class_of(version: FactorSetVersion, material: str) -> SupplyClass | None:
    name = material.lower()
    ranked = [(len(word), one.id) for one in version.classes.values() for word in one.words if word in name]
    return version.classes[max(ranked)[1]] if ranked else None


class FactorSet(Struct, frozen=True):
    """A set with all versions of its data, oldest first. `en`, `zh`: its names. `shared`: its tables may be given to
    everybody, so servers do; others may be licensed to the operator alone."""

    name: str
    en: str
    zh: str
    versions: tuple[FactorSetVersion, ...]
    shared: bool = False

    @property
    def newest(self) -> FactorSetVersion:
        return self.versions[-1]

    def version(self, digest: str) -> FactorSetVersion | None:
        """The version with this digest."""
        return next((one for one in self.versions if one.digest == digest), None)

"""The factors that this ledger computes with: of the sets in force that everybody may have, and of the sectors."""

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.answers.stored import FACTORS, PluginAnswer
from ledger.engine.sectors import Registry
from ledger.errors import NotFound
from ledger.registry.factors import ListedFactor, listed
from ledger.sdk import FactorSetVersion, FactorSource, SetFactor, SupplyEntry
from ledger.sdk.sets.factor_set import SUPPLY_KINDS
from ledger.sdk.sets.reading import co2e_of
from ledger.sdk.sets.search import search
from ledger.sdk.sets.summary import default_of

MOST: Final = 100
"""The rows that a page shows of a search."""


class SetInForce(NamedTuple):
    """A factor set in force. `version` is None if its tables are licensed to the operator alone, or not here.
    `kinds`: how many supplies of each kind it has; `recalled`: how many factors have an unverified source."""

    plugin: PluginAnswer
    version: FactorSetVersion | None
    kinds: tuple[tuple[str, int], ...]
    recalled: int


class FoundSupply(NamedTuple):
    """A supply of a set. `factor`: its newest one for the world, if it has one, with `co2e` in kg per unit by the
    potentials of AR6; `rows`: how many it has."""

    version: FactorSetVersion
    entry: SupplyEntry
    factor: SetFactor | None
    co2e: Decimal | None
    rows: int


class SupplyFactors(NamedTuple):
    """A supply with all its factors, each with its kg CO2e per unit and its source."""

    version: FactorSetVersion
    entry: SupplyEntry
    group: str
    rows: tuple[tuple[SetFactor, Decimal, FactorSource], ...]
    sources: tuple[FactorSource, ...]


def sets_in_force(registry: Registry, plugins: Iterable[PluginAnswer]) -> list[SetInForce]:
    """The factor sets in force, in their precedence."""
    active = [one for one in plugins if one.kind == FACTORS and one.in_force is not None]
    active.sort(key=lambda one: (one.precedence or 0, one.name))
    return [_in_force(one, _given(registry, one)) for one in active]


def _given(registry: Registry, plugin: PluginAnswer) -> FactorSetVersion | None:
    """The version in force, if its set says that everybody may have its tables."""
    installed = registry.sets.get(plugin.name)
    if installed is None or not installed.shared:
        return None
    return installed.version(plugin.in_force_digest or "")


def _in_force(plugin: PluginAnswer, version: FactorSetVersion | None) -> SetInForce:
    if version is None:
        return SetInForce(plugin, None, (), 0)
    counts = Counter(entry.kind for entry in version.supplies.values())
    kinds = tuple([(kind, counts[kind]) for kind in SUPPLY_KINDS if counts[kind]])
    return SetInForce(plugin, version, kinds, sum(factor.recalled for factor in version))


def found_in(sets: Iterable[SetInForce], words: str) -> list[FoundSupply]:
    """The supplies that fit the words, nearest first."""
    hits = search([one.version for one in sets if one.version is not None], words)
    counts = {version: Counter(factor.key for factor in version) for version in {hit.version for hit in hits}}
    return [_found(hit.version, hit.entry, counts[hit.version][hit.entry.key]) for hit in hits]


def _found(version: FactorSetVersion, entry: SupplyEntry, rows: int) -> FoundSupply:
    factor = default_of(version, entry)
    return FoundSupply(version, entry, factor, None if factor is None else co2e_of(factor.gases), rows)


def own_factors(registry: Registry, words: str) -> list[ListedFactor]:
    """The factors of the SDK and of sectors whose owner, table, key, gas or source has all these words."""
    wanted = words.casefold().split()
    return [one for one in listed(registry) if all(
        word in " ".join([one.owner, one.table, one.key, one.gas, one.source]).casefold() for word in wanted)]


def supply_in(sets: Sequence[SetInForce], name: str, key: str) -> SupplyFactors:
    """The supply with this key, or with this alias, of a set in force. Raises NotFound."""
    version = next((one.version for one in sets if one.plugin.name == name), None)
    entry = None if version is None else version.entry(key)
    if version is None or entry is None:
        raise NotFound(f"no factor set in force with the name {name!r} shows a supply {key!r}", field="key", value=key,
                       rule="a supply of a set in force whose tables everybody may have")
    factors = sorted([factor for factor in version if factor.key == entry.key],
                     key=lambda one: (one.boundary, one.place != "*", one.place, -one.year))
    group = version.classes.get(entry.group)
    sources = dict.fromkeys([factor.source for factor in factors])
    return SupplyFactors(
        version, entry, "" if group is None else group.id,
        tuple([(factor, co2e_of(factor.gases), version.sources[factor.source]) for factor in factors]),
        tuple([version.sources[source] for source in sources]))

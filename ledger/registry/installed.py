"""Finds the installed plugins, with the digests over their code and factors."""

from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points

from ledger.engine.sectors import Installed, Registry
from ledger.errors import ConfigurationError
from ledger.registry.digests import SDK, digest_of, lines_of
from ledger.registry.printed import printing_aside
from ledger.sdk import FactorSet, Sector

GROUP = "carbon_ledger.plugins"
SETS = "carbon_ledger.factors"


def plugin_names() -> list[str]:
    """The names of the installed plugins, in the order in which they are loaded."""
    return [point.name for point in _points()]


def installed(beginning: Callable[[int], None] = lambda _: None, *, sets: bool = True) -> Registry:
    """Loads all installed plugins into this process; factor sets only if `sets`: a worker does not need them. Calls
    `beginning` before each sector with its number, from 1. Raises ConfigurationError, which names the plugin that
    cannot be loaded."""
    plugins = []
    sdk = lines_of(SDK)
    for number, point in enumerate(_points(), start=1):
        beginning(number)
        plugins.append(_load(point, sdk))
    names = [one.sector.name for one in plugins]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"two installed plugins have the name {name!r}: uninstall one of them")
    return Registry(plugins, _factor_sets(names) if sets else ())


def factor_sets() -> list[FactorSet]:
    """The installed factor sets by name, without the sectors. Raises ConfigurationError, which names the set that
    cannot be loaded."""
    return _factor_sets(plugin_names())


def _factor_sets(sectors: Iterable[str]) -> list[FactorSet]:
    names = set(sectors)
    sets: list[FactorSet] = []
    for point in sorted(entry_points(group=SETS), key=lambda point: point.name):
        if point.name in names:
            raise ConfigurationError(f"two installed plugins have the name {point.name!r}: uninstall one of them")
        names.add(point.name)
        factor_set = _run(point)
        if not isinstance(factor_set, FactorSet) or factor_set.name != point.name or not factor_set.versions:
            raise ConfigurationError(f"plugin {point.name}: {point.value} does not return a FactorSet with that name")
        sets.append(factor_set)
    return sets


def _run(point: EntryPoint) -> object:
    """The value of a plugin's entry point. Raises ConfigurationError if it cannot be loaded."""
    try:
        with printing_aside():
            value: object = point.load()()
            return value
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"plugin {point.name} cannot be loaded: {type(error).__name__}: {error}") from error


def _points() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def _load(point: EntryPoint, sdk: Iterable[str]) -> Installed:
    sector = _run(point)
    if not isinstance(sector, Sector) or sector.name != point.name:
        raise ConfigurationError(f"plugin {point.name}: {point.value} does not return a Sector with that name")
    package = point.module.partition(".")[0]
    return Installed(sector, digest_of(package, sdk), point.dist.name if point.dist else package, package, point.value)

"""The factor sets and versions that a command uses."""

from collections.abc import Sequence

import click

from ledger.cli.client import catalogue_option
from ledger.cli.console import Command
from ledger.cli.supplier.served_sets import NO_SET, known_sets
from ledger.errors import ConfigurationError, NotFound
from ledger.registry.supply_names import supplies_like
from ledger.sdk import FactorSet, FactorSetVersion, SupplyEntry


def set_options(command: Command) -> Command:
    """`--set` and `--version`, and the server whose sets these are."""
    command = click.option(
        "--version", metavar="VERSION", help="Use this version.  [default: the server's one in force; the newest here]",
    )(catalogue_option(command))
    return click.option(
        "--set", "names", multiple=True, metavar="NAME",
        help="Use this set only; repeat it for several, the first has precedence.  "
             "[default: all, by the server's precedence; by name here]",
    )(command)


def chosen_versions(url: str | None, names: Sequence[str], version: str | None) -> list[FactorSetVersion]:
    """The version of each set of a server or installed here, in the order of `names`. Raises NotFound for an unknown
    set or version, and ConfigurationError if there is no set."""
    sets = {one.name: one for one in known_sets(url, every=version is not None)}
    if not sets:
        raise ConfigurationError("no factor set is installed here" if url is None else f"{url} gives no factor set",
                                 code="no-factor-set", field="set", rule=NO_SET)
    for name in names:
        if name not in sets:
            raise NotFound(f"no factor set {name!r} is {'installed' if url is None else 'in force there'}",
                           code="unknown-factor-set", field="set", value=name, rule="one of " + ", ".join(sets))
    asked = [sets[name] for name in dict.fromkeys(names)] or list(sets.values())
    if version is None:
        return [one.newest for one in asked]
    matching = [_version_of(one, version) for one in asked if version in [each.version for each in one.versions]]
    if not matching:
        _version_of(asked[0], version)
    return matching


def _version_of(factor_set: FactorSet, version: str) -> FactorSetVersion:
    """Raises NotFound for a version that the set does not have."""
    for candidate in factor_set.versions:
        if candidate.version == version:
            return candidate
    raise NotFound(
        f"factor set {factor_set.name} has no version {version!r}", code="unknown-factor-version", field="version",
        value=version, rule="one of " + ", ".join([one.version for one in factor_set.versions]),
    )


def entry_in(versions: Sequence[FactorSetVersion], key: str) -> list[tuple[FactorSetVersion, SupplyEntry]]:
    """The entry of a key or alias in each version that has it. Raises NotFound, with the nearest keys."""
    entries = [(version, entry) for version in versions if (entry := version.entry(key)) is not None]
    if not entries:
        close = supplies_like(versions, key)
        raise NotFound(
            f"no supply {key!r} in {', '.join([one.tag for one in versions])}", code="unknown-supply", field="key",
            value=key, rule="a key or alias of a supply; " + (f"nearest: {', '.join(close)}" if close else
                                                             "`carbon-ledger factors search` finds them by words"),
        )
    return entries

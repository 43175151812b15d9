"""The factor sets and versions that a command uses."""

from collections.abc import Sequence
from typing import Final

import click

from ledger.cli.console import Command
from ledger.errors import ConfigurationError, NotFound
from ledger.registry.installed import factor_sets
from ledger.registry.supply_names import supplies_like
from ledger.sdk import FactorSet, FactorSetVersion, SupplyEntry

_INSTALL: Final = "an installed set, such as the distribution carbon-ledger-factors-open"


def set_options(command: Command) -> Command:
    """`--set` and `--version`."""
    command = click.option("--version", metavar="VERSION", help="Use this version.  [default: the newest]")(command)
    return click.option(
        "--set", "names", multiple=True, metavar="NAME",
        help="Use this set only; repeat it for several, the first has precedence.  [default: all, by name]",
    )(command)


def chosen_versions(names: Sequence[str], version: str | None) -> list[FactorSetVersion]:
    """The version of each set, in the order of `names`. Raises NotFound for an unknown set or version, and
    ConfigurationError if no set is installed."""
    sets = {one.name: one for one in factor_sets()}
    if not sets:
        raise ConfigurationError("no factor set is installed", code="no-factor-set", field="set", rule=_INSTALL)
    for name in names:
        if name not in sets:
            raise NotFound(f"no factor set {name!r} is installed", code="unknown-factor-set", field="set", value=name,
                           rule="one of " + ", ".join(sets))
    asked = [sets[name] for name in dict.fromkeys(names)] or list(sets.values())
    if version is None:
        return [one.newest for one in asked]
    matching = [version_of(one, version) for one in asked if version in [each.version for each in one.versions]]
    if not matching:
        version_of(asked[0], version)
    return matching


def version_of(factor_set: FactorSet, version: str) -> FactorSetVersion:
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

"""The factor sets that commands know: the ones in force on the log of a server that is named, else the installed ones.

A server gives tables, which are data. Their digest is the one in force on the log, so the ledger computes with them.
"""

from functools import cache
from typing import Final

from ledger.answers.stored import FACTORS, PluginVersionAnswer
from ledger.cli.client import Client
from ledger.cli.console import say
from ledger.cli.supplier.catalogue import CatalogueSource, is_named
from ledger.cli.supplier.receipts import newest_sets
from ledger.client.writing.densities import Sets
from ledger.registry.archives import MAX_BYTES, read_set
from ledger.registry.installed import factor_sets
from ledger.sdk import FactorSet, FactorSetVersion

NO_SET: Final = (
    "name a server by --url or CARBON_LEDGER_URL, or install a set, such as the distribution "
    "carbon-ledger-factors-open"
)


def known_sets(url: str | None, *, every: bool) -> list[FactorSet]:
    """The factor sets of a server in their precedence, or the ones installed here by name. `every`: with all versions
    that the server's log has activated, otherwise with the one in force."""
    source = CatalogueSource(url, lambda: not is_named() and bool(factor_sets()))
    return source.answer(lambda client: served_sets(client, every=every), factor_sets)


def versions_of(url: str | None, *, dispensable: bool = True) -> Sets:
    """The versions in force on the log of a server, or the newest ones installed here; read when a record first needs
    them. A server that is not dispensable has to answer now."""
    source = CatalogueSource(url, lambda: dispensable)

    @cache
    def versions() -> tuple[FactorSetVersion, ...]:
        return source.answer(
            lambda client: tuple([one.newest for one in served_sets(client, every=False)]), newest_sets)

    if url is not None and not dispensable:
        versions()
    return versions


def served_sets(client: Client, *, every: bool) -> list[FactorSet]:
    """The factor sets in force on a server's log, in their precedence, with the version in force as the newest. A
    version that is installed here is not fetched. The command names the sets whose tables the server does not give."""
    activated = [one for one in client.plugin_versions() if one.kind == FACTORS]
    active = [one for one in client.plugins() if one.kind == FACTORS and one.in_force is not None]
    sets = []
    for plugin in sorted(active, key=lambda one: (one.precedence or 0, one.name)):
        wanted = [one for one in activated if one.plugin == plugin.name and (every or one.version == plugin.in_force)]
        wanted.sort(key=lambda one: one.version == plugin.in_force)
        versions = [version for one in wanted if (version := _version(client, one)) is not None]
        if versions and versions[-1].version == plugin.in_force:
            english, chinese = plugin.names.get("en", plugin.name), plugin.names.get("zh", plugin.name)
            sets.append(FactorSet(plugin.name, english, chinese, tuple(versions)))
    return sets


def _version(client: Client, asked: PluginVersionAnswer) -> FactorSetVersion | None:
    """A version of a set, if it is installed here or the server gives it."""
    for factor_set in factor_sets():
        installed = factor_set.version(asked.digest)
        if installed is not None and (installed.name, installed.version) == (asked.plugin, asked.version):
            return installed
    if not asked.archived:
        say(f"{client.url} does not give the tables of factor set {asked.plugin}@{asked.version}: install it")
        return None
    data = client.content(f"/v1/plugins/{asked.digest}/archive", MAX_BYTES)
    return read_set(data, asked.plugin, asked.version, asked.digest)

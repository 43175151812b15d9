"""Sectors that this process computes with, as plain values: the installed sectors, and how they assess a record's
activity."""

from collections.abc import Collection, Iterable, Mapping
from decimal import localcontext
from typing import TYPE_CHECKING

from msgspec import Struct

from ledger.admission.activations import PluginState
from ledger.core.outcome.assessment import Assessment
from ledger.core.record.amounts import CONTEXT
from ledger.engine.chain_figures import checked
from ledger.engine.sector_call import assess_with, tag_of, words_of
from ledger.errors import PluginError, Unavailable
from ledger.sdk import ChainFigure, Context, FactorSet, FactorSetVersion, Sector
from ledger.sdk.sets.factor_set import FactorTables
from ledger.sdk.sets.reading import parse_tables

if TYPE_CHECKING:  # see ledger.sdk.chain
    import networkx


class Installed(Struct, frozen=True):
    """A sector that this process can compute with. `digest`: hex SHA-256 of its code and factors. `entry`: the function
    that returns it, as `module:function`; empty if it does not come from an installed distribution."""

    sector: Sector
    digest: str
    distribution: str
    package: str = ""
    entry: str = ""

    @property
    def tag(self) -> str:
        """The name by which figures say which plugin computed them: name/version."""
        return tag_of(self.sector)

    def assess(self, context: Context, activity: bytes) -> Assessment:
        """See `assess_with`."""
        return assess_with(self.sector, context, activity)

    def method_tags(self) -> list[str]:
        """The names by which callers ask for its chain methods: sector.method/version."""
        return [f"{self.sector.name}.{name}/{one.version}" for name, one in sorted(self.sector.methods.items())]

    def footprint(self, method: str, chain: "networkx.DiGraph[str]", lot: str) -> ChainFigure:
        """The figure that a chain method computes for the node `lot`. Raises KeyError if the sector has no method of
        that name; PluginError, which names plugin and method, for any failure of the plugin."""
        chain_method = self.sector.methods[method]
        name = f"{self.sector.name}.{method}/{chain_method.version} of plugin {self.tag}"
        try:
            with localcontext(CONTEXT):
                figure: object = chain_method.footprint(chain, lot)
        except PluginError as error:
            raise PluginError(f"chain method {name}: {error.message}", code=error.code, field=error.field,
                              value=error.value, rule=error.rule) from error
        except Exception as error:
            raise PluginError(
                f"chain method {name} failed on lot {lot!r}: {type(error).__name__}: {words_of(error)}", field="method",
                rule="the plugin computes a figure of the chain without an error",
            ) from error
        return checked(figure, name)


class ArchivedSets:
    """Versions of factor sets that are not installed, from the files of their archives."""

    def __init__(self) -> None:
        self._tables: dict[str, FactorTables] = {}
        self._versions: dict[tuple[str, str, str], FactorSetVersion] = {}

    @property
    def digests(self) -> Collection[str]:
        return self._tables.keys()

    def learn(self, digest: str, files: Mapping[str, bytes]) -> None:
        """Adds the version whose files have this digest. Raises PluginError for tables that cannot be read."""
        tables, faults = parse_tables(files)
        if faults:
            raise PluginError(f"the archived factor set {digest}: {faults[0]}", code="invalid-factors",
                              field=faults[0].field, value=faults[0].value, rule=faults[0].rule)
        self._tables[digest] = tables

    def version(self, name: str, active: PluginState) -> FactorSetVersion | None:
        """The version of a set in force, if its archive is here."""
        place, tables = (name, active.version, active.digest), self._tables.get(active.digest)
        if tables is not None and place not in self._versions:
            self._versions[place] = FactorSetVersion(*place, tables)
        return self._versions.get(place)


class Registry:
    """The plugins of this process. `sectors`: the installed sectors by name. `sets`: the installed factor sets by name,
    each with all its versions. `earlier`: other versions of sectors that this process can compute with, as
    `archived_sets` has of factor sets."""

    def __init__(
        self, installed: Iterable[Installed] = (), sets: Iterable[FactorSet] = (), earlier: Iterable[Installed] = (),
        archived_sets: ArchivedSets | None = None,
    ) -> None:
        self.archived_sets = archived_sets or ArchivedSets()
        self.sectors: Mapping[str, Installed] = {one.sector.name: one for one in installed}
        self.sets: Mapping[str, FactorSet] = {one.name: one for one in sets}
        self._versions = {(one.sector.name, one.digest): one for one in self.sectors.values()}
        self.learn(earlier)

    @property
    def earlier(self) -> list[Installed]:
        """The versions that are not the installed ones."""
        return [one for (name, _), one in self._versions.items() if self.sectors.get(name) is not one]

    def learn(self, earlier: Iterable[Installed]) -> None:
        """Adds other versions of sectors."""
        for version in earlier:
            self._versions.setdefault((version.sector.name, version.digest), version)

    def sector(self, name: str) -> Installed | None:
        """The installed version of a sector."""
        return self.sectors.get(name)

    def version(self, name: str, digest: str) -> Installed | None:
        """The version of a sector with this digest."""
        return self._versions.get((name, digest))

    def has_set(self, digest: str) -> bool:
        """Whether the version of a factor set with this digest is installed or archived here."""
        return digest in self.archived_sets.digests or any(
            one.version(digest) is not None for one in self.sets.values())

    def factor_set(self, name: str, active: PluginState) -> FactorSetVersion:
        """The version of a factor set in force. Raises Unavailable if it is neither installed nor archived here."""
        installed = self.sets.get(name)
        version = None if installed is None else installed.version(active.digest)
        if version is None:
            version = self.archived_sets.version(name, active)
        if version is None:
            raise Unavailable(
                f"factor set {name} {active.version} is in force, but this server does not have that version",
                code="plugin-version", field="supplies", value=name,
                rule=f"install the version whose digest is {active.digest}",
            )
        return version


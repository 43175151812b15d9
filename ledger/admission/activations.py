"""All activations of a log, in log order, and the versions of rules, sectors and factor sets that they put into force.

A version applies to the records after its activation. A record keeps the versions with which it was assessed, whatever
later records revise, unless an amendment asks for the newest ones: leaf 0 of its outcome names the newest activation of
that time.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.admission.rules import RESERVED, RULES, Activated, Rules
from ledger.admission.title_limit import limit_of

NO_ACTIVATION: Final = -1
"""Stands for the index of the newest activation on a log without one."""


class PluginState(NamedTuple):
    """The version of a plugin in force. `precedence` makes it a factor set: of all sets that have a factor, the ledger
    uses the one with the lowest number."""

    version: str
    digest: str
    precedence: int | None = None


class PluginActivation(Struct, frozen=True, array_like=True):
    """The activation by the entry `index`."""

    index: int
    plugin: str
    version: str
    digest: str
    retired: bool = False
    precedence: int | None = None


class Versions:
    """The versions in force after the entry `activation`. `plugins` has sectors, factor sets and the witness policy by
    name; `sets` has the names of the factor sets, in the order of their precedence."""

    __slots__ = ("activation", "plugins", "rules", "sets")

    def __init__(self, activation: int, plugins: Mapping[str, PluginState], rules: Rules) -> None:
        self.activation = activation
        self.plugins = plugins
        self.rules = rules
        ranked = [(state.precedence, name) for name, state in plugins.items() if state.precedence is not None]
        self.sets = tuple([name for _, name in sorted(ranked)])

    @property
    def limit(self) -> float:
        """The limit of the title *footprint*."""
        return limit_of({name: state.version for name, state in self.plugins.items()})

    def sector(self, name: str) -> PluginState | None:
        """The version of a sector; None if it is not in force."""
        state = None if name in RESERVED else self.plugins.get(name)
        return None if state is None or state.precedence is not None else state


class Activations:
    """The activations in log order. Immutable."""

    __slots__ = ("_versions", "entries", "rules")

    def __init__(self, entries: Iterable[PluginActivation] = ()) -> None:
        self.entries = tuple(entries)
        self.rules = Rules(tuple([
            Activated(one.index, one.version, one.digest) for one in self.entries if one.plugin == RULES
        ]))
        self._versions: dict[int, Versions] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Activations) and self.entries == other.entries

    def __hash__(self) -> int:
        return hash(self.entries)

    def __repr__(self) -> str:
        return f"Activations({list(self.entries)!r})"

    def after(self, activation: PluginActivation) -> "Activations":
        """These activations with one more."""
        return Activations((*self.entries, activation))

    @property
    def newest(self) -> int:
        """The index of the newest activation, or NO_ACTIVATION."""
        return self.entries[-1].index if self.entries else NO_ACTIVATION

    @property
    def plugins(self) -> Mapping[str, PluginState]:
        """The plugins in force for the next record, without the rules."""
        return self.versions().plugins

    def before(self, index: int) -> int:
        """The index of the newest activation before the entry `index`, or NO_ACTIVATION."""
        return max([one.index for one in self.entries if one.index < index], default=NO_ACTIVATION)

    def versions(self, activation: int | None = None) -> Versions:
        """The versions in force after the entry `activation`; those for the next record if it is None."""
        upto = self.newest if activation is None else activation
        versions = self._versions.get(upto)
        if versions is None:
            versions = self._versions[upto] = self._collect(upto)
        return versions

    def before_entry(self, index: int) -> Versions:
        """The versions in force for the record at `index`."""
        return self.versions(self.before(index))

    def _collect(self, upto: int) -> Versions:
        plugins: dict[str, PluginState] = {}
        for entry in self.entries:
            if entry.index > upto or entry.plugin == RULES:
                continue
            if entry.retired:
                plugins.pop(entry.plugin, None)
            else:
                plugins[entry.plugin] = PluginState(entry.version, entry.digest, entry.precedence)
        return Versions(upto, plugins, Rules(tuple([one for one in self.rules.activated if one.index <= upto])))

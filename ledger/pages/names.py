"""The names of things in the language of a page. Records name organisations and products, plugins name processes and
materials. A thing without a name shows the last part of its identifier."""

from collections.abc import Iterable

from ledger.engine.sectors import Registry
from ledger.footprint.derived.tables.rows import NONE, UNKNOWN
from ledger.pages.figures import tail
from ledger.pages.foreign import isolated
from ledger.pages.words import PageWords
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.names import Names as Stated
from ledger.service.queries.names import read_names


class ThingNames:
    """`stated`: names by id."""

    def __init__(self, words: PageWords, registry: Registry, stated: Stated) -> None:
        self._words = words
        self._registry = registry
        self._stated = stated

    def thing(self, name: str | None) -> str:
        """The name of an organisation, facility or product."""
        if not name:
            return ""
        return isolated(self._words.pick(self._stated.get(name, {})) or tail(name))

    def process(self, name: str) -> str:
        """The name of a process or a kind of record."""
        sector, _, route = name.partition(".")
        installed = self._registry.sector(sector)
        process = None if installed is None else installed.sector.routes.get(route)
        if process is not None:
            return process.zh if self._words.language == "zh" else process.en
        return self.kind(name)

    def kind(self, name: str) -> str:
        """The name of a kind of record, as `keyChange`."""
        spaced = "".join([f" {letter.lower()}" if letter.isupper() else letter for letter in name])
        return self._words.known(spaced)

    def material(self, key: str) -> str:
        """The name of a supply; its key if no factor set knows it."""
        for factors in self._registry.sets.values():
            entry = factors.newest.entry(key)
            if entry is not None:
                return entry.zh if self._words.language == "zh" else entry.en
        return key

    def key(self, by: str, key: str) -> str:
        """The name of a group of contributions."""
        if key in (NONE, UNKNOWN):
            return self._words("not stated")
        if by in ("organization", "facility"):
            return self.thing(key)
        if by == "stage":
            return self.process(key)
        if by == "source":
            return self.material(key)
        return self._words.known(key)


async def names_of(ledger: Ledger, sight: Sight, words: PageWords, ids: Iterable[str | None]) -> ThingNames:
    """The names of these organisations, facilities and products."""
    wanted = {name for name in ids if name}
    return ThingNames(words, ledger.registry, await read_names(ledger.pool, sight, wanted))

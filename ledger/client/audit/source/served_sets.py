"""Factor sets, and sectors made of tables, that are not installed here, from the source of an audit.

They are tables: the audit reads them as data, and only with the digest that the log names. It never runs the code of
sectors by itself, since that would run with the auditor's rights.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from ledger.admission.activations import PluginActivation
from ledger.admission.rules import RESERVED
from ledger.client.audit.source.interface import AuditSource, GivesArchives
from ledger.core.record.kinds import Activation, AnyRecord
from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidInput, PluginError
from ledger.registry.archives import read_archive, sector_in, tables_in

MOST_BYTES: Final = 256 << 20
"""Of all files that an audit takes from its source, unpacked: a log may name any number of plugins."""


class ServedSets:
    """Adds the factor sets and the sectors made of tables that a log puts into force to a registry without them."""

    def __init__(self, registry: Registry, most: int = MOST_BYTES) -> None:
        self._registry = registry
        self._left = most
        self._asked: set[str] = set()

    async def learn(
        self, source: AuditSource, activations: Iterable[AnyRecord | PluginActivation | None]
    ) -> list[str]:
        """Reads the tables of the activations among these records. Returns a note for each plugin whose tables cannot
        be used."""
        notes: list[str] = []
        if not isinstance(source, GivesArchives):
            return notes
        for active in self._unknown(activations):
            self._asked.add(active.digest)
            data = await source.archive(active.digest)
            if data is None:
                continue
            try:
                add = self._add_sector if active.precedence is None else self._add
                await asyncio.to_thread(add, data, active)
            except (InvalidInput, PluginError) as error:
                kind = "plugin" if active.precedence is None else "factor set"
                notes.append(f"the source's tables of {kind} {active.plugin}@{active.version} cannot be used: "
                             f"{error.message}")
        return notes

    def _unknown(
        self, activations: Iterable[AnyRecord | PluginActivation | None]
    ) -> Iterator[Activation | PluginActivation]:
        for active in activations:
            if not isinstance(active, Activation | PluginActivation) or active.digest in self._asked:
                continue
            if not active.retired and active.plugin not in RESERVED and not self._has(active):
                yield active

    def _has(self, active: Activation | PluginActivation) -> bool:
        if active.precedence is not None:
            return self._registry.has_set(active.digest)
        return self._registry.version(active.plugin, active.digest) is not None

    def _add(self, data: bytes, active: Activation | PluginActivation) -> None:
        tables = tables_in(data, active.digest)
        self._take(tables)
        self._registry.archived_sets.learn(active.digest, tables)

    def _add_sector(self, data: bytes, active: Activation | PluginActivation) -> None:
        """A sector with code of its own stays unknown: the audit compares its records."""
        archive = read_archive(data, active.digest)
        sector = sector_in(archive)
        if sector is not None and (sector.name, sector.version) == (active.plugin, active.version):
            self._take(archive.code)
            self._registry.learn([Installed(sector=sector, digest=active.digest, distribution="")])

    def _take(self, files: Mapping[str, bytes]) -> None:
        self._left -= sum([len(content) for content in files.values()])
        if self._left < 0:
            raise InvalidInput(f"all sets together have more than {MOST_BYTES >> 20} MiB", code="answer-too-large")

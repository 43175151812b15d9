"""Factor sets that are not installed here, from the source of an audit.

They are tables: the audit reads them as data, and only with the digest that the log names. It never gets the code of
sectors by itself, since that would run with the auditor's rights.
"""

import asyncio
from collections.abc import Iterable, Iterator
from typing import Final

from ledger.admission.activations import PluginActivation
from ledger.client.audit.source.interface import AuditSource, GivesArchives
from ledger.core.record.kinds import Activation, AnyRecord
from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput, PluginError
from ledger.registry.archives import tables_in

MOST_BYTES: Final = 256 << 20
"""Of all tables that an audit takes from its source, unpacked: a log may name any number of sets."""


class ServedSets:
    """Adds the factor sets that a log puts into force to a registry that lacks them."""

    def __init__(self, registry: Registry, most: int = MOST_BYTES) -> None:
        self._registry = registry
        self._left = most
        self._asked: set[str] = set()

    async def learn(
        self, source: AuditSource, activations: Iterable[AnyRecord | PluginActivation | None]
    ) -> list[str]:
        """Reads the sets of the activations among these records. Returns a note for each set that cannot be used."""
        notes: list[str] = []
        if not isinstance(source, GivesArchives):
            return notes
        for active in self._unknown(activations):
            self._asked.add(active.digest)
            data = await source.archive(active.digest)
            if data is None:
                continue
            try:
                await asyncio.to_thread(self._add, data, active.digest)
            except (InvalidInput, PluginError) as error:
                notes.append(f"the source's tables of factor set {active.plugin}@{active.version} cannot be used: "
                             f"{error.message}")
        return notes

    def _unknown(
        self, activations: Iterable[AnyRecord | PluginActivation | None]
    ) -> Iterator[Activation | PluginActivation]:
        for active in activations:
            if (
                isinstance(active, Activation | PluginActivation) and active.precedence is not None
                and active.digest not in self._asked and not self._registry.has_set(active.digest)
            ):
                yield active

    def _add(self, data: bytes, digest: str) -> None:
        tables = tables_in(data, digest)
        self._left -= sum([len(content) for content in tables.values()])
        if self._left < 0:
            raise InvalidInput(f"all sets together have more than {MOST_BYTES >> 20} MiB", code="answer-too-large")
        self._registry.archived_sets.learn(digest, tables)

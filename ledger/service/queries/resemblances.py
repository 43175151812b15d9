"""Which organisations readers could confuse with one another, by their ids, prefixes and names.

Each process holds the names in memory and reads new organisations in log order: organisations are few and never change,
and their records are public. The database stores nothing of this, so the table of look-alikes can grow without a
migration. Lots, sites and products are not compared: answers about them name their holder.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ledger.answers.stored import FootprintAnswer, LotAnswer, OrganizationAnswer
from ledger.core.record.confusables import oddities, skeleton
from ledger.core.record.kinds import Organization
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN: Final = 5
"""The most look-alikes that an answer names for an organisation. Look-alikes of its id come first, then of its prefixes
and names, which anybody may share; within each group the earliest enrolled come first."""
FRESH_SECONDS: Final = 5.0
_PAGE: Final = 1_000
_organization = msgspec.json.Decoder(Organization)


class Resemblances:
    """The look-alikes of all organisations: one object per process, at most FRESH_SECONDS out of date."""

    def __init__(self, pool: DatabasePool) -> None:
        self._pool = pool
        self._skeletons: dict[str, tuple[str, ...]] = {}
        self._alike: defaultdict[str, list[str]] = defaultdict(list)
        self._newest = -1
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def of(self, organizations: Iterable[str]) -> dict[str, list[str]]:
        """The look-alikes of each of these organisations. Organisations without look-alikes are absent."""
        names = set(organizations)
        await self._refresh(names)
        look_alikes = {name: self._others(name) for name in names}
        return {name: others for name, others in look_alikes.items() if others}

    async def of_organizations(self, answers: Sequence[OrganizationAnswer]) -> list[OrganizationAnswer]:
        """The answers, with the look-alikes of each organisation and the oddities of its names."""
        alike = await self.of([one.id for one in answers])
        return [
            msgspec.structs.replace(one, resembles=alike.get(one.id, []), oddities=_odd([one.id, *one.names.values()]))
            for one in answers
        ]

    async def of_lots(self, answers: Sequence[LotAnswer]) -> list[LotAnswer]:
        """The answers, with the look-alikes of their holders, owners and senders."""
        alike = await self.of([name for one in answers for name in _parties(one)])
        if not alike:
            return list(answers)
        return [
            msgspec.structs.replace(one, resembles={name: alike[name] for name in _parties(one) if name in alike})
            for one in answers
        ]

    async def of_footprint(self, answer: FootprintAnswer) -> FootprintAnswer:
        (lot,) = await self.of_lots([answer.lot])
        return answer if lot is answer.lot else msgspec.structs.replace(answer, lot=lot)

    def _others(self, name: str) -> list[str]:
        others = dict.fromkeys([
            other for looks in self._skeletons.get(name, ()) for other in self._alike[looks] if other != name
        ])
        return list(others)[:SHOWN]

    async def _refresh(self, names: set[str]) -> None:
        """Reads the organisations enrolled since the last read: after FRESH_SECONDS, or if a name is new."""
        loop = asyncio.get_running_loop()
        if names <= self._skeletons.keys() and loop.time() - self._read_at < FRESH_SECONDS:
            return
        async with self._reading:
            now = loop.time()
            rows = await self._pool.fetch(queries("read")["organizations"], self._newest, _PAGE)
            while rows:
                for row in rows:
                    self._learn(row["index"], _organization.decode(row["body"]))
                rows = await self._pool.fetch(queries("read")["organizations"], self._newest, _PAGE)
            self._read_at = now

    def _learn(self, index: int, record: Organization) -> None:
        self._newest = index
        names = (record.id, *record.prefixes, *record.names.values())
        looks = tuple(dict.fromkeys([skeleton(name) for name in names]))
        self._skeletons[record.id] = looks
        for look in looks:
            self._alike[look].append(record.id)


def _parties(lot: LotAnswer) -> list[str]:
    return [name for name in (lot.holder, lot.owner, lot.sender) if name is not None]


def _odd(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([oddity for name in names for oddity in oddities(name)]))

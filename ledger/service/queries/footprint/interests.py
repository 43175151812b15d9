"""Who controls the auditors of a figure and the parties to it: an auditor of the maker's group is not independent."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ledger.admission.facts import Facts
from ledger.admission.names import Names
from ledger.store.database import DatabasePool
from ledger.store.facts import FactLoader


class Groups(NamedTuple):
    """Organisations with all that control them."""

    organizations: frozenset[str]
    facts: Facts

    def at(self, instant: str) -> Mapping[str, str]:
        """By organisation, the one that controls it and its group, as rules count groups at a stated instant. One
        without a controlling parent is its own group."""
        return {name: self.facts.group(name, instant) for name in self.organizations}


async def read_groups(pool: DatabasePool, organizations: Iterable[str], size: int) -> Groups:
    """The groups of organisations as of the tree of `size` entries."""
    names, facts, loader = Names(), Facts(), FactLoader()
    names.organizations.update(organizations)
    async with pool.acquire() as connection:
        await loader.load(connection, names, facts, {})
        facts.parents = await loader.parents_upto(connection, size - 1)
    return Groups(frozenset(names.organizations), facts)

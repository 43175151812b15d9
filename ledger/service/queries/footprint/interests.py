"""Who controls the auditors of a figure and the parties to it: an auditor of the maker's group is not independent."""

from collections.abc import Iterable, Mapping

from ledger.admission.facts import Facts
from ledger.admission.names import Names
from ledger.store.database import DatabasePool
from ledger.store.facts import FactLoader


async def read_groups(pool: DatabasePool, organizations: Iterable[str]) -> Mapping[str, str]:
    """By organisation, the one that controls it and its group. One without a controlling parent is its own group."""
    names, facts = Names(), Facts()
    names.organizations.update(organizations)
    async with pool.acquire() as connection:
        await FactLoader().load(connection, names, facts, {})
    return {name: facts.group(name) for name in names.organizations}

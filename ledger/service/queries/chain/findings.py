"""The findings behind the figure of a lot whose upstream chain is loaded."""

import numpy

from ledger.core.outcome.assessment import QUESTIONED
from ledger.footprint.derived.rank_findings import NO_FINDINGS, FindingList
from ledger.footprint.stored.burdens import SLOT
from ledger.host.threads import in_thread
from ledger.service.queries.chain.upstream import UpstreamChain
from ledger.service.queries.findings import FindingTargets, WeighedChain, decoded, weigh_findings
from ledger.store.columns import list_of
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


async def read_chain_findings(pool: DatabasePool, chain: UpstreamChain) -> FindingList:
    """The findings of the lot's own record, and of the records upstream."""
    arrays, questioned, number = chain.arrays, chain.burdens[SLOT[QUESTIONED]], chain.row["number"]
    # Questions pass through wastes too, which carry no burdens.
    indexes = arrays.records.tolist() if questioned else chain.weights.records
    rows = await pool.fetch(queries("findings")["among"], list_of(indexes), chain.moment.version)
    records = await in_thread(decoded, rows)
    if not records:
        return NO_FINDINGS
    wanted = numpy.zeros(len(arrays.numbers))
    wanted[arrays.position(number)] = 1.0
    targets = FindingTargets({number: 1.0}, questioned, frozenset({chain.row["index"]}))
    return await weigh_findings(pool, WeighedChain(arrays, wanted, chain.weights), targets, records, chain.moment)

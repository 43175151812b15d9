"""The findings behind the figure of a lot whose upstream chain is loaded."""

from types import MappingProxyType
from typing import NamedTuple

import numpy

from ledger.core.outcome.assessment import QUESTIONED
from ledger.footprint.derived.chain.boundary import TakenWeights
from ledger.footprint.derived.chain.delivered_findings import in_figure
from ledger.footprint.derived.rank_findings import NO_FINDINGS, FindingList
from ledger.footprint.stored.burdens import SLOT
from ledger.host.threads import in_thread
from ledger.service.queries.chain.delivered import decoded
from ledger.service.queries.chain.hidden import taken_weights
from ledger.service.queries.chain.upstream import UpstreamChain
from ledger.service.queries.findings import FindingTargets, WeighedChain, weigh_findings
from ledger.store.columns import list_of
from ledger.store.database import DatabasePool
from ledger.store.sql import queries


class ChainFindings(NamedTuple):
    """The findings that the caller sees, and the weights of boundary lots in the amount in question. The amounts of
    findings behind boundary lots are part of the amounts of these lots."""

    listed: FindingList
    hidden: TakenWeights = MappingProxyType({})


async def read_chain_findings(pool: DatabasePool, chain: UpstreamChain) -> ChainFindings:
    """The findings of the lot's own record, and of the records upstream."""
    arrays, questioned, number = chain.arrays, chain.burdens[SLOT[QUESTIONED]], chain.row["number"]
    # Questions pass through wastes too, which carry no burdens.
    indexes = chain.visible_records if questioned else chain.weights.records
    rows = await pool.fetch(queries("findings")["among"], list_of(indexes), chain.as_of.version)
    records = await in_thread(decoded, rows)
    delivered = {} if chain.hidden is None else chain.hidden.findings
    if not records and not delivered and not (questioned and chain.hidden):
        return ChainFindings(NO_FINDINGS)
    wanted = numpy.zeros(len(arrays.numbers))
    wanted[arrays.position(number)] = 1.0
    targets = FindingTargets({number: 1.0}, questioned, frozenset({chain.row["index"]}))
    findings = await weigh_findings(pool, WeighedChain(arrays, wanted, chain.weights), targets, records, chain.as_of)
    if chain.hidden is None:
        return ChainFindings(findings)
    seen = [finding for finding in findings.all if finding.record not in chain.partly]
    weights = taken_weights(arrays, chain.hidden.visible, findings.paths.records, {number: 1.0})
    carried = {lot: sum(parts.values()) for lot, parts in chain.hidden.weights.items()}
    behind = in_figure(delivered, targets.lots, findings.paths, carried)
    return ChainFindings(findings._replace(all=seen).with_delivered(behind, questioned), weights)

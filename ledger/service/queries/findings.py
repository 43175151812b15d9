"""The findings behind a figure: of its own records and of all records upstream, with the amounts that they question.

A query first finds the records with findings, by an index over the marks in their leaves. Only if there are any does it
load the numbers of the chain, to weigh them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy

from ledger.footprint.derived.chain.arrays import Arrays, Floats
from ledger.footprint.derived.chain.delivered_findings import in_figure
from ledger.footprint.derived.contributions import Weights, weights_of_sum
from ledger.footprint.derived.findings import FindingRecord, ListedFinding, StatedFinding, listed
from ledger.footprint.derived.rank_findings import NO_FINDINGS, NO_PATHS, FindingList, question_paths, ranked
from ledger.host.threads import in_thread
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.access.walk import Visible
from ledger.service.queries.chain.delivered import HiddenLots, decoded, read_delivered, read_questioned
from ledger.service.queries.chain.load import ChainRequest, load_arrays, pinned
from ledger.service.queries.tree_size import AsOf
from ledger.store.columns import list_of
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

Depth = Literal["near", "all"]
"""How many records upstream a query examines for findings: few enough for a quick answer, or up to `MAX_RECORDS`."""
MAX_RECORDS: Final = 250_000
NEAR: Final = 1_000
"""Records upstream of a lot. A walk over them takes some 20 ms of the database."""
NEAR_PRODUCT: Final = 10_000
"""Records upstream of the lots of a product."""
NOTE: Final = ("the log's key vouches for the list of findings upstream; the questioned amount itself is part of the "
               "committed figure")
HIDDEN_NOTE: Final = "records that are hidden from you also question this figure"


def note_on(findings: FindingList) -> str | None:
    """The sentence that an answer has beside its list of findings; None if it is about the answer's own records."""
    if findings.hidden:
        return f"{NOTE}; {HIDDEN_NOTE}"
    if findings.beyond is not None:
        more = "" if findings.beyond >= MAX_RECORDS else f"; findings=all examines up to {MAX_RECORDS:,}"
        return (f"more than {findings.beyond:,} records lie upstream of this figure, which were not examined for "
                f"findings{more}")
    return NOTE if any(not finding.own for finding in findings.items) else None


class WeighedChain(NamedTuple):
    """A chain with the weights of its lots in a figure, `wanted`, and the parts of everything upstream in it."""

    arrays: Arrays
    wanted: Floats
    weights: Weights


class FindingTargets(NamedTuple):
    """A figure: a weighted sum of lots, by number. `questioned`: kg CO2e in question in it. `own`: the log indexes of
    the records that made the lots."""

    lots: Mapping[int, float]
    questioned: float
    own: frozenset[int]


async def read_findings(
    pool: DatabasePool, targets: FindingTargets, as_of: AsOf, most: int, sight: Sight = EVERYTHING
) -> FindingList:
    """The findings behind a figure: of the records that the caller sees, and by `delivered_findings` of hidden ones. If
    more than `most` records lie upstream, the list has the findings of own records only, and `beyond` says so."""
    as_of = await pinned(pool, as_of)
    visible = await sight.visible(pool, list(targets.lots), as_of)
    if visible is not None and visible.hidden:
        return await _read_visible_findings(pool, targets, as_of, most, visible, sight.rights.own)
    rows = await pool.fetch(queries("findings")["behind"], sorted(targets.own), as_of.version, most + 1)
    if any((row["looked"] or 0) > most for row in rows):
        own = await pool.fetch(queries("findings")["among"], list_of(targets.own), as_of.version)
        alone = ranked(await in_thread(decoded, own), Weights({}, dict(targets.lots)), NO_PATHS, targets.own)
        return alone._replace(beyond=most)
    records = await in_thread(decoded, [row for row in rows if row["index"] is not None])
    if not records:
        return NO_FINDINGS
    loaded = await load_arrays(pool, ChainRequest(list(targets.lots), "upstream", as_of, most=most))
    wanted = numpy.zeros(len(loaded.arrays.numbers))
    for number, weight in targets.lots.items():
        wanted[loaded.arrays.position(number)] = weight
    carried = await in_thread(weights_of_sum, loaded.arrays, wanted)
    return await weigh_findings(pool, WeighedChain(loaded.arrays, wanted, carried), targets, records, as_of)


async def _read_visible_findings(
    pool: DatabasePool, targets: FindingTargets, as_of: AsOf, most: int, visible: Visible, own: frozenset[str]
) -> FindingList:
    """The findings of visible records, and of hidden ones behind the lots that the organisations `own` have."""
    beyond = len(visible.records) > most
    examined = targets.own & visible.records if beyond else visible.records
    rows = await pool.fetch(queries("findings")["among"], list_of(sorted(examined)), as_of.version)
    seen = await in_thread(decoded, rows)
    delivered = (await read_delivered(pool, HiddenLots(visible.hidden, own, targets.lots), as_of)).by_lot
    if beyond:
        alone = ranked(seen, Weights({}, dict(targets.lots)), NO_PATHS, targets.own)
        return alone._replace(beyond=most, delivered=in_figure(delivered, targets.lots, NO_PATHS))
    if not seen and not targets.questioned and delivered.keys() <= targets.lots.keys():
        return FindingList(delivered=in_figure(delivered, targets.lots, NO_PATHS))
    loaded = await load_arrays(
        pool, ChainRequest(list(targets.lots), "upstream", as_of, most=most + len(visible.hidden),
                           visible=visible.records))
    wanted = numpy.zeros(len(loaded.arrays.numbers))
    for number, weight in targets.lots.items():
        wanted[loaded.arrays.position(number)] = weight
    carried = await in_thread(weights_of_sum, loaded.arrays, wanted)
    weighed = await weigh_findings(pool, WeighedChain(loaded.arrays, wanted, carried), targets, seen, as_of)
    return weighed.with_delivered(
        in_figure(delivered, targets.lots, weighed.paths, carried.lots), targets.questioned)


async def may_have_findings(pool: DatabasePool) -> bool:
    """Whether some record of the log may have findings."""
    return bool(await pool.fetchval(queries("findings")["any"]))


async def weigh_findings(
    pool: DatabasePool, chain: WeighedChain, targets: FindingTargets, records: Sequence[FindingRecord], as_of: AsOf
) -> FindingList:
    """The findings of `records`, by their weight in the figure of a loaded chain. `moment` is pinned."""
    paths = NO_PATHS
    if targets.questioned:
        in_chain = set(chain.arrays.records.tolist())
        questioned = await read_questioned(pool, chain.arrays, as_of)
        paths = await in_thread(
            question_paths, chain.arrays, chain.wanted, questioned,
            [record for record in records if record.log_index in in_chain],
        )
    return await in_thread(ranked, records, chain.weights, paths, targets.own)


async def read_listed(pool: DatabasePool, indexes: Iterable[int], as_of: AsOf) -> dict[int, list[ListedFinding]]:
    """The findings of records by log index, for those that have any. `moment` is pinned."""
    stated = await read_stated(pool, indexes, as_of)
    return {index: [listed(finding) for finding in findings] for index, findings in stated.items()}


async def read_stated(
    pool: DatabasePool, indexes: Iterable[int], as_of: AsOf
) -> dict[int, Sequence[StatedFinding]]:
    """The same with the stated values, for a caller who sees these records in full."""
    rows = await pool.fetch(queries("findings")["among"], list_of(indexes), as_of.version)
    records = await in_thread(decoded, rows)
    return {record.log_index: record.findings for record in records}

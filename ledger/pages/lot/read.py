"""Reads everything that the page of a lot shows, by the queries of the API and with the same sight."""

from typing import Final, NamedTuple

from ledger.answers.stored import FootprintAnswer
from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.drawings.sankey.fold import FoldOptions
from ledger.drawings.sankey.graphs import fold_graph
from ledger.drawings.sankey.model import Measure, Sankey
from ledger.errors import Denied, InvalidInput
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.tables.rows import Contributions
from ledger.host.threads import in_thread
from ledger.pages.lot.lives import ItemLife
from ledger.pages.reading import note_lots
from ledger.service.access.show_figures import show_figure
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.chain.kinds import read_kinds
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.chain.read import ChainLimits, trace_visible
from ledger.service.queries.chain.upstream import read_into, read_upstream
from ledger.service.queries.contributions.burdens import ContributionReader, TableLayout, read_contributions
from ledger.service.queries.footprint.read import read_figure
from ledger.service.queries.gaps import GapReader, read_gaps
from ledger.service.queries.lists.records import read_listed_records
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.records import read_lots
from ledger.service.queries.tree_size import NOW, as_of_size
from ledger.service.queries.uncertainty.read import UncertaintyReader, read_uncertainty

GAPS: Final = 6
ROWS: Final = 12
MOST_NODES: Final = 15
_SEVERAL: Final = 2


class LotView(NamedTuple):
    """How a visitor looks at a lot: contributions `by` a grouping, a drawing of CO2e or mass with at most so many
    `nodes`, folded ones `opened`."""

    by: str = "stage"
    measure: Measure = "co2e"
    nodes: int = MOST_NODES
    opened: tuple[str, ...] = ()


class LotPage(NamedTuple):
    """The answers of a page. `table`, `gaps` and `drawn` are None if the visitor does not see how the lot is made, or
    if too much lies upstream; `uncertainty` is None too if a part of the chain is hidden. `lives`: the lots of the same
    item with their records, in log order. `is_too_long`: so much lies upstream that parts of the page are left out."""

    figure: FootprintAnswer
    size: int
    table: Contributions | None = None
    gaps: LotGaps | None = None
    uncertainty: UncertaintyAnswer | None = None
    drawn: Sankey | None = None
    lives: tuple[ItemLife, ...] = ()
    is_too_long: bool = False


async def read_lot_page(ledger: Ledger, sight: Sight, lot: str, at: int | None, view: LotView) -> LotPage:
    """The answers of the page of a lot. A visitor who sees the whole chain gets all of them as of one tree size.
    Raises NotFound for an unknown lot, InvalidInput for an invalid tree size or grouping."""
    size = (await pinned(ledger.pool, await as_of_size(ledger.pool, at))).size
    if sight.whole:
        at = size
    question = LotQuestion(lot, at)
    stored = await read_figure(ledger.pool, question, ledger.assessed, averages=True, sight=sight)
    figure = await ledger.resemblances.of_footprint(await show_figure(ledger.pool, sight, stored))
    page = LotPage(figure, size)
    if figure.sight == "totals" or figure.lot.withdrawn:
        return page
    try:
        read = _read_at_once if sight.whole else _read_in_turn
        page = await read(ledger, sight, question, view, page)
        page = page._replace(drawn=await _drawn(ledger, sight, question, view))
    except InvalidInput as error:
        if error.field != "lot":
            raise
        page = page._replace(is_too_long=True)
    return page._replace(lives=await _lives(ledger, sight, figure))


async def _read_at_once(
    ledger: Ledger, sight: Sight, question: LotQuestion, view: LotView, page: LotPage
) -> LotPage:
    """The page with its sums over the chain, all of which see the same records: these are read once."""
    pool = ledger.pool
    chain = await read_upstream(pool, question, sight=sight)
    gaps, terms = GapReader(pool, chain, sight), UncertaintyReader(pool, chain)
    table = await ContributionReader.over(pool, chain, question, layout=TableLayout(view.by, ROWS))
    await read_into(pool, chain, gaps, table, terms)
    return page._replace(gaps=await gaps.answer(), table=await table.answer(), uncertainty=await terms.answer(top=0))


async def _read_in_turn(
    ledger: Ledger, sight: Sight, question: LotQuestion, view: LotView, page: LotPage
) -> LotPage:
    """The same where the chain has hidden parts. Each answer sees as much of these as it may."""
    gaps = await read_gaps(ledger.pool, question, sight=sight)
    table = await read_contributions(ledger.pool, question, layout=TableLayout(view.by, ROWS), sight=sight)
    return page._replace(gaps=gaps, table=table, uncertainty=await read_interval(ledger, sight, question))


async def _drawn(ledger: Ledger, sight: Sight, question: LotQuestion, view: LotView) -> Sankey:
    """The chain of a lot, folded to the processes that a reader can take in."""
    chain, contraction = await trace_visible(
        ledger.pool, [question.lot], "upstream", ChainLimits(), question.at, sight)
    hidden = frozenset() if contraction is None else contraction.merged
    visible = [index for index, digest in zip(chain.arrays.records.tolist(), chain.records.digests, strict=True)
               if digest not in hidden]
    as_of = await pinned(ledger.pool, await as_of_size(ledger.pool, question.at))
    kinds = await read_kinds(ledger.pool, visible, as_of) if view.measure == "co2e" else {}
    options = FoldOptions(view.measure, kinds, most=view.nodes, opened=view.opened)
    return await in_thread(fold_graph, chain, contraction, chain.graph["roots"], options)


async def read_interval(ledger: Ledger, sight: Sight, question: LotQuestion) -> UncertaintyAnswer | None:
    """The uncertainty of a figure; None if a part of the chain is hidden."""
    try:
        await sight.require_whole_chain(ledger.pool, "lot", question.lot)
    except Denied:
        return None
    return await read_uncertainty(ledger.pool, question, top=0)


async def _lives(ledger: Ledger, sight: Sight, figure: FootprintAnswer) -> tuple[ItemLife, ...]:
    """The lots of the same item, if the visitor sees everything and there are several."""
    if figure.lot.item is None or not sight.whole:
        return ()
    lots = await read_lots(ledger.pool, None, figure.lot.item, figure.at)
    if len(lots) < _SEVERAL:
        return ()
    await note_lots(ledger, sight, lots)
    records = await read_listed_records(ledger.pool, [lot.index for lot in lots], NOW)
    by_index = {record.index: record for record in records}
    return tuple([ItemLife(lot, by_index[lot.index]) for lot in lots])

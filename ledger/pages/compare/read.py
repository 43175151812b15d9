"""Reads the figures of several lots for one page, by the queries of the API and with the same sight."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.answers.stored import FootprintAnswer
from ledger.drawings.numbers import FigureInterval
from ledger.errors import InvalidInput
from ledger.pages.lot.read import LotPage, read_interval
from ledger.service.access.show_figures import show_figure
from ledger.service.access.sight import Sight
from ledger.service.ledger import Ledger
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.contributions.burdens import MAX_SHOWN, TableLayout, read_contributions
from ledger.service.queries.footprint.read import read_figure
from ledger.service.queries.gaps import read_gaps
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.tree_size import as_of_size

_KILOGRAMS: Final = {"KGM": 1.0, "TNE": 1000.0}


class ComparedLot(NamedTuple):
    """The answers for one lot, as its own page has them, with the whole table."""

    page: LotPage

    @property
    def figure(self) -> FootprintAnswer:
        """The figure of the lot."""
        return self.page.figure

    @property
    def interval(self) -> FigureInterval | None:
        """The 95 % interval in kg CO2e of the whole lot; None without one: if no line states an uncertainty, the
        interval has no width, which says nothing."""
        known = None if self.page.uncertainty is None else self.page.uncertainty.uncertainty
        return None if known is None or not known.stated else FigureInterval(known.analytic.low, known.analytic.high)

    @property
    def units(self) -> float:
        """The quantity of the lot in its own unit."""
        return float(self.figure.lot.quantity.value)

    @property
    def kilograms(self) -> float | None:
        """The mass of the lot; None if the ledger does not know it."""
        lot = self.figure.lot
        if lot.mass_kg is not None:
            return float(lot.mass_kg)
        factor = _KILOGRAMS.get(lot.quantity.unit)
        return None if factor is None else factor * self.units


async def read_compared(ledger: Ledger, sight: Sight, lots: Sequence[str], at: int | None, by: str
                        ) -> tuple[int, list[ComparedLot]]:
    """The tree size of the page, and the answers for each lot. Raises the errors of the queries of the API."""
    size = (await pinned(ledger.pool, await as_of_size(ledger.pool, at))).size
    at = size if sight.whole else at
    sights = sight.apart() or [sight] * len(lots)
    # A lot that is named twice is shown once.
    asked = dict(zip(lots, sights, strict=True))
    return size, [await _read(ledger, own, LotQuestion(lot, at), size, by) for lot, own in asked.items()]


async def _read(ledger: Ledger, sight: Sight, question: LotQuestion, size: int, by: str) -> ComparedLot:
    stored = await read_figure(ledger.pool, question, ledger.assessed, sight=sight)
    figure = await ledger.resemblances.of_footprint(await show_figure(ledger.pool, sight, stored))
    page = LotPage(figure, size)
    if figure.sight == "totals" or figure.lot.withdrawn:
        return ComparedLot(page)
    try:
        page = page._replace(gaps=await read_gaps(ledger.pool, question, sight=sight))
        table = await read_contributions(ledger.pool, question, layout=TableLayout(by, MAX_SHOWN), sight=sight)
        return ComparedLot(page._replace(table=table, uncertainty=await read_interval(ledger, sight, question)))
    except InvalidInput as error:
        if error.field != "lot":
            raise
        return ComparedLot(page._replace(is_too_long=True))

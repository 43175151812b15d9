"""Ratios of amounts by `ranges.csv`: usual and possible ranges, the inputs that lack below them, and indicators."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ledger.core.outcome.assessment import Lack
from ledger.core.record.units import UNITS
from ledger.sdk.context import ZERO, Context
from ledger.sdk.pricing import Draft, Reading
from ledger.sdk.tabled.amounts import RecordAmounts, dimension_of
from ledger.sdk.tabled.cells import TableCells

_UNLIMITED: Final = Decimal("1e12")


class Ratio(Struct, frozen=True, kw_only=True):
    """A row of `ranges.csv`: the amount `of` per amount `per`, in `unit`. Between `low` and `high` it is usual, outside
    of `least` and `most` impossible, so the record is refused.

    `lacks`: the material or carrier that is missing below `low`; `emits`: kg of CO2 per unit of it. `shown_by`: kinds
    of documents that show an unusual value. `indicator`: the name under which the record reports it.
    """

    code: str
    of: tuple[str, ...]
    per: tuple[str, ...]
    unit: tuple[str, str]
    low: Decimal
    high: Decimal
    least: Decimal
    most: Decimal
    lacks: str = ""
    emits: Decimal = ZERO
    shown_by: tuple[str, ...] = ()
    indicator: str = ""
    source: str = ""

    def check(self, draft: Draft, context: Context, amounts: RecordAmounts) -> None:
        """Adds the finding and the indicator of this ratio; nothing if the record has nothing of `per`."""
        above, below = self.unit
        per = amounts.amount(self.per, below)
        if per == 0:
            return
        value = amounts.amount(self.of, above) / per
        if self.indicator:
            draft.indicate(self.indicator, value)
        words = f"{' and '.join(self.of)} per {' and '.join(self.per)}"
        spelled = f"{value:.4g} {above} of {words} in {below}"
        if not self.least <= value <= self.most:
            draft.find(f"{self.code}-impossible", f"{spelled}: possible are {self._span(self.least, self.most)}",
                       refuses=True)
        elif not self.low <= value <= self.high and not context.shows(*self.shown_by):
            missing = max(self.low - value, ZERO) * per
            draft.warn(
                f"{self.code}-unusual", f"{spelled}: usual are {self._span(self.low, self.high)}",
                Reading(value, f"{above}/{below}", (self.low, self.high), (self.least, self.most)),
                emits={"CO2": missing * self.emits} if self.emits else {},
                lacks=(Lack(material=self.lacks, amount=missing, unit=above),) if self.lacks else (),
            )

    @staticmethod
    def _span(low: Decimal, high: Decimal) -> str:
        return f"{low} to {high}" if high < _UNLIMITED else f"at least {low}"


def ratio_of(cells: TableCells, units: Mapping[str, str], indicators: Mapping[str, object]) -> Ratio:
    """The ratio of a row. Columns: route, code, of, per, unit, low, high, least, most, lacks, emits, shown_by,
    indicator, source. `units`: of the activity's quantities by name."""
    ratio = Ratio(
        code=cells.text("code"), of=cells.words("of"), per=cells.words("per"), unit=cells.ratio("unit"),
        low=cells.number("low", ZERO), high=cells.number("high", _UNLIMITED), least=cells.number("least", ZERO),
        most=cells.number("most", _UNLIMITED), lacks=cells.optional("lacks"), emits=cells.number("emits", ZERO),
        shown_by=cells.words("shown_by"), indicator=cells.optional("indicator"), source=cells.text("source"),
    )
    for column, words, unit in (("of", ratio.of, ratio.unit[0]), ("per", ratio.per, ratio.unit[1])):
        cells.text(column)
        if dimension_of(words, units) != UNITS[unit].dimension:
            cells.refuse("unit", f"a unit of {dimension_of(words, units)} for {' and '.join(words)}")
    if not ratio.least <= ratio.low <= ratio.high <= ratio.most:
        cells.refuse("low", "least <= low <= high <= most")
    if ratio.indicator and ratio.indicator not in indicators:
        cells.refuse("indicator", "a key of indicators.csv")
    return ratio

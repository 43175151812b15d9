"""Averages of a product over calendar months and years: beside the figure of a lot, and in the answer of a product."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
from asyncpg import Record

from ledger.admission.facts import LOT_SLOTS
from ledger.answers.stored import FigureChangeAnswer, LotAveragesAnswer, PeriodAverageAnswer
from ledger.core.record.units import plain
from ledger.core.record.values import Quantity
from ledger.footprint.derived.averages import (
    LotSums,
    PeriodAverage,
    PeriodChange,
    PeriodSums,
    ProducedLot,
    bounds,
    changes,
    month_of,
    period_before,
    reason_of,
    within,
)
from ledger.footprint.derived.validity import CHANGE, change_of, is_above_limit
from ledger.footprint.stored.burdens import footprint
from ledger.host.threads import in_thread
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.periods import Period
from ledger.service.queries.tree_size import AsOf
from ledger.store.columns import list_of
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MAX_LOTS: Final = 20_000
"""The most lots of a product that a query reads for the averages beside a lot's figure."""
MOST_MONTHS: Final = 120
_CHUNK: Final = 2_000
MOST_RECORDS: Final = 10_000
"""The most records whose restatements a query examines."""
_DIFFERS: Final = f"differs by more than {CHANGE * 100:.0f} % from the last period, and "
_NO_REASON: Final = f"{_DIFFERS}no amendment of a record gives a reason"


class _AmendmentReason(msgspec.Struct):
    reason: str


class _MakerEnd(msgspec.Struct):
    """The end of the record that made a lot."""

    end: str


class Restatements(NamedTuple):
    """Why amendments restated records, by log index. Records before the log index `since` were not examined."""

    reasons: Mapping[int, str]
    since: int = 0


_reason = msgspec.json.Decoder(_AmendmentReason)
_ending = msgspec.json.Decoder(_MakerEnd)


class ComparedPeriods:
    """The averages of a product over the months and years of a question, and over the period before it. If that has
    more than `most` lots, the question's period is not compared with it."""

    def __init__(self, period: Period, most: int) -> None:
        self._period, self._most = period, most
        self._sums, self._whole, self._before = PeriodSums(), LotSums(), LotSums()
        self._earlier = _period_before(period)

    def take(self, lots: Sequence[ProducedLot]) -> None:
        """Adds lots of the period."""
        self._sums.take(lots)
        for lot in lots:
            self._whole.add(lot)

    def earlier_lots(self, numbers: Sequence[int], ends: Mapping[int, str]) -> list[int]:
        """The numbers of lots of the period before, by the ends of their records."""
        earlier = self._earlier
        if earlier is None:
            return []
        chosen = [number for number in numbers if ends.get(number // LOT_SLOTS) in earlier]
        if self._before.lots + len(chosen) > self._most:
            self._earlier = None
            return []
        return chosen

    def take_earlier(self, lots: Iterable[ProducedLot]) -> None:
        """Adds lots of the period before."""
        for lot in lots:
            self._before.add(lot)

    def months(self) -> list[PeriodAverage]:
        """The newest months that lie wholly in the period."""
        return self._inside(self._sums.months())[-MOST_MONTHS:]

    def years(self) -> list[PeriodAverage]:
        """The years that lie wholly in the period."""
        return self._inside(self._sums.years())

    def change_from_last(self, ended: str, per_unit: float) -> float | None:
        """The change of a lot's figure from the last month with production, if it is above the limit."""
        last = self._sums.last_before(month_of(ended))
        change = None if last is None else change_of(last.per_unit, per_unit)
        return change if change is not None and is_above_limit(change) else None

    def changed(self) -> list[tuple[PeriodChange, list[int]]]:
        """The changes above the limit, each with the log indexes of its period's records."""
        above = [*changes(self.months()), *changes(self.years())]
        if self._earlier is not None and self._before.lots and self._whole.lots:
            own, before = self._whole.average(_label(self._period)), self._before.average(_label(self._earlier))
            above += changes([before, own])
        records = [self._sums.records(one.period.period) or sorted(self._whole.records) for one in above]
        return list(zip(above, records, strict=True))

    def _inside(self, averages: Iterable[PeriodAverage]) -> list[PeriodAverage]:
        return [one for one in averages if within(one.period, self._period.since, self._period.until)]


def _period_before(period: Period) -> Period | None:
    if period.since is None or period.until is None:
        return None
    before = period_before(period.since, period.until)
    return None if before is None else Period(*before)


def _label(period: Period) -> str:
    """`YYYY` or `YYYY-MM` for a calendar period, otherwise its two instants."""
    since, until = period.since or "", period.until or ""
    for label in (since[:4], since[:7]):
        if bounds(label) == (since, until):
            return label
    return f"{since}/{until}"


async def read_lot_averages(
    pool: DatabasePool, lot: Record, as_of: AsOf, most: int = MAX_LOTS
) -> LotAveragesAnswer | None:
    """The averages beside the figure of a lot, by its row of the query `footprint`; None for a lot that no
    transformation made as a product."""
    if lot["type"] != "transformation" or lot["withdrawn"] or lot["role"] not in ("product", "coProduct", "byProduct"):
        return None
    month = month_of(_ending.decode(lot["body"]).end)
    since, until = bounds(month[:4])
    as_of = await pinned(pool, as_of)
    # The year before is needed for the last month with production.
    sums = await _sums(pool, lot["product"], Period(f"{int(since[:4]) - 1:04d}{since[4:]}", until), as_of, most)
    if sums is None:
        return LotAveragesAnswer(note=f"more than {most:,} lots of {lot['product']} are on the ledger: ask for the "
                                      "product in a period")
    unit = lot["unit"]
    answer = LotAveragesAnswer(month=_average(sums.average(month), unit), year=_average(sums.average(month[:4]), unit))
    last = sums.last_before(month)
    if last is None:
        return answer
    per_unit = footprint(lot["burdens"]) / float(lot["quantity"])
    change = change_of(last.per_unit, per_unit)
    if not is_above_limit(change):
        return answer
    restated = await read_reasons(pool, [lot["index"]], as_of)
    return msgspec.structs.replace(
        answer, change=_change(month, per_unit, last, change, reason_of([lot["index"]], restated.reasons)))


async def _sums(
    pool: DatabasePool, product: str, period: Period, as_of: AsOf, most: int
) -> PeriodSums | None:
    """The lots of a product in a period; None if the product has more than `most` lots."""
    sql, sums, after, seen = queries("products"), PeriodSums(), -1, 0
    while rows := await pool.fetch(sql["made"], product, after, as_of.size, _CHUNK):
        after, seen = rows[-1]["number"], seen + len(rows)
        if seen > most:
            return None
        numbers = [row["number"] for row in of_maker(rows)]
        indexes = sorted({number // LOT_SLOTS for number in numbers})
        ends = {row["index"]: row["ended"] for row in await pool.fetch(sql["ended"], indexes, as_of.version)
                if row["ended"] in period}
        numbers = [number for number in numbers if number // LOT_SLOTS in ends]
        figures = await pool.fetch(sql["figures"], numbers, as_of.version)
        await in_thread(sums.take, made_lots(figures, ends))
    return sums


def of_maker(rows: Iterable[Record]) -> list[Record]:
    """The lots that belonged to their maker, among rows of the query `made`."""
    return [row for row in rows if row["owner"] is None]


def made_lots(rows: Iterable[Record], ends: Mapping[int, str]) -> list[ProducedLot]:
    """Lots by rows of the query `figures`. `ends`: of their records, by log index."""
    return [
        ProducedLot(row["number"] // LOT_SLOTS, ends[row["number"] // LOT_SLOTS], row["quantity"], row["mass"],
                footprint(row["burdens"]))
        for row in rows
    ]


async def read_reasons(
    pool: DatabasePool, records: Iterable[int], as_of: AsOf, most: int = MOST_RECORDS
) -> Restatements:
    """Why amendments restated records. Examines the newest `most` of them."""
    indexes = sorted(set(records))
    examined = indexes[-most:]
    rows = await pool.fetch(queries("products")["reasons"], list_of(examined), as_of.version)
    reasons = {row["record"]: _reason.decode(row["body"]).reason for row in rows}
    return Restatements(reasons, examined[0] if len(indexes) > most else 0)


def average_answers(averages: Iterable[PeriodAverage], unit: str) -> list[PeriodAverageAnswer]:
    return [_answer(one, unit) for one in averages]


def change_answer(change: PeriodChange, records: Sequence[int], restated: Restatements) -> FigureChangeAnswer:
    """A change from one period to the next, of which these are the records."""
    unexamined = sum(index < restated.since for index in records)
    return _change(change.period.period, change.period.per_unit, change.last, change.change,
                   reason_of(records, restated.reasons), unexamined)


def _average(average: PeriodAverage | None, unit: str) -> PeriodAverageAnswer | None:
    return None if average is None else _answer(average, unit)


def _answer(average: PeriodAverage, unit: str) -> PeriodAverageAnswer:
    return PeriodAverageAnswer(
        period=average.period, number_of_lots=average.lots,
        quantity=Quantity(value=plain(average.quantity), unit=unit), mean=average.per_unit,
        least=average.least, most=average.most, mass_kg=None if average.mass is None else plain(average.mass),
    )


def _change(
    period: str, per_unit: float, last: PeriodAverage, change: float | None, reason: str | None, unexamined: int = 0
) -> FigureChangeAnswer:
    note = None
    if reason is None:
        note = f"{_DIFFERS}the amendments of {unexamined:,} records were not examined" if unexamined else _NO_REASON
    return FigureChangeAnswer(
        period=period, per_unit=per_unit, last=last.period, last_per_unit=last.per_unit, change=change,
        reason=reason, note=note, unexamined=unexamined,
    )

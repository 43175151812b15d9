"""Builds a contribution table from the records upstream of a lot, one at a time.

    amount(group) = sum over records of weight(record) * line, plus assigned and averaged amounts (see `contributions`)
    rest = figure - sum of all rows

Each row's sum is rounded once, or once per few thousand parts. So the rest is the rounding error of the adjoint pass,
at most 1e-9 of absGhg. With it the rows add up to the stored figure.
"""

import math
from collections.abc import Iterable
from typing import Final

from ledger.footprint.derived.chain.boundary import HiddenAmounts, ReceivedLot
from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.grouping import OF_PART, OF_RECORD, GroupingFacts, facility_of, stage_of
from ledger.footprint.derived.tables.parts import AVERAGED, TablePart, parts
from ledger.footprint.derived.tables.rows import ContributionRow, Heaviest, PartOf

_KEPT: Final = 4_096
"""The number of amounts that a group keeps before it adds them up."""

_GroupKey = tuple[PartOf, str]


class _RowGroup:
    """The amounts of one key."""

    __slots__ = ("amounts", "heaviest", "received", "records", "weight")

    def __init__(self) -> None:
        self.amounts: list[float] = []
        self.records = 0
        self.weight = -1.0
        self.heaviest: Heaviest | None = None
        self.received: ReceivedLot | None = None

    def add(self, amounts: list[float]) -> float:
        """Adds a record's amounts. Returns the sum of their absolute values."""
        self.records += 1
        self.amounts += amounts
        if len(self.amounts) > _KEPT:
            self.amounts = list(_signed(self.amounts))
        return math.fsum(map(abs, amounts))

    def row(self, key: _GroupKey, figure: float) -> ContributionRow:
        positive, negative = _signed(self.amounts)
        amount = math.fsum(self.amounts)
        return ContributionRow(
            part=key[0], key=key[1], amount=amount, positive=positive, negative=negative,
            percent=percent_of(amount, figure), records=self.records, heaviest=self.heaviest,
            received=self.received,
        )


class Table:
    """The table of a lot; `add` takes all upstream records. `by`: one of GROUPINGS. `burden`: the footprint or one of
    BURDENS, which `add` splits into parts. `facts`: must contain the data of a record before the record is added."""

    def __init__(self, by: str, burden: str, facts: GroupingFacts) -> None:
        self._of_record, self._of_part = OF_RECORD.get(by), OF_PART.get(by)
        self.burden = burden
        self._facts = facts
        self._groups: dict[_GroupKey, _RowGroup] = {}
        self.records = 0

    def add(self, upstream: Upstream) -> None:
        """Adds a record. A record without a part in the burden adds no row."""
        self.add_parts(upstream, parts(upstream, self.burden))

    def add_parts(self, upstream: Upstream, table_parts: Iterable[TablePart]) -> None:
        """As `add`, for parts that the caller has computed."""
        amounts_by_key: dict[_GroupKey, list[float]] = {}
        whole = "" if self._of_record is None else self._of_record(upstream, self._facts)
        for part in table_parts:
            if part.of == AVERAGED or self._of_part is not None:
                key = part.of, part.of if self._of_part is None else self._of_part(part)
            else:
                key = "group", whole
            amounts_by_key.setdefault(key, []).append(part.amount)
        self.records += bool(amounts_by_key)
        for key, amounts in amounts_by_key.items():
            group = self._groups.setdefault(key, _RowGroup())
            weight = group.add(amounts)
            if weight > group.weight:
                group.weight, group.heaviest = weight, self._heaviest(upstream, math.fsum(amounts))

    def add_hidden(self, hidden: HiddenAmounts, *, by_supplier: bool) -> None:
        """Adds rows for the hidden parts of the chain, besides the amounts that count with visible records."""
        for lot, amount in hidden.received:
            by_lot = not by_supplier and lot.received is not None
            key = lot.received.lot if by_lot and lot.received is not None else lot.supplier
            group = self._groups.setdefault(("received", key), _RowGroup())
            group.amounts.append(amount)
            if by_lot:
                group.received = lot.received
        if hidden.remainder:
            self._groups.setdefault(("hidden", "hidden"), _RowGroup()).amounts.append(hidden.remainder)

    def rows(self, figure: float, limit: int) -> list[ContributionRow]:
        """The `limit` largest rows (by absolute amounts), and the rows that complete the sum to `figure`."""
        return completed([group.row(key, figure) for key, group in self._groups.items()], figure, limit)

    def _heaviest(self, upstream: Upstream, amount: float) -> Heaviest:
        record = upstream.record
        return Heaviest(
            digest=upstream.digest, index=upstream.log_index, issuer=record.issuer, stage=stage_of(record),
            amount=amount, facility=facility_of(record, self._facts),
        )


def completed(rows: list[ContributionRow], figure: float, limit: int) -> list[ContributionRow]:
    """The `limit` largest rows, one row for the omitted ones, and the rest up to `figure`."""
    rows = sorted(rows, key=lambda row: (row.negative - row.positive, row.key, row.part))
    shown, left_off = rows[:limit], rows[limit:]
    if left_off:
        amount = math.fsum(row.amount for row in left_off)
        shown.append(ContributionRow(
            part="more", key="more", amount=amount, percent=percent_of(amount, figure),
            positive=math.fsum(row.positive for row in left_off), negative=math.fsum(row.negative for row in left_off),
            rows=len(left_off),
        ))
    rest = math.fsum([figure, *[-row.amount for row in shown]])
    if rest:
        shown.append(ContributionRow(part="rest", key="rest", amount=rest, positive=max(rest, 0.0),
                                     negative=min(rest, 0.0), percent=percent_of(rest, figure)))
    return shown


def percent_of(amount: float, figure: float) -> float | None:
    """The amount in percent of the figure; None if the figure is zero."""
    return 100.0 * amount / figure if figure else None


def _signed(amounts: list[float]) -> tuple[float, float]:
    """The sums of the positive and of the negative amounts."""
    return (math.fsum(amount for amount in amounts if amount > 0.0),
            math.fsum(amount for amount in amounts if amount < 0.0))

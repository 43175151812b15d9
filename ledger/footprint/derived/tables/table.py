"""Gathers a contribution table from the records upstream of a lot, one at a time.

    amount(group) = sum over records of weight(record) * line, assigned and averaged amounts as `contributions` has them
    rest = figure - sum of all rows

Each row's sum is rounded once, or once in some thousand parts; so the rest is what the adjoint pass rounds, at most
1e-9 of absGhg, and with it the rows add up to the stored figure.
"""

import math
from collections.abc import Iterable
from typing import Final

from ledger.footprint.derived.contributions import Upstream
from ledger.footprint.derived.tables.grouping import OF_PART, OF_RECORD, GroupingFacts, facility_of, stage_of
from ledger.footprint.derived.tables.parts import AVERAGED, TablePart, parts
from ledger.footprint.derived.tables.rows import ContributionRow, Heaviest, PartOf

_KEPT: Final = 4_096
"""Amounts of a group that are kept before they are added up."""

_GroupKey = tuple[PartOf, str]


class _RowGroup:
    """What belongs to one key."""

    __slots__ = ("amounts", "heaviest", "records", "weight")

    def __init__(self) -> None:
        self.amounts: list[float] = []
        self.records = 0
        self.weight = -1.0
        self.heaviest: Heaviest | None = None

    def add(self, amounts: list[float]) -> float:
        """Takes what a record brings. Returns it in absolute amounts."""
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
        )


class Table:
    """Takes all records upstream of a lot. `by`: one of GROUPINGS; `burden`: the footprint or one of BURDENS, of which
    `add` finds the parts. What records name and the grouping needs, `known` has to say before they are added."""

    def __init__(self, by: str, burden: str, known: GroupingFacts) -> None:
        self._of_record, self._of_part = OF_RECORD.get(by), OF_PART.get(by)
        self._burden = burden
        self._known = known
        self._groups: dict[_GroupKey, _RowGroup] = {}
        self.records = 0

    def add(self, one: Upstream) -> None:
        """Takes a record; one of which nothing is in the burden adds no row."""
        self.add_parts(one, parts(one, self._burden))

    def add_parts(self, one: Upstream, brought: Iterable[TablePart]) -> None:
        """The same of parts that are known already."""
        found: dict[_GroupKey, list[float]] = {}
        whole = "" if self._of_record is None else self._of_record(one, self._known)
        for part in brought:
            if part.of == AVERAGED or self._of_part is not None:
                key = part.of, part.of if self._of_part is None else self._of_part(part)
            else:
                key = "group", whole
            found.setdefault(key, []).append(part.amount)
        self.records += bool(found)
        for key, amounts in found.items():
            group = self._groups.setdefault(key, _RowGroup())
            weight = group.add(amounts)
            if weight > group.weight:
                group.weight, group.heaviest = weight, self._heaviest(one, math.fsum(amounts))

    def rows(self, figure: float, limit: int) -> list[ContributionRow]:
        """The most weighty (by absolute amounts), `limit` of them, and what makes them add up to `figure`."""
        return completed([group.row(key, figure) for key, group in self._groups.items()], figure, limit)

    def _heaviest(self, one: Upstream, amount: float) -> Heaviest:
        return Heaviest(
            digest=one.digest, index=one.log_index, issuer=one.record.issuer, stage=stage_of(one.record),
            amount=amount, facility=facility_of(one.record, self._known),
        )


def completed(rows: list[ContributionRow], figure: float, limit: int) -> list[ContributionRow]:
    """The `limit` most weighty rows, those left off as one, and the rest up to `figure`."""
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
    """None where there is no figure."""
    return 100.0 * amount / figure if figure else None


def _signed(amounts: list[float]) -> tuple[float, float]:
    """Positive and negative ones apart."""
    return (math.fsum(amount for amount in amounts if amount > 0.0),
            math.fsum(amount for amount in amounts if amount < 0.0))

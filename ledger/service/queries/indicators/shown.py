"""The sums over organisations that a caller sees who does not see all of them. A group counts as one organisation: the
sum over a parent and its subsidiaries is a figure of that group alone.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from ledger.access.aggregates import Parts, hidden_cells, may_show
from ledger.answers.indicators import GroupAnswer
from ledger.core.record.kinds import Report
from ledger.service.access.sight import Sight
from ledger.service.queries.indicators.aggregate import IndicatorGroup, IndicatorRow, Valued
from ledger.service.queries.indicators.catalogue import Composite, Target
from ledger.service.queries.indicators.present import group_answer

SUPPRESSED: Final = (
    "Sums over organisations that you do not see are shown for a calendar year that has ended, as of now, for one "
    "sector, in total or by province, and only over at least three of them, each with at most half of the sum. All "
    "other figures are of your own organisations."
)
_COUNTS: Final = ""
"""Stands for the counts of records, among the names of indicators."""
Key = str | None


class SumCell:
    """The sums of a group: over all organisations, over the caller's own, and by organisation."""

    def __init__(self, composites: Sequence[Composite]) -> None:
        self.every, self.own = IndicatorGroup(composites), IndicatorGroup(composites)
        self.by: dict[str, IndicatorGroup] = {}
        self._composites = composites

    def groups(self, organization: str, *, own: bool) -> list[IndicatorGroup]:
        """The groups to which a record of an organisation belongs."""
        alone = self.by.setdefault(organization, IndicatorGroup(self._composites))
        return [self.every, alone, self.own] if own else [self.every, alone]


class ShownSums:
    """Sums by group and organisation. `mixes`: sums over several organisations may be shown for this question. `tops`:
    the organisations that control others and their groups, by each member."""

    def __init__(self, sight: Sight, composites: Sequence[Composite], *, mixes: bool) -> None:
        self._sight, self._composites, self._mixes = sight, composites, mixes
        self.tops: dict[str, str] = {}
        self._total = SumCell(composites)
        self._cells: dict[Key, SumCell] = {}

    def take(self, key: Key, row: IndicatorRow, reports: Sequence[Report]) -> None:
        """Adds a record."""
        for group in self._groups(key, row.issuer):
            group.take(row, reports)

    def value(self, key: Key, operator: str, valued: Valued) -> None:
        """Adds the value of a site."""
        for group in self._groups(key, operator):
            group.valued.append(valued)

    def _groups(self, key: Key, organization: str) -> list[IndicatorGroup]:
        own = self._sight.of_own(organization)
        if not own and not self._mixes:
            return []
        cell = self._cells.setdefault(key, SumCell(self._composites))
        # The name is of no organisation: the caller may see another part of the group as a whole.
        name = organization if own else f"group of {self.tops.get(organization, organization)}"
        return [*self._total.groups(name, own=own), *cell.groups(name, own=own)]

    def total(self, targets: Sequence[Target]) -> GroupAnswer:
        """The sum over all organisations if it may be shown, else over the caller's own."""
        hidden = frozenset([name for name in self._names() if not may_show(_parts(self._total, name), self._own())])
        return self._answer(self._total, targets, None, hidden)

    def groups(self, targets: Sequence[Target], *, mixes: bool) -> list[GroupAnswer]:
        """The sums by group. Without `mixes`, only the caller's own organisations count."""
        own, answers = self._own(), list[GroupAnswer]()
        hidden = {name: hidden_cells({key: _parts(cell, name) for key, cell in self._cells.items()}, own)
                  for name in self._names()}
        for key, cell in sorted(self._cells.items(), key=lambda each: (each[0] is None, each[0] or "")):
            names = frozenset([name for name, keys in hidden.items() if key in keys])
            answer = self._answer(cell, targets, key, names if mixes else names | {_COUNTS})
            if answer.coverage.facilities or not answer.only_own:
                answers.append(answer)
        return answers

    def _own(self) -> frozenset[str]:
        return frozenset([name for name in self._total.by if self._sight.of_own(name)])

    def _names(self) -> list[str]:
        return [_COUNTS, *[composite.name for composite in self._composites]]

    def _answer(self, cell: SumCell, targets: Sequence[Target], key: Key, hidden: frozenset[str]) -> GroupAnswer:
        """`hidden`: the figures that are not shown over all organisations."""
        if _COUNTS in hidden or cell.by.keys() <= self._own():
            known = len(cell.own.facilities)
            return replace(group_answer(cell.own, known, self._composites, targets, key), only_own=True)
        answer = group_answer(cell.every, len(cell.every.facilities), self._composites, targets, key)
        # A code of findings may be of one organisation alone.
        return replace(
            answer, findings=[],
            indicators=[replace(each, value=None, facilities=0, records=0, findings_share=None)
                        if each.name in hidden else each for each in answer.indicators],
            targets=[replace(each, actual=None, gap=None, met=None, percent=None, missing="suppressed")
                     if each.indicator in hidden else each for each in answer.targets])


def _parts(cell: SumCell, name: str) -> list[Parts]:
    """The sums behind a figure of a cell, by organisation: behind an indicator, or behind the counts and the amount in
    question."""
    groups = cell.by
    if name == _COUNTS:
        return [{issuer: float(group.records or len(group.valued)) for issuer, group in groups.items()},
                {issuer: group.findings.questioned for issuer, group in groups.items()}]
    if name not in cell.every.amounts:
        return [{issuer: sum(each.energy for each in group.valued) for issuer, group in groups.items()},
                {issuer: sum(each.emissions for each in group.valued) for issuer, group in groups.items()},
                {issuer: sum(_money(each.report) for each in group.valued) for issuer, group in groups.items()}]
    amounts = {issuer: group.amounts[name] for issuer, group in groups.items()}
    return [{issuer: float(each.numerator) for issuer, each in amounts.items()},
            {issuer: float(each.denominator) for issuer, each in amounts.items()}]


def _money(report: Report) -> float:
    return 0.0 if report.value_added is None else float(report.value_added.value)

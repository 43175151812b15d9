"""The figures that deserve a verifier's attention first: the records whose findings question the most."""

from collections.abc import Mapping
from heapq import nsmallest
from typing import Final

from msgspec import Struct

from ledger.footprint.derived.finding_sums import own_questions
from ledger.footprint.derived.findings import findings_in, has_findings

SHOWN: Final = 10
_KEPT: Final = 1_000
"""So many records are remembered: a revision may settle the largest of them."""


class DoubtfulFigure(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The record at `index`, as it reads now: the `codes` of its findings, the kg CO2e that it questions itself, and
    the kg CO2e of its own `burdens`, in absolute amounts."""

    index: int
    digest: str
    codes: list[str]
    questioned: float = 0.0
    burdens: float = 0.0


class DoubtfulFigures:
    """Sees the records of a log one by one, and again after each revision. `earlier`: as an earlier audit left them."""

    def __init__(self, earlier: Mapping[int, DoubtfulFigure] | None = None) -> None:
        self._figures = dict(earlier or {})

    def see(self, index: int, digest: bytes, leaf: bytes | None) -> None:
        """Takes leaf 0 of a record's outcome, or None for a record without an outcome."""
        if leaf is None or not has_findings(leaf):
            self._figures.pop(index, None)
            return
        record = findings_in(index, leaf)
        questioned = own_questions(record)
        if not questioned and not record.warned:
            self._figures.pop(index, None)
            return
        self._figures[index] = DoubtfulFigure(
            index=index, digest=digest.hex(), codes=list(dict.fromkeys([one.code for one in record.findings])),
            questioned=questioned, burdens=record.absolute,
        )
        if len(self._figures) > 2 * _KEPT:
            self._figures = {figure.index: figure for figure in self.largest(_KEPT)}

    def largest(self, count: int = SHOWN) -> list[DoubtfulFigure]:
        """The most doubtful figures: by the kg CO2e in question, then by the kg CO2e of their records."""
        return nsmallest(
            count, self._figures.values(), key=lambda figure: (-figure.questioned, -figure.burdens, figure.index))

    def kept(self) -> dict[int, DoubtfulFigure]:
        """The figures that a later audit has to know."""
        return {figure.index: figure for figure in self.largest(_KEPT)}

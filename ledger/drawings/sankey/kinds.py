"""The amounts of a record by the kinds of drawings: from the emission lines of its assessment, if they are known."""

from collections.abc import Mapping
from typing import Final, Protocol

from ledger.core.outcome.assessment import ADDITIVE, Assessment, LineKind
from ledger.core.record.units import POWER_UNITS
from ledger.drawings.sankey.amounts import FoldedAmounts
from ledger.drawings.sankey.chain import HIDDEN, FlatChain
from ledger.drawings.sankey.model import Kind, Measure
from ledger.footprint.stored.burdens import line_co2e

OF_LINE: Final[Mapping[LineKind, Kind]] = {
    "onSite": "own", "treatment": "own", "heat": "inputs", "upstream": "inputs", "packaging": "inputs",
    "electricity": "electricity", "transport": "transport", "airTransport": "transport",
}
_ADDITIVE: Final = frozenset(ADDITIVE)
_ROUNDING: Final = 1e-9


def kinds_of(assessment: Assessment, covered: Mapping[str, float] | None = None) -> dict[Kind, float]:
    """Kg CO2e that a whole record adds, by kind. `covered`: the change of its burdens by green attributes. Amounts that
    a sector assigns to one output are no part of it; `fold` finds them as the rest of the lot's figure."""
    amounts: dict[Kind, float] = {}
    for line in assessment.lines:
        if line.burden in _ADDITIVE:
            amount = line_co2e(line)
            kind: Kind = OF_LINE[line.kind] if amount >= 0.0 else "negative"
            amounts[kind] = amounts.get(kind, 0.0) + amount
    changed = sum((covered or {}).get(burden, 0.0) for burden in ADDITIVE)
    if changed:
        amounts["electricity"] = amounts.get("electricity", 0.0) + changed
    return amounts


class SplitOptions(Protocol):
    """`kinds`: kg CO2e that whole records add, by digest."""

    @property
    def measure(self) -> Measure:
        """CO2e or mass."""

    @property
    def kinds(self) -> Mapping[str, Mapping[Kind, float]]:
        """As of the class."""


class Splitting:
    """Adds to `amounts`."""

    def __init__(self, chain: FlatChain, options: SplitOptions, amounts: FoldedAmounts) -> None:
        self._chain, self._kinds, self._mass = chain, options.kinds, options.measure == "mass"
        self.amounts = amounts
        self._undivided = chain.table.undivided
        self._hidden = next((node for node, code in enumerate(chain.code) if code == HIDDEN), None)
        self._takers = frozenset(
            [] if self._hidden is None else [taker for taker, _ in chain.edges_from(self._hidden)])

    def split(self, step: int, drawn: int, amount: float, scale: float) -> None:
        """Adds the amount of a record or pool to the node that is `drawn` for it. `scale`: the part of the record that
        reaches the node.

        If the caller does not see all that a record takes, and not its emission lines, its amount is hidden as a whole.
        So is the amount of a record that takes lots of a single hidden party, which no answer states alone.
        """
        type_, id_ = self._chain.types[step], self._chain.ids[step]
        if step in self._undivided:
            kind: Kind = "hidden"
        elif self._mass:
            kind = "hidden" if step in self._takers else "inputs"
        elif type_ == "declaration":
            kind = self._declared(step)
        elif id_ in self._kinds:
            self._add_lines((step, drawn), amount, scale)
            return
        elif step in self._takers:
            kind = "hidden"
        else:
            kind = "transport" if type_ == "transfer" else "added"
        self.amounts.add(drawn, kind if amount >= 0.0 else "negative", amount)

    def _add_lines(self, nodes: tuple[int, int], amount: float, scale: float) -> None:
        """The rest that no line explains was assigned or averaged, or comes from hidden lots. Rounding errors count
        with the largest kind, so that the sum stays exact."""
        step, drawn = nodes
        amounts = self.amounts
        lines = {kind: scale * value for kind, value in self._kinds[self._chain.ids[step]].items() if value}
        rest = amount - sum(lines.values())
        gross = sum([abs(value) for value in lines.values()])
        for kind, value in lines.items():
            amounts.add(drawn, kind, value)
        if abs(rest) <= _ROUNDING * max(gross, abs(amount)) and lines:
            amounts.add(drawn, max(lines, key=lambda kind: abs(lines[kind])), rest)
        elif self._hidden is not None and step in self._takers and rest > 0.0:
            amounts.add(self._hidden, "hidden", rest)
            amounts.link(self._hidden, drawn, rest)
        else:
            amounts.add(drawn, "added" if rest > 0.0 else "negative", rest)

    def _declared(self, record: int) -> Kind:
        units = [self._chain.data[lot].get("unit") for lot, _ in self._chain.edges_from(record)]
        return "electricity" if any(unit in POWER_UNITS for unit in units) else "inputs"

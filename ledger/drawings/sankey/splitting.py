"""Divides the amount that a record adds by kind."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ledger.core.record.units import POWER_UNITS
from ledger.drawings.sankey.chain import ReadChain
from ledger.drawings.sankey.model import Kind, Measure

_ROUNDING: Final = 1e-9


class DividedAmount(NamedTuple):
    """The amounts that a node adds, and the amount that arrives from the hidden parts of the chain."""

    added: dict[Kind, float]
    hidden: float = 0.0


class Splitting:
    """`kinds`: kg CO2e that whole records add, by digest."""

    def __init__(self, chain: ReadChain, measure: Measure, kinds: Mapping[str, Mapping[Kind, float]]) -> None:
        self._chain, self._kinds, self._measure = chain, kinds, measure

    def split(self, step: str, amount: float, scale: float) -> DividedAmount:
        """The amount that a record or pool adds. `scale`: the part of the record that reaches the asked lots.

        If the caller does not see all that a record takes, and not its emission lines, its amount is hidden as a whole.
        So is the amount of a record that takes lots of a single hidden party, which no answer states alone.
        """
        data = self._chain.records.get(step) or {}
        takes_hidden = self._chain.hidden is not None and self._takes_hidden(step)
        kind: Kind
        if data.get("hiddenInputs"):
            kind = "hidden"
        elif self._measure == "mass":
            kind = "hidden" if takes_hidden else "inputs"
        elif data.get("type") == "declaration":
            kind = self._declared(step)
        elif step in self._kinds:
            return self._by_lines(self._kinds[step], amount, scale, takes_hidden=takes_hidden)
        elif takes_hidden:
            kind = "hidden"
        else:
            kind = "transport" if data.get("type") == "transfer" else "added"
        return DividedAmount({kind if amount >= 0.0 else "negative": amount})

    def _by_lines(
        self, lines: Mapping[Kind, float], amount: float, scale: float, *, takes_hidden: bool
    ) -> DividedAmount:
        """The rest that no line explains was assigned or averaged, or comes from hidden lots. Rounding errors count
        with the largest kind, so that the sum stays exact."""
        added = {kind: scale * value for kind, value in lines.items() if value}
        rest = amount - sum(added.values())
        gross = sum([abs(value) for value in added.values()])
        if abs(rest) <= _ROUNDING * max(gross, abs(amount)) and added:
            largest = max(added, key=lambda kind: abs(added[kind]))
            added[largest] += rest
            return DividedAmount(added)
        if takes_hidden and rest > 0.0:
            return DividedAmount(added, rest)
        kind: Kind = "added" if rest > 0.0 else "negative"
        added[kind] = added.get(kind, 0.0) + rest
        return DividedAmount(added)

    def _takes_hidden(self, step: str) -> bool:
        return any(taken == self._chain.hidden for taken, _ in self._chain.taken.get(step, ()))

    def _declared(self, record: str) -> Kind:
        lots = self._chain.made.get(record, ())
        power = any(self._chain.lots.get(lot, {}).get("unit") in POWER_UNITS for lot, _ in lots)
        return "electricity" if power else "inputs"

"""The main contributors to a figure: its own emissions and inputs, and the contributors to the largest inputs."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from rich.table import Table

from ledger.answers.stored import FootprintAnswer
from ledger.cli.numbers import fixed, share_words
from ledger.core.outcome.assessment import ADDITIVE
from ledger.errors import Erased, NotFound

_MOST: Final = 5
"""Contributors that are named: the largest."""
_MOST_BELOW: Final = 3
"""Inputs whose own contributors are named, and contributors that are named of each."""
HOW_MADE: Final = "not shown to you"
_ADDITIVE: Final = frozenset(ADDITIVE)


class Contributor(NamedTuple):
    """A part of a figure in kg CO2e. `lot`: the input that it comes with; `part`: the carried part of that lot."""

    name: str
    amount: float
    lot: str | None = None
    part: float = 0.0


def contributors(answer: FootprintAnswer, suffix: str = "") -> list[Contributor]:
    """The parts of a figure, the largest first: emissions of its own record by source, inputs, and the rest. `suffix`
    of the names of sources."""
    sources: dict[str, float] = {}
    if answer.direct is None or answer.share is None:
        return [Contributor(HOW_MADE, answer.footprint)] if answer.footprint else []
    carried = answer.share
    for line in answer.direct.lines:
        if line.burden in _ADDITIVE:
            sources[line.source] = sources.get(line.source, 0.0) + line.amount
    parts = [Contributor(f"{source}{suffix}", amount) for source, amount in sources.items()]
    parts += [Contributor(taken.lot, taken.footprint, taken.lot, carried * taken.part) for taken in answer.inputs]
    parts.append(Contributor("assigned (system expansion)", answer.assigned))
    parts.append(Contributor("averaged over the period", answer.averaged))
    return sorted([one for one in parts if one.amount], key=lambda one: -abs(one.amount))


def contributor_table(answer: FootprintAnswer, ask: Callable[[str], FootprintAnswer]) -> Table:
    """The table of the main contributors, two levels up. `ask` gives the figure of a lot."""
    table = Table("main contributors", "kg CO2e", "share", box=None, pad_edge=False)
    table.columns[1].justify = table.columns[2].justify = "right"
    asked = 0
    for part in _shown(contributors(answer, " (own)"), _MOST):
        _add(table, part.name, part.amount, answer.footprint)
        if part.lot is not None and asked < _MOST_BELOW:
            asked += 1
            for name, amount in _above(part.lot, part.part, ask):
                _add(table, f"  {name}", amount, answer.footprint)
    table.add_row("sum", fixed(answer.footprint), "100 %" if answer.footprint else "", style="bold")
    return table


def _shown(parts: Sequence[Contributor], most: int) -> Sequence[Contributor]:
    """The largest parts, and all others as one."""
    rest = parts[most:]
    if len(rest) <= 1:
        return parts
    return [*parts[:most], Contributor(f"{len(rest)} smaller ones", sum([part.amount for part in rest]))]


def _above(lot: str, carried: float, ask: Callable[[str], FootprintAnswer]) -> Iterator[tuple[str, float | None]]:
    """The main contributors to an input, of which the figure carries a part; without an amount if they cannot be
    seen."""
    try:
        parts = contributors(ask(lot))
    except (NotFound, Erased) as error:
        yield f"not visible: {error.message}", None
        return
    for part in _shown(parts, _MOST_BELOW):
        yield part.name, carried * part.amount


def _add(table: Table, name: str, amount: float | None, whole: float) -> None:
    if amount is None:
        table.add_row(name, "", "")
    else:
        table.add_row(name, fixed(amount), share_words(amount / whole) if whole else "")

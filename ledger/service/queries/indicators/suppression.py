"""Which cells of a table of sums may be shown together, so that nobody learns from them a sum that may not be shown.

A sum may not be shown if few organisations contribute, or if one of the largest could tell another's part from it (the
minimum frequency, dominance and p% rules of statistical disclosure control). Such a sum may also follow from cells that
are shown: a ratio and one of its parts give the other part, a total less its other parts gives the last one. So each
further cell is shown only if a linear programme leaves room for all such sums: given every shown cell as an equation
over amounts that are not negative, the sum may be at least ROOM lower and ROOM higher than it is. That holds for
somebody who knows nothing else, and for each of the largest contributors, who know their own parts.

The table is made of atoms: sums of one quantity that no shown figure divides further, such as the crude steel of arc
furnaces in one province. Cells are sums of atoms, and ratios of such sums.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

import highspy
import numpy as np
from numpy.typing import NDArray

from ledger.errors import LedgerError

MIN_ORGANIZATIONS: Final = 3
LARGEST_PART: Final = 0.5
ROOM: Final = 0.1
ATTACKERS: Final = 8
"""Whoever contributes most to a sum knows most of it; but one with a small part of it may know most of another."""
_CAP: Final = 4.0
"""An attacker takes no amount for more than so many times its true value. With less room than there may be, fewer cells
are shown, never more."""
_EXACT: Final = 1e-7
Parts = Mapping[str, float]
"""The amount of each organisation in a sum."""
Combination = Mapping[int, float]
"""The factor of each atom, by its number."""
Vector = NDArray[np.float64]


Name = TypeVar("Name", bound=Hashable)
Sum = frozenset[int]
"""The numbers of the atoms that it adds up."""


class Cell(NamedTuple, Generic[Name]):
    """The figures of one cell: sums, each divided by another sum unless that is empty."""

    name: Name
    figures: tuple[tuple[Sum, Sum], ...]

    @property
    def sums(self) -> list[Sum]:
        """All sums in it."""
        return [one for figure in self.figures for one in figure]


class SumTable(NamedTuple, Generic[Name]):
    """`atoms`: the parts of each. `cells`: those wanted most come first. `sums`: of atoms, which nobody shall learn if
    they may not be shown, beside each atom and each sum in a cell. `wholes`: of each, the sum of the first atoms is at
    least the sum of the others, for every organisation."""

    atoms: Sequence[Parts]
    cells: Sequence[Cell[Name]]
    sums: Sequence[Sum] = ()
    wholes: Sequence[tuple[Sum, Sum]] = ()


def may_show(parts: Parts) -> bool:
    """Whether a sum may be shown: nobody contributes, or at least three do, the largest has at most half, and the
    parts of all others hide the largest from the second largest."""
    amounts = sorted([abs(amount) for amount in parts.values() if amount], reverse=True)
    if not amounts:
        return True
    whole = sum(amounts)
    return (len(amounts) >= MIN_ORGANIZATIONS and amounts[0] <= LARGEST_PART * whole
            and sum(amounts[2:]) >= ROOM * amounts[0])


def shown(table: SumTable[Name]) -> frozenset[Name]:
    """The names of the cells that are shown. A cell is shown if all sums in it may be, and if the cells before it that
    are shown leave room with it."""
    allowed = [cell for cell in table.cells if all(may_show(_together(table, _once(one))) for one in cell.sums)]
    attacked = _Attacked(table)
    return frozenset([cell.name for cell in _added(attacked, allowed)])


def _added(attacked: "_Attacked", cells: Sequence[Cell[Name]]) -> Iterator[Cell[Name]]:
    """The cells of these that leave room, one after the other. If all of them do, one look is enough."""
    if not cells or attacked.add(cells):
        yield from cells
    elif len(cells) > 1:
        middle = len(cells) // 2
        yield from _added(attacked, cells[:middle])
        yield from _added(attacked, cells[middle:])


class _Attacked:
    """The linear programme of an attacker, with an equation for each cell that is shown. A variable is the unknown
    amount of an atom, as a share of the atom. The programmes of all attackers differ in the bounds of rows alone."""

    def __init__(self, table: SumTable[Any]) -> None:
        self._table = table
        self._size = np.array([sum(map(abs, parts.values())) for parts in table.atoms])
        self._secrets = _secrets(table)
        self._unknown = {attacker: self._rest(attacker) for attacker in self._secrets}
        self._rows: list[Vector] = []
        self._lowest: list[float] = []
        self._solver = _solver(len(table.atoms))
        self._amounts: dict[tuple[str | None, int, int], Vector] = {}
        for whole, parts in table.wholes:
            self._append(self._row(_less(whole, parts)), highspy.kHighsInf)

    def _rest(self, attacker: str | None) -> Vector:
        """The share of each atom that is not the attacker's own."""
        own = np.array([abs(parts.get(attacker, 0.0)) if attacker else 0.0 for parts in self._table.atoms])
        rest: Vector = 1.0 - own / self._size
        return rest

    def _row(self, factors: Combination) -> Vector:
        row = np.zeros(len(self._size))
        for atom, factor in factors.items():
            row[atom] = factor * self._size[atom]
        largest = float(np.abs(row).max(initial=0.0))
        return row / largest if largest else row

    def _append(self, row: Vector, above: float) -> None:
        places = np.flatnonzero(row).astype(np.int32)
        self._solver.addRow(0.0, above, len(places), places, row[places])
        self._rows.append(row)
        self._lowest.append(above)

    def add(self, cells: Sequence[Cell[Any]]) -> bool:
        """Shows these cells too, unless they leave too little room for a sum that may not be shown."""
        before = len(self._rows)
        for over, under in [figure for cell in cells for figure in cell.figures]:
            self._append(self._row(_equation(self._table, over, under)), 0.0)
        if all(self._leaves_room(attacker, before) for attacker in self._secrets):
            return True
        taken = np.arange(before, len(self._rows), dtype=np.int32)
        self._solver.deleteRows(len(taken), taken)
        del self._rows[before:], self._lowest[before:]
        self._amounts.clear()
        return False

    def _leaves_room(self, attacker: str | None, before: int) -> bool:
        rest, fresh = self._unknown[attacker], np.array(self._rows[before:])
        ready = False
        for number, factors in enumerate(self._secrets[attacker]):
            unknown = float(factors @ rest)
            for side in (1, -1):
                amounts = self._amounts.get((attacker, number, side))
                if amounts is not None and np.abs(fresh @ (amounts - rest)).max(initial=0.0) < _EXACT:
                    continue
                if not ready:
                    self._bound(rest)
                    ready = True
                value, amounts = self._extreme(factors, side)
                if side * value < side * unknown + ROOM * unknown * (1.0 - _EXACT):
                    return False
                self._amounts[(attacker, number, side)] = amounts
        return True

    def _bound(self, rest: Vector) -> None:
        for number, (row, above) in enumerate(zip(self._rows, self._lowest, strict=True)):
            value = float(row @ rest)
            low = value if above == 0.0 else min(value, 0.0)
            self._solver.changeRowBounds(number, low, value if above == 0.0 else above)

    def _extreme(self, factors: Vector, side: int) -> tuple[float, Vector]:
        """The largest value of a sum, or the smallest for `side` -1, and the amounts with which it has that value."""
        columns = np.arange(len(factors), dtype=np.int32)
        self._solver.changeColsCost(len(columns), columns, -side * factors)
        self._solver.run()
        if self._solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise LedgerError(f"the linear programme of suppression ended with {self._solver.getModelStatus()}")
        amounts = np.array(self._solver.getSolution().col_value)
        return float(factors @ amounts), amounts


def _secrets(table: SumTable[Name]) -> dict[str | None, list[Vector]]:
    """The sums that may not be shown, by attacker: nobody, and the largest contributors to each. A sum is given by
    the factor of each atom."""
    size = np.array([sum(map(abs, parts.values())) for parts in table.atoms])
    sums = [frozenset([atom]) for atom in range(len(table.atoms))]
    sums += [one for cell in table.cells for one in cell.sums] + list(table.sums)
    combinations = [_once(one) for one in dict.fromkeys(sums)] + [_less(*whole) for whole in table.wholes]
    secrets: dict[str | None, list[Vector]] = {None: []}
    for combination in combinations:
        parts = _together(table, combination)
        if may_show(parts):
            continue
        factors = np.zeros(len(size))
        factors[list(combination)] = list(combination.values())
        factors *= size / sum(parts.values())
        largest = sorted(parts, key=lambda name: (-parts[name], name))[:ATTACKERS]
        for attacker in (None, *largest) if len(parts) > 1 else (None,):
            secrets.setdefault(attacker, []).append(factors)
    return secrets


def _once(atoms: Sum) -> Combination:
    return dict.fromkeys(sorted(atoms), 1.0)


def _less(whole: Sum, parts: Sum) -> Combination:
    return {atom: float(atom in whole) - float(atom in parts) for atom in sorted(whole | parts)}


def _together(table: SumTable[Name], combination: Combination) -> dict[str, float]:
    """The amount of each organisation in a sum; never negative."""
    parts: dict[str, float] = {}
    for atom, factor in combination.items():
        for organization, amount in table.atoms[atom].items():
            parts[organization] = parts.get(organization, 0.0) + factor * abs(amount)
    return {organization: amount for organization, amount in parts.items() if amount > 0.0}


def _equation(table: SumTable[Name], over: Sum, under: Sum) -> Combination:
    """The factors of the equation of a figure: of N, or of N - value D for a ratio. The difference is zero."""
    factors = dict(_once(over))
    if under:
        above, below = [sum(_together(table, _once(one)).values()) for one in (over, under)]
        for atom in under:
            factors[atom] = factors.get(atom, 0.0) - (above / below if below else 0.0)
    return factors


def _solver(columns: int) -> highspy.Highs:
    solver = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 1), ("presolve", "off"), ("solver", "simplex")):
        solver.setOptionValue(option, value)
    solver.addVars(columns, np.zeros(columns), np.full(columns, _CAP))
    return solver

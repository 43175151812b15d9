"""Processes that take each other's goods: a linear system, solved in fractions and so without rounding."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from ledger.sdk import invalid_field

Row = Mapping[int, Fraction]


def solved(takes: Sequence[Row], right: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """X of (I - M) x = right, with `takes[i][j]` the amount that i takes of j for one unit of its own goods.

    By elimination without pivoting: the system has a non-negative solution if all pivots are above zero (Hawkins and
    Simon 1949). Raises InvalidInput if they are not: processes take more of each other's goods than they make. Rows are
    sparse; without circular processes no fill-in arises if each process stands before the processes that it takes from.
    """
    rows = [{i: Fraction(1)} for i in range(len(takes))]
    values = [list(one) for one in right]
    users: list[set[int]] = [set() for _ in takes]
    for i, row in enumerate(takes):
        for j, part in row.items():
            rows[i][j] = rows[i].get(j, Fraction(0)) - part
            users[j].add(i)
    for column in range(len(takes) - 1, -1, -1):
        _eliminate(column, rows, values, users)
    return values


def _eliminate(
    column: int, rows: list[dict[int, Fraction]], values: list[list[Fraction]], users: list[set[int]]
) -> None:
    pivot = rows[column].get(column, Fraction(0))
    if pivot <= 0:
        raise invalid_field(
            "processes", "circular", "processes that do not take more of each other's goods than they make",
        )
    if pivot != 1:
        rows[column] = {j: part / pivot for j, part in rows[column].items()}
        values[column] = [value / pivot for value in values[column]]
    for i in users[column] - {column}:
        factor = rows[i].pop(column, None)
        if not factor:
            continue
        for j, part in rows[column].items():
            if j != column:
                rows[i][j] = rows[i].get(j, Fraction(0)) - factor * part
                users[j].add(i)
        values[i] = [a - factor * b for a, b in zip(values[i], values[column], strict=True)]

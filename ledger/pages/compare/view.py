"""The page that compares lots: from answers to the values of its template."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from ledger.answers.stored import FootprintAnswer
from ledger.drawings.bars import BarPart, BarScale, bar_scale, row_bar
from ledger.drawings.numbers import FigureInterval, cell, column_decimals, percent
from ledger.footprint.derived.tables.rows import ContributionRow
from ledger.pages.compare.read import ComparedLot
from ledger.pages.figures import data, tail, unit
from ledger.pages.lot.doubts import Doubts
from ledger.pages.lot.view import BOUNDARIES, GROUPINGS, MOST_COMPARED, ids_of
from ledger.pages.names import ThingNames
from ledger.pages.titles import title_in
from ledger.pages.words import PageWords

FEWEST: Final = 2
ROWS: Final = 14
_ALERTS: Final = 3
_BAR: Final = 8.0
_ROUNDING: Final = 1e-9
_UNSEEN: Final = ("hidden", "")
"""The row of everything whose making the visitor does not see."""
Key = tuple[str, str]


class Basis(NamedTuple):
    """The unit of the figures in words, and the amount of it in each lot."""

    unit: str
    amounts: tuple[float, ...]


class ComparedFigure(NamedTuple):
    """The head of a column. `change`: against the first lot, as a share of its figure; None for the first lot and for a
    first figure that is not above zero. `interval` and `amount` are kg CO2e per unit of the basis."""

    name: str
    lot: ComparedLot
    amount: float
    interval: FigureInterval | None
    change: float | None
    title: str
    alerts: Sequence[Any]
    alerts_left_off: int


class ComparedRow(NamedTuple):
    """A stage or another group: a bar and an amount for each lot. None: the lot's table, as the visitor sees it, has no
    such row."""

    name: str
    bars: list[str]
    amounts: list[float | None]
    difference: float | None


def things_of(lots: Sequence[ComparedLot]) -> set[str | None]:
    """The organisations, facilities and products whose names the page shows."""
    return set().union(*[ids_of(lot.page) for lot in lots])


def values_of(lots: Sequence[ComparedLot], by: str, words: PageWords, names: ThingNames, at: int | None
              ) -> dict[str, Any]:
    """The values of the template `compare.html`."""
    groupings = {key: words(name) for key, name in GROUPINGS.items()}
    values: dict[str, Any] = {
        "by": by, "groupings": list(groupings.items()), "group": groupings[by], "names": names, "most": MOST_COMPARED,
        "lots": lots, "at": at,
    }
    if len(lots) < FEWEST:
        return values | {"figures": [], "named": [(name_of(lot, names), lot) for lot in lots]}
    basis = basis_of(lots, words)
    figures = _figures(lots, basis, words, names)
    rows, decimals = ([], 0) if basis is None else _rows(lots, basis, by, words, names)
    return values | {
        "figures": figures, "basis": basis, "rows": rows, "decimals": decimals,
        "cautions": list(_cautions(lots, basis, figures, words)), "facts": list(_facts(lots, figures, words)),
        "doubtful": any(figure.alerts for figure in figures),
        "queries": [urlencode({"lot": lot.figure.lot.lot} | ({} if at is None else {"at": at})) for lot in lots],
    }


def name_of(lot: ComparedLot, names: ThingNames) -> str:
    """The product of a lot and the last part of its id, or of the item that it is."""
    shown = lot.figure.lot
    return f"{names.thing(shown.product)} {tail(shown.item or shown.lot)}"


def basis_of(lots: Sequence[ComparedLot], words: PageWords) -> Basis | None:
    """Lots of one unit are compared per unit, others per kg; None if the mass of one is not known."""
    units = {lot.figure.lot.quantity.unit for lot in lots}
    if len(units) == 1:
        return Basis(unit(units.pop(), words.language), tuple([lot.units for lot in lots]))
    masses = [lot.kilograms for lot in lots]
    return Basis("kg", tuple([mass for mass in masses if mass])) if all(masses) else None


def _figures(lots: Sequence[ComparedLot], basis: Basis | None, words: PageWords, names: ThingNames
             ) -> list[ComparedFigure]:
    amounts = [lot.units for lot in lots] if basis is None else basis.amounts
    per = [lot.figure.footprint / amount for lot, amount in zip(lots, amounts, strict=True)]
    figures = []
    for place, (lot, amount, figure) in enumerate(zip(lots, amounts, per, strict=True)):
        alerts = Doubts(words, names, lot.page).alerts()
        within = lot.interval
        figures.append(ComparedFigure(
            name_of(lot, names), lot, figure,
            None if within is None else FigureInterval(float(within.low) / amount, float(within.high) / amount),
            _change(figure, per[0]) if place and basis is not None else None,
            title_in(words, lot.figure.title), alerts[:_ALERTS], max(0, len(alerts) - _ALERTS)))
    return figures


def _change(amount: float, first: float) -> float | None:
    return amount / first - 1.0 if first > 0.0 else None


def _rows(lots: Sequence[ComparedLot], basis: Basis, by: str, words: PageWords, names: ThingNames
          ) -> tuple[list[ComparedRow], int]:
    """The largest rows, the others as one row; and the decimals of the columns."""
    tables = [_table(lot, amount) for lot, amount in zip(lots, basis.amounts, strict=True)]
    weight = {key: max(abs(table.get(key, _NOTHING).amount) for table in tables) for key in dict.fromkeys(
        key for table in tables for key in table)}
    ordered = sorted(weight, key=lambda key: (-weight[key], key))
    rest = ordered[ROWS:] if len(ordered) > ROWS + 1 else []
    for table in tables:
        folded = [table.pop(key) for key in rest if key in table]
        if folded:
            table["more", ""] = _sum(folded)
    shown = [key for key in ordered if key not in rest] + ([("more", "")] if rest else [])
    parts = {key: [_parts(key, table) for table in tables] for key in shown}
    scale = bar_scale([one for bars in parts.values() for one in bars])
    rows = [_row(_name(key, by, len(rest), words, names), parts[key], [table.get(key) for table in tables], scale)
            for key in shown]
    totals = [lot.figure.footprint / amount for lot, amount in zip(lots, basis.amounts, strict=True)]
    return rows, column_decimals([*totals, *weight.values()])


class _Contribution(NamedTuple):
    """The positive and negative parts of a row, and their sum."""

    positive: float
    negative: float
    amount: float


_NOTHING: Final = _Contribution(0.0, 0.0, 0.0)


def _sum(parts: Sequence[_Contribution]) -> _Contribution:
    return _Contribution(*[sum(column) for column in zip(*parts, strict=True)])


def _table(lot: ComparedLot, amount: float) -> dict[Key, _Contribution]:
    """The contributions of a lot per unit of the basis, by row. The hidden parts are one row."""
    whole, table = lot.figure.footprint, lot.page.table
    if table is None:
        return {_UNSEEN: _Contribution(whole / amount, 0.0, whole / amount)}
    parts: dict[Key, list[_Contribution]] = {}
    for row in table.rows:
        if row.part != "rest" or abs(row.amount) > _ROUNDING * abs(whole):
            parts.setdefault(_key(row), []).append(
                _Contribution(row.positive / amount, row.negative / amount, row.amount / amount))
    return {key: _sum(found) for key, found in parts.items()}


def _key(row: ContributionRow) -> Key:
    if row.part in ("received", "hidden"):
        return _UNSEEN
    return row.part, row.key if row.part == "group" else ""


def _parts(key: Key, table: Mapping[Key, _Contribution]) -> list[BarPart]:
    part = table.get(key, _NOTHING)
    return [BarPart("hidden" if key == _UNSEEN else "plain", part.positive), BarPart("negative", part.negative)]


def _row(
    name: str, bars: Sequence[Sequence[BarPart]], parts: Sequence[_Contribution | None], scale: BarScale
) -> ComparedRow:
    amounts = [None if part is None else part.amount for part in parts]
    difference = None
    if len(amounts) == FEWEST:
        difference = (amounts[1] or 0.0) - (amounts[0] or 0.0)
    return ComparedRow(name, [row_bar(one, scale, height=_BAR) for one in bars], amounts, difference)


def _name(key: Key, by: str, folded: int, words: PageWords, names: ThingNames) -> str:
    part, name = key
    if part == "more":
        return words("{count} more", count=folded)
    if part == "group":
        return names.key(by, name)
    return words({"hidden": "hidden parts", "rest": "rounding", "averaged": "averaging of stocks",
                  "assigned": "assigned to one output"}[part])


def _cautions(lots: Sequence[ComparedLot], basis: Basis | None, figures: Sequence[ComparedFigure], words: PageWords
              ) -> list[tuple[str, str]]:
    """The limits of the comparison: a claim and a sentence each."""
    studies = [lot.figure.study for lot in lots]
    boundaries = {None if study is None else study.boundary for study in studies}
    notes = []
    if basis is None:
        notes.append((words("They are counted in different units."), words(
            "The ledger does not know the mass of each, so no difference is shown.")))
    elif len({lot.figure.lot.quantity.unit for lot in lots}) > 1:
        notes.append((words("They are counted in different units."), words("So they are compared per kg.")))
    if len(boundaries) > 1:
        notes.append((words("Their boundaries differ."), words("A part of the difference may come from this alone.")))
    elif boundaries == {"cradleToGate"}:
        notes.append((words("They end at the gate."), words(
            "No figure includes use, service life and end of life.")))
    if len({lot.figure.lot.product for lot in lots}) > 1:
        notes.append((words("They are different products."), words(
            "Whether one can replace the other is not on the ledger.")))
    if basis is not None and _overlap(figures):
        notes.append((words("Their 95 % intervals overlap."), words("The difference may not be real.")))
    if any(lot.page.table is None or lot.page.table.hidden is not None for lot in lots):
        notes.append((words("You do not see how all of them are made."), words(
            "Hidden parts have a row of their own, so the other rows may be too low.")))
    return notes


def _overlap(figures: Sequence[ComparedFigure]) -> bool:
    """Whether any interval overlaps the interval of the first lot."""
    first, *others = [figure.interval for figure in figures]
    return any(first is not None and other is not None and float(first.low) <= float(other.high)
               and float(other.low) <= float(first.high) for other in others)


def _facts(lots: Sequence[ComparedLot], figures: Sequence[ComparedFigure], words: PageWords
           ) -> list[tuple[str, list[object]]]:
    """Rows of properties: a name, and a value for each lot."""
    shown = [lot.figure for lot in lots]
    materials = sorted({material for figure in shown for material in figure.recycled_content})
    rows: list[tuple[str, list[object]]] = [
        (words("title"), [figure.title for figure in figures]),
        (words("in question"), [data(one.questioned_share, percent(one.questioned_share)) for one in shown]),
        (words("completeness"), [words.known(one.completeness) for one in shown]),
        (words("primary data"), [data(one.primary_share, percent(one.primary_share)) for one in shown]),
    ]
    for material in materials:
        parts = [sum(one.recycled_content[material].values()) if material in one.recycled_content else None
                 for one in shown]
        rows.append((words("Recycled {material}", material=words.known(material)),
                     [data(part, percent(part)) for part in parts]))
    rows += [
        (words("boundary"), [_boundary(one, words) for one in shown]),
        (words("mass of a unit, kg"), [_mass(lot) for lot in lots]),
        (words("attestations"), [data(len(one.attestations), cell(len(one.attestations))) for one in shown]),
    ]
    return rows


def _boundary(figure: FootprintAnswer, words: PageWords) -> str:
    boundary = "" if figure.study is None else str(figure.study.boundary)
    return words.known(BOUNDARIES.get(boundary, boundary))


def _mass(lot: ComparedLot) -> object:
    mass = None if lot.kilograms is None else lot.kilograms / lot.units
    return data(mass, cell(mass, 0 if mass is None else column_decimals([mass])))

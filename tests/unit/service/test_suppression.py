"""Sums of a sector that are shown together, attacked as whoever sees them can: a linear programme of SciPy over the
amount of every organisation, which the product does not use. The catalogue is the one of the real sectors."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog
from support.examples import examples

from ledger.core.record.kinds import Report
from ledger.core.record.values import Money
from ledger.service.queries.indicators.aggregate import IndicatorGroup, IndicatorRow, Valued
from ledger.service.queries.indicators.atoms import Atoms, CellName
from ledger.service.queries.indicators.catalogue import composites_of, wholes_of
from ledger.service.queries.indicators.present import group_answer
from ledger.service.queries.indicators.read import ended_year
from ledger.service.queries.indicators.release import Release, may_replace, release_of
from ledger.service.queries.indicators.suppression import ROOM, Cell, Parts, Sum, SumTable, may_show, shown

END: Final = "2025-06-30T00:00:00Z"
_SLACK: Final = 1e-4


class Sector:
    """The records of a sector in one year: of each, organisation, province, route and indicators."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.atoms = Atoms(composites_of(name), wholes_of(name))
        self._groups: dict[CellName, IndicatorGroup] = {}

    def made(self, organization: str, route: str = "x", place: str = "CN-JS", **stated: float) -> None:
        row = IndicatorRow(organization, f"{organization} {place}", f"{self.name}.{route}", END,
                           {key: Decimal(str(value)) for key, value in stated.items()}, Decimal(1000))
        self.atoms.take(place, organization, row, ())
        for name in (CellName("", is_total=True), CellName("", place)):
            self._groups.setdefault(name, IndicatorGroup(composites_of(self.name))).take(row)

    def release(self, size: int = 9, before: Collection[CellName] = ()) -> Release:
        answers = {name: group_answer(group, len(group.facilities), composites_of(self.name), (), name.place)
                   for name, group in self._groups.items()}
        return release_of(size, self.atoms, answers, before)

    def totals(self) -> set[str]:
        return {name.indicator for name in self.release().cells if name.is_total}


def leaks(table: SumTable[Any], cells: Iterable[Cell[Any]]) -> list[dict[str, float]]:
    """The sums that may not be shown, of which somebody learns the amount to ROOM: nobody, or one of the contributors,
    who knows its own parts. Each organisation's part of each atom is a variable."""
    places = [(atom, name) for atom, parts in enumerate(table.atoms) for name in parts]
    true = np.array([table.atoms[atom][name] for atom, name in places])

    def row(atoms: Collection[int], factor: float = 1.0) -> np.ndarray[Any, Any]:
        return np.array([factor if atom in atoms else 0.0 for atom, _ in places])

    equations = []
    for over, under in [figure for cell in cells for figure in cell.figures]:
        sums = [float(row(one) @ true) for one in (over, under)]
        equations.append(row(over) - (row(under, sums[0] / sums[1]) if under and sums[1] else 0.0))
    names = sorted({name for _, name in places})
    wholes = [np.array([(row(parts) - row(whole))[i] if places[i][1] == name else 0.0 for i in range(len(places))])
              for whole, parts in table.wholes for name in names]
    wanted = {frozenset([atom]) for atom in range(len(table.atoms))} | set(table.sums)
    wanted |= {one for cell in table.cells for one in cell.sums if one}
    found = []
    for secret in wanted:
        parts = together(table, secret)
        if may_show(parts):
            continue
        for attacker in (None, *sorted(parts)):
            rest = sum(amount for name, amount in parts.items() if name != attacker)
            bounds = [(amount, amount) if name == attacker else (0.0, None)
                      for (_, name), amount in zip(places, true, strict=True)]
            if rest and not _has_room(row(secret), true, equations, wholes, bounds, rest):
                found.append(parts)
    return found


def _has_room(
    secret: Any, true: Any, equations: Sequence[Any], wholes: Sequence[Any], bounds: Sequence[Any], rest: float
) -> bool:
    for side in (1.0, -1.0):
        solved = linprog(
            side * secret, A_ub=np.array(wholes) if wholes else None, b_ub=np.zeros(len(wholes)) if wholes else None,
            A_eq=np.array(equations) if equations else None,
            b_eq=np.array([one @ true for one in equations]) if equations else None, bounds=bounds)
        assert solved.status in (0, 3), solved.message
        if solved.status == 0 and abs(solved.fun - side * float(secret @ true)) < (ROOM - _SLACK) * rest:
            return False
    return True


def together(table: SumTable[Any], atoms: Sum) -> dict[str, float]:
    parts: dict[str, float] = {}
    for atom in atoms:
        for name, amount in table.atoms[atom].items():
            parts[name] = parts.get(name, 0.0) + amount
    return parts


def each_alone(table: SumTable[Any]) -> list[Cell[Any]]:
    """The cells that show where each is looked at alone, as the rule for one sum has it."""
    return [cell for cell in table.cells if all(may_show(together(table, one)) for one in cell.sums)]


def remanufacturers() -> Sector:
    """Three remanufacture 35 machines, another one makes 33 new ones."""
    sector = Sector("equipment")
    for name, again in (("a", 12), ("b", 12), ("c", 11)):
        sector.made(name, remanufacturedUnits=again)
    sector.made("d", newUnits=33)
    return sector


def smelters() -> Sector:
    """Three recycle copper and aluminium, one of them lead as well."""
    sector = Sector("nonferrous")
    for name, copper, aluminium, lead in (("a", 30, 30, 21), ("b", 30, 40, 0), ("c", 35, 35, 0)):
        sector.made(name, metalProduced=copper + aluminium + lead, recycledMetalProduced=copper + aluminium + lead,
                    recycledCopperProduced=copper, recycledAluminiumProduced=aluminium,
                    **({"recycledLeadProduced": lead} if lead else {}))
    return sector


def mills() -> Sector:
    """Three have arc furnaces, one has a converter."""
    sector = Sector("steel")
    for name, tonnes in (("a", 90), ("b", 100), ("c", 80)):
        sector.made(name, "electricArcFurnace", crudeSteel=tonnes)
    sector.made("d", "basicOxygenFurnace", crudeSteel=120)
    return sector


@pytest.mark.parametrize(("sector", "secret"), [(remanufacturers(), 33), (smelters(), 21), (mills(), 120)])
def test_figures_that_give_a_hidden_sum_together_are_not_shown_together(sector: Sector, secret: float) -> None:
    table = sector.atoms.table()
    told = leaks(table, each_alone(table))
    assert any(round(sum(parts.values())) == secret for parts in told), "the attack does not find the leak"
    kept = sector.release().cells
    assert kept
    assert not leaks(table, [cell for cell in table.cells if cell.name in kept])


@pytest.mark.parametrize("name", ["steel", "nonferrous", "equipment", "circular", "building-materials"])
def test_of_eight_makers_of_like_size_every_total_is_shown(name: str) -> None:
    sector = Sector(name)
    stated = {key for one in composites_of(name) for key in (one.numerator, *one.denominators, one.weight)}
    stated -= {"", "outputMass", "energy", "co2", "valueAdded"}
    for number in range(8):
        for route in ("electricArcFurnace", "basicOxygenFurnace"):
            sector.made(f"o{number}", route, f"CN-{number % 4}", **dict.fromkeys(stated, 100.0 + number))
    totals = {cell.name.indicator for cell in sector.atoms.table().cells if cell.name.is_total}
    assert sector.totals() == totals
    assert len(totals) >= 2


_NAMES: Final = st.sampled_from("abcdefg")
_AMOUNT: Final = st.sampled_from([1.0, 2.0, 5.0, 40.0, 41.0, 900.0])
_ROW: Final = st.tuples(_NAMES, st.sampled_from(["electricArcFurnace", "basicOxygenFurnace"]),
                        st.sampled_from(["CN-JS", "CN-SD", "CN-HE"]), _AMOUNT, st.booleans(), _AMOUNT)


@examples(20)
@given(st.lists(_ROW, min_size=4, max_size=14))
def test_nobody_learns_a_sum_that_may_not_be_shown(
    rows: list[tuple[str, str, str, float, bool, float]]
) -> None:
    """Of steel, with every contributor as attacker, not the largest two alone."""
    sector = Sector("steel")
    for name, route, place, tonnes, states, scrap in rows:
        sector.made(name, route, place, crudeSteel=tonnes, scrapUsed=scrap,
                    **({"co2PerTonneSteel": 1800.0 + scrap, "energyPerTonneSteel": 15000.0} if states else {}))
    table = sector.atoms.table()
    kept = shown(table)
    assert kept <= {cell.name for cell in each_alone(table)}
    assert not leaks(table, [cell for cell in table.cells if cell.name in kept])


@pytest.mark.parametrize(("amounts", "may"), [
    ({}, True), ({"a": 0.0}, True), ({"a": 1.0}, False), ({"a": 1.0, "b": 1.0}, False),
    (dict.fromkeys("abc", 1.0), True), ({"a": 2.0, "b": 1.0, "c": 1.0}, True), ({"a": 2.1, "b": 1.0, "c": 1.0}, False),
    ({"a": 50.0, "b": 49.0, "c": 1.0}, False), ({"a": 50.0, "b": 45.0, "c": 5.0}, True),
    ({"a": -50.0, "b": 45.0, "c": 5.0}, True),
])
def test_a_sum_may_be_shown(amounts: Parts, may: bool) -> None:
    """Of three at least, the largest with half at most, of which the second cannot tell its part to a tenth."""
    assert may_show(amounts) is may


def test_a_total_hides_with_all_places_but_one() -> None:
    """Crude steel in total less that of two provinces is the third's, which one mill makes."""
    sector = Sector("steel")
    for place in ("CN-JS", "CN-SD"):
        for number in range(4):
            sector.made(f"{place}{number}", "x", place, crudeSteel=100 + number)
    sector.made("alone", "x", "CN-HE", crudeSteel=150)
    cells = {name for name in sector.release().cells if name.indicator == "crudeSteel"}
    assert cells == {CellName("crudeSteel", is_total=True), CellName("crudeSteel", "CN-JS")}


def test_a_release_lists_places_of_three_organisations_alone() -> None:
    sector = Sector("steel")
    for number in range(4):
        sector.made(f"o{number}", "x", "CN-JS", crudeSteel=100)
    for number in range(2):
        sector.made(f"o{number}", "x", "CN-SD", crudeSteel=100)
    release = sector.release()
    assert [group.key for group in release.provinces] == ["CN-JS"]
    assert release.total is not None
    assert release.total.questioned is None or release.total.questioned == 0.0


def crude(**tonnes: float) -> Sector:
    sector = Sector("steel")
    for name, amount in tonnes.items():
        sector.made(name, "x", crudeSteel=amount)
    return sector


@pytest.mark.parametrize(("later", "may"), [
    ({"a": 100, "b": 100, "c": 100, "d": 100}, True),
    ({"a": 100, "b": 100, "c": 100, "d": 130}, False),
    ({"a": 101, "b": 101, "c": 102, "d": 102}, True),
    ({"a": 100, "b": 100, "c": 100, "d": 100, "e": 100}, False),
    ({"a": 100, "b": 100}, False),
])
def test_a_release_is_replaced_if_the_difference_may_be_shown(later: Mapping[str, float], may: bool) -> None:
    before, after = crude(a=100, b=100, c=100, d=100), crude(**later)
    old = before.release()
    assert may_replace(old, before.atoms, after.release(12, old.cells), after.atoms) is may


def test_value_added_is_a_figure_of_organisations_too() -> None:
    """The quotients of energy, emissions and value added by currency: four sites in yuan, one in euro."""
    atoms = Atoms(composites_of("steel"), {})
    for number, currency in enumerate(("CNY", "CNY", "CNY", "CNY", "EUR")):
        report = Report(issuer=f"o{number}", nonce="n", facility=f"f{number}", start="2025-01-01T00:00:00Z",
                        end="2026-01-01T00:00:00Z", value_added=Money(value=str(100 + number), currency=currency))
        atoms.value("CN-JS", f"o{number}", Valued(f"f{number}", report, 1000.0 + number, 50.0 + number, 1))
    kept = shown(atoms.table())
    # One figure a currency: with the euro's alone, the cell is not shown.
    assert not {name.indicator for name in kept}


@pytest.mark.parametrize(("since", "until", "year"), [
    ("2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", 2024),
    ("2024-01-01T00:00:00Z", "2025-01-01T00:00:01Z", None),
    ("2024-01-02T00:00:00Z", "2025-01-01T00:00:00Z", None),
    ("2023-01-01T00:00:00Z", "2025-01-01T00:00:00Z", None),
    ("2024-01-01T00:00:00Z", None, None),
    (None, "2025-01-01T00:00:00Z", None),
    ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z", None),
])
def test_a_period_is_a_year_that_has_ended(since: str | None, until: str | None, year: int | None) -> None:
    assert ended_year(since, until, "2025-06-30T00:00:00Z") == year


def test_years_do_not_overlap() -> None:
    instants = [f"20{year:02d}-0{month}-01T00:00:00Z" for year in range(20) for month in (1, 2)]
    allowed = sorted({(since, until) for since in instants for until in instants
                      if ended_year(since, until, "2021-01-01T00:00:00Z") is not None})
    assert len(allowed) == 19
    assert all(one[1] <= next_one[0] for one, next_one in pairwise(allowed))

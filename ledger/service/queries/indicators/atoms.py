"""The table of a sector's sums, as suppression sees it: every figure of every place, made of atoms.

An atom is the part of a quantity in one place that exactly the same figures count. So the crude steel of arc furnaces,
which the arc share has in its numerator, and the crude steel of mills that state their energy, which is the weight of a
mean, are atoms of their own: whoever knows the figures can compute with them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.core.record.kinds import Report
from ledger.footprint.derived.finding_sums import own_questions
from ledger.service.queries.indicators.aggregate import IndicatorRow, Valued, baseline_of
from ledger.service.queries.indicators.catalogue import OUTPUT_MASS, Composite
from ledger.service.queries.indicators.suppression import Cell, Sum, SumTable

QUESTIONED: Final = "questioned"
"""Stands for the amount in question, among the names of indicators."""
Place = str | None


class CellName(NamedTuple):
    """`place`: a province, None for records without one; `is_total`: the cell is of all places."""

    indicator: str
    place: Place = None
    is_total: bool = False

    def beside(self, other: "CellName") -> bool:
        """Whether both are of the same place, or of all."""
        return (self.place, self.is_total) == (other.place, other.is_total)


class _Role(NamedTuple):
    """A figure of an indicator that counts an amount: the numerator of its ratio `ratio`, or the denominator."""

    indicator: str
    ratio: str
    is_under: bool


class _Atom(NamedTuple):
    quantity: str
    roles: frozenset[_Role]
    place: Place


class Atoms:
    """Collects the parts of all sums of a sector in one year."""

    def __init__(self, composites: Sequence[Composite], wholes: Mapping[str, Sequence[str]]) -> None:
        self._composites, self._wholes = composites, wholes
        self._parts: dict[_Atom, dict[str, float]] = defaultdict(dict)
        self._records: Counter[Place] = Counter()
        self._organizations: dict[Place, set[str]] = defaultdict(set)

    def take(self, place: Place, organization: str, row: IndicatorRow, reports: Sequence[Report]) -> None:
        """Adds a record of an organisation, or of its group. `reports`: of its facility."""
        counted: dict[str, tuple[float, set[_Role]]] = {}
        for role, quantity, amount in _of_record(self._composites, row, reports):
            counted.setdefault(quantity, (amount, set()))[1].add(role)
        for key in (*self._wholes, *[part for parts in self._wholes.values() for part in parts]):
            if key in row.indicators:
                counted.setdefault(key, (float(row.indicators[key]), set()))
        self._add(place, organization, counted)
        self._records[place] += 1
        self._organizations[place].add(organization)

    def value(self, place: Place, organization: str, site: Valued) -> None:
        """Adds the energy, emissions and value added of a site."""
        counted: dict[str, tuple[float, set[_Role]]] = {}
        for composite in self._composites:
            for role, quantity, amount in _of_site(composite, site):
                counted.setdefault(quantity, (amount, set()))[1].add(role)
        self._organizations[place].add(organization)
        self._add(place, organization, counted)

    def _add(self, place: Place, organization: str, counted: Mapping[str, tuple[float, set[_Role]]]) -> None:
        for quantity, (amount, roles) in counted.items():
            if amount:
                parts = self._parts[_Atom(quantity, frozenset(roles), place)]
                parts[organization] = parts.get(organization, 0.0) + abs(amount)

    def organizations(self, cell: CellName) -> int:
        """How many organisations have records or values in the place of a cell."""
        places = self._organizations if cell.is_total else [cell.place]
        return len({one for place in places for one in self._organizations.get(place, ())})

    def changes(self, before: "Atoms", cell: CellName) -> list[dict[str, float]]:
        """The changes of each sum in a cell since `before`, by organisation."""
        now, then = self._sums(cell), before._sums(cell)
        return [{name: abs(now.get(one, {}).get(name, 0.0) - then.get(one, {}).get(name, 0.0))
                 for name in {**now.get(one, {}), **then.get(one, {})}} for one in {**now, **then}]

    def _sums(self, cell: CellName) -> dict[tuple[str, bool], dict[str, float]]:
        """The sums in a cell by ratio, numerators and denominators, by organisation."""
        sums: dict[tuple[str, bool], dict[str, float]] = {}
        for atom, parts in self._parts.items():
            for role in atom.roles if cell.is_total or atom.place == cell.place else ():
                if role.indicator == cell.indicator:
                    whole = sums.setdefault((role.ratio, role.is_under), {})
                    for name, amount in parts.items():
                        whole[name] = whole.get(name, 0.0) + amount
        return sums

    def table(self) -> SumTable[CellName]:
        """Totals come first, then places, the one with most records first."""
        atoms = list(self._parts)
        order = sorted(self._organizations, key=lambda one: (-self._records[one], one or ""))
        places: list[tuple[Place, bool]] = [(None, True), *[(place, False) for place in order]]
        names = [QUESTIONED, *[composite.name for composite in self._composites]]
        cells = [cell for place, is_total in places for name in names
                 if (cell := _cell(atoms, CellName(name, place, is_total))) is not None]
        return SumTable([self._parts[atom] for atom in atoms], cells, list(_over_places(atoms)),
                     list(self._parts_of_wholes(atoms)))

    def _parts_of_wholes(self, atoms: Sequence[_Atom]) -> Iterator[tuple[Sum, Sum]]:
        for place in self._organizations:
            of = {quantity: frozenset([number for number, atom in enumerate(atoms)
                                       if (atom.quantity, atom.place) == (quantity, place)])
                  for quantity in {atom.quantity for atom in atoms}}
            for whole, parts in self._wholes.items():
                if of.get(whole):
                    yield of[whole], frozenset().union(*[of.get(part, frozenset()) for part in parts])


def _cell(atoms: Sequence[_Atom], name: CellName) -> Cell[CellName] | None:
    """The sums and ratios that a cell shows; None if nothing is in it."""
    ratios: dict[str, tuple[set[int], set[int]]] = {}
    for number, atom in enumerate(atoms):
        if name.is_total or atom.place == name.place:
            for role in atom.roles:
                if role.indicator == name.indicator:
                    ratios.setdefault(role.ratio, (set(), set()))[role.is_under].add(number)
    if not ratios:
        return None
    return Cell(name, tuple([(frozenset(over), frozenset(under)) for over, under in ratios.values()]))


def _over_places(atoms: Sequence[_Atom]) -> Iterator[Sum]:
    """The same atom in all places."""
    same: dict[tuple[str, frozenset[_Role]], set[int]] = defaultdict(set)
    for number, atom in enumerate(atoms):
        same[atom.quantity, atom.roles].add(number)
    yield from map(frozenset, same.values())


def _of_record(
    composites: Iterable[Composite], row: IndicatorRow, reports: Sequence[Report]
) -> Iterator[tuple[_Role, str, float]]:
    """The parts of figures that come from a record: the role of an amount, its quantity, and the amount."""
    if row.findings is not None:
        yield _Role(QUESTIONED, "", is_under=False), QUESTIONED, own_questions(row.findings)
    for composite in composites:
        name, stated = composite.name, row.indicators.get(composite.numerator)
        over, under = _Role(name, "", is_under=False), _Role(name, "", is_under=True)
        if composite.kind == "sum" and stated is not None:
            yield over, composite.numerator, float(stated)
        elif composite.kind == "ratio":
            if stated is not None and composite.counts(row.route) and any(
                    key in row.indicators for key in composite.denominators):
                yield over, composite.numerator, float(stated)
            for key in composite.denominators:
                if key in row.indicators:
                    yield under, key, float(row.indicators[key])
        elif composite.kind in ("mean", "change"):
            weight = row.weight(composite.weight)
            if stated is None or weight is None:
                continue
            product, of = float(stated * weight), f"{composite.numerator} {composite.weight}"
            if composite.kind == "mean":
                yield over, of, product
                yield under, f"mass of {name}" if composite.weight == OUTPUT_MASS else composite.weight, float(weight)
                continue
            for baseline in composite.baselines(row.ended, reports):
                yield over, of, product
                yield under, f"{of} before", float(baseline * weight)


def _of_site(composite: Composite, site: Valued) -> Iterator[tuple[_Role, str, float]]:
    """The parts of figures per value added that come from a site. Whoever knows a change counts as knowing both
    quotients."""
    if composite.kind not in ("perValueAdded", "perValueAddedChange"):
        return
    money = site.report.value_added
    if money is None or not site.records:
        return
    amount = site.energy if composite.numerator == "energy" else site.emissions
    now = [(composite.numerator, amount), (f"value added {money.currency}", float(money.value))]
    before = None if composite.kind == "perValueAdded" else baseline_of(site.report, composite.numerator)
    if composite.kind == "perValueAddedChange":
        if before is None:
            return
        for is_under, quantity in enumerate((f"{composite.numerator} before", f"value added {money.currency} before")):
            yield _Role(composite.name, f"{money.currency} before", bool(is_under)), quantity, before[is_under]
    for is_under, (quantity, of) in enumerate(now):
        yield _Role(composite.name, money.currency, bool(is_under)), quantity, of

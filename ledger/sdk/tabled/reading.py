"""Reads the routes of a package's tables, and whole sectors that consist of tables."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final, TypeVar

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.units import UNITS
from ledger.errors import PluginError
from ledger.sdk.context import Context
from ledger.sdk.drafting import draft_with_energy, leak_gases
from ledger.sdk.matter import follow_composition
from ledger.sdk.sector import (
    BurntFuels,
    Route,
    Sector,
    read_indicators,
    read_nature,
    read_needs,
    read_raw_materials,
    read_words,
)
from ledger.sdk.tabled.activity import ActivityField, TabledActivity, activity_of, field_of
from ledger.sdk.tabled.amounts import RecordAmounts
from ledger.sdk.tabled.cells import TableCells, cells_of
from ledger.sdk.tabled.emissions import ReleasedGas, emission_of, emit
from ledger.sdk.tabled.ranges import Ratio, ratio_of

_PROCESSES: Final = "processes.csv"
_BURNT: Final[tuple[BurntFuels, ...]] = ("mineral", "any")
_Row = TypeVar("_Row")


class TabledProcess:
    """How a route made of tables assesses a record: energy, gases of raw materials, ranges, compositions."""

    def __init__(
        self, fields: Mapping[str, ActivityField], emissions: Sequence[ReleasedGas], ratios: Sequence[Ratio]
    ) -> None:
        self._fields = fields
        self._emissions = emissions
        self._ratios = ratios

    def __call__(self, context: Context, activity: TabledActivity) -> Assessment:
        draft, power = draft_with_energy(context, activity)
        values = {
            name: value for name, field in self._fields.items() if (value := field.value(activity)) is not None
        }
        emit(draft, context, self._emissions, self._fields, values)
        leak_gases(draft, context)
        quantities = {
            name: (value, self._fields[name].kind) for name, value in values.items()
            if self._fields[name].kind in UNITS
        }
        amounts = RecordAmounts(context, (draft.megajoules, power), quantities, activity.analyses)
        if amounts.amount(("products",), "KGM") == 0:
            draft.find("nothing-made", "no product or co-product has a mass", refuses=True)
            return draft.assessment()
        for ratio in self._ratios:
            ratio.check(draft, context, amounts)
        follow_composition(draft, context)
        return draft.assessment()


def read_table_routes(package: str) -> Mapping[str, Route]:
    """The routes in `processes.csv` of a package, with their fields, emissions and ranges. Raises PluginError, which
    names the file, row and column, for a malformed cell."""
    processes = cells_of(package, _PROCESSES)
    names = [cells.text("route") for cells in processes]
    fields = {name: _by_name(rows) for name, rows in _by_route(package, "activity.csv", names).items()}
    emissions = _by_route(package, "emissions.csv", names)
    ranges = _by_route(package, "ranges.csv", names)
    routes = dict[str, Route]()
    for cells, name in zip(processes, names, strict=True):
        own = fields[name]
        units = {field.name: field.kind for field in own.values() if field.kind in UNITS}
        routes[name] = Route(
            activity=activity_of(package, name, tuple(own.values())), en=cells.text("en"), zh=cells.text("zh"),
            assess=TabledProcess(
                own, [emission_of(row, own) for row in emissions[name]],
                [ratio_of(row, units, _read(read_indicators, package)) for row in ranges[name]],
            ),
        )
    return routes


def read_burnt_lots(package: str) -> Mapping[str, BurntFuels]:
    """The lots that the routes in `processes.csv` burn: see `Sector.burns_lots`."""
    burnt = dict[str, BurntFuels]()
    for cells in cells_of(package, _PROCESSES):
        stated = cells.one_of("burns_lots", ("", *_BURNT))
        burnt.update({cells.text("route"): one for one in _BURNT if one == stated})
    return burnt


def read_sector(package: str) -> Sector:
    """The sector that the tables of a package describe, all of its routes too. `sector.csv` has one row: name, version,
    en, zh, mass_tolerance, element_tolerance. Raises PluginError as `read_table_routes` does."""
    described = cells_of(package, "sector.csv")
    if len(described) != 1:
        raise PluginError(f"{package} has {len(described)} sectors in sector.csv: it must have one",
                          code="invalid-table", field="sector.csv", value=len(described), rule="one row")
    (cells,) = described
    return Sector(
        name=cells.text("name"), version=cells.text("version"), en=cells.text("en"), zh=cells.text("zh"),
        mass_tolerance=cells.number("mass_tolerance", Decimal(0)),
        element_tolerance=cells.number("element_tolerance", Decimal(0)),
        routes=read_table_routes(package), burns_lots=read_burnt_lots(package),
        indicators=_read(read_indicators, package), needs=_read(read_needs, package),
        nature=_read(read_nature, package), words=_read(read_words, package),
        raw_materials=_read(read_raw_materials, package),
    )


def _read(read: Callable[[str], Mapping[str, _Row]], package: str) -> Mapping[str, _Row]:
    """The rows that `read` finds in a table of the package, which may not have it."""
    try:
        return read(package)
    except FileNotFoundError:
        return {}


def _by_route(package: str, file: str, routes: Sequence[str]) -> Mapping[str, list[TableCells]]:
    grouped: dict[str, list[TableCells]] = {name: [] for name in routes}
    for cells in cells_of(package, file):
        grouped[cells.one_of("route", routes)].append(cells)
    return grouped


def _by_name(rows: Sequence[TableCells]) -> Mapping[str, ActivityField]:
    fields = dict[str, ActivityField]()
    for cells in rows:
        field = field_of(cells)
        if field.name in fields:
            cells.refuse("field", "another name: the route has it already")
        fields[field.name] = field
    return fields

"""Reads the routes of a package's tables, and whole sectors that consist of tables."""

import ast
import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import Assessment
from ledger.core.record.units import UNITS
from ledger.errors import PluginError
from ledger.sdk.context import Context
from ledger.sdk.drafting import draft_with_energy, leak_gases
from ledger.sdk.matter import follow_composition
from ledger.sdk.sector import (
    INDICATORS,
    NATURE,
    NEEDS,
    RAW_MATERIALS,
    WORDS,
    BurntFuels,
    Route,
    Sector,
    indicators_of,
    nature_of,
    needs_of,
    raw_materials_of,
    words_of,
)
from ledger.sdk.tabled.activity import ActivityField, TabledActivity, activity_of, field_of
from ledger.sdk.tabled.amounts import RecordAmounts
from ledger.sdk.tabled.cells import FileTables, PackageTables, SectorTables, TableCells, cells_of
from ledger.sdk.tabled.emissions import ReleasedGas, emission_of, emit
from ledger.sdk.tabled.ranges import Ratio, ratio_of

_PROCESSES: Final = "processes.csv"
_LONGEST: Final = 4096
"""Bytes of a module that is compared: a longer one could fill the memory or the stack of the parser."""
_BURNT: Final[tuple[BurntFuels, ...]] = ("mineral", "any")
READER: Final = """\
from ledger.sdk import Sector, read_sector

__all__ = ["plugin"]


def plugin() -> Sector:
    return read_sector(__name__)
"""
"""The module of a package that is a sector made of tables."""


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
    return _routes(PackageTables(package))


def read_burnt_lots(package: str) -> Mapping[str, BurntFuels]:
    """The lots that the routes in `processes.csv` burn: see `Sector.burns_lots`."""
    return _burnt_lots(PackageTables(package))


def read_sector(package: str) -> Sector:
    """The sector that the tables of a package describe, all of its routes too. `sector.csv` has one row: name, version,
    en, zh, mass_tolerance, element_tolerance. Raises PluginError as `read_table_routes` does."""
    return _sector(PackageTables(package))


def sector_of_files(package: str, files: Mapping[str, bytes]) -> Sector | None:
    """The sector that these files of a package describe, as `read_sector`, without its code: None if the package has
    other code than the module which reads the tables. `files`: by name. Raises PluginError as `read_table_routes`."""
    modules = {name: code for name, code in files.items() if name.endswith(".py")}
    if set(modules) != {"__init__.py"} or "sector.csv" not in files or not _only_reads(modules["__init__.py"]):
        return None
    try:
        return _sector(FileTables(package, files))
    except (AttributeError, KeyError, TypeError, ValueError, ArithmeticError, csv.Error) as error:
        raise PluginError(f"{package} has a malformed table: {type(error).__name__}: {error}", code="invalid-table",
                          field=package, rule="the columns and cells of a sector's tables") from error


def _only_reads(code: bytes) -> bool:
    """Whether a module does nothing but read the tables of its package. Its docstrings may differ."""
    if len(code) > _LONGEST:
        return False
    try:
        return ast.dump(_bare(code.decode())) == ast.dump(_bare(READER))
    except (SyntaxError, UnicodeDecodeError, RecursionError, ValueError):
        return False


def _bare(code: str) -> ast.Module:
    """A module without docstrings."""
    tree = ast.parse(code)
    described: list[ast.Module | ast.FunctionDef] = [tree]
    described += [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    for node in described:
        if ast.get_docstring(node) is not None:
            del node.body[0]
    return tree


def _routes(tables: SectorTables) -> Mapping[str, Route]:
    processes = cells_of(tables, _PROCESSES)
    names = [cells.text("route") for cells in processes]
    fields = {name: _by_name(rows) for name, rows in _by_route(tables, "activity.csv", names).items()}
    emissions = _by_route(tables, "emissions.csv", names)
    ranges = _by_route(tables, "ranges.csv", names)
    indicators = indicators_of(tables.rows(INDICATORS))
    routes = dict[str, Route]()
    for cells, name in zip(processes, names, strict=True):
        own = fields[name]
        units = {field.name: field.kind for field in own.values() if field.kind in UNITS}
        routes[name] = Route(
            activity=activity_of(tables.name, name, tuple(own.values())), en=cells.text("en"), zh=cells.text("zh"),
            assess=TabledProcess(
                own, [emission_of(row, own) for row in emissions[name]],
                [ratio_of(row, units, indicators) for row in ranges[name]],
            ),
        )
    return routes


def _burnt_lots(tables: SectorTables) -> Mapping[str, BurntFuels]:
    burnt = dict[str, BurntFuels]()
    for cells in cells_of(tables, _PROCESSES):
        stated = cells.one_of("burns_lots", ("", *_BURNT))
        burnt.update({cells.text("route"): one for one in _BURNT if one == stated})
    return burnt


def _sector(tables: SectorTables) -> Sector:
    described = cells_of(tables, "sector.csv")
    if len(described) != 1:
        raise PluginError(f"{tables.name} has {len(described)} sectors in sector.csv: it must have one",
                          code="invalid-table", field="sector.csv", value=len(described), rule="one row")
    (cells,) = described
    return Sector(
        name=cells.text("name"), version=cells.text("version"), en=cells.text("en"), zh=cells.text("zh"),
        mass_tolerance=cells.number("mass_tolerance", Decimal(0)),
        element_tolerance=cells.number("element_tolerance", Decimal(0)),
        routes=_routes(tables), burns_lots=_burnt_lots(tables), indicators=indicators_of(tables.rows(INDICATORS)),
        needs=needs_of(tables.rows(NEEDS)), nature=nature_of(tables.rows(NATURE)), words=words_of(tables.rows(WORDS)),
        raw_materials=raw_materials_of(tables.rows(RAW_MATERIALS)),
    )


def _by_route(tables: SectorTables, file: str, routes: Sequence[str]) -> Mapping[str, list[TableCells]]:
    grouped: dict[str, list[TableCells]] = {name: [] for name in routes}
    for cells in cells_of(tables, file):
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

"""Checks a plugin's files: the imports and calls of its modules, and the rows of its factor tables."""

import ast
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from ledger.core.record.units import UNITS
from ledger.errors import LedgerError
from ledger.footprint.stored.gwp import AR6
from ledger.sdk.factors import FactorRow, read_factors
from ledger.sdk.places import wider_places
from ledger.sdk.sector import Sector
from ledger.sdk.tabled.reading import TabledProcess
from ledger.sdk.tables import factor_files
from ledger.sdk.testing.faults import ConformanceFault

IMPURE: Final = frozenset({
    "asyncio", "concurrent", "ctypes", "ftplib", "http", "multiprocessing", "os", "pathlib", "random", "secrets",
    "shutil", "signal", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib",
    "uuid",
})
"""Modules of the standard library that access the clock, randomness, files, the network or processes."""

_PURE: Final = "clock, randomness, files and network are not allowed"
_CALLS: Final = frozenset({"__import__", "eval", "exec", "input", "open"})
_CLOCK: Final = frozenset({"now", "today", "utcnow"})
_FIRST_YEAR: Final = 1990
_SHORTEST_SOURCE: Final = 12


def packages_of(sector: Sector) -> list[str]:
    """The packages, or single modules, in which a sector's routes are written."""
    names = set()
    for route in sector.routes.values():
        # The activity of a route made of tables is of the package that has them.
        made = route.activity if isinstance(route.assess, TabledProcess) else route.assess
        module = getattr(made, "__module__", None) or route.activity.__module__
        root = module.partition(".")[0]
        spec = find_spec(root)
        # A folder without __init__.py, such as a tests folder, is not a package of the plugin.
        names.add(root if spec is not None and spec.origin is not None else module)
    return sorted(names)


def _modules(package: str) -> list[Path]:
    module = import_module(package)
    origin = Path(module.__file__ or "")
    return sorted(origin.parent.rglob("*.py")) if hasattr(module, "__path__") else [origin]


def faults_of_modules(package: str) -> Iterator[ConformanceFault]:
    """Faults: imports of anything except `ledger.sdk`, the package itself and the pure modules of the standard library;
    calls that read the clock, a file or code."""
    own = package.partition(".")[0]
    for path in _modules(package):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for name in sorted(set(_imported(tree))):
            root = name.partition(".")[0]
            if root in IMPURE:
                yield ConformanceFault("impure", path.name, f"imports {name}: {_PURE}")
            elif not (name == "ledger.sdk" or root == own or root in sys.stdlib_module_names):
                yield ConformanceFault(
                    "imports", path.name, f"imports {name}: only ledger.sdk and the standard library are allowed"
                )
        for name in sorted(set(_called(tree))):
            yield ConformanceFault("impure", path.name, f"calls {name}: {_PURE}")


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""


def _called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in _CALLS:
                yield node.func.id
            elif isinstance(node.func, ast.Attribute) and node.func.attr in _CLOCK:
                yield node.func.attr


def faults_of_tables(package: str) -> Iterator[ConformanceFault]:
    """Faults of factors without a known unit and gas, a verifiable source, a year, a boundary and a status."""
    for file in factor_files(package) if hasattr(import_module(package), "__path__") else ():
        try:
            table = read_factors(package, file, file.removesuffix(".csv"))
        except LedgerError as error:
            yield ConformanceFault("factor", file, error.message)
            continue
        for row in table:
            yield from (ConformanceFault("factor", row.name, message) for message in faults_of_row(row))


def faults_of_row(row: FactorRow) -> Iterator[str]:
    """The faults of one factor. `read_factors` has refused missing columns already."""
    if row.unit not in UNITS:
        yield f"unknown unit {row.unit!r}: it must be a Rec 20 code that the ledger knows"
    if row.gas not in AR6:
        yield f"gas {row.gas!r} has no global warming potential; one of: {' '.join(AR6)}"
    if not row.value.is_finite():
        yield f"value {row.value} is not a finite number"
    if not _FIRST_YEAR <= row.year <= datetime.now(UTC).year:
        yield f"year {row.year} is not from {_FIRST_YEAR} to now"
    if len(row.source) < _SHORTEST_SOURCE or not any(letter in " 0123456789" for letter in row.source):
        yield f"source {row.source!r} is too vague: name the publication and the place in it"
    try:
        wider_places((row.place,))
    except LedgerError as error:
        yield error.message



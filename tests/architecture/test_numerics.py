"""Stored figures are made with + - * / in written loops, so that every machine and every Python agrees bit for bit."""

import ast
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
ROOTS: Final = ("ledger.service.accounting", "ledger.service.preparing", "ledger.service.revising.averages")
"""Where stored figures are made."""


def _path(module: str) -> Path:
    path = ROOT.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imported(module: str) -> list[str]:
    tree = ast.parse(_path(module).read_text(encoding="utf-8"))
    return [node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module is not None]


def _files() -> list[Path]:
    """Those who make stored figures, and all below `ledger.footprint` that they import: what only answers questions may
    compute as it likes."""
    reached, waiting = set(ROOTS), list(ROOTS)
    while waiting:
        for name in _imported(waiting.pop()):
            if name.startswith("ledger.footprint") and name not in reached:
                reached.add(name)
                waiting.append(name)
    return [*sorted(_path(module) for module in reached), ROOT / "ledger" / "core" / "outcome.py"]


FILES: Final = _files()
FORBIDDEN_CALLS: Final = frozenset({
    "add_reduce", "average", "cumsum", "dot", "einsum", "fmean", "fsum", "inner", "matmul", "mean", "pow", "prod",
    "reduce", "round", "sqrt", "sum", "sumprod", "tensordot", "trace", "vdot",
})
"""Whose result depends on the order, the version or the library that computes it."""

FORBIDDEN_MODULES: Final = frozenset({"cmath", "functools", "math", "numba", "numpy", "scipy", "statistics"})
EXACT: Final = {
    ("checks.py", "Decimal(10) ** 24"): "a power of ten in Decimal is exact; it is a limit, no figure",
}
"""Exemptions: file and expression, with the reason."""


def faults(path: Path) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            if name in FORBIDDEN_CALLS:
                found.append(f"{path.name}:{node.lineno} {name}(")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Pow | ast.MatMult):
            if (path.name, ast.unparse(node)) not in EXACT:
                found.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found.extend(
                f"{path.name}:{node.lineno} import {name}" for name in names if name.split(".")[0] in FORBIDDEN_MODULES
            )
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_figures_use_written_arithmetic(path: Path) -> None:
    assert faults(path) == []


def test_the_makers_of_figures_are_among_the_files() -> None:
    assert {"accounting", "allocation", "averaging", "burdens", "averages", "contents", "figures", "massbalance",
            "supplies"} <= {path.stem for path in FILES}


def test_every_exemption_is_used() -> None:
    text = {path.name: ast.unparse(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES}
    assert [expression for (name, expression) in EXACT if expression not in text[name]] == []


def test_the_check_sees_what_it_forbids(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import math\nx = sum([1.0]) + 2.0 ** 3 + array.mean() + math.fsum([])\n", encoding="utf-8")
    assert len(faults(bad)) == 5

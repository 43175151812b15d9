"""Stored figures are made with + - * / in written loops, so that every machine and every Python agrees bit for bit."""

import ast
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FILES: Final = (
    *sorted((ROOT / "ledger" / "footprint" / "stored").glob("*.py")), *(ROOT / "ledger" / name for name in (
        "core/outcome/leaves.py", "engine/record_outcome.py", "engine/assessing.py", "engine/figure_inputs.py",
        "engine/revision/revise.py")),
)
"""Everything that makes stored figures. What only answers questions may compute as it likes."""
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


def test_figures_use_written_arithmetic() -> None:
    assert [fault for path in FILES for fault in faults(path)] == []


def test_the_makers_of_figures_are_among_the_files() -> None:
    assert {"record_outcome", "allocation", "averaging", "burdens", "contents", "figures", "mass_balance", "revise",
            "supplies"} <= {path.stem for path in FILES}


def test_every_exemption_is_used() -> None:
    text = {path.name: ast.unparse(ast.parse(path.read_text(encoding="utf-8"))) for path in FILES}
    assert [expression for (name, expression) in EXACT if expression not in text[name]] == []


def test_the_check_sees_what_it_forbids(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import math\nx = sum([1.0]) + 2.0 ** 3 + array.mean() + math.fsum([])\n", encoding="utf-8")
    assert len(faults(bad)) == 5

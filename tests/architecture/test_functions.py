"""Functions fit in the eye, take few parameters, and name their variables after what these hold."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
SOURCES: Final = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for folder in ("ledger", "plugins") for path in sorted((ROOT / folder).rglob("*.py"))
    if "build" not in path.parts
}
MOST_LINES: Final = 60
MOST_BRANCHES: Final = 12
MOST_PARAMETERS: Final = 6
_BRANCHES: Final = (ast.If, ast.For, ast.While, ast.AsyncFor, ast.ExceptHandler, ast.match_case)
_Function = ast.FunctionDef | ast.AsyncFunctionDef

CALLED_BY_NAME: Final = frozenset({
    "command", "argument", "option", "get", "post", "delete", "patch", "put",
})
"""Decorators of click and Litestar: the parameters of such a function are options or query parameters."""
MANY_PARAMETERS: Final[Mapping[str, str]] = {
    "ledger/sdk/limits.py judge": "plugin authors state a limit's facts by keyword",
    "ledger/sdk/limits.py warn_outside": "plugin authors state a limit's facts by keyword",
    "ledger/sdk/pricing.py carbon": "plugin authors state a supply's facts by keyword",
    "ledger/sdk/pricing.py release_biogenic": "plugin authors state a supply's facts by keyword",
    "ledger/sdk/pricing.py price": "plugin authors state a price's facts by keyword",
    "ledger/sdk/testing/building.py context": "a plugin's tests state the facts they need by keyword",
}
EMPTY_NAMES: Final = frozenset({"one", "found", "told"})
"""Names that say nothing about the value, allowed for the variable of a comprehension or lambda only."""


def functions(source: str) -> Iterator[_Function]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, _Function):
            yield node


def large_functions(source: str) -> list[str]:
    """Functions of more than 60 lines or 12 branches."""
    large = []
    for function in functions(source):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        branches = sum(isinstance(inner, _BRANCHES) for inner in ast.walk(function))
        if lines > MOST_LINES or branches > MOST_BRANCHES:
            large.append(f"{function.name}: {lines} lines, {branches} branches")
    return large


def parameters(function: _Function) -> list[str]:
    """All parameters but `self` and `cls`."""
    taken = function.args
    names = [parameter.arg for parameter in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _is_called_by_name(function: _Function) -> bool:
    for decorator in function.decorator_list:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = target.attr if isinstance(target, ast.Attribute) else target.id if isinstance(target, ast.Name) else ""
        if name in CALLED_BY_NAME or name.endswith(("_option", "_options")):
            return True
    return False


def long_signatures(source: str) -> list[str]:
    """Names of functions with more than six parameters that neither click nor Litestar calls."""
    return [
        function.name for function in functions(source)
        if len(parameters(function)) > MOST_PARAMETERS and not _is_called_by_name(function)
    ]


def empty_names(source: str) -> list[str]:
    """Variables and parameters named `one`, `found` or `told` outside comprehensions and lambdas, with their lines."""
    tree = ast.parse(source)
    short_lived: set[ast.AST] = set()
    """Also fields of classes, whose names are part of answers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension):
            short_lived.update(ast.walk(node.target))
        elif isinstance(node, ast.Lambda):
            short_lived.update(node.args.args)
        elif isinstance(node, ast.ClassDef):
            short_lived.update(field.target for field in node.body if isinstance(field, ast.AnnAssign))
    names = []
    for node in ast.walk(tree):
        if node in short_lived:
            continue
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in EMPTY_NAMES:
            names.append(f"{node.lineno} {node.id}")
        elif isinstance(node, ast.arg) and node.arg in EMPTY_NAMES:
            names.append(f"{node.lineno} {node.arg}")
    return names


def test_functions_fit_in_the_eye() -> None:
    large = [f"{path} {function}" for path, source in SOURCES.items() for function in large_functions(source)]
    assert large == []


def test_functions_take_few_parameters() -> None:
    long = {f"{path} {name}" for path, source in SOURCES.items() for name in long_signatures(source)}
    assert sorted(long) == sorted(MANY_PARAMETERS)


def test_names_say_what_they_hold() -> None:
    empty = [f"{path}:{name}" for path, source in SOURCES.items() for name in empty_names(source)]
    assert empty == []


def test_the_rules_find_planted_faults() -> None:
    long = "def long():\n" + "    pass\n" * MOST_LINES
    branching = "def branching(x):\n" + "    if x: pass\n" * (MOST_BRANCHES + 1)
    assert len(large_functions(long + branching)) == 2
    assert long_signatures("def f(self, a, b, c, *, d, e, f, g): pass") == ["f"]
    assert long_signatures("def f(self, a, b, c, *, d, e, f): pass") == []
    assert long_signatures("@click.option('--a')\ndef f(a, b, c, d, e, f, g): pass") == []
    assert empty_names("def f(found):\n    one = [one for one in found]\n    return lambda told: told") == [
        "1 found", "2 one",
    ]

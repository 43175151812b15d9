"""Writes `plugins/DRAFT.md`, the reference of `Draft`, from its signatures and docstrings.

    PYTHONPATH=.:tests python -m support.draft_page > plugins/DRAFT.md
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Final

from ledger.sdk import Draft, pricing

_HEAD: Final = """\
# Reference of `Draft`

`Draft(context)` collects the assessment of one record: emission lines, energy, omissions, findings, indicators, and
the flow of materials. A route calls its methods and returns `assessment()`. `python -m support.draft_page` makes this
page from the docstrings of `ledger.sdk.Draft`; [Writing a sector](README.md) shows it in use.
"""

UNITS: Final[Mapping[str, str]] = {
    "energy.megajoules": "MJ",
    "power.kilowatt_hours": "kWh",
    "megajoules": "MJ",
    "emitted": "kg of CO2",
    "footprint": "kg of CO2e",
    "omit.estimate": "kg of CO2e",
    "warn.emits": "kg of each gas",
    "assign.amount": "kg of CO2e",
    "indicate.value": "the indicator's unit",
    "weigh.weights": "any, the same for all outputs",
    "follow.parts": "fractions from 0 to 1, by output",
    "carbon.kilograms": "kg of `gas`",
    "release_biogenic.kilograms": "kg of CO2",
    "price.amount": "the factor's unit",
    "price.market": "kg of CO2",
    "buy_power.market": "kg of CO2",
    "buy_power": "kWh",
    "biogenic": "kg of CO2",
    "carbon_balance.carbon_in": "kg of carbon, by source",
    "carbon_balance.carbon_out": "kg of carbon, by output",
    "carbon_balance": "kg of carbon",
}
"""Units of what is a number: `method.argument`, and `method` for the value that it returns."""

_CONSTANT: Final = re.compile(r"=(_[A-Z]+)\b")
_ERRORS: Final = re.compile(r"\s*\bRaises .*?\.(?=\s|$)", re.DOTALL)


def methods() -> list[ast.FunctionDef]:
    """The public methods and properties of `Draft`, in their order in the code."""
    (tree,) = ast.parse(inspect.getsource(Draft)).body
    assert isinstance(tree, ast.ClassDef)
    return [node for node in tree.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")]


def page() -> str:
    """The page as Markdown, a section per method."""
    return "\n".join((_HEAD, *(_section(method) for method in methods())))


def numbers(method: ast.FunctionDef) -> Iterator[str]:
    """The keys of `UNITS` that a method needs: its numeric arguments and its numeric result."""
    for argument in _arguments(method):
        if argument.annotation is not None and "Decimal" in ast.unparse(argument.annotation):
            yield f"{method.name}.{argument.arg}"
    if method.returns is not None and "Decimal" in ast.unparse(method.returns):
        yield method.name


def _section(method: ast.FunctionDef) -> str:
    text = ast.get_docstring(method) or ""
    errors = " ".join(" ".join(sentence.split()[1:]) for sentence in _ERRORS.findall(text))
    lines = [f"## `{method.name}`", "", "```python", _signature(method), "```", "", _ERRORS.sub("", text).strip(), ""]
    units = [_unit(key) for key in numbers(method)]
    lines += [f"- Units: {'; '.join(units)}."] if units else []
    lines.append(f"- Errors: {errors or 'no errors of its own.'}")
    return "\n".join(lines) + "\n"


def _unit(key: str) -> str:
    argument = key.partition(".")[2]
    return f"`{argument}`: {UNITS[key]}" if argument else f"returned value: {UNITS[key]}"


def _arguments(method: ast.FunctionDef) -> list[ast.arg]:
    return [*method.args.args[1:], *method.args.kwonlyargs]


def _signature(method: ast.FunctionDef) -> str:
    result = ast.unparse(method.returns) if method.returns is not None else "None"
    if method.decorator_list:
        return f"draft.{method.name}: {result}"
    arguments = ast.unparse(method.args).removeprefix("self").removeprefix(", ")
    arguments = _CONSTANT.sub(lambda found: f"={getattr(pricing, found.group(1))!r}", arguments)
    return f"draft.{method.name}({arguments}) -> {result}"


if __name__ == "__main__":
    print(page(), end="")

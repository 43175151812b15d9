"""Faults by function and operator: where they are planted, however the code around them is named or filed."""

import ast
import csv
import io
import random
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

OPERATORS: Final = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "+", "//": "*",
    "and": "or", "or": "and", "is": "is not", "is not": "is", "in": "not in", "not in": "in", "not": "",
}
"""Each with the operator that a fault puts in its place."""
_PAIRS: Final = {("is", "not"), ("not", "in")}
_STRING_START: Final = getattr(tokenize, "FSTRING_START", None)
_STRING_END: Final = getattr(tokenize, "FSTRING_END", None)


class PlantedFault(NamedTuple):
    """The operator at `place`, counted from 0 among all operators of a function. `function`: with its class."""

    layer: str
    function: str
    place: int
    operator: str


class Operator(NamedTuple):
    """An operator in a file: its line, counted from 1, and the columns of its begin and end."""

    text: str
    line: int
    begin: int
    end: int


class Function(NamedTuple):
    """A function's name with its class, its first line, and its operators in the order of the text."""

    name: str
    line: int
    operators: list[Operator]


def drawn(root: Path, layer: str, count: int, seed: int) -> list[PlantedFault]:
    """So many functions of a layer at random, and a random operator of each. Names that two functions have are left
    out."""
    everywhere = [(path, function) for path in sorted((root / "ledger").rglob("*.py"))
                  for function in functions_of(path.read_text(encoding="utf-8"))]
    names = Counter(function.name for _, function in everywhere)
    functions = [function for path, function in everywhere if path.is_relative_to(root / "ledger" / layer)
                 and function.operators and names[function.name] == 1]
    source = random.Random(seed)
    chosen = [(function, source.randrange(len(function.operators))) for function in source.sample(functions, count)]
    return [PlantedFault(layer, function.name, place, function.operators[place].text) for function, place in chosen]


def probed(source: str, numbers: Mapping[int, int]) -> str:
    """The text of a file whose functions note a number each time they are called. `numbers`: by the line on which a
    function begins."""
    lines = source.split("\n")
    bodies = {}
    for name, node in _defined(ast.parse(source).body, ""):
        del name
        body = node.body[1:] if ast.get_docstring(node) is not None and len(node.body) > 1 else node.body
        bodies[_first_line(node)] = body[0]
    for begin, number in sorted(numbers.items(), reverse=True):
        first = bodies[begin]
        at = min([first.lineno, *[one.lineno for one in getattr(first, "decorator_list", [])]])
        lines.insert(at - 1, f"{' ' * first.col_offset}__import__('ledger.probe').probe.note({number})")
    return "\n".join(lines)


def read_faults() -> list[PlantedFault]:
    with Path(__file__).with_name("faults.csv").open(encoding="utf-8", newline="") as file:
        return [PlantedFault(row["layer"], row["function"], int(row["place"]), row["operator"])
                for row in csv.DictReader(file)]


def operators_of(source: str) -> list[Operator]:
    """All of a file but those of `for ... in` and those within f-strings, which Python before 3.12 does not split."""
    tokens, strings = [], 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        strings += (token.type == _STRING_START) - (token.type == _STRING_END)
        if token.type in (tokenize.OP, tokenize.NAME) and not strings:
            tokens.append(token)
    operators: list[Operator] = []
    loops, i = 0, 0
    while i < len(tokens):
        token, after = tokens[i], tokens[i + 1] if i + 1 < len(tokens) else None
        if token.string == "for":
            loops += 1
        if after is not None and (token.string, after.string) in _PAIRS and token.start[0] == after.start[0]:
            operators.append(Operator(f"{token.string} {after.string}", *token.start, after.end[1]))
            i += 1
        elif token.string == "in" and loops:
            loops -= 1
        elif token.string in OPERATORS:
            operators.append(Operator(token.string, *token.start, token.end[1]))
        i += 1
    return operators


def functions_of(source: str) -> Iterator[Function]:
    """Functions and methods, those inside other functions left out. Operators of the first string and the signature
    do not count."""
    operators = operators_of(source)
    for name, node in _defined(ast.parse(source).body, ""):
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        first = body[0].lineno if body else node.lineno
        yield Function(name, _first_line(node), [
            operator for operator in operators if first <= operator.line <= (node.end_lineno or node.lineno)
        ])


def _first_line(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Of a decorated function, that of its first decorator."""
    return min([node.lineno, *[decorator.lineno for decorator in node.decorator_list]])


def _defined(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _defined(node.body, f"{prefix}{node.name}.")


class Site(NamedTuple):
    """Where a fault is planted: the file, the first line of its function, and the file's text with the fault."""

    path: Path
    line: int
    planted: str


@cache
def _sound(root: Path) -> list[tuple[Path, str]]:
    """The files of a tree as they are before a fault is planted."""
    return [(path, path.read_text(encoding="utf-8")) for path in sorted((root / "ledger").rglob("*.py"))]


def site_of(root: Path, fault: PlantedFault) -> Site:
    """Raises LookupError if not exactly one function below `ledger`, or of the layer, has the name, or the operator is
    another."""
    owner, _, name = fault.function.rpartition(".")
    matches = [
        (path, source, function) for path, source in _sound(root) if f"def {name}(" in source and owner in source
        for function in functions_of(source) if function.name == fault.function
    ]
    if len(matches) > 1:
        matches = [match for match in matches if match[0].is_relative_to(root / "ledger" / fault.layer)]
    if len(matches) != 1:
        raise LookupError(f"{len(matches)} functions are named {fault.function}")
    path, source, function = matches[0]
    operator = dict(enumerate(function.operators)).get(fault.place)
    if operator is None or operator.text != fault.operator:
        raise LookupError(f"{fault.function}: operator {fault.place} is not {fault.operator}")
    lines = source.split("\n")
    line = lines[operator.line - 1]
    lines[operator.line - 1] = line[: operator.begin] + OPERATORS[operator.text] + line[operator.end :]
    return Site(path, function.line, "\n".join(lines))

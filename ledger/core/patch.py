"""The operations of JSON Patch (RFC 6902) that messages propose: add, replace, remove and move."""

import copy
import re
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from ledger.errors import InvalidInput

Operation: TypeAlias = dict[str, object]
"""`op`, `path`, and `value` or `from`."""

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def pointer(steps: Iterable[str | int]) -> str:
    """The JSON Pointer (RFC 6901) of a path."""
    return "".join(["/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps])


def steps_of(field: str) -> tuple[str | int, ...]:
    """The path of a field as messages name it, such as `$.outputs[0].quantity`. A key with a dot is not supported."""
    return tuple([int(index) if index else name for name, index in _STEP.findall(field.removeprefix("$"))])


def replace(steps: Iterable[str | int], value: object) -> Operation:
    return {"op": "replace", "path": pointer(steps), "value": value}


def add(steps: Iterable[str | int], value: object) -> Operation:
    """The operation that writes a missing member of an object."""
    return {"op": "add", "path": pointer(steps), "value": value}


def drop(steps: Iterable[str | int]) -> Operation:
    return {"op": "remove", "path": pointer(steps)}


def move(source: Iterable[str | int], target: Iterable[str | int]) -> Operation:
    return {"op": "move", "from": pointer(source), "path": pointer(target)}


def patched(tree: Any, operations: Iterable[Operation]) -> Any:
    """A changed copy of a JSON tree. Nothing is inserted into lists. Raises InvalidInput for an operation that does not
    fit the tree."""
    whole = {"": copy.deepcopy(tree)}
    for operation in operations:
        try:
            _apply(whole, operation)
        except (KeyError, IndexError, TypeError, ValueError):
            raise InvalidInput(f"the operation does not fit: {operation}", code="misfit-operation") from None
    return whole[""]


def _apply(whole: dict[str, Any], operation: Operation) -> None:
    node, key = _place(whole, str(operation["path"]))
    match operation["op"]:
        case "add" | "replace":
            _write(node, key, operation["value"])
        case "remove":
            del node[key]
        case "move":
            source, name = _place(whole, str(operation["from"]))
            value = source[name]
            del source[name]
            _write(node, key, value)
        case other:
            raise ValueError(other)


def _write(node: Any, key: Any, value: object) -> None:
    node[key] = copy.deepcopy(value)


def _place(whole: dict[str, Any], path: str) -> tuple[Any, Any]:
    node: Any = whole
    *above, last = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")]
    for step in above:
        node = node[int(step) if isinstance(node, list) else step]
    return node, int(last) if isinstance(node, list) else last

"""What differs between two trees of JSON values, each value with its path: for vectors, before and after a change."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def differences(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """A line for each value that differs: where it is, before and after."""
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        before, after = ({str(place): item for place, item in enumerate(items)} for items in (before, after))
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(name for name in after if name not in before)]:
            where = f"{path}: {name}" if path else name
            yield from differences(before.get(name), after.get(name), where)
    elif before != after:
        yield f"{path}: {_text(before)} -> {_text(after)}"


def _text(value: Any) -> str:
    return "absent" if value is None else json.dumps(value, ensure_ascii=False)

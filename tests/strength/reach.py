"""A pytest plugin that notes which tests run which functions. It reads functions as `file:line` from the lines of the
variable STRENGTH_FUNCTIONS, and writes a JSON file a process into the folder STRENGTH_REACH."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Final

import pytest

_WANTED: Final = frozenset(os.environ.get("STRENGTH_FUNCTIONS", "").splitlines())
_TOOL: Final = sys.monitoring.PROFILER_ID if sys.version_info >= (3, 12) else 0
_reached: dict[str, set[str]] = {}
_running = [""]


def pytest_configure() -> None:
    sys.monitoring.use_tool_id(_TOOL, "strength")
    sys.monitoring.register_callback(_TOOL, sys.monitoring.events.PY_START, _started)
    sys.monitoring.set_events(_TOOL, sys.monitoring.events.PY_START)


def _started(code: CodeType, _: int) -> object:
    """Calls of all other functions are no longer reported once they have been seen."""
    function = f"{code.co_filename}:{code.co_firstlineno}"
    if function not in _WANTED:
        return sys.monitoring.DISABLE
    _reached.setdefault(function, set()).add(_running[0])
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _running[0] = item.nodeid
    return (yield)  # type: ignore[return-value]


def pytest_sessionfinish() -> None:
    folder = Path(os.environ["STRENGTH_REACH"])
    content = {function: sorted(tests) for function, tests in _reached.items()}
    (folder / f"{os.getpid()}.json").write_text(json.dumps(content), encoding="utf-8")

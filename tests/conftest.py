"""How fast a machine is, and what else it does, decides no test: property tests run without a clock, and whoever asks a
server is as patient as `support.waiting` unless the test says otherwise. Slow folders come first, so that no process
is left with a long file at the end."""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from httpx import _transports, create_ssl_context
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings
from support.clusters import begin_session, end_session
from support.waiting import PATIENCE

for _phase in ("connect", "read", "write", "pool"):
    # One object, of which every function and client takes its default: five seconds.
    setattr(DEFAULT_TIMEOUT_CONFIG, _phase, PATIENCE)
# Every call of httpx makes a client, which would read a hundred certificates, also for plain HTTP.
_transports.default.create_ssl_context = cache(create_ssl_context)
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

_CONFIGURATION: Final = pytest.StashKey[str]()
ORDER: Final = (
    "integration/test_runbooks.py", "faults", "browser", "acceptance", "integration", "property", "architecture",
    "unit",
)
"""The file that takes longest, then folders of tests, the slowest first."""


def pytest_configure(config: pytest.Config) -> None:
    """Before processes of xdist start, which inherit what this sets."""
    # jsonschema would compile 38 grammars of international addresses in each process, which takes longer than all other
    # imports. The test of the bill of materials, whose schema has such addresses, checks it in a process of its own.
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
    # Tests of who sees what say otherwise.
    os.environ.setdefault("CARBON_LEDGER_ACCESS", "open")
    # Sessions of the user who runs the tests, and of other processes of theirs, are for servers at other times.
    os.environ["XDG_CONFIG_HOME"] = config.stash[_CONFIGURATION] = tempfile.mkdtemp(prefix="configuration-")
    if not hasattr(config, "workerinput"):
        begin_session()


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_CONFIGURATION], ignore_errors=True)
    if not hasattr(config, "workerinput"):
        end_session()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collects no garbage meanwhile: modules and tests stay to the end, and later collections pass them over."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the order within a folder, by which files share their fixtures."""
    tests = config.rootpath / "tests"
    ranks = {tests / name: place for place, name in enumerate(ORDER)}

    @cache
    def rank(path: Path) -> int:
        return min((ranks[part] for part in (path, *path.parents) if part in ranks), default=len(ranks))

    items.sort(key=lambda item: rank(item.path))
